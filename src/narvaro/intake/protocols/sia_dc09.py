"""SIA DC-09, internet event reporting. In: bytes of a transmitter. Out: signals and answers.

    LF crc 0len "[*]TOKEN" seq [Rreceiver] [Lprefix] #account [data][x…]…_HH:MM:SS,MM-DD-YYYY CR

`split` cuts a stream into frames, `decode` reads one, `acknowledge` builds its answer. What is
answered when, and why, stands in docs/protocols/sia_dc09.md.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from narvaro.intake.message import Pairs, Received, Refusal
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
        "annex H tokens: SIA-DCS, ADM-CID, NULL, ACK, NAK, DUH",
    ),
    ladder=("codec", "dialled"),
)

LF, CR = b"\n", b"\r"
ENVELOPE = 10  # LF, four of CRC, four of length, CR
MAX_FRAME = 0xFFF + ENVELOPE  # the length has three hexadecimal digits
POLL = "NULL"
# More of one frame is no alarm that anybody could read; the raw bytes are kept.
MAX_EVENTS, MAX_NOTES = 32, 16
EARLIEST, LATEST = timedelta(hours=24), timedelta(seconds=20)  # an event beside its frame's stamp
TIME_FORMAT = "%H:%M:%S,%m-%d-%Y"

_ENVELOPE = re.compile(rb'\n([0-9A-Fa-f]{4})(0[0-9A-Fa-f]{3})("[^\r\n]*)\r')
_HEADER = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Z0-9-]{1,16})"(?P<sequence>[0-9]{4})'
    rb"(?:R(?P<receiver>[0-9A-Fa-f]{1,6}))?(?:L(?P<prefix>[0-9A-Fa-f]{1,6}))?"
    rb"#(?P<account>[0-9A-Za-z]{1,16})\[(?P<content>.*)",
    re.DOTALL,
)
_CONTENT = re.compile(
    rb"(?P<data>[^\[\]]*)\](?P<extended>(?:\[[^\[\]]*\])*)(?:_(?P<time>[^\[\]]*))?", re.DOTALL
)
_EXTENDED = re.compile(rb"\[([^\[\]]*)\]", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# DC-03: a modifier (two small letters and a value) holds for the events after it; an event is two
# capitals, an address, *value or *"text"NM, and ^description^; "/" stands between packets.
_PACKET = re.compile(
    r"(?:(?P<modifier>[a-z]{2})(?P<value>[0-9.:-]*)|(?P<code>[A-Z]{2})(?P<zone>[0-9A-F:-]*))"
    r"(?:\*(?P<quote>[\"'’])(?P<name>.*?)(?P=quote)?NM|\*(?P<units>[^^/]*))?"
    r"(?:\^(?P<words>[^^]*)\^?)?\s*/?"
)
_CONTACT_ID = re.compile(r"([0-9A-F])([0-9A-F]{3}) +([0-9A-F]{2}) +([0-9A-F]{3})", re.IGNORECASE)
_PADDING = bytes.maketrans(b"[]|", b"abc")
_CHUNK = re.compile(rb"\n[^\r\n]*\r?|[^\n]+")


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


@dataclass(frozen=True, slots=True)
class Decoded:
    """A sound frame: its signals, or why they were refused, and the answer that it is due.

    An ACK is due only after the signals are stored.
    """

    answer: Answer
    header: Header
    owner: AlarmAccount | None = None
    signals: tuple[Received, ...] = ()
    refusal: Refusal | None = None

    @property
    def is_poll(self) -> bool:
        """Return whether the frame only says that the transmitter lives."""
        return bool(self.signals) and self.signals[0].is_poll


@dataclass(frozen=True, slots=True)
class _Content:
    data: bytes
    extended: tuple[bytes, ...]
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
    start = buffer.rfind(LF)
    if start < 0 or CR in buffer[start:]:
        start = len(buffer)
    chunks = _CHUNK.findall(buffer[:start])
    return [chunk for chunk in chunks if chunk.strip(b"\r\n\0 ")], buffer[start:]


def decode(frame: bytes, *, accounts: Accounts, now: datetime) -> Decoded:
    """Read one frame as one of `accounts` at the time `now`.

    Raises FrameError where CRC, length or form are wrong; such bytes get no answer.
    """
    header, content = _open_envelope(frame)
    owner = accounts.find_account(header.account, header.prefix)
    try:
        opened = _open_content(header, content, owner)
        assert owner is not None
        sent_at, in_time = _judge_time(opened.time, owner, now)
        signals = _read_signals(header, opened, sent_at, in_time=in_time)
    except _Refused as refused:
        refusal = Refusal(refused.code, refused.detail, header.account)
        return Decoded(refused.answer, header, owner, refusal=refusal)
    return Decoded(Answer.ACK, header, owner, signals)


def acknowledge(decoded: Decoded, *, now: datetime) -> bytes:
    """Build the answer: ACK (encrypted if and only if the frame was), NAK with our time, DUH.

    Nothing of the content goes back, only the header's own numbers.
    """
    stamp = f"_{now.astimezone(UTC):{TIME_FORMAT}}".encode()
    if decoded.answer is Answer.NAK:
        return enclose(b'"NAK"0000R0L0A0[]' + stamp)
    header = decoded.header
    receiver = f"R{header.receiver}" if header.receiver else ""
    line = f"{header.sequence}{receiver}L{header.prefix or '0'}#{header.account}["
    if decoded.answer is Answer.ACK and header.encrypted:
        assert decoded.owner is not None
        return enclose(f'"*ACK"{line}'.encode() + encrypt(decoded.owner.aes_key, b"]" + stamp))
    return enclose(f'"{decoded.answer}"{line}]'.encode())


def enclose(body: bytes) -> bytes:
    """Put line feed, CRC, length and carriage return around a frame's body."""
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


def encrypt(key: bytes, content: bytes) -> bytes:
    """Pad, encrypt and write as hexadecimal digits (5.4.6, 5.5.1.7); `content` from "|" or "]"."""
    pad = os.urandom(16 + -len(content) % 16).translate(_PADDING)
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return (cipher.update(pad + content) + cipher.finalize()).hex().upper().encode()


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)  # noqa: PLW2901 - the register
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def crc16(body: bytes) -> int:
    """Return the CRC-16 (polynomial A001, start 0) of a frame's body."""
    crc = 0
    for byte in body:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def _open_envelope(frame: bytes) -> tuple[Header, bytes]:
    if len(frame) > MAX_FRAME:
        raise FrameError("too_long", f"A frame has {MAX_FRAME} bytes at most.")
    outer = _ENVELOPE.fullmatch(frame)
    if outer is None:
        raise FrameError("envelope", "Not a DC-09 frame from line feed to carriage return.")
    crc, length, body = outer.groups()
    if int(length, 16) != len(body):
        raise FrameError("length", "The length is wrong.")
    if int(crc, 16) != crc16(body):
        raise FrameError("crc", "The CRC is wrong.")
    inner = _HEADER.fullmatch(body)
    if inner is None:
        raise FrameError("header", "The header has no token, sequence or account.")
    part = {
        name: (value or b"").decode()
        for name, value in inner.groupdict().items()
        if name != "content"
    }
    header = Header(
        part["token"], part["sequence"], part["receiver"], part["prefix"],
        part["account"].upper(), bool(part["star"]),
    )  # fmt: skip
    return header, inner["content"]


def _open_content(header: Header, content: bytes, owner: AlarmAccount | None) -> _Content:
    if owner is None:
        raise _Refused(Answer.DUH, "unknown_account", "No such account; import its transmitter.")
    if owner.key and not header.encrypted:
        raise _Refused(Answer.DUH, "plaintext", "The account has a key and the frame is plain.")
    if header.encrypted and not owner.key:
        raise _Refused(Answer.DUH, "no_key", "The frame is encrypted and the account has no key.")
    if header.encrypted:
        content = _decrypt(owner.aes_key, content)
    parts = _CONTENT.fullmatch(content)
    if parts is None or (header.encrypted and parts["time"] is None):
        code = "undecryptable" if header.encrypted else "content"
        raise _Refused(Answer.DUH, code, "The content has no sound form; check key and key form.")
    return _Content(parts["data"], tuple(_EXTENDED.findall(parts["extended"])), parts["time"])


def _decrypt(key: bytes, content: bytes) -> bytes:
    try:
        sealed = bytes.fromhex(content.decode("ascii"))
        cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).decryptor()
        clear = cipher.update(sealed) + cipher.finalize()
    except ValueError as fault:
        detail = "The ciphertext is not whole AES blocks in hexadecimal digits."
        raise _Refused(Answer.DUH, "undecryptable", detail) from fault
    # The pad ends at the first bar; a frame without data may leave the bar out.
    bar, end = clear.find(b"|"), clear.find(b"]")
    start = bar + 1 if 0 <= bar < end else max(end, 0)
    return clear[start:].rstrip(b"\0 ")


def _judge_time(
    stamp: bytes | None, owner: AlarmAccount, now: datetime
) -> tuple[datetime | None, bool]:
    """Return the frame's own time and whether it is inside the account's window (5.5.1.9)."""
    sent_at = _read_time(stamp) if stamp is not None else None
    age_s = (now - sent_at).total_seconds() if sent_at else 0.0
    in_time = sent_at is not None and -owner.early_s <= age_s <= owner.late_s
    if stamp is not None and not in_time and "ignore_time" not in owner.flags:
        detail = "The time stamp is unreadable or outside the account's window."
        raise _Refused(Answer.NAK, "time", detail)
    return sent_at, in_time


def _read_time(stamp: bytes) -> datetime | None:
    try:
        return datetime.strptime(stamp.decode("ascii"), TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:  # also a UnicodeDecodeError
        return None


def _read_signals(
    header: Header, content: _Content, sent_at: datetime | None, *, in_time: bool
) -> tuple[Received, ...]:
    base = Received(
        PROTOCOL.name, header.token, header.account, int(header.sequence),
        receiver_no=header.receiver, line_prefix=header.prefix, occurred_at=sent_at,
        time_verified=in_time, extended=tuple(_pair(item) for item in content.extended if item),
        is_poll=header.token == POLL,
    )  # fmt: skip
    said = _read_time(next((v for k, v in base.extended if k == "H"), "").encode())
    if said is not None and (sent_at is None or -EARLIEST <= said - sent_at <= LATEST):
        base = replace(base, occurred_at=said)
    if header.token == POLL:
        return (base,)
    reader = _READERS.get(header.token)
    if reader is None:
        raise _Refused(Answer.DUH, "token", "This kind of message is not taken here.")
    words = next((v for k, v in base.extended if k == "I"), "")
    signals = reader(base, [_text(block) for block in content.data.split(b"|") if block])
    return tuple(one if one.text else replace(one, text=words) for one in signals)


def _pair(item: bytes) -> tuple[str, str]:
    text = _text(item)
    return text[:1], text[1:]


def _text(raw: bytes) -> str:
    """Read text as UTF-8, else Latin-1; control characters become the replacement character."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _read_sia(base: Received, blocks: list[str]) -> tuple[Received, ...]:
    """Read DC-03 blocks: # account, N new or O old events, A text of the event before it."""
    signals: list[Received] = []
    others: list[tuple[str, str]] = []
    for block in blocks:
        kind, rest = block[0], block[1:]
        if kind in "NO":
            events = _read_events(replace(base, qualifier=kind), rest)
            signals += islice(events, MAX_EVENTS + 1 - len(signals))
        elif kind == "A" and signals and not signals[-1].text:
            signals[-1] = replace(signals[-1], text=rest)
        elif kind != "#" or rest.upper() != base.account:
            others.append((kind, rest))
    if not signals:
        words = " ".join(rest for kind, rest in others if kind == "A")
        signals = [replace(base, text=words or "|".join(blocks))]
    if len(signals) > MAX_EVENTS:
        signals[MAX_EVENTS] = replace(base, text=f"more than {MAX_EVENTS} events in one frame")
    return tuple(replace(one, extended=one.extended + tuple(others[:MAX_NOTES])) for one in signals)


def _read_events(base: Received, block: str) -> Iterator[Received]:
    """Read the packets of one block; what cannot be read is kept as text, without a code."""
    area, at, found = "", 0, False
    notes: list[tuple[str, str]] = []
    while at < len(block):
        packet = _PACKET.match(block, at)
        if packet is None:
            yield replace(base, area=area, text=block[at:], extended=base.extended + tuple(notes))
            return
        at = packet.end()
        part = {name: value or "" for name, value in packet.groupdict().items()}
        if part["modifier"]:
            area = part["value"] if part["modifier"] == "ri" else area
            words = f" {part['words']}" if part["words"] else ""
            notes = [*notes, (part["modifier"], part["value"] + words)][-MAX_NOTES:]
            continue
        found = True
        more: Pairs = (("*", part["units"]),) if part["units"] else ()
        yield replace(
            base, code=part["code"], zone=part["zone"], area=area,
            text=(part["name"] or part["words"]).strip(),
            extended=base.extended + tuple(notes) + more,
        )  # fmt: skip
    if not found:
        yield replace(base, area=area, text=block, extended=base.extended + tuple(notes))


def _read_contact_id(base: Received, blocks: list[str]) -> tuple[Received, ...]:
    """Read a DC-05 block: qualifier, event, group, zone or user."""
    others = tuple(
        (block[0], block[1:])
        for block in blocks
        if block[0] == "#" and block[1:].upper() != base.account
    )
    base = replace(base, extended=base.extended + others)
    events = [block for block in blocks if block[0] != "#"]
    if len(events) > MAX_EVENTS:
        events[MAX_EVENTS:] = [f"more than {MAX_EVENTS} events in one frame"]
    found = [(_CONTACT_ID.fullmatch(block.strip()), block) for block in events]
    signals = tuple(
        replace(base, text=block)
        if match is None
        else replace(
            base,
            code=(match[1] + match[2]).upper(),
            qualifier=match[1],
            area=match[3],
            zone=match[4],
        )
        for match, block in found
    )
    return signals or (base,)


_READERS = {"SIA-DCS": _read_sia, "ADM-CID": _read_contact_id}
