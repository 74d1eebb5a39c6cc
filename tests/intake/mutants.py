"""Mutated frames through the DC-09 codec. In: a seed. Out: what was wrongly accepted, what crashed.

Half of the mutants get a right CRC and length again, so that the inner form is tried too. What was
accepted is judged by arithmetic of its own, not by the codec's.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from narvaro.demo.frames import crc
from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import FrameError, enclose, encrypt
from narvaro.intake.sealed import Accounts, AlarmAccount
from tests.intake.running import HEX_KEY

AT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ACCOUNTS = Accounts(
    (
        AlarmAccount("town", "1234"),
        AlarmAccount("town", "AB12", key=HEX_KEY),
        AlarmAccount("town", "C0DE", flags=("ignore_time",)),
    )
)
_STAMP = b"_12:00:00,11-23-2026"
_INNER = (
    b"|#AB12|Nri1/BA05^Hall^NM]" + _STAMP,
    b"|]" + _STAMP,
    b'|#AB12|Nri1id2/FA03*"Door"NM/TA*17][IText][X015E44.1][Y59N12.3]' + _STAMP,
)
BODIES = (
    b'"SIA-DCS"0001R1L0#1234[#1234|Nri1/BA05]',
    b'"SIA-DCS"0002L0#1234[#1234|Nri1/BA05^Hall^|A extra][H11:59:59,11-23-2026][IWords]' + _STAMP,
    b'"ADM-CID"9999R0L0#C0DE[#C0DE|1130 01 015]' + _STAMP,
    b'"NULL"0000R0L0#1234[]' + _STAMP,
    b'"XNM"0000R0L0#1234[][C1][V]' + _STAMP,
    *(b'"*SIA-DCS"0123R1L0#AB12[' + encrypt(bytes.fromhex(HEX_KEY), one) for one in _INNER),
)
_ENVELOPE = re.compile(rb"\n([0-9A-Fa-f]{4})0([0-9A-Fa-f]{3})(.*)\r", re.DOTALL)


@dataclass
class Findings:
    """How many mutants there were, what was said of them, and what must not have been."""

    frames: int = 0
    chunks: int = 0
    said: Counter[str] = field(default_factory=Counter)
    wrong: list[bytes] = field(default_factory=list)
    crashed: list[tuple[bytes, str]] = field(default_factory=list)

    @property
    def is_loss(self) -> bool:
        return bool(self.wrong or self.crashed)


def list_mutants(count: int, dice: Random) -> Iterator[bytes]:
    """Yield mutated streams of one to three frames."""
    for _ in range(count):
        parts = []
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            body = dice.choice(BODIES)
            if dice.random() < 0.5:
                parts.append(enclose(_mutate(body, dice)[: sia_dc09.MAX_FRAME - 10]))
            else:
                parts.append(_mutate(enclose(body), dice))
        yield b"".join(parts)


def _mutate(frame: bytes, dice: Random) -> bytes:
    data = bytearray(frame)
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.randint(1, 12))
        match dice.randrange(7):
            case 0 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 1 if at < len(data):
                data[at] = dice.choice(b'\n\r[]|#"*_0AFf^/\x00\xff')
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = dice.randbytes(end - at)
            case 4:
                data[at:at] = data[at:end] * dice.choice((1, 2, 300))
            case 5:
                data = data[:at]
            case _:
                data[at:end] = bytes(reversed(data[at:end]))
        if not data:
            return b"\n"
    return bytes(data)


def try_frames(mutants: Iterator[bytes]) -> Findings:
    """Split and decode each stream; nothing but FrameError may come out, nothing unsound go in."""
    findings = Findings()
    for stream in mutants:
        findings.frames += 1
        chunk = stream
        try:
            chunks, rest = sia_dc09.split(stream)
            if len(rest) + sum(map(len, chunks)) > len(stream):
                findings.wrong.append(stream)
            for chunk in chunks:
                findings.chunks += 1
                _try_chunk(chunk, findings)
        except Exception as fault:  # noqa: BLE001 - whatever it was, it is the finding
            findings.crashed.append((chunk, repr(fault)))
    return findings


def _try_chunk(chunk: bytes, findings: Findings) -> None:
    try:
        decoded = sia_dc09.decode(chunk, accounts=ACCOUNTS, now=AT + timedelta(seconds=1))
    except FrameError as fault:
        findings.said[f"no answer: {fault.refusal.code}"] += 1
        return
    code = f": {decoded.refusal.code}" if decoded.refusal else ""
    findings.said[f"{decoded.answer}{code}"] += 1
    answer = sia_dc09.acknowledge(decoded, now=AT)
    if not _is_sound(chunk) or not _is_sound(answer):
        findings.wrong.append(chunk)


def _is_sound(frame: bytes) -> bool:
    parts = _ENVELOPE.fullmatch(frame)
    return (
        parts is not None
        and int(parts[2], 16) == len(parts[3])
        and int(parts[1], 16) == crc(parts[3])
    )
