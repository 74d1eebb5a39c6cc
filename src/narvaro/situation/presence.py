"""Presence and exposure, made of what units sent and suppliers stated. In: a moment. Out: rows.

Raw positions go after 72 hours; what stays is when a unit was at a site (*närvaro*), and for how long
somebody was there in each clock hour, with how probable a published plan had made it. Positions come
from units on duty alone, so nothing is made off duty or in a break. A site is a circle of 75 m.

Each run takes up where the last one ended; a run repeated, or positions that came late, give the
same rows. As positions themselves, they are no news: nothing is told to the log.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Min, Q

from narvaro.core.presence import GAP_S, HOUR_S, Places, Track, exposure, find_stays
from narvaro.directory.models import ImportBatch, PlacedRow, Site, Unit
from narvaro.situation.actions import RAW_POSITIONS_H
from narvaro.situation.models import Exposure, Position, Presence, PresenceMark
from narvaro.situation.queries.presence import stays_of, without_worse
from narvaro.spine import clock
from narvaro.spine.models import Tenant

logger = logging.getLogger(__name__)

SITE_M = 75.0
HOUR = timedelta(seconds=HOUR_S)
GAP = timedelta(seconds=GAP_S)
SETTLED = timedelta(minutes=1)  # a row that was made before that is committed, and seen
BLOCK = timedelta(days=7)  # of hours that are exposed in one run
AT_ONCE = 500  # rows in one transaction

Pair = tuple[UUID, datetime]
Planned = Callable[[UUID, datetime, datetime], Mapping[Pair, float]]
"""Tenant, from, until → how probable published plans made it that somebody is at a site in an hour."""


@dataclass(frozen=True, slots=True)
class _Sites:
    """A tenant's sites as circles."""

    by_id: dict[str, Site]
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        rows = list(self.by_id.values())
        places = Places(
            ids=tuple(self.by_id),
            lat=np.array([one.lat for one in rows], np.float64),
            lon=np.array([one.lon for one in rows], np.float64),
            radius_m=np.full(len(rows), SITE_M),
        )
        object.__setattr__(self, "places", places)


def note_presence(*, tenant: Tenant, planned: Planned, at: datetime) -> bool:
    """Make presence of the positions that came since last time, and the exposure of finished hours.

    At most a week of hours is exposed at once; returns whether there are more.
    """
    mark = PresenceMark.objects.filter(tenant=tenant).first() or PresenceMark(tenant=tenant)
    last = Position.objects.filter(tenant=tenant).aggregate(last=Max("pk"))["last"]
    position_id = max(mark.position_id, last or 0)
    changed = _note_positions(tenant, mark.position_id, position_id, at)
    now = _hour_of(at)
    settled = max(at - SETTLED, mark.looked_at or at - SETTLED)
    begins = min([_open_since(tenant, mark, now, settled), *map(_hour_of, changed)])
    ends = min(now, begins + BLOCK)
    if begins < ends:
        _expose(tenant, begins, ends, planned)
    _move(tenant, position_id=position_id, exposed_until=max(begins, ends), looked_at=settled)
    return ends < now


def note_everywhere(planned: Planned) -> bool:
    """Make the presence of every tenant; return whether there is more to do at once.

    What fails for one tenant is said in the log and holds up no other.
    """
    more = False
    for tenant in Tenant.objects.all():
        try:
            more |= note_presence(tenant=tenant, planned=planned, at=clock.now())
        except Exception:
            # Raw positions go in the end: one tenant's fault must not cost the others their proof.
            logger.exception("presence failed", extra={"tenant": str(tenant.pk)})
    return more


def _hour_of(at: datetime) -> datetime:
    """Return the beginning of a time's clock hour."""
    return at.replace(minute=0, second=0, microsecond=0)


@transaction.atomic
def _move(tenant: Tenant, **marks: object) -> None:
    PresenceMark.objects.update_or_create(tenant=tenant, defaults=marks)


def _note_positions(tenant: Tenant, after_id: int, until_id: int, at: datetime) -> list[datetime]:
    """Make presence of each unit that sent positions; return when what changed begins.

    Positions of more than 72 hours ago come too late: what they belonged to may be gone.
    """
    new = Position.objects.filter(
        tenant=tenant, pk__gt=after_id, pk__lte=until_id, flag="",
        at__gte=at - timedelta(hours=RAW_POSITIONS_H),
    )  # fmt: skip
    firsts = dict(new.values_list("unit_id").annotate(first=Min("at")).order_by())
    if not firsts:
        return []
    found = Site.objects.published().filter(tenant=tenant, lat__isnull=False, lon__isnull=False)
    sites = _Sites({str(one.pk): one for one in found})
    units = Unit.objects.in_bulk(list(firsts))
    return [
        begins
        for unit_id, first in sorted(firsts.items())
        for begins in _note_unit(units[unit_id], sites, first)
    ]


@transaction.atomic
def _note_unit(unit: Unit, sites: _Sites, first: datetime) -> list[datetime]:
    """Make a unit's stays anew, from the one on that its new positions may belong to."""
    mine = Presence.objects.filter(
        unit=unit,
        grade=Presence.Grade.POSITION,
        placed_by=PlacedRow.PlacedBy.COORDINATE,
        batch=None,
    )
    since = first - GAP
    while (
        before := mine.filter(starts_at__lt=since, ends_at__gte=since).order_by("starts_at").first()
    ):
        since = before.starts_at
    wanted, changed = _find_stays(unit, sites, since), list[datetime]()
    for row in mine.filter(starts_at__gte=since):
        assert row.site_id is not None
        ends = wanted.pop((row.site_id, row.starts_at), None)
        if ends is None:
            Presence.objects.filter(pk=row.pk).delete()
        elif ends != row.ends_at:
            row.ends_at = ends
            row.save(update_fields=["ends_at"])
        else:
            continue
        changed.append(row.starts_at)
    for (site_id, begins), ends in wanted.items():
        _make(unit, sites.by_id[str(site_id)], begins, ends)
        changed.append(begins)
    return changed


def _make(unit: Unit, site: Site, begins: datetime, ends: datetime) -> None:
    """Make a stay; where a tap made the same one of the same positions, its end is set right."""
    Presence.objects.update_or_create(
        unit=unit, site=site, starts_at=begins, grade=Presence.Grade.POSITION,
        defaults={
            "tenant_id": unit.tenant_id, "organisation_id": unit.organisation_id,
            "place": site.name, "lat": site.lat, "lon": site.lon, "ends_at": ends,
            "placed_by": PlacedRow.PlacedBy.COORDINATE,
        },
    )  # fmt: skip


def _find_stays(unit: Unit, sites: _Sites, since: datetime) -> dict[Pair, datetime]:
    """Return a unit's stays since a time: site and begin → end."""
    rows = list(
        Position.objects.filter(unit=unit, flag="", at__gte=since)
        .order_by("at")
        .values_list("at", "lat", "lon", "accuracy_m")
    )
    moment = {one.timestamp(): one for one, *_rest in rows}
    at_s, lat, lon, accuracy_m = (
        np.array([(at.timestamp(), *rest) for at, *rest in rows], np.float64).reshape(-1, 4).T
    )
    track = Track(np.zeros(len(rows), np.int64), at_s, lat, lon, accuracy_m)
    return {
        (UUID(stay.place), moment[stay.begins_s]): moment[stay.ends_s]
        for stay in find_stays(track, sites.places)
    }


def _open_since(tenant: Tenant, mark: PresenceMark, now: datetime, settled: datetime) -> datetime:
    """Return from which hour on exposure is not made, or no longer true.

    That is where it ended last time, or earlier: with stays that were tapped, or files of visits that
    came since.
    """
    rows = Presence.objects.published().filter(tenant=tenant)
    if mark.exposed_until is None or mark.looked_at is None:
        first = rows.aggregate(first=Min("starts_at"))["first"]
        return min(now, _hour_of(first)) if first else now
    files = ImportBatch.objects.filter(
        tenant=tenant, published_at__gte=mark.looked_at, published_at__lt=settled
    )
    made = Q(pk__gte=_id_at(mark.looked_at), pk__lt=_id_at(settled), batch=None)
    new = rows.filter(made | Q(batch__in=files))
    first = new.aggregate(first=Min("starts_at"))["first"]
    return min(mark.exposed_until, _hour_of(first)) if first else mark.exposed_until


def _id_at(at: datetime) -> UUID:
    """Return the least id (UUIDv7) of a row that is made at a time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _expose(tenant: Tenant, begins: datetime, ends: datetime, planned: Planned) -> None:
    """Write how long somebody was at each site in each hour of a time; the best proof counts."""
    there = Presence.objects.published().filter(
        tenant=tenant, site__isnull=False, starts_at__lt=ends, ends_at__gt=begins
    )
    rows = without_worse(there)
    chances = planned(tenant.pk, begins, ends)
    before = Exposure.objects.filter(tenant=tenant, hour__gte=begins, hour__lt=ends)
    pairs = {*before.values_list("site_id", "hour"), *chances}
    sites = sorted(
        {*(one.site_id for one in rows if one.site_id), *(site for site, _hour in pairs)}
    )
    hours = [begins + HOUR * number for number in range(round((ends - begins) / HOUR))]
    hours_s = np.array([one.timestamp() for one in hours], np.float64)
    found = exposure(stays_of(rows), list(map(str, sites)), hours_s)
    made = [
        Exposure(
            tenant=tenant, site_id=site_id, hour=hour, present_s=float(found.present_s[row, column]),
            unit_s=float(found.unit_s[row, column]), probability=chances.get((site_id, hour)),
        )
        for row, site_id in enumerate(sites)
        for column, hour in enumerate(hours)
        if found.present_s[row, column] > 0 or (site_id, hour) in pairs
    ]  # fmt: skip
    for begin in range(0, len(made), AT_ONCE):
        _keep(made[begin : begin + AT_ONCE])


@transaction.atomic
def _keep(rows: Sequence[Exposure]) -> None:
    """Write exposure; where nobody was and nobody was planned, none stands."""
    kept = [one for one in rows if one.present_s > 0 or one.probability is not None]
    Exposure.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["site", "hour"],
        update_fields=["present_s", "unit_s", "probability"],
    )  # fmt: skip
    for one in rows:
        if one.present_s == 0 and one.probability is None:
            Exposure.objects.filter(site_id=one.site_id, hour=one.hour).delete()
