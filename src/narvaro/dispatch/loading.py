"""Rows ↔ core: units on duty become candidates, a choice becomes a ranking's lines.

In: a case and a time. Out: candidates with exact road times, and the digest of the map behind them.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.core.choice import Candidate, Choice, Demand
from narvaro.core.permits import Permit, Uncovered, Verdict, find_cover, read_area
from narvaro.directory import models as directory
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.roads_now import RoadsNow, find_roads_now
from narvaro.dispatch.checkin import list_missed_in
from narvaro.dispatch.duty import competences_on, states_of
from narvaro.dispatch.models import Offer
from narvaro.plan.models import Shift
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.models import Case, Position
from narvaro.situation.queries import newest_positions

logger = logging.getLogger(__name__)

DANGER_TO_LIFE = frozenset(
    {Case.Kind.DURESS, Case.Kind.ASSISTANCE, Case.Kind.MEDICAL, Case.Kind.FIRE}
)
OFF_ROAD_M = 1000.0  # a point further from any road than this is not on the map


@dataclass(frozen=True)
class Field:
    """Everything that a choice for one case stands on."""

    demand: Demand
    candidates: tuple[Candidate, ...]
    map_sha256: str
    place_known: bool
    longer_s: Mapping[UUID, float] = field(default_factory=dict)


def permit_of(row: directory.Permit) -> Permit:
    """Return a permit row as the core knows it."""
    return Permit(
        decision_no=row.decision_no,
        area=read_area(row.area_wkt),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        weekdays=frozenset(row.weekdays),
        hours_from=row.hours_from,
        hours_until=row.hours_until,
    )


def demand_of(case: Case) -> Demand:
    """Return what a case needs of a unit."""
    return Demand(
        competences=frozenset(case.needs),
        priority=case.priority,
        danger_to_life=case.priority == 1 or case.kind in DANGER_TO_LIFE,
    )


def _permit_verdict(unit: directory.Unit, case: Case, local: datetime) -> Verdict | None:
    if unit.role != directory.Unit.Role.PUBLIC_ORDER_OFFICER:
        return None
    if case.lat is None or case.lon is None:
        return Verdict(False, None, Uncovered.PLACE_UNKNOWN)
    permits = directory.Permit.objects.filter(organisation_id=unit.organisation_id)
    return find_cover([permit_of(one) for one in permits], case.lat, case.lon, local)


def open_roads(tenant_id: UUID, at: datetime) -> RoadsNow | None:
    """Return the roads now; None, and a line in the log, where the map is not there or damaged."""
    try:
        return find_roads_now(tenant_id, at)
    except (OSError, MapRefused):
        # Who asks goes on without times and says so; a missing map must not stop an offer.
        logger.exception("map cannot be opened", extra={"tenant": str(tenant_id)})
        return None


@dataclass(frozen=True)
class Times:
    """Road times in seconds by unit; units without a position, or off the map, are missing.

    Infinite where no road leads there. `longer_s` is what closed roads cost those that they cost
    anything, infinite where they leave no way.
    """

    seconds: Mapping[UUID, float] = field(default_factory=dict)
    longer_s: Mapping[UUID, float] = field(default_factory=dict)
    map_sha256: str = ""
    place_known: bool = False

    @property
    def closed_off(self) -> frozenset[UUID]:
        """Return the units that closed roads leave no way: somebody may let them through."""
        return frozenset(unit for unit, more in self.longer_s.items() if more == np.inf)


def travel_times(
    case: Case, positions: Mapping[UUID, Position], on_foot: set[UUID], at: datetime
) -> Times:
    """Return each unit's road time to the case now; units on foot take streets and paths."""
    now = open_roads(case.tenant_id, at)
    sha256 = now.ground.meta.sha256 if now else ""
    if now is None or case.lat is None or case.lon is None or not positions:
        return Times(map_sha256=sha256, place_known=now is not None and case.lat is not None)
    found, longer = dict[UUID, float](), dict[UUID, float]()
    known = False
    for roads, usual, walks in (
        (now.roads, now.ground.roads, False),
        (now.walking, now.ground.walking, True),
    ):
        target = roads.place(case.lat, case.lon)
        if float(target.distance_m[0]) > OFF_ROAD_M:
            continue
        known = True
        units = [one for one in positions if (one in on_foot) == walks]
        sources = roads.place(
            np.array([positions[one].lat for one in units]),
            np.array([positions[one].lon for one in units]),
        )
        seconds = roads.travel_s(sources, target)[:, 0]
        before = usual.travel_s(sources, target)[:, 0] if now.closures else seconds
        for number, unit in enumerate(units):
            if sources.distance_m[number] <= OFF_ROAD_M:
                found[unit] = float(seconds[number])
                if seconds[number] > before[number]:
                    longer[unit] = float(seconds[number] - before[number])
    return Times(found, longer, sha256, known)


def load_field(case: Case, at: datetime) -> Field:
    """Load the units on duty as candidates for a case; shifts that overlap are one unit."""
    shifts: dict[UUID, list[Shift]] = {}
    for shift in list_running_shifts(case.tenant_id, at):
        shifts.setdefault(shift.unit_id, []).append(shift)
    local = at.astimezone(ZoneInfo(case.tenant.timezone))
    positions = newest_positions(list(shifts))
    units = [running[0].unit for running in shifts.values()]
    on_foot = {one.pk for one in units if one.travel == directory.Unit.Travel.FOOT}
    times = travel_times(case, positions, on_foot, at)
    states = states_of(shifts, but=case)
    # An offer that was withdrawn was not answered: that unit may be asked once more.
    over = Offer.objects.filter(case=case)
    over = over.exclude(state__in=[Offer.State.WAITING, Offer.State.WITHDRAWN])
    asked = set(over.values_list("unit_id", flat=True))
    sought = list_missed_in(case.pk)
    candidates = []
    for unit in units:
        position = positions.get(unit.pk)
        valid, expired = competences_on(shifts[unit.pk], local.date())
        candidates.append(
            Candidate(
                unit=unit.pk,
                call_sign=unit.call_sign,
                state=states[unit.pk],
                competences=valid,
                expired=expired,
                equipment=frozenset(unit.kit),
                travel_s=times.seconds.get(unit.pk) if unit.pk not in times.closed_off else None,
                closed_off=unit.pk in times.closed_off,
                position_age_s=(at - position.at).total_seconds() if position else None,
                on_foot=unit.pk in on_foot,
                permit=_permit_verdict(unit, case, local),
                already_asked=unit.pk in asked,
                sought=unit.pk in sought,
            )
        )
    return Field(
        demand_of(case), tuple(candidates), times.map_sha256, times.place_known, times.longer_s
    )


def _line(one: Candidate) -> dict[str, object]:
    plain = asdict(one)
    travel = one.travel_s if one.travel_s is not None and np.isfinite(one.travel_s) else None
    permit = one.permit.decision_no if one.permit and one.permit.covered else None
    return {
        "unit": str(one.unit),
        "call_sign": one.call_sign,
        "state": one.state,
        "travel_s": travel,
        "position_age_s": plain["position_age_s"],
        "permit": permit,
    }


def lines_of(choice: Choice, longer_s: Mapping[UUID, float]) -> list[dict[str, object]]:
    """Return a choice as plain data: the order first, then who is left out.

    What closed roads cost a unit stands in its line.
    """
    ranked = [
        _line(one.candidate) | {"rank": place, "reasons": [str(r) for r in one.reasons]}
        for place, one in enumerate(choice.ranked, 1)
    ]
    dropped = [
        _line(one.candidate) | {"left_out": str(one.why), "detail": one.detail}
        for one in choice.left_out
    ]
    for line in ranked + dropped:
        more = longer_s.get(UUID(str(line["unit"])), 0.0)
        if 0 < more < np.inf:
            line["longer_s"] = more
    return ranked + dropped
