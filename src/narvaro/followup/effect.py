"""Did it help? In: a viewer, now. Out: for each prioritised place, what happened before and after.

After begins on the day after the picture was published that first named the place. Before leaves out
the weeks that the meeting chose the place by: chosen because they were bad, they would make any later
week look like help. A verdict is given at few looks, at fixed times: whoever looks every week finds
something by chance. Counted are damage and incidents that no patrol found, in whole local days for
which both are known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min, QuerySet

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core import effect
from narvaro.directory.models import Area, Site
from narvaro.situation.models import OF_ALARMS, Damage, Decision, Incident, Measure, Picture
from narvaro.situation.queries.known import Register, known_until
from narvaro.situation.queries.week_reports import OF_DAMAGE, AreaFinder
from narvaro.situation.weeks import BEFORE as WEEKS_COMPARED
from narvaro.spine.refusal import Missing

BEFORE = timedelta(weeks=8)
CHOSEN_BY = timedelta(weeks=1 + WEEKS_COMPARED)
"""What a meeting sees of a place: its week and those that it is compared with."""
AFTER = timedelta(weeks=26)
"""Longer after, and it is another time of the year that answers."""
LOOKS = (timedelta(weeks=8), timedelta(weeks=16), AFTER)
"""How long after a verdict is given; between, the last one stands."""
CHANCE = 0.06
"""Of places where nothing changed, those that get a verdict at any look (docs/formulas/effect.md)."""
DAY = timedelta(days=1)

Key: TypeAlias = tuple[UUID | None, UUID | None]  # a site, or an area
Span: TypeAlias = tuple[date, date]  # half-open, local days


@dataclass(frozen=True)
class PlaceEffect:
    """A prioritised place, what was done, and what the counts allow to say.

    `effect` is that of the last look, which was possible from the day `looked` on; before the first,
    its counts are those so far. `next_look` is None after the last look.
    """

    place: Site | Area
    focuses: tuple[str, ...]
    weeks_named: int  # in how many weeks' pictures
    since: date
    until: date
    measures: tuple[Measure, ...]
    effect: effect.Effect
    looked: date | None
    next_look: date | None


def _published(viewer: Viewer) -> list[Decision]:
    rows = Decision.objects.filter(
        tenant_id=viewer.tenant_id, picture__state=Picture.State.PUBLISHED,
        picture__published_at__isnull=False,
    )  # fmt: skip
    return list(rows.select_related("picture", "site", "area").order_by("picture__published_at"))


def _since(decision: Decision, zone: ZoneInfo) -> date:
    published = decision.picture.published_at
    assert published is not None
    return published.astimezone(zone).date() + DAY


def _last_efforts(decisions: Iterable[Decision], zone: ZoneInfo) -> dict[Key, list[Decision]]:
    """Return each place's latest effort: decisions so near that no weeks before lie between."""
    efforts: dict[Key, list[Decision]] = defaultdict(list)
    for one in decisions:
        held = efforts[one.site_id, one.area_id]
        if held and _since(one, zone) - _since(held[-1], zone) > CHOSEN_BY + BEFORE:
            held.clear()
        held.append(one)
    return efforts


def _reports(viewer: Viewer) -> tuple[QuerySet[Incident], QuerySet[Damage]]:
    """Return what counts: neither what a patrol found, nor mere alarms, nor one case twice."""
    mine = {"tenant_id": viewer.tenant_id, "by_patrol": False}
    incidents = Incident.objects.published().filter(**mine).exclude(category__in=OF_ALARMS)
    damages = Damage.objects.published().filter(**mine, kind__in=OF_DAMAGE)
    return incidents, damages.filter(case__incident__isnull=True)


def _known(viewer: Viewer, rows: Sequence[QuerySet[Any]], now: datetime) -> Span | None:
    """Return the whole days for which every kind of report that is kept at all is known.

    They begin with the first report anywhere: a file that begins in July says nothing of June.
    """
    begun = [one.aggregate(first=Min("occurred_from"))["first"] for one in rows]
    firsts = [one for one in begun if one is not None]
    until = known_until(viewer.tenant_id, now, (Register.DAMAGE, Register.INCIDENTS))
    if not firsts or until is None:
        return None
    zone = viewer.zone
    return max(firsts).astimezone(zone).date() + DAY, until.astimezone(zone).date()


def _cut(span: Span, known: Span) -> Span:
    """Return the part of a span whose days are known; it may be empty."""
    return max(span[0], known[0]), min(span[1], known[1])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


class _Days:
    """On which days something happened at which place."""

    def __init__(self, viewer: Viewer, rows: Sequence[QuerySet[Any]], wanted: Span) -> None:
        self.days: dict[Key, list[date]] = defaultdict(list)
        areas = AreaFinder(viewer.tenant_id)
        begins, ends = (_midnight(day, viewer.zone) for day in wanted)
        fields = ("site_id", "area_id", "lat", "lon", "occurred_from")
        for site_id, area_id, lat, lon, at in chain.from_iterable(
            one.filter(occurred_from__gte=begins, occurred_from__lt=ends).values_list(*fields)
            for one in rows
        ):
            day = at.astimezone(viewer.zone).date()
            if site_id is not None:
                self.days[site_id, None].append(day)
            around = areas.find(lat, lon) if lat is not None and lon is not None else None
            for area in {area_id, around} - {None}:
                self.days[None, area].append(day)

    def count(self, place: Key, span: Span) -> effect.Seen:
        """Return how often, over how many weeks."""
        first, last = span
        number = sum(first <= day < last for day in self.days[place])
        return effect.Seen(number, max((last - first) / timedelta(weeks=1), 0.0))


def _looks(start: date, until: date) -> tuple[date | None, date | None]:
    """Return the last look that the known days allow, and the next one."""
    days = [start + one for one in LOOKS]
    done = [one for one in days if one <= until]
    return (done[-1] if done else None), next(iter(days[len(done) :]), None)


def _compare(before: effect.Seen, after: effect.Seen, looked: date | None) -> effect.Effect:
    """Return what may be said; before the first look nothing."""
    found = effect.compare(before, after)
    if looked is not None:
        return found
    return replace(found, verdict=effect.Verdict.CANNOT_TELL, why=effect.Why.TOO_SHORT)


def _measures(pictures: Iterable[UUID]) -> Mapping[UUID, list[Measure]]:
    found: dict[UUID, list[Measure]] = defaultdict(list)
    for one in Measure.objects.filter(picture__in=set(pictures)).select_related("owner"):
        found[one.picture_id].append(one)
    return found


def list_effects(viewer: Viewer, now: datetime) -> list[PlaceEffect]:
    """List the prioritised places of published weeks, the latest first; raises Missing.

    For the municipality's own, who see every picture.
    """
    if viewer.scope(Record.PICTURE) != Scope.TENANT:
        raise Missing
    efforts = _last_efforts(_published(viewer), viewer.zone)
    if not efforts:
        return []
    rows = _reports(viewer)
    starts = {place: _since(ones[0], viewer.zone) for place, ones in efforts.items()}
    today = now.astimezone(viewer.zone).date()
    known = _known(viewer, rows, now) or (today, today)
    days = _Days(viewer, rows, (min(starts.values()) - CHOSEN_BY - BEFORE, known[1]))
    measures = _measures(one.picture_id for ones in efforts.values() for one in ones)
    found = []
    for place, ones in efforts.items():
        start, chosen = starts[place], ones[-1].site or ones[-1].area
        if chosen is None:
            continue
        before = _cut((start - CHOSEN_BY - BEFORE, start - CHOSEN_BY), known)
        looked, next_look = _looks(start, min(today, known[1]))
        after = _cut((start, looked or min(today, start + AFTER)), known)
        pictures = dict.fromkeys(one.picture_id for one in ones)
        found.append(
            PlaceEffect(
                place=chosen, focuses=tuple(dict.fromkeys(one.focus for one in ones)),
                weeks_named=len(pictures), since=start, until=max(start, after[1]),
                measures=tuple(one for picture in pictures for one in measures[picture]),
                effect=_compare(days.count(place, before), days.count(place, after), looked),
                looked=looked, next_look=next_look,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.since.toordinal(), one.place.name))
