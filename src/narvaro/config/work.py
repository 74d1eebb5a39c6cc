"""The process `work`: promotion, readers, timers, jobs, one checkpoint. In: the database. Out: steps.

One loop, so that nothing in it races; each turn is short. A turn that fails is logged and the next
one goes on, except that a database that is gone for long ends the process: `serve` starts it anew.
"""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction

from narvaro.core.roads import warm
from narvaro.directory.maps import find_open_map
from narvaro.dispatch.following import DISPATCH
from narvaro.dispatch.responses import note_arrivals
from narvaro.intake.actions import OnDuty, accounts_now, hand_to_receiver
from narvaro.intake.journal import JournalError
from narvaro.intake.promotion import promote, promote_last_seen
from narvaro.intake.sealed import Accounts
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.actions import drop_old_positions
from narvaro.situation.models import UnitStatus
from narvaro.spine import clock, events, jobs, timers
from narvaro.spine.models import Tenant

logger = logging.getLogger(__name__)

TURN_S = 0.05
MAX_FAILURES = 100
READERS = (DISPATCH,)


@jobs.does("positions.drop_old")
def drop_positions() -> None:
    """Delete raw positions past their 72 hours."""
    dropped = drop_old_positions(at=clock.now())
    if dropped:
        logger.info("positions dropped", extra={"count": dropped})


def on_duty_now() -> OnDuty:
    """Return the units that are on a shift and not on a break."""
    now = clock.now()
    resting = set(
        UnitStatus.objects.filter(state=UnitStatus.State.BREAK).values_list("unit_id", flat=True)
    )
    running = {
        shift.unit_id
        for tenant in Tenant.objects.all()
        for shift in list_running_shifts(tenant.pk, now)
    }
    return OnDuty(frozenset(running - resting))


class Worker:
    """The loop and what it remembers between turns."""

    def __init__(self) -> None:
        self.handed: Accounts | None = None
        self._next: dict[str, float] = {}

    def is_due(self, name: str, every_s: float) -> bool:
        """Return whether something that runs every `every_s` seconds is due, and note it."""
        at = clock.monotonic()
        if at < self._next.get(name, 0.0):
            return False
        self._next[name] = at + every_s
        return True

    def turn(self) -> int:
        """Do one turn; return how much there was to do."""
        done = promote(settings.HOME.journal, settings.HOME.settings.receiver_id, note_arrivals)
        for tenant_id in events.head_positions():
            for reader in READERS:
                done += events.advance(reader, tenant_id)
        now = clock.now()
        done += timers.fire_due(now)
        done += jobs.run_due(now)
        if self.is_due("accounts", 1.0):
            self.hand_accounts()
        if self.is_due("seen", 5.0):
            promote_last_seen(settings.HOME.journal)
        if self.is_due("checkpoint", 2.0):
            checkpoint()
        return done

    def hand_accounts(self) -> None:
        """Hand the receiver its accounts where they changed."""
        accounts = accounts_now(on_duty_now())
        if accounts != self.handed:
            hand_to_receiver(accounts)
            self.handed = accounts


def checkpoint() -> None:
    """Carry the write-ahead log into the SQLite file; this connection alone does it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


def prepare() -> None:
    """Compile kernels, open maps, and see to the repeated jobs before the first turn."""
    warm()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        find_open_map(tenant_id)
    with transaction.atomic():
        jobs.repeat("positions.drop_old", every_s=int(timedelta(minutes=10).total_seconds()))


def run(ready: Callable[[], None]) -> None:
    """Turn until SIGTERM or SIGINT."""
    stop = threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    prepare()
    ready()
    worker, failures = Worker(), 0
    while not stop.is_set():
        try:
            done = worker.turn()
            failures = 0
        except (DatabaseError, JournalError, OSError):
            failures += 1
            logger.exception("turn failed", extra={"failures": failures})
            if failures >= MAX_FAILURES:
                raise
            close_old_connections()
            done = 0
        if not done:
            stop.wait(TURN_S)
