"""DC-09 frames as a panel writes them: an event in, bytes out; and the receiver's answer read.

Written from the facts of SIA DC-09 alone, apart from the product's own codec, so that the two
check each other.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
_ANSWER = re.compile(
    rb'\n([0-9A-F]{4})0([0-9A-F]{3})("(\*?)(ACK|NAK|DUH)"([0-9]{4}).*)\r\Z',
    re.IGNORECASE | re.DOTALL,
)
_STAMP = re.compile(rb"_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4})\Z")


@dataclass(frozen=True, slots=True)
class Event:
    """What a panel has to say: the protocol's token and its data field, without the account."""

    token: str
    data: str = ""
    text: str = ""


def sia(code: str, zone: int, *, area: int = 1, text: str = "") -> Event:
    """Make a SIA DC-03 event such as BA in zone 3."""
    return Event("SIA-DCS", f"Nri{area}/{code}{zone:02d}", text)


def contact_id(code: int, zone: int, *, qualifier: int = 1, group: int = 1) -> Event:
    """Make a Contact ID event; qualifier 1 is new, 3 is restored, 6 is status."""
    return Event("ADM-CID", f"{qualifier}{code:03d} {group:02d} {zone:03d}")


POLL = Event("NULL")


@dataclass(frozen=True, slots=True)
class Answer:
    """The receiver's answer; `told_time` is the receiver's clock in a NAK."""

    word: str
    sequence: str
    told_time: datetime | None = None


def crc(quoted: bytes) -> int:
    """Compute the frame's CRC-16 (polynomial A001, start 0)."""
    value = 0
    for byte in quoted:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def frame(
    account: str, key: bytes, event: Event, sequence: int, *, at: datetime, rng: Random
) -> bytes:
    """Write one frame; with a key the data, extensions and time are encrypted."""
    content = f"#{account}|{event.data}" if event.data else ""
    rest = f"{content}]" + (f"[I{event.text}]" if event.text else "")
    stamp = f"{at.astimezone(UTC):_%H:%M:%S,%m-%d-%Y}"
    head = f'{event.token}"{sequence:04d}R1L0#{account}['
    if key:
        body = _encrypt(key, (rest + stamp).encode("utf-8"), rng)
        quoted = f'"*{head}'.encode("ascii") + body
    else:
        quoted = f'"{head}{rest}{stamp}'.encode()
    return b"\n%04X0%03X%s\r" % (crc(quoted), len(quoted), quoted)


def _encrypt(key: bytes, plain: bytes, rng: Random) -> bytes:
    """Pad in front with random letters and a bar, then AES-CBC with a zero vector, as hex."""
    pad = BLOCK + (-(len(plain) + 1)) % BLOCK
    # The pad may hold anything but the field's own marks.
    filler = bytes(rng.choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(pad))
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK))).encryptor()
    return (
        (encryptor.update(filler + b"|" + plain) + encryptor.finalize())
        .hex()
        .upper()
        .encode("ascii")
    )


def read_answer(data: bytes) -> Answer | None:
    """Read one whole answer; None where the bytes are no sound frame."""
    match = _ANSWER.fullmatch(data)
    if match is None:
        return None
    quoted = match[3]
    if int(match[1], 16) != crc(quoted) or int(match[2], 16) != len(quoted):
        return None
    stamp = _STAMP.search(quoted)
    told = None
    if stamp is not None:
        told = datetime.strptime(stamp[1].decode(), "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
    return Answer(match[5].decode().upper(), match[6].decode(), told)
