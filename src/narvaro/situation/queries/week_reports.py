"""The reports behind a week's picture. In: a tenant and a week. Out: what is counted, and what not.

Observations, incidents and damage become one kind of report. A report counts in the week in which
it was over, if it was known when that week closed; so this week is compared with weeks that were
known no better. Rows of files do not say when they became known: they count where they were over.
Damage that an incident of the same case tells of is one report, not two.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from shapely import Point, STRtree, from_wkt

from narvaro.directory.models import Area, Site
from narvaro.situation.contents import PlaceKind
from narvaro.situation.models import OF_ALARMS, Category, Damage, Incident, Observation
from narvaro.situation.queries.known import Register, known_until, newest_row
from narvaro.situation.weeks import BEFORE, Week

OF_DAMAGE = {
    Damage.Kind.GLASS: Category.VANDALISM,
    Damage.Kind.GRAFFITI: Category.GRAFFITI,
    Damage.Kind.FIRE: Category.FIRE,
    Damage.Kind.OUTER: Category.VANDALISM,
    Damage.Kind.INNER: Category.VANDALISM,
    Damage.Kind.BREAK_IN: Category.BREAK_IN,
    Damage.Kind.OTHER: Category.OTHER,
}
"""What happened, by what it did; water is nobody's deed and is in no count."""

COUNTED = (Observation.State.SUBMITTED, Observation.State.IN_PICTURE)
NO_PLACES = (Area.Kind.MUNICIPALITY, Area.Kind.POLICE_CLASS)
"""Areas that no report is counted to: too large, or not ours to judge by."""

LONGEST = timedelta(days=60)
"""A row of a file whose interval is longer says too little about any week."""

PACE_OVER = timedelta(weeks=BEFORE)
"""A file's pace, for a week: that of its last weeks."""

_WHERE = ("site_id", "area_id", "lat", "lon")
_TIMES = ("occurred_from", "occurred_until", "reported_at")


class Place(NamedTuple):
    """Where a report is counted."""

    kind: PlaceKind
    id: UUID


@dataclass(frozen=True)
class Report:
    """One thing that was reported; `week` is 0 for this week, 1 for the one before, and so on."""

    category: str
    begins: datetime
    until: datetime
    week: int
    place: Place | None
    has_point: bool
    filed: Register | None = None  # the register whose file told of it


@dataclass(frozen=True)
class Cost:
    """What one damage of this week costs; None where nobody has said it."""

    place: Place | None
    sek: Decimal | None


@dataclass
class WeekReports:
    """What is counted, and how much is not: too late for its own week, or of days to come."""

    counted: list[Report] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    late: int = 0
    ahead: int = 0
    from_files: int = 0


class AreaFinder:
    """Finds the smallest area around a point; borders are read when the first one is asked for."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self._areas: list[UUID] = []
        self._tree: STRtree | None = None

    def find(self, lat: float, lon: float) -> UUID | None:
        """Return the smallest area with a border around the point, or None."""
        if self._tree is None:
            drawn = areas_of(self.tenant_id).exclude(border_wkt="")
            shapes = [(from_wkt(one.border_wkt), one.pk) for one in drawn]
            shapes.sort(key=lambda one: float(one[0].area))
            self._areas = [pk for _shape, pk in shapes]
            self._tree = STRtree([shape for shape, _pk in shapes])
        around = self._tree.query(Point(lon, lat), predicate="intersects")
        return self._areas[min(around)] if len(around) else None


def areas_of(tenant_id: UUID) -> QuerySet[Area]:
    """Return the areas that a report may be counted to."""
    known = Area.objects.filter(tenant_id=tenant_id, batch__published_at__isnull=False)
    return known.exclude(kind__in=NO_PLACES)


class _Sorter:
    """Sorts rows by week and place."""

    def __init__(self, tenant_id: UUID, week: Week) -> None:
        self.week = week
        self.areas = AreaFinder(tenant_id)
        self.countable = set(areas_of(tenant_id).values_list("pk", flat=True))
        self.found = WeekReports()

    def week_of(self, row: dict[str, Any]) -> int | None:
        """Return the week in which a row counts, or None; note what came late or too early."""
        over = self.week.weeks_before(row["occurred_until"])
        if row.get("batch_id") is not None:
            return over
        known = self.week.weeks_before(row["reported_at"])
        if known == 0:
            self.found.late += over > 0
            self.found.ahead += over < 0
        return over if over == known else None

    def place_of(self, row: dict[str, Any]) -> Place | None:
        """Return where a row counts: its site, its area, or the smallest area around its point."""
        if row["site_id"] is not None:
            return Place("site", row["site_id"])
        if row["area_id"] in self.countable:
            return Place("area", row["area_id"])
        if row["lat"] is None:
            return None
        area = self.areas.find(row["lat"], row["lon"])
        return Place("area", area) if area is not None else None

    def take(
        self, rows: Iterable[tuple[dict[str, Any], str | None]], register: Register | None = None
    ) -> None:
        """Take rows with their category; None is in no count (its cost is)."""
        for row, category in rows:
            week = self.week_of(row)
            if week is None or not 0 <= week <= BEFORE:
                continue
            place = self.place_of(row)
            if week == 0 and "final_sek" in row:
                sek = row["final_sek"] if row["final_sek"] is not None else row["estimate_sek"]
                self.found.costs.append(Cost(place, sek))
            if category is not None:
                filed = row.get("batch_id") is not None
                self.found.from_files += filed and week == 0
                report = Report(
                    category, row["occurred_from"], row["occurred_until"], week, place,
                    row["lat"] is not None, register if filed else None,
                )  # fmt: skip
                self.found.counted.append(report)


def _known(week: Week) -> Q:
    return Q(reported_at__gte=week.baseline_begins, reported_at__lt=week.ends)


def _kept_and_filed(rows: QuerySet[Any], week: Week, *fields: str) -> Iterator[dict[str, Any]]:
    """Yield what was reported in these weeks, then what published files say happened in them.

    Two queries, because each has an index that serves it alone.
    """
    kept = rows.filter(_known(week), batch=None)
    filed = rows.filter(
        batch__published_at__isnull=False,
        occurred_from__gte=week.baseline_begins - LONGEST,
        occurred_from__lt=week.ends,
        occurred_until__gte=week.baseline_begins,
        occurred_until__lt=week.ends,
    )
    for found in (kept, filed):
        yield from found.values("batch_id", *fields, *_WHERE, *_TIMES)


def _damage_rows(tenant_id: UUID, week: Week) -> Iterator[tuple[dict[str, Any], str | None]]:
    told = ("case__incident__id", "kind", "final_sek", "estimate_sek")
    for row in _kept_and_filed(Damage.objects.filter(tenant_id=tenant_id), week, *told):
        twice = row["case__incident__id"] is not None
        yield row, None if twice else OF_DAMAGE.get(row["kind"])


def load_reports(tenant_id: UUID, week: Week) -> WeekReports:
    """Load what was reported in a week and the four before it."""
    sorter = _Sorter(tenant_id, week)
    seen = Observation.objects.filter(_known(week), tenant_id=tenant_id, state__in=COUNTED)
    happened = Incident.objects.filter(tenant_id=tenant_id).exclude(category__in=OF_ALARMS)
    told = _kept_and_filed(happened, week, "category")
    sorter.take((row, row["category"]) for row in seen.values("category", *_WHERE, *_TIMES))
    sorter.take(((row, row["category"]) for row in told), Register.INCIDENTS)
    sorter.take(_damage_rows(tenant_id, week), Register.DAMAGE)
    return sorter.found


def files_ended(
    tenant_id: UUID, week: Week, reports: Iterable[Report], at: datetime
) -> dict[Register, datetime]:
    """Return, of the registers whose files the weeks before rest on, those that end before the week.

    With the time until which their files are known; a week without any row of theirs is not known.
    """
    ended = {}
    for register in sorted(
        {one.filed for one in reports if one.week > 0 and one.filed is not None}
    ):
        last = newest_row(tenant_id, register, at, filed=True)
        if last is None or last >= week.ends:
            continue
        known = known_until(tenant_id, week.ends, [register], filed=True, pace_over=PACE_OVER)
        if last < week.begins or known != week.ends:
            ended[register] = last
    return ended


def names_of(places: Iterable[Place]) -> dict[Place, str]:
    """Return the names of places."""
    wanted = set(places)
    sites = Site.objects.filter(pk__in=[one.id for one in wanted if one.kind == "site"])
    areas = Area.objects.filter(pk__in=[one.id for one in wanted if one.kind == "area"])
    named = {Place("site", pk): name for pk, name in sites.values_list("pk", "name")}
    return named | {Place("area", pk): name for pk, name in areas.values_list("pk", "name")}
