"""Rows ↔ core: units on duty become candidates, a choice becomes a ranking's lines.

In: a case and a time. Out: candidates with exact road times, and the digest of the map behind them.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.core.choice import Candidate, Choice
from narvaro.core.permits import Permit, Uncovered, Verdict, find_cover, read_area
from narvaro.directory import models as directory
from narvaro.directory.maps import Ground, find_open_map
from narvaro.directory.roads_file import MapRefused
from narvaro.dispatch.checkin import list_missed_in, list_silent
from narvaro.dispatch.models import OUT, Offer, Response
from narvaro.plan.models import Shift
from narvaro.plan.queries import list_running_shifts, state_on
from narvaro.situation.models import Case, Position, UnitStatus
from narvaro.situation.queries import newest_positions

logger = logging.getLogger(__name__)

OFF_ROAD_M = 1000.0  # a point further from any road than this is not on the map


@dataclass(frozen=True)
class Field:
    """Everything that a choice for one case stands on."""

    candidates: tuple[Candidate, ...]
    map_sha256: str
    place_known: bool


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


def _competences(running: Sequence[Shift], local: datetime) -> frozenset[str]:
    day = local.date()
    return frozenset(
        held.kind
        for shift in running
        for member in shift.crew.all()
        for held in member.competences.all()
        if held.is_valid_on(day) and member.is_valid_on(day)
    )


def _permit_verdict(unit: directory.Unit, case: Case, local: datetime) -> Verdict | None:
    if unit.role != directory.Unit.Role.PUBLIC_ORDER_OFFICER:
        return None
    if case.lat is None or case.lon is None:
        return Verdict(False, None, Uncovered.PLACE_UNKNOWN)
    permits = directory.Permit.objects.filter(organisation_id=unit.organisation_id)
    return find_cover([permit_of(one) for one in permits], case.lat, case.lon, local)


def _open_ground(tenant_id: UUID) -> Ground | None:
    try:
        return find_open_map(tenant_id)
    except (OSError, MapRefused):
        # The ranking goes on without times and says so; a missing map must not stop an offer.
        logger.exception("map cannot be opened", extra={"tenant": str(tenant_id)})
        return None


def travel_times(
    case: Case, positions: dict[UUID, Position], on_foot: set[UUID]
) -> tuple[dict[UUID, float], str, bool]:
    """Return each unit's road time to the case in seconds, the map's digest, and if it is known.

    Units on foot walk the same streets at 1.4 m/s. Units without a position, or off the map, are
    missing from the answer. Infinite where no road leads there.
    """
    ground = _open_ground(case.tenant_id)
    if ground is None or case.lat is None or case.lon is None or not positions:
        return {}, ground.meta.sha256 if ground else "", ground is not None and case.lat is not None
    target = ground.roads.place(np.array([case.lat]), np.array([case.lon]))
    if float(target.distance_m[0]) > OFF_ROAD_M:
        return {}, ground.meta.sha256, False
    units = list(positions)
    sources = ground.roads.place(
        np.array([positions[one].lat for one in units]),
        np.array([positions[one].lon for one in units]),
    )
    driving = ground.roads.travel_s(sources, target)[:, 0]
    near = sources.distance_m <= OFF_ROAD_M
    walking = ground.walking.travel_s(sources, target)[:, 0] if on_foot else driving
    times = {
        one: float(walking[i] if one in on_foot else driving[i])
        for i, one in enumerate(units)
        if near[i]
    }
    return times, ground.meta.sha256, True


def _states(shifts: Mapping[UUID, list[Shift]], case: Case) -> dict[UUID, str]:
    """Return what each unit does; one that is out, or is asked about another case, is busy."""
    out = Response.objects.filter(unit_id__in=shifts, state__in=OUT)
    asked = Offer.objects.filter(unit_id__in=shifts, state=Offer.State.WAITING).exclude(case=case)
    busy = {*out.values_list("unit_id", flat=True), *asked.values_list("unit_id", flat=True)}
    said = UnitStatus.objects.in_bulk(list(shifts))
    silent = list_silent(list(shifts))
    states = {}
    for unit, running in shifts.items():
        if unit in silent:
            states[unit] = "silent"
            continue
        first = min(running, key=lambda one: one.starts_at)
        states[unit] = "busy" if unit in busy else state_on(first, said.get(unit))
    return states


def load_field(case: Case, at: datetime) -> Field:
    """Load the units on duty as candidates for a case; shifts that overlap are one unit."""
    shifts: dict[UUID, list[Shift]] = {}
    for shift in list_running_shifts(case.tenant_id, at):
        shifts.setdefault(shift.unit_id, []).append(shift)
    local = at.astimezone(ZoneInfo(case.tenant.timezone))
    positions = newest_positions(list(shifts))
    units = [running[0].unit for running in shifts.values()]
    on_foot = {one.pk for one in units if one.travel == directory.Unit.Travel.FOOT}
    times, sha256, place_known = travel_times(case, positions, on_foot)
    states = _states(shifts, case)
    # An offer that was withdrawn was not answered: that unit may be asked once more.
    over = Offer.objects.filter(case=case)
    over = over.exclude(state__in=[Offer.State.WAITING, Offer.State.WITHDRAWN])
    asked = set(over.values_list("unit_id", flat=True))
    sought = list_missed_in(case.pk)
    candidates = []
    for unit in units:
        position = positions.get(unit.pk)
        candidates.append(
            Candidate(
                unit=unit.pk,
                call_sign=unit.call_sign,
                state=states[unit.pk],
                competences=_competences(shifts[unit.pk], local),
                travel_s=times.get(unit.pk),
                position_age_s=(at - position.at).total_seconds() if position else None,
                on_foot=unit.pk in on_foot,
                permit=_permit_verdict(unit, case, local),
                already_asked=unit.pk in asked,
                sought=unit.pk in sought,
            )
        )
    return Field(tuple(candidates), sha256, place_known)


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


def lines_of(choice: Choice) -> list[dict[str, object]]:
    """Return a choice as plain data: the order first, then who is left out."""
    ranked = [
        _line(one.candidate) | {"rank": place, "reasons": [str(r) for r in one.reasons]}
        for place, one in enumerate(choice.ranked, 1)
    ]
    dropped = [
        _line(one.candidate) | {"left_out": str(one.why), "detail": one.detail}
        for one in choice.left_out
    ]
    return ranked + dropped
