"""The receiver's process on a bad disk. In: the receiver's arguments. Out: the receiver itself.

NARVARO_TEST_DISK="sync_ms=5"    every sync takes 5 ms longer
NARVARO_TEST_DISK="fault=sync"   SIGUSR1 breaks the disk in this way (see Fault), SIGUSR2 mends it
"""

import functools
import os
import signal
import sys
from unittest.mock import patch

from narvaro.intake import receiver
from narvaro.intake.journal import Journal
from tests.intake.file_systems import Fault, FaultyDisk
from tests.intake.slow_sync import slow_down

VARIABLE = "NARVARO_TEST_DISK"


def main() -> int:
    """Make the disk as it is asked for, then be the receiver."""
    kind, _, value = os.environ[VARIABLE].partition("=")
    if kind == "sync_ms":
        slow_down(float(value))
        return receiver.main()
    disk = FaultyDisk("faulty")
    signal.signal(signal.SIGUSR1, lambda *_: disk.break_down(Fault(value)))
    signal.signal(signal.SIGUSR2, lambda *_: disk.mend())
    with patch.object(receiver, "Journal", functools.partial(Journal, vfs=disk.name)):
        return receiver.main()


if __name__ == "__main__":
    sys.exit(main())
