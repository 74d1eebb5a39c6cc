"""Mutated frames through the DC-09 codec. In: a seed. Out: what was wrongly accepted, what crashed.

Half of the mutants get a right CRC and length again, so that the inner form is tried too; some get
them in a form that their account may not use. What was accepted is judged by arithmetic of its own,
not by the codec's.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator
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
        AlarmAccount("town", "E1DE", flags=("crc_with_cr",)),
        AlarmAccount("town", "1B5C", flags=("crc_binary",)),
        AlarmAccount("town", "B07A", key=HEX_KEY, flags=("crc_binary", "crc_with_cr")),
    )
)
STANDARD, WITH_CR, BINARY = FORMS = ("standard", "crc_with_cr", "crc_binary")
MAY_USE = {b"E1DE": {WITH_CR}, b"1B5C": {BINARY}, b"B07A": {BINARY, WITH_CR}}  # and the standard
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
    b'"ADM-CID"0056L9999#E1DE[#E1DE|1900 00 001]',
    b'"SIA-DCS"0057L0#E1DE[#E1DE|Nri1/BA05^Hall^]' + _STAMP,
    b'"SIA-DCS"0049L0#1B5C[#1B5C|Nri1CL0001^user^]' + _STAMP,
    b'"NULL"0050L0#1B5C[]' + _STAMP,
    b'"*ADM-CID"0003L0#B07A[' + encrypt(bytes.fromhex(HEX_KEY), b"|#B07A|1130 01 015]" + _STAMP),
    b'"*NULL"0004L0#B07A[' + encrypt(bytes.fromhex(HEX_KEY), b"|]" + _STAMP),
)
_ENVELOPE = re.compile(rb"\n([0-9A-Fa-f]{4}|..)0([0-9A-Fa-f]{3})(\".*)\r", re.DOTALL)


@dataclass
class Findings:
    """How many mutants there were, what was said of them, and what must not have been."""

    frames: int = 0
    chunks: int = 0
    said: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)  # of what was taken, as the judge sees it
    wrong: list[bytes] = field(default_factory=list)
    crashed: list[tuple[bytes, str]] = field(default_factory=list)

    @property
    def is_loss(self) -> bool:
        return bool(self.wrong or self.crashed)


def envelop(body: bytes, form: str) -> bytes:
    """Put an envelope of a form around a body."""
    if form == STANDARD:
        return enclose(body)
    counted = body + b"\r" if form == WITH_CR else body
    value = crc(counted)
    written = value.to_bytes(2, "big") if form == BINARY else b"%04X" % value
    return b"\n%b%04X%b\r" % (written, len(counted), body)


def list_mutants(count: int, dice: Random) -> Iterator[bytes]:
    """Yield mutated streams of one to three frames."""
    for _ in range(count):
        parts = []
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            body = dice.choice(BODIES)
            allowed = sorted({STANDARD} | MAY_USE.get(_account_of(body), set()))
            form = dice.choice(FORMS if dice.random() < 0.1 else allowed)
            if dice.random() < 0.5:
                parts.append(envelop(_mutate(body, dice)[: sia_dc09.MAX_FRAME - 11], form))
            else:
                parts.append(_mutate(envelop(body, form), dice))
        yield b"".join(parts)


def _account_of(body: bytes) -> bytes:
    return body.partition(b"#")[2].partition(b"[")[0].upper()


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
    form = find_form(chunk)
    findings.forms[form or ""] += decoded.refusal is None
    told_in = BINARY if form == BINARY else STANDARD
    if form is None or find_form(answer, {told_in}) != told_in:
        findings.wrong.append(chunk)


def find_form(frame: bytes, allowed: Container[str] | None = None) -> str | None:
    """Return the form of a sound frame, one that its account may use; None where it is unsound."""
    parts = _ENVELOPE.fullmatch(frame)
    if parts is None:
        return None
    said, length, body = parts[1], int(parts[2], 16), parts[3]
    if allowed is None:
        allowed = {STANDARD} | MAY_USE.get(_account_of(body), set())
    if len(said) == 2:
        right = length == len(body) and said == bytes(divmod(crc(body), 256))
        return BINARY if right and BINARY in allowed else None
    for form, counted in ((STANDARD, body), (WITH_CR, body + b"\r")):
        if length == len(counted) and int(said, 16) == crc(counted) and form in allowed:
            return form
    return None
