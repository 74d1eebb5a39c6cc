"""SOS Access v4, alarms as XML. In: one request's bytes. Out: a signal, a sign of life, an answer.

What is answered when, and what was guessed, stands in docs/protocols/sos_access.md. The document's
form is read in `narvaro.intake.formats.sos_access_xml`.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from narvaro.intake.formats.sos_access_place import read_place
from narvaro.intake.formats.sos_access_xml import (
    ALARM_MANDATORY,
    LENGTHS,
    LOCAL,
    MAX_CHARACTERS,
    Document,
    DocumentError,
    Status,
    check_fields,
    cover,
    find_end,
    find_root,
    local_text,
    read_document,
    write_document,
)
from narvaro.intake.message import Message, Pairs, Received, Refusal
from narvaro.intake.protocols import Protocol
from narvaro.intake.sealed import Accounts, Sender

__all__ = ["MAX_CHARACTERS", "PROTOCOL", "acknowledge", "cover", "decode", "find_end"]

PROTOCOL = Protocol(
    name="sos-access",
    transports=("tcp", "tls", "client"),
    standard="SOS Access v4 (SOS Alarm's open protocol for alarm transmission)",
    clauses=(
        "alarmrequest and alarmresponse",
        "pingrequest and pingresponse",
        "requestnewauthentication and requestnewauthenticationresponse",
        "status codes 0 to 101",
    ),
    ladder=("codec", "dialled"),
)
TOKEN = "SOS-ACCESS"  # noqa: S105 - the kind of a message, no secret
PING_MANDATORY = ("authentication", "transmittercode", "transmittertype")
REQUESTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "alarmrequest": ("alarm", "alarmresponse", ALARM_MANDATORY),
    "pingrequest": ("ping", "pingresponse", PING_MANDATORY),
    "requestnewauthentication": (
        "newauthentication", "requestnewauthenticationresponse", PING_MANDATORY,
    ),
}  # fmt: skip
"""The outer elements: what they ask for, the answer's outer element, what they must hold."""

_RESPONSES = {word: response for word, response, _ in REQUESTS.values()}
EARLIEST, LATEST = timedelta(seconds=40), timedelta(seconds=20)  # as DC-09 verifies a time stamp
MAX_TEXT = 400
MAX_NOTE, MAX_NOTES = 100, 16
_OWN = {
    "receiver", "alarmtype", "transmittercode", "eventcode", "detector",
    "sectiontext", "detectortext", "additionalinfo", "transmitterarea",
}  # fmt: skip
NOTHING = "None"  # how one transmitter in use writes that it has no additional information


def decode(data: bytes, *, accounts: Accounts, now: datetime) -> Message:
    """Open one request. `answer` holds what it asked for, its reference, and our local time.

    ("secret", "next") is in it where the sender proved itself with its next password, ("status", …)
    where a refusal has one of its own.
    """
    arrived = ("arrived", local_text(now))
    word = REQUESTS.get(find_root(data), ("alarm",))[0]
    try:
        document = _read_request(data)
    except DocumentError as fault:
        return _refused(fault, None, "", (("request", word), arrived))
    word, _, mandatory = REQUESTS[document.name]
    answer: Pairs = (("request", word), arrived)
    reference = document.fields.get("reference", "")
    if 0 < len(reference) <= LENGTHS["reference"][1]:
        answer += (("reference", reference),)
    owner: Sender | None = None
    try:
        owner, by_next = _find_owner(document, accounts)
        answer += (("secret", "next"),) if by_next else ()
        check_fields(document, mandatory)
        items = _read_items(word, document, owner, now)
    except DocumentError as fault:
        code = document.fields.get("transmittercode", "")[: LENGTHS["transmittercode"][1]]
        return _refused(fault, owner, code, answer)
    return Message(owner, items, answer=answer)


def acknowledge(message: Message, *, stored: bool) -> bytes:
    """Build the answer; not stored is status 5, at which a transmitter turns to the next centre."""
    known = dict(message.answer)
    if not stored:
        status = Status.NOT_TREATED_NOT_DISTRIBUTED
    elif "status" in known:
        status = Status(int(known["status"]))
    elif message.refusal is not None:  # not of this file: the address it came from
        status = Status.NOT_AUTHORIZED
    else:
        status = Status.OK
    fields = [("status", str(int(status))), ("info", status.name)]
    if "reference" in known:
        fields.insert(0, ("reference", known["reference"]))
    if status is Status.OK and "newauthentication" in known:
        fields.append(("newauthentication", known["newauthentication"]))
    fields += [("arrivaltime", known["arrived"])] if "arrived" in known else []
    return write_document(_RESPONSES.get(known.get("request", ""), "alarmresponse"), fields)


def _read_request(data: bytes) -> Document:
    document = read_document(data)
    if document.name not in REQUESTS:
        raise DocumentError(Status.INVALID_XML, "xml", "Not a request of SOS Access v4.")
    return document


def _read_items(
    word: str, document: Document, owner: Sender, now: datetime
) -> tuple[Received, ...]:
    if word == "ping" and owner.find_option("heartbeat") == "off":
        detail = "This transmitter is not supervised by heartbeats; set it so, or stop them."
        raise DocumentError(Status.SERVICE_UNAVAILABLE, "no_heartbeat", detail)
    return (_read_alarm(document, now),) if word == "alarm" else ()


def _refused(fault: DocumentError, owner: Sender | None, source: str, answer: Pairs) -> Message:
    status = ("status", str(int(fault.status)))
    return Message(owner, (), Refusal(fault.code, fault.detail, source), (*answer, status))


def _find_owner(document: Document, accounts: Accounts) -> tuple[Sender, bool]:
    """Return who sent it and whether its next password said so; raise DocumentError."""
    code = document.fields.get("transmittercode", "")
    given = document.fields.get("authentication", "")
    if not code or not given:
        check_fields(document, ("authentication", "transmittercode"))
    if not accounts.senders:
        # Before the first accounts arrive nobody is unknown: the next centre may know the sender.
        detail = "No transmitters have been handed over yet."
        raise DocumentError(Status.NOT_TREATED_NOT_DISTRIBUTED, "no_accounts", detail)
    owner = accounts.find_sender(PROTOCOL.name, code)
    if owner is None:
        detail = "No such transmitter; enter its code."
        raise DocumentError(Status.NOT_AUTHORIZED, "unknown_transmitter", detail)
    if not owner.secret:
        detail = "No authentication is entered for this transmitter; enter its 15 characters."
        raise DocumentError(Status.NOT_AUTHORIZED, "no_secret", detail)
    secrets = (owner.secret, owner.find_option("next_secret"))
    now, by_next = (bool(one) and _is_same(one, given) for one in secrets)
    if not (now or by_next):
        detail = "The authentication is not this transmitter's."
        raise DocumentError(Status.NOT_AUTHORIZED, "wrong_secret", detail)
    return owner, by_next and not now


def _is_same(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode(), given.encode())


def _read_alarm(document: Document, now: datetime) -> Received:
    given = document.fields
    kind = given.get("alarmtype", "AL")
    if kind not in {"AL", "RE"}:
        raise DocumentError(Status.WRONG_CONTENT, "content", "The field alarmtype is AL or RE.")
    said = _read_time(given.get("transmittertime", ""))
    where = read_place(given.get("position/pos", ""))
    notes = [
        (name[:MAX_NOTE], value[:MAX_NOTE])
        for name, value in given.items()
        if name not in _OWN and "authentication" not in name.lower()
    ]
    area, section = given.get("transmitterarea", ""), given.get("section", "")
    return Received(
        PROTOCOL.name, TOKEN, given["transmittercode"], 0,
        code=given["eventcode"], receiver_no=given["receiver"], qualifier=kind,
        zone=given.get("detector", ""), area=area or section, text=_read_text(given),
        occurred_at=said,
        time_verified=said is not None and -EARLIEST <= said - now <= LATEST,
        extended=tuple(notes[:MAX_NOTES]), fingerprint=_digest(given),
        lat=where[0] if where else None, lon=where[1] if where else None,
    )  # fmt: skip


def _read_time(text: str) -> datetime | None:
    """Read a transmitter's time: ISO 8601 or with a space; local time where it has no offset."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=LOCAL)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_text(given: dict[str, str]) -> str:
    info = given.get("additionalinfo", "")
    lines = [] if info == NOTHING else info.splitlines()
    parts = [given.get("sectiontext", ""), given.get("detectortext", ""), *lines]
    return ", ".join(" ".join(one.split()) for one in parts if one.strip())[:MAX_TEXT]


def _digest(given: dict[str, str]) -> str:
    """Return the content's digest where it has both a reference and a time, else nothing.

    A reference alone does not tell two alarms apart: transmitters may send the same one each time.
    """
    if "reference" not in given or "transmittertime" not in given:
        return ""
    said = sorted((name, value) for name, value in given.items() if name != "authentication")
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
