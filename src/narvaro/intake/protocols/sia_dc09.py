"""SIA DC-09, internet event reporting. In: bytes of a transmitter. Out: signals and answers.

    LF crc 0len "[*]TOKEN" seq [Rreceiver] [Lprefix] #account [data][x…]…_HH:MM:SS,MM-DD-YYYY CR

`split` cuts a stream into frames, `decode` reads one, `acknowledge` builds its answer. What is
answered when, and why, stands in docs/protocols/sia_dc09.md; data and extended data are read in
`narvaro.intake.formats`.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from narvaro.intake.formats import Event, contact_id, sia_dc03
from narvaro.intake.formats.dc09_crc import crc16, find_fault
from narvaro.intake.formats.extended import read_extended, read_text, read_time
from narvaro.intake.message import Received, Refusal
from narvaro.intake.protocols import Protocol
from narvaro.intake.sealed import Accounts, AlarmAccount

PROTOCOL = Protocol(
    name="sia-dc09",
    transports=("tcp", "tls", "udp"),
    standard="ANSI/SIA DC-09-2026 (with DC-03-2017 and DC-05-2016 content)",
    clauses=(
        "5.4.6 encryption, IV of zeros",
        "5.5.1 frame, CRC and length",
        "5.5.1.7 padding",
        "5.5.1.8 extended data",
        "5.5.1.9 time stamp and window",
        "annex H tokens: SIA-DCS, ADM-CID, NULL, XNM, ACK, NAK, DUH",
    ),
    ladder=("codec", "dialled"),
)

# Flags of an account; those about the CRC are `dc09_crc.FORMS`.
IGNORE_TIME, REQUIRE_TIME, STRICT_TIME = "ignore_time", "require_time", "strict_time"
POLL_WITHOUT_BAR = "poll_without_bar"

LF, CR = b"\n", b"\r"
ENVELOPE = 10  # LF, four of CRC, four of length, CR
MAX_FRAME = 0xFFF + ENVELOPE  # the length has three hexadecimal digits
_CONTACT_ID_END = re.compile(rb"[0-9A-F]{4} +[0-9A-F]{2} +[0-9A-F]{3}$")
_OWN_NUMBER = re.compile(rb"#[0-9A-Za-z]{1,16}(?:\||\Z)")
BLOCK = 16
MOST_PADDING = (
    31  # siadc09 pads with a block and what is left of the next, others with less than that
)
NO_EVENT = b"#0 |"  # some panels poll with "#0000|0000 00 000"
POLLS = frozenset({"NULL", "XNM"})
READERS = {"SIA-DCS": sia_dc03.read_blocks, "ADM-CID": contact_id.read_blocks}
EARLIEST, LATEST = timedelta(hours=24), timedelta(seconds=20)  # an event beside its frame's stamp
TIME_FORMAT = "%H:%M:%S,%m-%d-%Y"

_ENVELOPE = re.compile(rb'\n([0-9A-Fa-f]{4}|(?s:..))(0[0-9A-Fa-f]{3})("[^\r\n]*)\r')
_HEADER = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Z0-9-]{1,16})"(?P<sequence>[0-9]{4})'
    rb"(?:[Rr](?P<receiver>[0-9A-Fa-f]{0,6}))?(?:[Ll](?P<prefix>[0-9A-Fa-f]{0,6}))?"
    rb"#(?P<account>[0-9A-Za-z]{1,16})\[(?P<content>.*)",
    re.DOTALL,
)
_CONTENT = re.compile(
    rb"(?P<data>[^\[\]]*)\](?P<extended>(?:\[[^\[\]]*\])*)(?:_(?P<time>[^\[\]]*))?", re.DOTALL
)
_PADDING = bytes.maketrans(b"[]|", b"abc")
# A CRC of two bytes may hold a line feed or carriage return of its own.
_CHUNK = re.compile(rb'\n(?s:..)0[0-9A-Fa-f]{3}"[^\r\n]*\r?|\n[^\r\n]*\r?|[^\n]+')
_UNFINISHED = re.compile(
    rb'\n(?:(?s:.{0,2})|(?s:..)0[0-9A-Fa-f]{0,3}|(?s:..)0[0-9A-Fa-f]{3}"[^\r\n]*|[^\r\n]*)\Z'
)


class FrameError(Exception):
    """Bytes that are not a sound frame: not acknowledged, whoever sent them."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(code, detail)


class Answer(StrEnum):
    """What a sound frame is answered with."""

    ACK = "ACK"
    NAK = "NAK"
    DUH = "DUH"


@dataclass(frozen=True, slots=True)
class Header:
    """The plain part of a frame, in front of its content."""

    token: str
    sequence: str
    receiver: str
    prefix: str
    account: str
    encrypted: bool
    binary_crc: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """A sound frame: its signals, or why they were refused, and the answer that it is due.

    An ACK is due only after the signals are stored. `sent_at` is what an encrypted frame stamped,
    refused for it or not; None where nothing protects a stamp. `padding` is how many bytes stood in
    front of what an encrypted frame says. `is_patched`: a block may have been put in or left out on
    the line, which needs no key; such an alarm is stored, and proves nothing.
    """

    answer: Answer
    header: Header
    owner: AlarmAccount | None = None
    signals: tuple[Received, ...] = ()
    refusal: Refusal | None = None
    sent_at: datetime | None = None
    padding: int = 0
    is_patched: bool = False

    @property
    def is_poll(self) -> bool:
        """Return whether the frame only says that the transmitter lives."""
        return bool(self.signals) and self.signals[0].is_poll


@dataclass(frozen=True, slots=True)
class _Content:
    padding: int
    clear: bytes
    data: bytes
    extended: bytes
    time: bytes | None


class _Refused(Exception):  # noqa: N818 - carries an answer, not a fault
    def __init__(self, answer: Answer, code: str, detail: str) -> None:
        super().__init__(detail)
        self.answer = answer
        self.code = code
        self.detail = detail


def split(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into chunks and the rest that waits for more bytes.

    A chunk that is no frame (bytes in front of a line feed, a frame cut off by the next) is handed
    out too, so that `decode` refuses it; line ends and zeros between frames are dropped.
    """
    unfinished = _UNFINISHED.search(buffer)
    start = unfinished.start() if unfinished else len(buffer)
    chunks = _CHUNK.findall(buffer[:start])
    return [chunk for chunk in chunks if chunk.strip(b"\r\n\0 ")], buffer[start:]


def decode(frame: bytes, *, accounts: Accounts, now: datetime) -> Decoded:
    """Read one frame as one of `accounts` at the time `now`.

    Raises FrameError where CRC, length or form are wrong; such bytes get no answer.
    """
    header, content, owner = _open_envelope(frame, accounts)
    protected = None
    try:
        opened = _open_content(header, content, owner)
        assert owner is not None
        if header.encrypted and opened.time is not None:
            protected = read_time(opened.time)
        sent_at, in_time = _judge_time(opened.time, owner, now)
        signals = _read_signals(header, opened, owner, sent_at, in_time=in_time)
    except _Refused as refused:
        refusal = Refusal(refused.code, refused.detail, header.account)
        return Decoded(refused.answer, header, owner, refusal=refusal, sent_at=protected)
    return Decoded(
        Answer.ACK, header, owner, signals, sent_at=protected, padding=opened.padding,
        is_patched=header.encrypted and _is_patched(header, opened, is_poll=signals[0].is_poll),
    )  # fmt: skip


def acknowledge(decoded: Decoded, *, now: datetime) -> bytes:
    """Build the answer: ACK (encrypted if and only if the frame was), NAK with our time, DUH.

    Nothing of the content goes back, only the header's own numbers; the CRC in the form that came.
    """
    stamp = f"_{now.astimezone(UTC):{TIME_FORMAT}}".encode()
    header = decoded.header
    if decoded.answer is Answer.NAK:
        return enclose(b'"NAK"0000R0L0A0[]' + stamp, binary_crc=header.binary_crc)
    receiver = f"R{header.receiver}" if header.receiver else ""
    line = f"{header.sequence}{receiver}L{header.prefix or '0'}#{header.account}["
    if decoded.answer is Answer.ACK and header.encrypted:
        assert decoded.owner is not None
        body = f'"*ACK"{line}'.encode() + encrypt(decoded.owner.aes_key, b"]" + stamp)
    else:
        body = f'"{decoded.answer}"{line}]'.encode()
    return enclose(body, binary_crc=header.binary_crc)


def enclose(body: bytes, *, binary_crc: bool = False) -> bytes:
    """Put line feed, CRC, length and carriage return around a frame's body."""
    crc = crc16(body)
    return b"\n%b%04X%b\r" % (crc.to_bytes(2) if binary_crc else b"%04X" % crc, len(body), body)


def encrypt(key: bytes, content: bytes) -> bytes:
    """Pad, encrypt and write as hexadecimal digits (5.4.6, 5.5.1.7); `content` from "|" or "]"."""
    pad = os.urandom(16 + -len(content) % 16).translate(_PADDING)
    cipher = _cipher(key).encryptor()
    return (cipher.update(pad + content) + cipher.finalize()).hex().upper().encode()


@lru_cache(maxsize=4096)
def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))


def _open_envelope(frame: bytes, accounts: Accounts) -> tuple[Header, bytes, AlarmAccount | None]:
    """Read the header before the CRC is judged: the account says which forms of CRC it may use."""
    if len(frame) > MAX_FRAME:
        raise FrameError("too_long", f"A frame has {MAX_FRAME} bytes at most.")
    outer = _ENVELOPE.fullmatch(frame)
    if outer is None:
        raise FrameError("envelope", "Not a DC-09 frame from line feed to carriage return.")
    crc, length, body = outer.groups()
    inner = _HEADER.fullmatch(body)
    if inner is None:
        _check(crc, length, body, ())
        raise FrameError("header", "The header has no token, sequence or account.")
    star, token, sequence, receiver, prefix, account, content = inner.groups(b"")
    header = Header(
        token.decode(), sequence.decode(), receiver.decode(), prefix.decode(),
        account.decode().upper(), bool(star), len(crc) == 2,
    )  # fmt: skip
    owner = accounts.find_account(header.account, header.prefix)
    _check(crc, length, body, owner.flags if owner else ())
    return header, content, owner


def _check(crc: bytes, length: bytes, body: bytes, flags: Collection[str]) -> None:
    fault = find_fault(crc, int(length, 16), body, flags)
    if fault is not None:
        raise FrameError(fault, f"The {'CRC' if fault == 'crc' else fault} is wrong.")


def _open_content(header: Header, content: bytes, owner: AlarmAccount | None) -> _Content:
    if owner is None:
        raise _Refused(Answer.DUH, "unknown_account", "No such account; import its transmitter.")
    if owner.key and not header.encrypted:
        raise _Refused(Answer.DUH, "plaintext", "The account has a key and the frame is plain.")
    if header.encrypted and not owner.key:
        raise _Refused(Answer.DUH, "no_key", "The frame is encrypted and the account has no key.")
    padding = 0
    if header.encrypted:
        content, padding = _decrypt(owner.aes_key, content)
        if header.token in POLLS:
            _check_padding(content, padding, owner)
        content = content.removeprefix(b"|")
    parts = _CONTENT.fullmatch(content)
    if parts is None or (header.encrypted and parts["time"] is None):
        code = "undecryptable" if header.encrypted else "content"
        raise _Refused(Answer.DUH, code, "The content has no sound form; check key and key form.")
    return _Content(padding, content, *parts.groups())


def _check_padding(clear: bytes, padding: int, owner: AlarmAccount) -> None:
    """Refuse a poll that may be the end of an alarm: it is acknowledged and not stored.

    Blocks left out or put in on the line leave one of rubbish in front, which counts as padding: less
    than a block of it shows that there is none.
    """
    if padding <= BLOCK:
        return
    if padding > MOST_PADDING:
        raise _Refused(Answer.DUH, "padding", "More stands in front of the poll than any pad.")
    if not clear.startswith(b"|") and POLL_WITHOUT_BAR not in owner.flags:
        detail = (
            "No bar ends the poll's pad. Where its transmitter is known to leave it out, give the "
            f"account the flag {POLL_WITHOUT_BAR}."
        )
        raise _Refused(Answer.DUH, "no_bar", detail)


def _is_patched(header: Header, content: _Content, *, is_poll: bool) -> bool:
    """Return whether an encrypted frame may be put together of another one's blocks.

    Rubbish in front hides in the pad, or makes a bar of its own; what follows it then does not begin
    with an account's number.
    """
    if is_poll:
        return False
    own = _OWN_NUMBER.match(content.data)
    return header.token in POLLS or content.padding > MOST_PADDING or own is None


def _decrypt(key: bytes, content: bytes) -> tuple[bytes, int]:
    """Return what stands behind the pad, its bar included, and how long the pad is."""
    try:
        sealed = bytes.fromhex(content.decode("ascii"))
        cipher = _cipher(key).decryptor()
        clear = cipher.update(sealed) + cipher.finalize()
    except ValueError as fault:
        detail = "The ciphertext is not whole AES blocks in hexadecimal digits."
        raise _Refused(Answer.DUH, "undecryptable", detail) from fault
    # The pad ends at the first bar; a frame without data may leave the bar out.
    bar, end = clear.find(b"|"), clear.find(b"]")
    start = bar if 0 <= bar < end else max(end, 0)
    return clear[start:].rstrip(b"\0 "), start


def _judge_time(
    stamp: bytes | None, owner: AlarmAccount, now: datetime
) -> tuple[datetime | None, bool]:
    """Return the frame's own time and whether it is inside the account's window (5.5.1.9)."""
    if stamp is None:
        if REQUIRE_TIME in owner.flags:
            raise _Refused(Answer.NAK, "time", "The account must stamp its time and did not.")
        return None, False
    sent_at = read_time(stamp)
    in_time = (
        sent_at is not None and -owner.early_s <= (now - sent_at).total_seconds() <= owner.late_s
    )
    if not in_time and IGNORE_TIME not in owner.flags:
        detail = "The time stamp is unreadable or outside the account's window."
        raise _Refused(Answer.NAK, "time", detail)
    return sent_at, in_time


def _read_signals(
    header: Header,
    content: _Content,
    owner: AlarmAccount,
    sent_at: datetime | None,
    *,
    in_time: bool,
) -> tuple[Received, ...]:
    token = _token_of(header, content)
    is_poll = token in POLLS
    reader = READERS.get(token)
    if reader is None and not is_poll:
        raise _Refused(Answer.DUH, "token", "This kind of message is not taken here.")
    extended = read_extended(content.extended)
    events = [Event()]
    if reader is not None:
        blocks = [read_text(block) for block in content.data.split(b"|") if block]
        events = reader(blocks, header.account)
    said, occurred_at = extended.occurred_at, sent_at
    if said is not None and (sent_at is None or -EARLIEST <= said - sent_at <= LATEST):
        occurred_at = said
    fingerprint = _fingerprint_of(header, content, owner, is_poll=is_poll)
    return tuple(
        Received(
            PROTOCOL.name, token, header.account, int(header.sequence), event.code,
            header.receiver, header.prefix, event.qualifier, event.zone, event.area,
            event.text or extended.text, occurred_at, in_time, extended.pairs + event.pairs,
            is_poll, fingerprint, extended.lat, extended.lon,
        )
        for event in events
    )  # fmt: skip


def _token_of(header: Header, content: _Content) -> str:
    """Return how the content is to be read: a poll that holds an event is no poll.

    The token is outside of the encryption: somebody on the line could make a poll of an alarm, and
    a poll is acknowledged without being stored.
    """
    data = content.data.upper()
    own = b"#" + header.account.encode()
    if header.token not in POLLS or not data.replace(own, b"").strip(NO_EVENT):
        return header.token
    return "ADM-CID" if _CONTACT_ID_END.search(data) else "SIA-DCS"


def _fingerprint_of(
    header: Header, content: _Content, owner: AlarmAccount, *, is_poll: bool
) -> str:
    """Return the digest of what the transmitter stamped; empty where it stamped no time.

    The account is the owner's: over its second path the same message may name another prefix. What
    is not protected is left out: token, number, and what stands before the account's own number,
    where a block put in front of the ciphertext would leave its rubbish.
    """
    if content.time is None:
        return ""
    source = f"{owner.account}/{owner.line_prefix}/{is_poll}/".encode()
    own = content.clear.upper().find(b"#" + header.account.encode())
    return sha256(source + content.clear[max(own, 0) :]).hexdigest()[:32]
