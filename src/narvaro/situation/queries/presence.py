"""Reads of presence: visits, time per place and hour, time by proof. The viewer first.

The municipality sees visits at places, never tracks; which unit it was the company alone sees, and
nothing here is summed per unit or person.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from narvaro.access.models import OrganisationKind
from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.presence import HOUR_S, Proof, Stay, exposure
from narvaro.situation.models import Presence

VERIFIED = (Presence.Grade.SCAN, Presence.Grade.POSITION)
_RANK = {grade: rank for rank, grade in enumerate(Presence.Grade.values)}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """Somebody was at a place; `call_sign` is empty for other organisations than its own."""

    place_id: UUID | None
    place: str
    starts_at: datetime
    ends_at: datetime
    grade: str
    organisation: str
    call_sign: str


@dataclass(frozen=True, slots=True)
class PlaceHour:
    """For how many seconds somebody was at a place in a clock hour, however many."""

    place_id: UUID
    place: str
    hour: datetime
    present_s: float


@dataclass(frozen=True, slots=True)
class TimeByGrade:
    """Seconds of presence by proof, each stay once, with its best."""

    seconds: dict[str, float]

    @property
    def verified_s(self) -> float:
        """Return what a scan or positions bear out."""
        return sum(self.seconds.get(one, 0) for one in VERIFIED)

    @property
    def said_s(self) -> float:
        """Return what a guard tapped, or the supplier stated."""
        return sum(self.seconds.values()) - self.verified_s


def presences_seen_by(viewer: Viewer) -> QuerySet[Presence]:
    """Return the presence that the viewer may see: of the tenant, or of his own organisation."""
    seen = Presence.objects.published().filter(tenant_id=viewer.tenant_id)
    match viewer.scope(Record.PRESENCE):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            return seen.filter(organisation_id=viewer.organisation_id)
        case _:
            return Presence.objects.none()


def _best(viewer: Viewer, since: datetime, until: datetime) -> list[Presence]:
    rows = presences_seen_by(viewer).filter(starts_at__lt=until, ends_at__gt=since)
    return without_worse(rows.select_related("site", "area", "organisation", "unit"))


def list_visits(
    viewer: Viewer, since: datetime, until: datetime, site_id: UUID | None = None
) -> list[VisitLine]:
    """List the visits that touch a time, in order, each with its best proof."""
    own = viewer.organisation_kind == OrganisationKind.GUARDING_COMPANY
    return [
        VisitLine(
            one.site_id or one.area_id, _name(one), one.starts_at, one.ends_at, one.grade,
            one.organisation.name,
            one.unit.call_sign
            if own and one.unit and one.organisation_id == viewer.organisation_id
            else "",
        )
        for one in sorted(_best(viewer, since, until), key=lambda one: (one.starts_at, one.pk))
        if site_id is None or one.site_id == site_id
    ]  # fmt: skip


def _name(one: Presence) -> str:
    place = one.site or one.area
    return place.name if place else one.place


def list_hours(viewer: Viewer, since: datetime, until: datetime) -> list[PlaceHour]:
    """List the clock hours in which somebody was at a known place, by place and hour.

    `since` and `until` are whole hours.
    """
    rows = [one for one in _best(viewer, since, until) if one.site_id or one.area_id]
    names = {str(one.site_id or one.area_id): _name(one) for one in rows}
    hours_s = np.arange(since.timestamp(), until.timestamp(), HOUR_S)
    found = exposure(stays_of(rows), list(names), hours_s)
    return [
        PlaceHour(
            UUID(place), name, datetime.fromtimestamp(hours_s[hour], UTC),
            float(found.present_s[row, hour]),
        )
        for row, (place, name) in enumerate(names.items())
        for hour in np.flatnonzero(found.present_s[row]).tolist()
    ]  # fmt: skip


def sum_by_grade(viewer: Viewer, since: datetime, until: datetime) -> TimeByGrade:
    """Return for how long somebody was at places, by how it is known."""
    seconds: dict[str, float] = defaultdict(float)
    for one in _best(viewer, since, until):
        begins, ends = max(one.starts_at, since), min(one.ends_at, until)
        seconds[one.grade] += (ends - begins).total_seconds()
    return TimeByGrade(dict(seconds))


def without_worse(rows: Iterable[Presence]) -> list[Presence]:
    """Return presence without what a better proof of the same stay replaces, the longest of equals.

    The same stay: at the same place, overlapping in time, of the same unit; a row that names no unit
    may be any of its organisation's.
    """
    kept: dict[object, list[Presence]] = defaultdict(list)
    ordered = sorted(rows, key=lambda one: (_RANK[one.grade], one.starts_at - one.ends_at))
    for row in ordered:
        place = row.site_id or row.area_id or row.place
        if not any(_same_stay(row, better) for better in kept[place]):
            kept[place].append(row)
    return [one for those in kept.values() for one in those]


def _same_stay(row: Presence, better: Presence) -> bool:
    if row.starts_at >= better.ends_at or better.starts_at >= row.ends_at:
        return False
    if row.unit_id is None or better.unit_id is None:
        return row.organisation_id == better.organisation_id
    return row.unit_id == better.unit_id


def stays_of(rows: Sequence[Presence]) -> list[Stay]:
    """Return rows at sites and areas as the core's stays; whoever is not named is one unit."""
    numbers: dict[object, int] = {}
    return [
        Stay(
            unit=numbers.setdefault(one.unit_id or one.organisation_id, len(numbers)),
            place=str(one.site_id or one.area_id),
            begins_s=one.starts_at.timestamp(),
            ends_s=one.ends_at.timestamp(),
            proof=Proof(one.grade),
        )
        for one in rows
    ]
