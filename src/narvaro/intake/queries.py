"""Reads of the intake: receivers, transmission paths, when sites were out of reach. The viewer first.

What the installation as a whole needs (its checks, its metrics) asks without a viewer, and holds no
site, account or tenant.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.db import models
from django.db.models import Count, Max, Q, QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.outages import length_s, merged, out_at_once, within
from narvaro.directory.models import TransmissionPath
from narvaro.intake.models import JournalPlace, Outage, PathState
from narvaro.intake.records import JournalError, read_after, read_last_id, read_listening
from narvaro.intake.supervision import STABLE
from narvaro.situation.models import Case
from narvaro.situation.queries import cases_shared_with, get_case
from narvaro.spine import clock, timers

UNHEARD = "unheard"
PATH_STATES = (*PathState.State.values, UNHEARD)
SHOWN = 200
_WORST_FIRST = models.Case(
    models.When(state=PathState.State.LOST, then=0),
    models.When(state=PathState.State.LATE, then=1),
    default=2,
)
_SUPERVISED = ~Q(category="") | ~Q(poll_interval_s=None)
LAG_S = 5.0


@dataclass(frozen=True)
class ReceiverNow:
    """How a receiver's journal stands; `fault` says why it cannot be read, `lag_s` is promotion's.

    `listening_since` and `saved_at` are None before the receiver's first start.
    """

    name: str
    last_id: int = 0
    promoted_id: int = 0
    lag_s: float = 0.0
    listening_since: datetime | None = None
    saved_at: datetime | None = None
    fault: str = ""

    @property
    def lags(self) -> bool:
        """Return whether a message has waited for longer than promotion may take."""
        return self.lag_s > LAG_S


@dataclass(frozen=True)
class Unavailable:
    """For how long a site was out of reach in a span of time, and how many paths were lost in it."""

    site: str
    seconds: float
    losses: int


@dataclass(frozen=True)
class Losses:
    """At how many sites a case's paths were lost; once all are heard, since when, and when it ends by itself."""

    sites: int
    restored_at: datetime | None = None
    ends_at: datetime | None = None


def _time_of(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def read_receiver(name: str, journal: Path, promoted_id: int) -> ReceiverNow:
    """Read how a receiver's journal stands behind the place of its promotion."""
    try:
        waiting = read_after(journal, promoted_id, 1)
        listening = read_listening(journal)
        last_id = read_last_id(journal)
    except JournalError as fault:
        return ReceiverNow(name, promoted_id=promoted_id, fault=str(fault))
    lag_s = (clock.now() - waiting[0].received_at).total_seconds() if waiting else 0.0
    return ReceiverNow(
        name, last_id, promoted_id, max(0.0, lag_s),
        _time_of(listening.from_us) if listening else None,
        _time_of(listening.until_us) if listening else None,
    )  # fmt: skip


def read_receivers(journals: Mapping[str, Path]) -> list[ReceiverNow]:
    """Read how all receivers' journals stand, for the installation itself."""
    places = dict(JournalPlace.objects.values_list("receiver_id", "record_id"))
    return [read_receiver(name, path, places.get(name, 0)) for name, path in journals.items()]


def list_receivers(viewer: Viewer, journals: Mapping[str, Path]) -> list[ReceiverNow]:
    """List the receivers as they stand now."""
    viewer.require(Record.SYSTEM)
    return read_receivers(journals)


def count_all_paths() -> dict[str, int]:
    """Count the paths of the whole installation by state, for its metrics."""
    return _count(TransmissionPath.objects.all())


def count_paths(viewer: Viewer) -> dict[str, int]:
    """Count the tenant's paths by state: ok, late, lost, and those that were never heard."""
    viewer.require(Record.SYSTEM)
    return _count(TransmissionPath.objects.filter(tenant_id=viewer.tenant_id))


def count_without_carrier(viewer: Viewer) -> int:
    """Count the tenant's transmitters with a supervised path whose carrier the register does not name."""
    viewer.require(Record.SYSTEM)
    paths = TransmissionPath.objects.filter(tenant_id=viewer.tenant_id, carrier="")
    return paths.filter(_SUPERVISED).values("transmitter_id").distinct().count()


def _count(paths: QuerySet[TransmissionPath]) -> dict[str, int]:
    found = Counter(one or UNHEARD for one in paths.values_list("state__state", flat=True))
    return {state: found[state] for state in PATH_STATES}


def list_silent_paths(viewer: Viewer) -> list[PathState]:
    """List the lost paths with their sites, then the late, the longest silent of each first."""
    if not _sees_sites(viewer):
        return []
    silent = PathState.objects.filter(path__tenant_id=viewer.tenant_id).exclude(
        state=PathState.State.OK
    )
    silent = silent.select_related("path__transmitter__site")
    return list(silent.order_by(_WORST_FIRST, "heard_at")[:SHOWN])


def list_worst_paths(limit: int) -> list[PathState]:
    """List the lost paths, then the late, then the others, the longest silent of each first."""
    every = PathState.objects.select_related("path__transmitter")
    return list(every.order_by(_WORST_FIRST, "heard_at")[:limit])


def _sees_sites(viewer: Viewer) -> bool:
    viewer.require(Record.SYSTEM)
    return viewer.scope(Record.SITE) == Scope.TENANT


def list_unavailable(viewer: Viewer, begin: datetime, until: datetime) -> list[Unavailable]:
    """List the sites that were out of reach between two times, the longest first.

    A transmitter is out of reach while all its supervised paths are out; a site while any of its
    transmitters is. What lasts counts up to now.
    """
    if not _sees_sites(viewer):
        return []
    outages = (
        Outage.objects.filter(tenant_id=viewer.tenant_id, began_at__lt=until)
        .filter(Q(ended_at=None) | Q(ended_at__gt=begin))
        .select_related("path__transmitter__site")
    )
    by_site: dict[UUID, list[Outage]] = {}
    for one in outages:
        by_site.setdefault(one.path.transmitter.site_id, []).append(one)
    supervised = _count_supervised(by_site)
    whole = (begin.timestamp(), min(until, clock.now()).timestamp())
    rows = [_unavailable(found, supervised, whole) for found in by_site.values()]
    return sorted(rows, key=lambda row: (-row.seconds, row.site))


def _count_supervised(site_ids: Iterable[UUID]) -> Counter[UUID]:
    paths = TransmissionPath.objects.filter(transmitter__site_id__in=list(site_ids))
    named = paths.filter(_SUPERVISED)
    return Counter(named.values_list("transmitter_id", flat=True))


def _unavailable(
    outages: list[Outage], supervised: Mapping[UUID, int], whole: tuple[float, float]
) -> Unavailable:
    out: dict[UUID, dict[UUID, list[tuple[float, float]]]] = {}
    for one in outages:
        ended = one.ended_at.timestamp() if one.ended_at else whole[1]
        of_transmitter = out.setdefault(one.path.transmitter_id, {})
        of_transmitter.setdefault(one.path_id, []).append((one.began_at.timestamp(), ended))
    together = [
        span
        for transmitter_id, paths in out.items()
        if len(paths) >= supervised.get(transmitter_id, 0)
        for span in out_at_once(list(paths.values()))
    ]
    site = outages[0].path.transmitter.site.name
    return Unavailable(site, length_s(within(merged(together), whole)), len(outages))


def list_losses(viewer: Viewer, case_ids: Iterable[UUID]) -> dict[UUID, Losses]:
    """List, by case of silence, how far it reaches and whether it is over."""
    known = cases_shared_with(viewer).filter(pk__in=list(case_ids))
    rows = Outage.objects.filter(case__in=known).values("case_id").annotate(
        sites=Count("path__transmitter__site", distinct=True), paths=Count("pk"),
        ended=Count("ended_at"), last=Max("ended_at"),
    )  # fmt: skip
    found = {one["case_id"]: one for one in rows}
    over = {key for key, one in found.items() if one["ended"] == one["paths"]}
    ends = timers.list_deadlines(STABLE, over)
    return {
        key: Losses(one["sites"], one["last"] if key in over else None, ends.get(key))
        for key, one in found.items()
    }


def list_outages_of(viewer: Viewer, case: Case) -> list[Outage]:
    """List the paths whose silence a case is about, those that are still out first."""
    found = Outage.objects.filter(case=get_case(viewer, case.pk))
    found = found.select_related("path__transmitter__site")
    # False before true: SQLite and PostgreSQL differ in where a null stands.
    return sorted(found, key=lambda one: (one.ended_at is not None, one.began_at))
