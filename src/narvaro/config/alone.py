"""Being the only one. In: a home folder and a name. Out: a lock held until the process ends.

Two `work` processes on one home would both checkpoint the database and both promote.
"""

import ctypes
import fcntl
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


class NotAloneError(Exception):
    """Another process does this already; says which file it holds."""


@contextmanager
def alone(home: Path, name: str) -> Iterator[None]:
    """Hold the lock of a name for the length of the block; raises NotAloneError."""
    file = home / f"{name}.lock"
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise NotAloneError(
                f"Another `narvaro {name}` runs on this home folder ({file} is held). End it first."
            ) from taken
        yield


def end_with_parent() -> None:
    """Let this process get SIGTERM when its parent ends, however that ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
