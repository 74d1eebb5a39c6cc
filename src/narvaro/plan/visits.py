"""What becomes of a visit: started, done, short, missed, replaced. In: taps and the log. Out: rows.

A stay that was done or cut short is presence: of the grade *position* where the unit's raw positions
bear it out, else of the grade *tap*; none where they say that the unit was elsewhere. Each tap sent
twice counts once.
"""

from datetime import datetime, timedelta
from math import nan
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from shapely import Point

from narvaro.core.geo import distance_m
from narvaro.core.permits import read_area
from narvaro.directory.models import Area, PlacedRow, Site
from narvaro.plan import events as told
from narvaro.plan.actions import tell
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.situation.models import Position, Presence
from narvaro.spine import events
from narvaro.spine.events import SYSTEM
from narvaro.spine.refusal import Refused

SHORT_S = 300  # a shorter stay leaves nothing behind (core.patrol): it needs a reason
NEAR_M = 75.0
ELSEWHERE_M = 300.0
LOOK_BACK = timedelta(hours=1)  # for a stay whose beginning nobody said
AFTERWARDS = timedelta(minutes=15)  # after its window a visit is spoken of as over
BORNE_OUT = 0.5  # the share of a stay that positions must span
State, Cause = Visit.State, Visit.Cause
Stay = tuple[datetime, datetime]  # arrived, left


def _locked(visit: Visit) -> Visit:
    """Return a visit's row as it stands now, under the tenant's lock."""
    events.hold(visit.tenant_id)
    rows = Visit.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("plan", "unit", "site", "area").get(pk=visit.pk)


def _tell(visit: Visit, *, by: str, at: datetime) -> None:
    happening = told.VisitChanged(visit.plan_id, visit.unit_id, visit.state, visit.pk)
    tell(visit.plan, happening, by=by, at=at)


@transaction.atomic
def start(*, visit: Visit, by: str, at: datetime) -> Visit:
    """Say that the unit is there."""
    row = _locked(visit)
    if row.state == State.STARTED:
        return row
    _check_planned(row)
    other = Visit.objects.filter(unit_id=row.unit_id, state=State.STARTED)
    if (there := other.select_related("site", "area").first()) is not None:
        raise Refused("other_started", there.place_name)
    row.state, row.arrived_at = State.STARTED, at
    row.save(update_fields=["state", "arrived_at"])
    _tell(row, by=by, at=at)
    return row


def _check_planned(row: Visit) -> None:
    if row.state != State.PLANNED:
        raise Refused("visit_over", "That is already said of the visit.")
    if row.plan.state != PatrolPlan.State.PUBLISHED:
        raise Refused("plan_superseded", "The plan was changed; look at the visits that hold now.")


@transaction.atomic
def finish(*, visit: Visit, cause: str = "", by: str, at: datetime) -> Visit:
    """Say that the unit has left; a stay under five minutes, or one cut short, has its reason.

    Said afterwards of a visit whose beginning nobody said, it counts from the unit's positions; where
    they show no stay it is done by the guard's word, and no presence.
    """
    row = _locked(visit)
    if row.state in {State.DONE, State.SHORT}:
        return row
    if row.state != State.STARTED:
        _check_planned(row)
    _check_cause(cause)
    stay = (row.arrived_at, at) if row.arrived_at else _find_stay(row, at)
    if stay is None and at <= row.window_until + AFTERWARDS:
        raise Refused("not_arrived", "Say that you are there before you say that you have left.")
    if stay is None:
        row.state, row.cause = (State.SHORT, cause) if cause else (State.DONE, "")
        row.save(update_fields=["state", "cause"])
        _tell(row, by=by, at=at)
        return row
    arrived, left = stay
    if not cause and (left - arrived).total_seconds() < SHORT_S:
        raise Refused("short_needs_cause", "Under five minutes: say why it was short.", status=422)
    _close(row, State.SHORT if cause else State.DONE, stay, cause=cause, by=by, at=at)
    return row


def _check_cause(cause: str) -> None:
    if cause and cause not in Cause.values:
        raise Refused("no_cause", "Choose the reason.", status=422)


def _close(
    row: Visit, state: Visit.State, stay: Stay, *, cause: str, by: str, at: datetime
) -> None:  # fmt: skip
    row.state, row.cause, (row.arrived_at, row.left_at) = state, cause, stay
    row.save(update_fields=["state", "cause", "arrived_at", "left_at"])
    _keep_presence(row, *stay)
    _tell(row, by=by, at=at)


@transaction.atomic
def miss(*, visit: Visit, cause: str, by: str, at: datetime) -> Visit:
    """Say that a visit cannot be made, and why."""
    row = _locked(visit)
    if row.state == State.MISSED:
        return row
    if row.state == State.STARTED:
        raise Refused("visit_started", "You are there: say that you have left, and why so soon.")
    _check_planned(row)
    _check_cause(cause or "none")
    row.state, row.cause = State.MISSED, cause
    row.save(update_fields=["state", "cause"])
    _tell(row, by=by, at=at)
    return row


@transaction.atomic
def interrupt(*, unit_id: UUID, at: datetime) -> int:
    """End the stay of a unit that was called to a case; one too short to count was replaced."""
    ended = 0
    for visit in Visit.objects.filter(unit_id=unit_id, state=State.STARTED):
        row = _locked(visit)
        if row.state != State.STARTED or row.arrived_at is None:
            continue
        stayed_s = (at - row.arrived_at).total_seconds()
        state, cause = (State.REPLACED, Cause.ALARM) if stayed_s < SHORT_S else (State.DONE, "")
        stay = (row.arrived_at, max(at, row.arrived_at))
        _close(row, state, stay, cause=cause, by=SYSTEM, at=at)
        ended += 1
    return ended


@transaction.atomic
def replace_passed(*, unit_id: UUID, since: datetime, at: datetime) -> int:
    """Mark the visits whose time passed while the unit was out on a case; return how many."""
    passed = Visit.objects.filter(
        unit_id=unit_id, state=State.PLANNED, plan__state=PatrolPlan.State.PUBLISHED,
        window_until__gte=since, window_until__lt=at,
    )  # fmt: skip
    replaced = 0
    for visit in passed:
        row = _locked(visit)
        if row.state != State.PLANNED:
            continue
        row.state, row.cause = State.REPLACED, Cause.ALARM
        row.save(update_fields=["state", "cause"])
        _tell(row, by=SYSTEM, at=at)
        replaced += 1
    return replaced


def _positions(row: Visit, since: datetime, until: datetime) -> list[Position]:
    """Return the unit's usable raw positions of a time, in order."""
    sure = Q(accuracy_m=None) | Q(accuracy_m__lte=NEAR_M)
    found = Position.objects.filter(
        sure, unit_id=row.unit_id, flag="", at__gte=since, at__lte=until
    )
    return list(found.order_by("at"))


def _away_m(row: Visit, one: Position) -> float:
    """Return how far a position is from the place; 0 inside an area's border."""
    place: Site | Area | None = row.site or row.area
    assert place is not None
    border = place.border_wkt if isinstance(place, Area) else ""
    if border and read_area(border).covers(Point(one.lon, one.lat)):
        return 0.0
    if place.lat is None or place.lon is None:
        return nan  # neither near nor elsewhere
    return float(distance_m(one.lat, one.lon, place.lat, place.lon))


def _find_stay(row: Visit, at: datetime) -> Stay | None:
    """Return the last unbroken stay that the unit's positions show around the visit's time."""
    since = min(row.window_from - AFTERWARDS, at - LOOK_BACK)
    until = min(at, row.window_until + timedelta(seconds=row.dwell_s) + AFTERWARDS)
    near = list[datetime]()
    for one in reversed(_positions(row, since, max(until, since))):
        if _away_m(row, one) <= NEAR_M:
            near.append(one.at)
        elif near:
            break
    return (near[-1], near[0]) if near else None


def _keep_presence(row: Visit, arrived: datetime, left: datetime) -> None:
    positions = _positions(row, arrived, left)
    near = [one.at for one in positions if _away_m(row, one) <= NEAR_M]
    if len(positions) > 1 and all(_away_m(row, one) > ELSEWHERE_M for one in positions):
        return
    grade, begins, ends = Presence.Grade.TAP, arrived, left
    if near and (near[-1] - near[0]) >= (left - arrived) * BORNE_OUT > timedelta():
        grade, begins, ends = Presence.Grade.POSITION, near[0], near[-1]
    place = row.site or row.area
    there = Presence.objects.filter(
        unit_id=row.unit_id, site=row.site, area=row.area, starts_at=begins, grade=grade
    )
    if place is None or there.exists():
        return
    Presence.objects.create(
        tenant_id=row.tenant_id, organisation_id=row.unit.organisation_id, unit_id=row.unit_id,
        site=row.site, area=row.area, place=place.name, lat=place.lat, lon=place.lon,
        placed_by=PlacedRow.PlacedBy.CODE, starts_at=begins, ends_at=ends, grade=grade,
    )  # fmt: skip
