"""How long the machine runs. In: nothing. Out: its uptime, and which start that was.

Pure Python. No step of the time touches it.
"""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Uptime:
    """Seconds since the machine started, suspension included, and which start that was."""

    boot: str
    seconds: float


def read_uptime() -> Uptime:
    """Read the machine's uptime; without Linux's own count, the monotonic clock's."""
    try:
        return Uptime(_boot(), time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, AttributeError):
        return Uptime("", time.monotonic())


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
