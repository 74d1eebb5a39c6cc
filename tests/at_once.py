"""Works that start at the same moment, each in a thread of its own. In: works. Out: what they raised."""

import threading
from collections.abc import Callable

from django.db import connection

PATIENCE_S = 60.0


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Run each in a thread of its own, all started together; return what they raised."""
    start = threading.Barrier(len(works))
    faults: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE_S)
            work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test reports it
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return faults
