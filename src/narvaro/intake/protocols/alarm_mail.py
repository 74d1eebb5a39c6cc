"""An alarm centre's copies by e-mail. In: one mail with its envelope. Out: one alarm, or why not.

The mail's recipient names the sender; the sender's template says how that centre writes.
See docs/protocols/alarm_mail.md. A refusal never repeats what was sent.
"""

from datetime import datetime
from functools import lru_cache

from narvaro.intake.fixes import UnusableError
from narvaro.intake.formats.mail_template import Template, TemplateError
from narvaro.intake.formats.mail_text import MailText, read_mail
from narvaro.intake.message import Message, Pairs, Received, Refusal
from narvaro.intake.protocols import Protocol, Request
from narvaro.intake.sealed import Accounts, Sender
from narvaro.intake.webhook import fingerprint_of

PROTOCOL = Protocol(
    name="mail",
    transports=("smtp",),
    standard="SMTP (RFC 5321), Internet message and MIME (RFC 5322, RFC 2045-2047)",
    clauses=("envelope", "text/plain, text/html", "encoded words in the subject"),
    ladder=("codec", "dialled"),
)

MAX_ADDRESS = 320
TAKEN = "250 2.0.0 Stored"
LATER = "451 4.3.0 Not stored; send again"
NEW, RESTORED = "1", "3"
MAX_SIGNS = {"account": 32, "code": 20, "zone": 32, "area": 32, "text": 1000}
KEPT_HEADERS = 8_000


def decode(request: Request, *, accounts: Accounts, now: datetime) -> Message:  # noqa: ARG001
    """Open one mail: `path` is the recipient's address, header "mail-from" the envelope's sender.

    A mail that the template cannot read is an alarm without account and code all the same.
    """
    opened = open_envelope(request, accounts=accounts)
    if not isinstance(opened.owner, Sender):
        return opened
    return Message(opened.owner, (_alarm(opened.owner, read_mail(request.body)),))


def acknowledge(message: Message, *, stored: bool) -> bytes:
    """Answer 250 once the journal has it, 451 where it has not, 550 to who is not known here."""
    if message.refusal is not None and (message.owner is None or stored):
        return f"550 5.7.1 {message.refusal.detail}".encode()
    return (TAKEN if stored else LATER).encode()


def open_envelope(request: Request, *, accounts: Accounts) -> Message:
    """Return who a mail is from, by its envelope alone, or why it is not taken."""
    name = ""
    try:
        name = _local_part(request.path)
        return Message(_find_owner(name, request, accounts))
    except UnusableError as fault:
        return Message(refusal=Refusal(fault.code, fault.detail, name))


def _find_owner(name: str, request: Request, accounts: Accounts) -> Sender:
    owner = accounts.find_sender(PROTOCOL.name, name)
    if owner is None:
        raise UnusableError("unknown_recipient", "No such recipient here; nothing is relayed.")
    if not _may_send(owner, request.headers.get("mail-from", "")):
        raise UnusableError("unknown_sender", "This sender may not write to this recipient.")
    return owner


def kept_bytes(raw: bytes) -> bytes:
    """Return what is kept of a mail beside its alarm: its head and its text, no attachments."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0][:KEPT_HEADERS]
    return head + b"\n\n" + "\n".join(read_mail(raw).lines).encode("utf-8", "replace")


def _local_part(address: str) -> str:
    name = (address.rpartition("@")[0] or address).lower()
    if not name or len(address) > MAX_ADDRESS or not address.isprintable():
        raise UnusableError("unknown_recipient", "The recipient is no usable address.")
    return name


def _may_send(owner: Sender, address: str) -> bool:
    """Return whether the option "from" names an address, or its domain as @domain; unset is all."""
    allowed = owner.find_option("from").lower().replace(",", " ").split()
    address = address.lower()
    return not allowed or address in allowed or f"@{address.rpartition('@')[2]}" in allowed


@lru_cache(maxsize=64)
def _template_of(text: str) -> Template | None:
    try:
        return Template.from_json(text)
    except TemplateError:
        return None


def _alarm(owner: Sender, mail: MailText) -> Received:
    template = _template_of(owner.find_option("template"))
    fields = template.read((mail.subject, *mail.lines)) if template else {}
    extended: list[tuple[str, str]] = []
    if template is None:
        extended.append(("unread", "template"))
    elif "account" not in fields:
        extended.append(("unread", "mail"))
    if mail.attachments:
        extended.append(("attachments", str(mail.attachments)))
    if mail.is_cut:
        extended.append(("cut", "text"))
    base = Received(
        PROTOCOL.name, "MAIL", "", 0,
        text=mail.subject[: MAX_SIGNS["text"]], occurred_at=mail.sent_at,
        extended=tuple(extended), fingerprint=_fingerprint(owner, mail),
    )  # fmt: skip
    return base if template is None or "account" not in fields else _filled(base, template, fields)


def _filled(base: Received, template: Template, fields: dict[str, str]) -> Received:
    """Return the alarm with what the template found; a field too long is cut."""
    code = template.find_code(fields.get("code", ""))
    found = {"text": base.text} | fields | {"account": fields["account"].upper(), "code": code}
    parts = {name: found.get(name, "")[:most] for name, most in MAX_SIGNS.items()}
    said = template.find_time(fields["time"]) if "time" in fields else None
    more: Pairs = (("unread", "time"),) if "time" in fields and said is None else ()
    return Received(
        base.protocol, base.token, parts["account"], base.sequence,
        code=parts["code"], zone=parts["zone"], area=parts["area"], text=parts["text"],
        qualifier=RESTORED if "restore" in fields else NEW,
        occurred_at=said or base.occurred_at, extended=base.extended + more,
        fingerprint=base.fingerprint,
    )  # fmt: skip


def _fingerprint(owner: Sender, mail: MailText) -> str:
    """Return what makes two deliveries of one mail one; empty where the mail has no id."""
    if not mail.message_id:
        return ""
    return fingerprint_of(
        PROTOCOL.name, owner.tenant, owner.name, mail.message_id, mail.subject, *mail.lines
    )
