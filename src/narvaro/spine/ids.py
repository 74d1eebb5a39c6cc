"""Ids: UUIDv7, made by whoever makes the record. In: a time. Out: ids that sort by it (RFC 9562).

Within one millisecond of one process they sort by a counter (method 1 of section 6.2), so that rows
made together keep their order.
"""

import secrets
from datetime import datetime
from threading import Lock
from uuid import UUID

from narvaro.spine import clock

VERSION, VARIANT = 7, 0b10
COUNTER_BITS = 12


class _Counter:
    def __init__(self) -> None:
        self._lock = Lock()
        self._ms = -1  # may run ahead of what was asked for, by what was borrowed
        self._asked = -1
        self._count = 0

    def next(self, ms: int) -> tuple[int, int]:
        """Return the millisecond and a count that is new in it; a full one borrows from the next."""
        with self._lock:
            if not self._asked <= ms <= self._ms:
                self._ms, self._count = ms, secrets.randbits(COUNTER_BITS - 1)
            elif self._count + 1 < 1 << COUNTER_BITS:
                self._count += 1
            else:
                self._ms, self._count = self._ms + 1, 0
            self._asked = ms
            return self._ms, self._count


_counter = _Counter()


def uuid7(at: datetime | None = None) -> UUID:
    """Return a new UUIDv7 of the time `at`, by default now."""
    ms, count = _counter.next(int((at or clock.now()).timestamp() * 1000))
    value = (ms & 0xFFFF_FFFF_FFFF) << 80
    value |= VERSION << 76 | count << 64
    value |= VARIANT << 62 | secrets.randbits(62)
    return UUID(int=value)
