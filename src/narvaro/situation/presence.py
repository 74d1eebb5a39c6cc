"""Presence and exposure, made of what units sent and suppliers stated. In: a moment. Out: rows.

Raw positions go after 72 hours; what stays is when a unit was at a site (*närvaro*), and for how long
somebody was there in each clock hour, with how probable a published plan had made it. Positions come
from units on duty alone, so nothing is made off duty or in a break. A site is a circle of 75 m.

Each run takes up where the last one ended; a run repeated, or positions that came late, give the
same rows. As positions themselves, they are no news: nothing is told to the log.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Min, Q

from narvaro.core.presence import GAP_S, HOUR_S, Places, Track, exposure, find_stays
from narvaro.directory.models import ImportBatch, PlacedRow, Site, Unit
from narvaro.situation.actions import RAW_POSITIONS_H
from narvaro.situation.models import Exposure, Position, Presence, PresenceMark
from narvaro.situation.queries.presence import stays_of, without_worse
from narvaro.spine.models import Tenant

SITE_M = 75.0
HOUR = timedelta(seconds=HOUR_S)
GAP = timedelta(seconds=GAP_S)
LOOK_BACK = timedelta(minutes=10)  # for rows that were made while the last run went on
BLOCK_H = 7 * 24  # hours that are computed at once
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


def note_presence(*, tenant: Tenant, planned: Planned, at: datetime) -> int:
    """Make presence of the positions that came since last time, and the exposure of finished hours.

    Returns how many stays were made, lengthened or taken back.
    """
    mark = PresenceMark.objects.filter(tenant=tenant).first() or PresenceMark(tenant=tenant)
    last = Position.objects.filter(tenant=tenant).aggregate(last=Max("pk"))["last"]
    position_id = max(mark.position_id, last or 0)
    changed = _note_positions(tenant, mark.position_id, position_id, at)
    now = at.replace(minute=0, second=0, microsecond=0)
    pairs = set(_touched(changed)) | _others(tenant, mark, now, planned)
    _expose(tenant, {one for one in pairs if one[1] < now}, planned)
    _move(tenant, position_id=position_id, exposed_until=now, looked_at=at)
    return len(changed)


@transaction.atomic
def _move(tenant: Tenant, **marks: object) -> None:
    PresenceMark.objects.update_or_create(tenant=tenant, defaults=marks)


@dataclass(frozen=True, slots=True)
class _Span:
    site_id: UUID
    begins: datetime
    ends: datetime


def _note_positions(tenant: Tenant, after_id: int, until_id: int, at: datetime) -> list[_Span]:
    """Make presence of each unit that sent positions; what is older than 72 h is no longer whole."""
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
        span
        for unit_id, first in sorted(firsts.items())
        for span in _note_unit(units[unit_id], sites, first)
    ]


@transaction.atomic
def _note_unit(unit: Unit, sites: _Sites, first: datetime) -> list[_Span]:
    """Make a unit's stays anew from the one that its new positions may belong to; return the changed."""
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
    wanted = _find_stays(unit, sites, since)
    spans = []
    for row in mine.filter(starts_at__gte=since):
        assert row.site_id is not None
        ends = wanted.pop((row.site_id, row.starts_at), None)
        if ends == row.ends_at:
            continue
        spans.append(_Span(row.site_id, row.starts_at, max(row.ends_at, ends or row.ends_at)))
        if ends is None:
            Presence.objects.filter(pk=row.pk).delete()
        else:
            row.ends_at = ends
            row.save(update_fields=["ends_at"])
    for (site_id, begins), ends in wanted.items():
        _make(unit, sites.by_id[str(site_id)], begins, ends)
        spans.append(_Span(site_id, begins, ends))
    return spans


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


def _touched(spans: Iterable[_Span]) -> Iterator[Pair]:
    """Yield each site with each clock hour (UTC) that its spans touch."""
    for span in spans:
        hour = span.begins.replace(minute=0, second=0, microsecond=0)
        while hour < span.ends:
            yield span.site_id, hour
            hour += HOUR


def _others(tenant: Tenant, mark: PresenceMark, now: datetime, planned: Planned) -> set[Pair]:
    """Return the sites and hours that became whole, or that others than positions changed.

    Those are: hours that have ended since last time, stays that were tapped, files of visits.
    """
    rows = Presence.objects.published().filter(tenant=tenant, site__isnull=False)
    first = mark.exposed_until
    if first is None:
        first = rows.aggregate(first=Min("starts_at"))["first"] or now
        first = first.replace(minute=0, second=0, microsecond=0)
    new = Q(starts_at__lt=now, ends_at__gt=first)
    if mark.looked_at is not None:
        since = mark.looked_at - LOOK_BACK
        files = ImportBatch.objects.filter(tenant=tenant, published_at__gte=since)
        new |= Q(pk__gte=_id_at(since), batch=None) | Q(batch__in=files)
    spans = [_Span(*one) for one in rows.filter(new).values_list("site_id", "starts_at", "ends_at")]
    return {*_touched(spans), *planned(tenant.pk, first, now)}


def _id_at(at: datetime) -> UUID:
    """Return the least id (UUIDv7) of a row that is made at a time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _expose(tenant: Tenant, pairs: set[Pair], planned: Planned) -> None:
    """Write the exposure of sites in hours, a block of hours after the other."""
    blocks: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        blocks[int(pair[1].timestamp() // (BLOCK_H * HOUR_S))].append(pair)
    for _number, block in sorted(blocks.items()):
        chances = planned(
            tenant.pk, min(hour for _site, hour in block), max(hour for _site, hour in block) + HOUR
        )
        rows = _exposures(tenant, sorted(block), chances)
        for begin in range(0, len(rows), AT_ONCE):
            _keep_exposures(rows[begin : begin + AT_ONCE])


def _exposures(
    tenant: Tenant, block: Sequence[Pair], chances: Mapping[Pair, float]
) -> list[Exposure]:
    """Return what is to stand for each site and hour; the best proof of a stay counts."""
    sites = {str(site_id): row for row, site_id in enumerate(sorted({one for one, _hour in block}))}
    hours = {hour: column for column, hour in enumerate(sorted({hour for _site, hour in block}))}
    first, last = min(hours), max(hours)
    there = Presence.objects.published().filter(
        tenant=tenant, site_id__in=list(sites), starts_at__lt=last + HOUR, ends_at__gt=first
    )
    hours_s = np.array([one.timestamp() for one in hours], np.float64)
    found = exposure(stays_of(without_worse(there)), list(sites), hours_s)
    return [
        Exposure(
            tenant=tenant, site_id=site_id, hour=hour,
            present_s=float(found.present_s[sites[str(site_id)], hours[hour]]),
            unit_s=float(found.unit_s[sites[str(site_id)], hours[hour]]),
            probability=chances.get((site_id, hour)),
        )
        for site_id, hour in block
    ]  # fmt: skip


@transaction.atomic
def _keep_exposures(rows: Sequence[Exposure]) -> None:
    """Write exposure; where nobody was and nobody was planned, none stands."""
    kept = [one for one in rows if one.present_s > 0 or one.probability is not None]
    Exposure.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["site", "hour"],
        update_fields=["present_s", "unit_s", "probability"],
    )  # fmt: skip
    for one in rows:
        if one.present_s == 0 and one.probability is None:
            Exposure.objects.filter(site_id=one.site_id, hour=one.hour).delete()
