"""Being the only one. In: a home folder and a name. Out: a lock held until the process ends.

Two `work` processes on one home would both checkpoint the database and both promote.
"""

import ctypes
import fcntl
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
LONGEST_CPU_S = 30 * 60


class NotAloneError(Exception):
    """Another process does this already; says which file it holds."""


@contextmanager
def alone(home: Path, name: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a name for the length of the block; raises NotAloneError, or waits."""
    file = home / f"{name}.lock"
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as taken:
            raise NotAloneError(
                f"Another `narvaro {name}` runs on this home folder ({file} is held). End it first."
            ) from taken
        yield


def be_modest(share: float = 0.5, cpu_s: int = LONGEST_CPU_S) -> None:
    """Let this process be the first to go when memory runs short; bound its memory and its CPU time.

    What a file unpacks to, and how long that takes, is not known before it is read: the kernel's
    limits end the reading, not the alarms. No core is dumped: it would hold what the file holds.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = min(int(memory * share), hard if hard != resource.RLIM_INFINITY else memory)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    longest = min(cpu_s, hard) if hard != resource.RLIM_INFINITY else cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (longest, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    score = Path("/proc/self/oom_score_adj")
    if score.exists():  # Linux
        score.write_text("1000")


def end_with_parent() -> None:
    """Let this process get SIGTERM when its parent ends, however that ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
