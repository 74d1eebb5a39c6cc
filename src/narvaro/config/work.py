"""The process `work`: promotion, readers, timers, jobs, one checkpoint. In: the database. Out: steps.

One loop, so that nothing in it races; each turn is short. A step that fails is logged and tried
again; the other steps and the other tenants go on.
"""

import logging
import math
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from types import FrameType
from typing import TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction

from narvaro.config.channels import Outbox, channels_of, cot_feed_of
from narvaro.config.watching import Checks
from narvaro.core import choice, roads
from narvaro.directory.maps import find_open_map
from narvaro.directory.models import Unit
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.weights import make_calibration
from narvaro.dispatch.checkin import drop_old_watches
from narvaro.dispatch.drives import note_drives
from narvaro.dispatch.following import DISPATCH
from narvaro.dispatch.responses import note_arrivals
from narvaro.followup.replay.queries import count_waiting as count_what_ifs
from narvaro.forecast.queries import count_due
from narvaro.intake.actions import OnDuty, accounts_now, hand_to_receiver
from narvaro.intake.listening import Listener
from narvaro.intake.promotion import promote
from narvaro.intake.sealed import Accounts
from narvaro.plan.chances import planned_chances
from narvaro.plan.following import PLAN
from narvaro.plan.queries import list_running_shifts, state_on
from narvaro.plan.running import count_due as count_plans_due
from narvaro.sharing import forwarding
from narvaro.sharing.following import SHARING
from narvaro.sharing.queries import count_waiting
from narvaro.situation import police_fetch
from narvaro.situation.actions import drop_old_positions
from narvaro.situation.cameras import drop_old_camera_events
from narvaro.situation.models import UnitStatus
from narvaro.situation.presence import note_everywhere
from narvaro.situation.queries import list_breaks
from narvaro.spine import clock, events, jobs, notifications, timers
from narvaro.spine.heartbeat import Heart
from narvaro.spine.models import Tenant

logger = logging.getLogger(__name__)

Breaks: TypeAlias = tuple[tuple[datetime, datetime], ...]

TURN_S = 0.05
AFTER_FAILURE_S = 1.0
PRESENCE_EVERY_S = 180
READERS = (DISPATCH, PLAN, SHARING)


@jobs.does("watches.drop_old")
def drop_watches() -> None:
    """Delete the watches of guards who worked alone, after 90 days."""
    drop_old_watches(at=clock.now())


@jobs.does("drives.note")
def learn_from_drives() -> None:
    """Note how long drives took, and what they say of travel times; a person lets it be used."""
    for tenant in Tenant.objects.all():
        note_drives(tenant=tenant, at=clock.now())
        make_calibration(tenant_id=tenant.pk, at=clock.now())


@jobs.does("positions.drop_old")
def drop_positions() -> None:
    """Delete raw positions past their 72 hours."""
    dropped = drop_old_positions(at=clock.now())
    if dropped:
        logger.info("positions dropped", extra={"count": dropped})


@jobs.does("cameras.drop_old")
def drop_camera_events() -> None:
    """Delete what cameras saw, past its 90 days."""
    dropped = drop_old_camera_events(at=clock.now())
    if dropped:
        logger.info("camera events dropped", extra={"count": dropped})


@jobs.does("presence.note")
def make_presence() -> None:
    """Make presence of new positions, and exposure of finished hours; go on at once if there is more."""
    if note_everywhere(planned_chances):
        with transaction.atomic():
            jobs.enqueue("presence.note", run_at=clock.now())


def on_duty_now() -> OnDuty:
    """Return the units that are on a shift and not on a break."""
    now = clock.now()
    shifts = [
        shift for tenant in Tenant.objects.all() for shift in list_running_shifts(tenant.pk, now)
    ]
    said = UnitStatus.objects.in_bulk([one.unit_id for one in shifts])
    since: dict[UUID, datetime] = {}
    breaks: dict[UUID, Breaks] = {}
    for one in shifts:
        if state_on(one, said.get(one.unit_id)) != "break":
            since[one.unit_id] = min(one.starts_at, since.get(one.unit_id, one.starts_at))
    for unit_id, begun in since.items():
        if unit_id in said:
            breaks[unit_id] = _breaks_of(unit_id, begun, said[unit_id].since)
    return OnDuty(since, breaks)


@lru_cache(maxsize=8192)
def _breaks_of(unit_id: UUID, since: datetime, _changed_at: datetime) -> Breaks:
    """Read a unit's breaks once for each time that it said what it does: asked for every second."""
    return tuple(list_breaks(Unit.objects.get(pk=unit_id), since))


def count_police_feeds() -> int:
    """Return how many feeds of the police may be asked now; 0 where none is set."""
    given = settings.HOME.settings
    return police_fetch.count_due(
        places=given.police_feed,
        url=given.police_feed_url,
        file=settings.HOME.police_feed_state,
    )


HEAVY: tuple[tuple[tuple[str, ...], float, Callable[[], int]], ...] = (
    # command, pause between two looks in seconds, how much waits
    (("bring-in",), 0.5, count_waiting),
    (("forecast", "--due"), 60, lambda: count_due(clock.now())),
    (("what-if",), 0.5, count_what_ifs),  # somebody waits for it, in a meeting
    (("propose",), 60, lambda: count_plans_due(clock.now())),
    (("warm",), math.inf, lambda: 1),  # once, so that no page compiles
    (("police-feed",), 15, count_police_feeds),  # 20 s at most, mostly a peer's
)
"""Heavy work in its order: what comes first has the one child process first."""


class Heavy:
    """Runs heavy work in a process of its own: beside the alarms, not before, one at a time."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self._next: dict[tuple[str, ...], float] = {}

    def look(self) -> int:
        """Start the child where something waits and none is at work; return how much waits."""
        if self.child is not None and self.child.poll() is None:
            return 0
        if self.child is not None and self.child.returncode:
            said = {"code": self.child.returncode, "command": str(self.child.args)}
            logger.error("heavy work ended", extra=said)
        self.child = None
        for command, pause_s, count in HEAVY:
            at = clock.monotonic()
            if at < self._next.get(command, 0.0):
                continue
            self._next[command] = at + pause_s
            waiting = count()
            if waiting:
                whole = [sys.executable, "-m", "narvaro.config.cli", *command]
                self.child = subprocess.Popen(whole, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
                return waiting
        return 0

    def end(self) -> None:
        """Let the child go with the worker; what it was at is run anew."""
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(10)


class Worker:
    """The loop and what it remembers between turns."""

    def __init__(self) -> None:
        self.handed: Accounts | None = None
        self.heavy = Heavy()
        self.listener = Listener(settings.HOME.journals)
        self.heart = Heart(settings.HOME.path)
        self.checks = Checks(settings.HOME, self.listener, self.heart)
        self._next: dict[str, float] = {}
        self._read: dict[tuple[str, UUID], int] = {}

    def is_due(self, name: str, every_s: float) -> bool:
        """Return whether something that runs every `every_s` seconds is due, and note it."""
        at = clock.monotonic()
        if at < self._next.get(name, 0.0):
            return False
        self._next[name] = at + every_s
        return True

    def steps(self) -> list[tuple[str, float, Callable[[], object]]]:
        """List what a turn does: name, pause between two times in seconds, work."""
        steps: list[tuple[str, float, Callable[[], object]]] = [
            (f"promote {name}", 0, partial(promote, journal, name, note_arrivals))
            for name, journal in settings.HOME.journals.items()
        ]
        for tenant_id, head in events.head_positions().items():
            for reader in READERS:
                if self._read.get((reader.name, tenant_id)) != head:
                    step = partial(self.read_on, reader, tenant_id, head)
                    steps.append((f"{reader.name} {tenant_id}", 0, step))
        return [
            *steps,
            ("timers", 0, timers.fire_due),
            ("jobs", 1, lambda: jobs.run_due(clock.now())),
            ("accounts", 1, self.hand_accounts),
            ("heavy", 0.5, self.heavy.look),
            ("silence", 1, self.listener.look),
            ("checks", 1, self.checks.look),
            ("checkpoint", 2, checkpoint),
        ]

    def turn(self) -> int:
        """Do one turn; return how much there was to do. What fails holds up nothing else."""
        done = 0
        for name, pause_s, step in self.steps():
            if not self.is_due(name, pause_s):
                continue
            try:
                result = step()
            except Exception as fault:
                # One tenant's or one room's fault must not stop the alarms of the others; it is
                # said in the log each time, and tried again a little later.
                logger.exception("step failed", extra={"step": name})
                self._next[name] = clock.monotonic() + AFTER_FAILURE_S
                if isinstance(fault, DatabaseError):
                    close_old_connections()
            else:
                done += result if isinstance(result, int) else 0
            self.heart.beat()
        self.heart.turned()
        return done

    def read_on(self, reader: events.Reader, tenant_id: UUID, head: int) -> int:
        """Let a reader read on; remember the head that it has reached, so as not to ask again."""
        passed = events.advance(reader, tenant_id)
        if not passed:
            self._read[reader.name, tenant_id] = head
        return passed

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
    roads.warm()
    choice.warm()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        try:
            find_open_map(tenant_id)
        except (OSError, MapRefused):
            # Alarms go on without travel times, and every ranking says so.
            logger.exception("map cannot be opened", extra={"tenant": str(tenant_id)})
    with transaction.atomic():
        jobs.repeat("presence.note", every_s=PRESENCE_EVERY_S)
        jobs.repeat("cameras.drop_old", every_s=int(timedelta(hours=1).total_seconds()))
        jobs.repeat("watches.drop_old", every_s=int(timedelta(days=1).total_seconds()))
        jobs.repeat("drives.note", every_s=int(timedelta(days=1).total_seconds()))
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
    worker = Worker()
    feed = cot_feed_of(settings.HOME)
    channels = channels_of(settings.HOME)
    outbox = Outbox(
        *(partial(notifications.send_due, channels, one) for one in notifications.CHANNELS),
        forwarding.send_due,
        feed.look,
    )
    outbox.start()
    try:
        while not stop.is_set():
            try:
                done = worker.turn()
            except DatabaseError:
                logger.exception("turn failed")
                worker.checks.miss_database()
                close_old_connections()
                stop.wait(AFTER_FAILURE_S)
                continue
            if not done:
                stop.wait(TURN_S)
    finally:
        outbox.stop()
        feed.close()
        worker.heavy.end()
