"""Is the system well. In: journals, clock, disk, certificates, timers, jobs. Out: troubles.

The process `work` looks once a second; each check is cheap. What is found is raised as a trouble and
ended when it has not been found for a while. Where the main database does not answer, nothing can be
raised there: the log says so, and the heartbeat (`spine/heartbeat.py`).
"""

import logging
from collections.abc import Callable
from typing import TypeAlias

from django.db import DatabaseError, close_old_connections

from narvaro.config.home import Home
from narvaro.core.clock_agreement import ClockVerdict
from narvaro.intake.listening import Listener
from narvaro.intake.queries import ReceiverNow, read_receivers
from narvaro.intake.time_sources import list_sources
from narvaro.situation.troubles import end_trouble, note_clock_accepted, raise_trouble
from narvaro.spine import clock, jobs, notifications, timers
from narvaro.spine.heartbeat import Heart
from narvaro.spine.kernel_clock import read_sync
from narvaro.spine.machine import MB, read_certificate, read_disk
from narvaro.spine.models import Trouble
from narvaro.spine.time_servers import TimeServers

logger = logging.getLogger(__name__)

FAILING_TIMES = 3
BEGINNING_S = 30.0  # a receiver that starts with us may take so long to begin
CALM_S = 10.0  # so long not found, and it is over
REFRESH_S = 10.0  # the facts of what lasts are written anew no more often
ALONE_S, ALONE_LOOKS = 120.0, 3  # so long panels that stand alone say it, and they are believed
SYNCHRONISED_S = 60.0  # so long the kernel holds its clock for right, and it is believed
SAY_AGAIN_S = 60.0

Facts: TypeAlias = dict[str, object]
Found: TypeAlias = dict[str, Facts]
"""What is wrong, by what it is about; empty where all is well."""


class Checks:
    """Looks, and remembers what it saw between two looks."""

    def __init__(self, home: Home, listener: Listener, heart: Heart) -> None:
        self.home = home
        self.listener = listener
        self.heart = heart
        self.time_servers = TimeServers(home.path, home.settings.time_servers)
        self._receivers: list[ReceiverNow] = []
        self._begun_s = clock.monotonic()
        self._next: dict[str, float] = {}
        self._found: dict[str, Found] = {}
        self._seen_s: dict[tuple[str, str], float] = {}
        self._written_s: dict[tuple[str, str], float] = {}
        self._synchronised_since_s: float | None = None
        self._panels_since_s: float | None = None
        self._panels_looks = 0
        self._silence_said_s: float | None = None
        # trouble, seconds between two looks, check; a check of anything else is one more line
        self.table: tuple[tuple[str, float, Callable[[], Found]], ...] = (
            ("journal_unreadable", 1, self._journals),
            ("promotion_lag", 1, self._lags),
            ("receiver_silent", 1, self._silent),
            ("clock_step", 1, self._clock),
            ("clock_doubt", 5, self._time_sources),
            ("disk_space", 10, self._disk),
            ("certificate", 600, self._certificates),
            ("timers_overdue", 1, self._timers),
            ("jobs_failing", 5, self._jobs),
            ("notifications_unsent", 5, self._notifications),
        )

    def look(self) -> None:
        """Make the checks that are due; raise and end troubles."""
        try:
            self._receivers = read_receivers(self.listener.journals)
            for kind, every_s, check in self.table:
                self._check(kind, every_s, check)
            self._settle()
        except DatabaseError:
            self.miss_database()
            close_old_connections()
            return
        if self._silence_said_s is not None:
            logger.warning("database_answers")
        self._silence_said_s, self.heart.database_answers = None, True

    def miss_database(self) -> None:
        """Say that the main database does not answer, in the log and in the heartbeat."""
        self.heart.database_answers = False
        self.heart.beat()
        at = clock.monotonic()
        if self._silence_said_s is not None and at - self._silence_said_s < SAY_AGAIN_S:
            return
        self._silence_said_s = at
        known = sorted(kind for kind, found in self._found.items() if found)
        logger.critical("database_silent", extra={"troubles": known})

    def _check(self, kind: str, every_s: float, check: Callable[[], Found]) -> None:
        at = clock.monotonic()
        if at < self._next.get(kind, float("-inf")):
            return
        self._next[kind] = at + every_s
        try:
            self._found[kind] = check()
        except DatabaseError:
            raise
        except Exception:
            # What one check stumbles over must not silence the others; what it found stands.
            logger.exception("check failed", extra={"check": kind})

    def _settle(self) -> None:
        at = clock.monotonic()
        mine = [kind for kind, _, _ in self.table]
        lasting = {
            (one.kind, one.about): one.facts
            for one in Trouble.objects.filter(ended_at=None, kind__in=mine)
        }
        for kind, found in self._found.items():
            for about, facts in found.items():
                self._seen_s[kind, about] = at
                self._keep(kind, about, facts, lasting.get((kind, about)))
        for kind, about in lasting:
            if about in self._found.get(kind, {}):
                continue
            if at - self._seen_s.setdefault((kind, about), at) >= CALM_S:
                end_trouble(kind=kind, about=about, at=clock.now())
                logger.warning("trouble_ended", extra={"trouble": kind, "about": about})

    def _keep(self, kind: str, about: str, facts: Facts, known: Facts | None) -> None:
        """Raise what is new; bring the facts of what lasts up to date, not at each look."""
        at = clock.monotonic()
        recently = at - self._written_s.get((kind, about), float("-inf")) < REFRESH_S
        if known is not None and (recently or known | facts == known):
            return
        self._written_s[kind, about] = at
        if raise_trouble(kind=kind, about=about, facts=facts, at=clock.now()):
            logger.critical("trouble_raised", extra={"trouble": kind, "about": about} | facts)

    def _journals(self) -> Found:
        return {one.name: {"fault": one.fault[:200]} for one in self._receivers if one.fault}

    def _lags(self) -> Found:
        return {one.name: {"lag_s": round(one.lag_s)} for one in self._receivers if one.lags}

    def _silent(self) -> Found:
        found: Found = {name: {} for name in self.listener.silent}
        if clock.monotonic() - self._begun_s > BEGINNING_S:
            found |= {
                one.name: {}
                for one in self._receivers
                if one.listening_since is None and not one.fault
            }
        return {
            name: {"saved_at": one.saved_at.isoformat() if one.saved_at else None}
            for one in self._receivers
            if (name := one.name) in found
        }

    def _clock(self) -> Found:
        """Tell of a step of the machine's clock; believe it when the kernel has done so for long."""
        step_s = clock.jump_s()
        if not step_s:
            self._synchronised_since_s = None
            return {}
        at = clock.monotonic()
        if read_sync() != "synchronised":
            self._synchronised_since_s = None
        elif self._synchronised_since_s is None:
            self._synchronised_since_s = at
        elif at - self._synchronised_since_s >= SYNCHRONISED_S:
            clock.accept()
            logger.warning("clock_accepted", extra={"by": "kernel", "step_s": round(step_s, 1)})
            note_clock_accepted(step_s=step_s, accepted_by="kernel", at=clock.now())
            return {}
        return {"": {"step_s": round(step_s, 1)}}

    def _time_sources(self) -> Found:
        """Doubt our time where panels and time servers speak against it, until one of them backs it."""
        if clock.offset():
            return {}  # the demo has moved the time: the others' is another
        self.time_servers.look()
        home = self.home
        found = list_sources(home.journals.values(), home.path, home.settings.time_servers)
        verdict, before_s = found.verdict, clock.suspected_s()
        stands = self._stands(verdict)
        if verdict.suspected and (stands or before_s != 0):
            off_s = round(verdict.off_s, 1)
            if before_s is None or abs(off_s - before_s) >= 1:
                clock.suspect(off_s)
                logger.critical("clock_doubted", extra={"off_s": off_s})
        elif verdict.backed and before_s != 0:
            clock.suspect(0.0)
            logger.warning("clock_trusted")
        doubt_s = clock.suspected_s()
        return {} if doubt_s == 0 else {"": {"off_s": doubt_s}}

    def _stands(self, verdict: ClockVerdict) -> bool:
        """Return whether a doubt is to be believed: panels that stand alone must say it for a while."""
        at = clock.monotonic()
        if not verdict.alone:
            self._panels_since_s, self._panels_looks = None, 0
            return verdict.suspected
        if self._panels_since_s is None:
            self._panels_since_s = at
        self._panels_looks += 1
        return self._panels_looks >= ALONE_LOOKS and at - self._panels_since_s >= ALONE_S

    def _disk(self) -> Found:
        disk = read_disk(self.home.path)
        if not disk.room:
            return {}
        free_mb = disk.free_bytes // (10 * MB) * 10  # a step of 10 MB is news, a byte is not
        return {"": {"room": disk.room, "free_mb": free_mb}}

    def _certificates(self) -> Found:
        read = [read_certificate(file) for file in self.home.certificates]
        return {
            one.file.name: {
                "ending": one.ending,
                "ends_at": one.ends_at.isoformat() if one.ends_at else None,
            }
            for one in read
            if one.ending
        }

    def _timers(self) -> Found:
        count, first = timers.find_overdue()
        return {"": {"count": count, "since": first.isoformat()}} if first else {}

    def _jobs(self) -> Found:
        return {
            one.kind: {"failures": one.failures, "fault": one.last_error.partition(":")[0]}
            for one in jobs.list_failing(FAILING_TIMES)
        }

    def _notifications(self) -> Found:
        return {channel: {"count": n} for channel, n in notifications.count_failing().items()}
