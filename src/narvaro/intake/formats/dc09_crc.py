"""The CRC of DC-09 frames. In: a frame's body and what its envelope says. Out: whether they agree.

The standard's form is always taken; a deviating one only for an account that has its flag. Each
deviation was shown with frames of the field (docs/protocols/sia_dc09.md).
"""

from array import array
from collections.abc import Collection
from struct import unpack

# A flag of the account, the CRC's width in bytes, and what CRC and length count besides the body.
FORMS = (("", 4, b""), ("crc_with_cr", 4, b"\r"), ("crc_binary", 2, b""))


def _make_table() -> "array[int]":
    """Return what two bytes, the low one first, do to the register: half a byte table's steps."""
    table = array("H", bytes(2 << 16))
    for value in range(256):
        register = value
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
        table[value << 8] = register
    ones = [table[one << 8] for one in range(256)]
    lows = [one >> 8 ^ ones[one & 0xFF] for one in ones]
    for value, high in enumerate(ones):  # what both bytes do is what each does, put together
        table[value << 8 : (value + 1) << 8] = array("H", [high ^ low for low in lows])
    return table


_TABLE = _make_table()


def crc16(body: bytes) -> int:
    """Return the CRC-16 (polynomial A001, start 0) of a frame's body."""
    crc = 0
    # The register starts at 0, so a zero in front changes nothing and makes the length even.
    even = b"\0" + body if len(body) & 1 else body
    for word in unpack(f"<{len(even) >> 1}H", even):
        crc = _TABLE[crc ^ word]
    return crc


def find_fault(crc: bytes, length: int, body: bytes, flags: Collection[str]) -> str | None:
    """Return "length" or "crc" where the envelope is wrong in each form that the flags allow."""
    fault = "crc" if length == len(body) else "length"
    for flag, width, counted in FORMS:
        if len(crc) != width or length != len(body) + len(counted) or (flag and flag not in flags):
            continue
        fault = "crc"
        if crc16(body + counted) == (int(crc, 16) if width == 4 else int.from_bytes(crc)):
            return None
    return fault
