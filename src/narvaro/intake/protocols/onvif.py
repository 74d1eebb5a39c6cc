"""What a camera's analytics saw. In: an ONVIF event as JSON, over MQTT or a signed webhook. Out: Observed.

Anything that recognises faces, plates, bodies or identities is refused whole, and nothing of it is
kept; of the rest only the kind, the time, a count and whether it began. See docs/protocols/onvif.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from narvaro.intake.fixes import AHEAD, UnusableError, number_of, read_object, read_time
from narvaro.intake.message import Json, Message, Observed, Refusal, What
from narvaro.intake.protocols import Protocol, Reply, Request
from narvaro.intake.sealed import Accounts, Sender
from narvaro.intake.webhook import check_time, find_signer

PROTOCOL = Protocol(
    name="onvif",
    transports=("mqtt", "http"),
    standard="ONVIF Profile M and Core Specification (JSON events over MQTT, onvif-ej)",
    clauses=("MQTT topic structure", "JSON payload format", "PropertyOperation"),
    ladder=(),
    keeps_raw=False,
)

EVENTS = "onvif-ej"
OLDEST = timedelta(hours=24)
MAX_COUNT = 1_000_000
MAX_NOTE = 60
MAX_VALUES = 2000

# What a topic holds, tried in this order; letters only, since vendors differ in all else.
KINDS: tuple[tuple[str, What], ...] = (
    ("loitering", "loitering"),
    ("videosourcerecovered", "camera_back"),
    ("connectionrestored", "camera_back"),
    ("signalloss", "camera_lost"),
    ("videoloss", "camera_lost"),
    ("videosourcelost", "camera_lost"),
    ("connectionlost", "camera_lost"),
    ("tamper", "tamper"),
    ("scenechange", "tamper"),
    ("imagetooblurry", "tamper"),
    ("imagetoodark", "tamper"),
    ("imagetoobright", "tamper"),
    ("defocus", "tamper"),
    ("objectremoved", "object_removed"),
    ("removedobject", "object_removed"),
    ("missingobject", "object_removed"),
    ("objectleft", "object_left"),
    ("abandonedobject", "object_left"),
    ("unattendedobject", "object_left"),
    ("idleobject", "object_left"),
    ("occupancy", "crowd"),
    ("crowd", "crowd"),
    ("queue", "crowd"),
    ("countaggregation", "line_crossing"),
    ("countagregation", "line_crossing"),  # so spelt by cameras in the field
    ("linedetector", "line_crossing"),
    ("linecross", "line_crossing"),
    ("fielddetector", "intrusion"),
    ("objectsinside", "intrusion"),
    ("intrusion", "intrusion"),
    ("smoke", "fire_smoke"),
    ("flame", "fire_smoke"),
    ("firealarm", "fire_smoke"),
    ("firedetect", "fire_smoke"),
    ("detectedsound", "sound"),
    ("audioanalytics", "sound"),
    ("audiodetect", "sound"),
    ("audioalarm", "sound"),
    ("motion", "motion"),
)

# Words of the recognition family, as words of a name; stems are looked for inside a name too.
RECOGNITION_WORDS = frozenset((
    "face", "faces", "facial", "plate", "plates", "anpr", "lpr", "alpr", "body", "gender", "sex",
    "age", "ethnicity", "race", "hair", "beard", "clothing", "glasses", "hat", "emotion",
    "identity", "identities", "identified", "credential", "cardholder", "watchlist", "blacklist",
    "whitelist", "biometric", "gait",
))  # fmt: skip
RECOGNITION_STEMS = (
    "recogni", "biometr", "humanface", "humanbody", "licenseplate", "licenceplate", "numberplate",
    "platenumber", "facedetect", "personid", "personname", "credential", "faceid", "plateno",
    "platetext", "plateid", "vehicleplate", "anpr", "alpr", "regnr", "nummerpl", "registreringsn",
    "ansikt", "fordon",
)  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")
_BEGAN = {"true": True, "1": True, "active": True, "on": True,
          "false": False, "0": False, "inactive": False, "off": False}  # fmt: skip
_STATES = ("state", "status", "active", "alarm", "logicalstate")


@dataclass(frozen=True)
class _Event:
    topic: str
    given: Json


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:
    """Open one event; the camera is a sender: by the topic over MQTT, by its signature over HTTP."""
    owner: Sender | None = None
    try:
        owner = _find_owner(request, accounts)
        event = _read_event(request, now)
        seen = _observe(owner.name, event, now)
        return Message(owner, (seen,) if seen else ())
    except UnusableError as fault:
        return Message(
            owner, refusal=Refusal(fault.code, fault.detail, owner.name if owner else "")
        )


def acknowledge(message: Message, *, stored: bool) -> Reply:
    """Answer 200 once the journal has it, 503 where it has not, 401 to who is not proven."""
    refusal = message.refusal
    if message.owner is None:
        wrong_way = refusal is not None and refusal.code == "method"
        status = HTTPStatus.METHOD_NOT_ALLOWED if wrong_way else HTTPStatus.UNAUTHORIZED
        return Reply(status, refusal.detail if refusal else "")
    if not stored:
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "Not stored; send again.")
    if refusal is None:
        return Reply(HTTPStatus.OK)
    unproven = refusal.code == "time"
    status = HTTPStatus.UNAUTHORIZED if unproven else HTTPStatus.UNPROCESSABLE_ENTITY
    return Reply(status, refusal.detail)


def _find_owner(request: Request, accounts: Accounts) -> Sender:
    if request.method == "PUBLISH":
        return _find_camera(request.path, accounts)
    if request.method == "POST":
        return find_signer(request, PROTOCOL.name, accounts)[0]
    raise UnusableError("method", "Send events with POST.")


def _read_event(request: Request, now: datetime) -> _Event:
    """Return an event that may be taken; raise UnusableError."""
    if request.method == "PUBLISH":
        kind, topic = request.path.split("/", 3)[2:]
        if kind != EVENTS:
            raise UnusableError("topic", f"Only events are taken ({EVENTS}), not frames' metadata.")
        event = _Event(_local_topic(topic), read_object(request.body, "form"))
    else:
        check_time(request, now)
        given = read_object(request.body, "form")
        event = _Event(_local_topic(given.pop("Topic", "")), given)
    if recognises(event.topic, event.given):
        raise UnusableError("faces_or_plates", "Faces, plates and identities are not taken here.")
    return event


def recognises(topic: str, given: Json) -> bool:
    """Return whether an event is of the recognition family, by its topic, a field or a class."""
    return any(_is_recognition(name) for name in topic.split("/")) or any(
        _is_recognition(name) for name in _list_names(given)
    )


def _is_recognition(name: str) -> bool:
    words = [one.lower() for one in _WORD.findall(name)]
    joined = "".join(one for one in name.lower() if one.isalpha())
    return any(stem in joined for stem in RECOGNITION_STEMS) or any(
        one in RECOGNITION_WORDS for one in words
    )


def _list_names(given: object) -> Iterator[str]:
    """List the names of fields and simple items, and the classes of objects; raise UnusableError.

    Other values are not read: a rule may be called anything.
    """
    waiting: list[tuple[object, bool]] = [(given, False)]
    read = 0
    while waiting:
        value, is_kind = waiting.pop()
        read += 1
        if read > MAX_VALUES:
            raise UnusableError("form", "The event holds too many fields.")
        if isinstance(value, dict):
            for key, inner in value.items():
                yield str(key)
                waiting.append((inner, is_kind or _says_kind(key)))
            # A simple item {"Name": "ClassTypes", "Value": "…"} names a field in its value.
            label = value.get("Name", value.get("@Name"))
            if isinstance(label, str) and len(value) == 2:
                yield label
                waiting += [(inner, True) for inner in value.values() if _says_kind(label)]
        elif isinstance(value, list):
            waiting += [(inner, is_kind) for inner in value]
        elif isinstance(value, str) and is_kind:
            yield value


def _says_kind(name: object) -> bool:
    return any(one in str(name).lower() for one in ("class", "type"))


def _find_camera(path: str, accounts: Accounts) -> Sender:
    """Return the camera of a topic onvif/CAMERA/PAYLOAD/TOPIC; raise UnusableError."""
    match path.split("/", 3):
        case ["onvif", name, _, _]:
            found = accounts.find_sender(PROTOCOL.name, name)
        case _:
            raise UnusableError("topic", "Publish to onvif/CAMERA/onvif-ej/…")
    if found is None or found.secret:
        # A camera with a secret signs; unsigned, anybody on the broker could speak for it.
        raise UnusableError("unknown_sender", "No such camera speaks over MQTT; enter it first.")
    return found


def _local_topic(topic: object) -> str:
    """Return a topic without namespaces and without its sources (what follows &)."""
    if not isinstance(topic, str):
        return ""
    words = topic.partition("&")[0].strip("/ ").split("/")
    return "/".join(one.rpartition(":")[2] for one in words)


def _observe(camera: str, event: _Event, now: datetime) -> Observed | None:
    """Return what was seen; None where a camera only says that nothing goes on."""
    if not event.topic:
        raise UnusableError("topic", "The event has no topic.")
    data = _items(event.given.get("Data"))
    operation = event.given.get("PropertyOperation")
    state, count = _state_of(data), _count_of(data)
    if operation == "Initialized" and state is not True:
        return None
    what = kind_of(event.topic)
    began = operation != "Deleted" and state is not False and not (what == "crowd" and count == 0)
    if what == "camera_lost" and not began:
        what, began = "camera_back", True
    return Observed(
        PROTOCOL.name, camera, what, _time_of(event.given.get("UtcTime"), now),
        began=began, count=count, note=_note_of(event.topic),
    )  # fmt: skip


def kind_of(topic: str) -> What:
    """Return the kind of a topic, "other" where it is none that we know."""
    plain = re.sub(r"[^a-z/]", "", topic.lower())
    return next((what for word, what in KINDS if word in plain), "other")


def _items(section: object) -> dict[str, object]:
    """Return a section's fields by name, from the short form or from simple items."""
    if not isinstance(section, dict):
        return {}
    found = {str(name).lower(): value for name, value in section.items() if name != "SimpleItem"}
    simple = section.get("SimpleItem")
    for one in simple if isinstance(simple, list) else [simple]:
        match one:
            case {"Name": str() as name, "Value": value} | {
                "@Name": str() as name,
                "@Value": value,
            }:
                found[name.lower()] = value
            case _:
                pass
    return found


def _state_of(data: dict[str, object]) -> bool | None:
    for name, value in data.items():
        if name in _STATES or name.startswith("is"):
            said = _BEGAN.get(str(value).lower()) if isinstance(value, bool | str | int) else None
            if said is not None:
                return said
    return None


def _count_of(data: dict[str, object]) -> int | None:
    for name, value in data.items():
        if "count" in name or name == "occupancy":
            number = number_of(value)
            if number is not None and 0 <= number <= MAX_COUNT and number == int(number):
                return int(number)
    return None


def _time_of(stamp: object, now: datetime) -> datetime:
    """Return the camera's time, or ours where it has none or its clock is ahead."""
    try:
        at = read_time(stamp, now)
    except UnusableError:
        return now
    if at < now - OLDEST:
        raise UnusableError("too_old", "The event is over a day old.")
    return now if at > now + AHEAD else at


def _note_of(topic: str) -> str:
    """Return the word of the topic that we know; a rule may be named after anybody or any car."""
    plain = re.sub(r"[^a-z/]", "", topic.lower())
    return next((word for word, _what in KINDS if word in plain), "")[:MAX_NOTE]
