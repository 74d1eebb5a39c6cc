"""Does the kernel hold its clock for synchronised. In: ntp_adjtime(2). Out: yes, no, or unknown.

Pure Python. The call only asks: `modes` is 0, nothing is set.
"""

import ctypes
import sys
from typing import Literal, TypeAlias

Sync: TypeAlias = Literal["synchronised", "unsynchronised", "unknown"]

TIME_ERROR = 5  # timex.h: the clock is not synchronised
STATES = range(TIME_ERROR)  # TIME_OK, and what leap seconds make of it
ROOM = 512  # bytes; struct timex is smaller on every Linux


def judge(returned: int) -> Sync:
    """Return what a return value of ntp_adjtime(2) says; a refusal of the kernel is unknown."""
    if returned == TIME_ERROR:
        return "unsynchronised"
    return "synchronised" if returned in STATES else "unknown"


def read_sync() -> Sync:
    """Ask the kernel; unknown where it cannot be asked."""
    if sys.platform != "linux":
        return "unknown"
    try:
        return judge(int(ctypes.CDLL(None).ntp_adjtime(ctypes.create_string_buffer(ROOM))))
    except (OSError, AttributeError):
        return "unknown"
