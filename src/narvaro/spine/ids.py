"""Ids: UUIDv7, made by whoever makes the record. In: a time. Out: ids that sort by it (RFC 9562)."""

import secrets
from datetime import datetime
from uuid import UUID

from narvaro.spine import clock

UUID7 = 7


def uuid7(at: datetime | None = None) -> UUID:
    """Return a new UUIDv7 of the time `at`, by default now."""
    ms = int((at or clock.now()).timestamp() * 1000)
    value = (ms & 0xFFFF_FFFF_FFFF) << 80
    value |= UUID7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)
