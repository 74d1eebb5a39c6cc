"""A second scheduler, in the process of the pages. In: timers that are late. Out: fired, once.

The worker fires timers in time. Where it stands still, or is being started anew, this one does it a
second later: an escalation and a missing sign of life do not wait for a restart.
"""

import logging
import threading

from django.db import close_old_connections

from narvaro.dispatch import checkin, escalation, following  # noqa: F401 - they name their timers
from narvaro.intake import supervision  # noqa: F401 - as above
from narvaro.spine import timers

logger = logging.getLogger(__name__)

LOOK_S = 0.5
LATE_S = 1.0


class Standby:
    """Looks for late timers twice a second, in a thread of its own."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standby", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End after this look."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                fired = timers.fire_due(late_by_s=LATE_S)
            except Exception:
                # Whatever it was: this thread is the one that goes on where others have stopped.
                logger.exception("standby failed")
                close_old_connections()
                continue
            if fired:
                logger.warning("standby fired", extra={"count": fired})
        close_old_connections()
