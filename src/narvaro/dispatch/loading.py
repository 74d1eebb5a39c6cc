"""Rows ↔ core: units on duty become candidates, a choice becomes a ranking's lines.

In: a case and a time. Out: candidates with exact road times, and the digest of the map behind them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import Candidate, Choice, Demand, Dropped, Ranked
from narvaro.directory import models as directory
from narvaro.directory.roads_file import MapRefused
from narvaro.directory.roads_now import RoadsNow, find_roads_now
from narvaro.dispatch import hindrances
from narvaro.dispatch.allowed import Allowed
from narvaro.dispatch.checkin import list_missed_in
from narvaro.dispatch.duty import competences_on, is_danger_to_life, states_of, work_of
from narvaro.dispatch.models import Offer
from narvaro.plan.models import Shift
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.models import Case, Position
from narvaro.situation.queries import newest_positions

logger = logging.getLogger(__name__)

OFF_ROAD_M = 1000.0  # a point further from any road than this is not on the map


@dataclass(frozen=True)
class Field:
    """Everything that a choice for one case stands on."""

    demand: Demand
    candidates: tuple[Candidate, ...]
    map_sha256: str
    place_known: bool
    longer_s: Mapping[UUID, float] = field(default_factory=dict)
    because: Mapping[UUID | None, str] = field(default_factory=dict)


def demand_of(case: Case, allowed: Allowed, at: datetime) -> Demand:
    """Return what a case needs of a unit at a time; its limit is what the terms leave of theirs."""
    key, must = allowed.key, case.plan is not None and case.plan.key_must
    return Demand(
        competences=frozenset(case.needs),
        priority=case.priority,
        danger_to_life=is_danger_to_life(case),
        # Where no key is registered, or all are lost, nobody is barred: each line says that it has none.
        key="" if key is None and must else key,
        key_must=must and allowed.is_key_there,
        limit_s=_left_s(case, at),
    )


def _left_s(case: Case, at: datetime) -> float | None:
    """Return the seconds until a unit is to be on scene; None where no term says, or it has passed."""
    terms = TermsInForce(case.tenant_id, ZoneInfo(case.tenant.timezone))
    term = terms.find_on_scene(case.kind, case.received_at)
    due = terms.find_due(
        case.kind, triggered_at=case.triggered_at, received_at=case.received_at
    )  # fmt: skip
    if term is None or due is None:
        return None
    # A panel's clock may run ahead of ours: nobody has longer than was agreed.
    left_s = min((due - at).total_seconds(), float(term.target_s))
    return left_s if left_s > 0 else None


def open_roads(tenant_id: UUID, at: datetime, *, calibrated: bool = True) -> RoadsNow | None:
    """Return the roads now; None, and a line in the log, where the map is not there or damaged."""
    try:
        return find_roads_now(tenant_id, at, calibrated=calibrated)
    except (OSError, MapRefused):
        # Who asks goes on without times and says so; a missing map must not stop an offer.
        logger.exception("map cannot be opened", extra={"tenant": str(tenant_id)})
        return None


@dataclass(frozen=True)
class Times:
    """Road times in seconds by unit; units without a position, or off the map, are missing.

    Infinite where no road leads there. `longer_s` is what closed roads cost those that they cost
    anything, infinite where they leave no way. `because` says of the others why there is no time
    (`hindrances`), and under None why there is none for anybody.
    """

    seconds: Mapping[UUID, float] = field(default_factory=dict)
    longer_s: Mapping[UUID, float] = field(default_factory=dict)
    map_sha256: str = ""
    place_known: bool = False
    because: Mapping[UUID | None, str] = field(default_factory=dict)

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
        known = now is not None and case.lat is not None
        return Times({}, {}, sha256, known, {} if now else {None: hindrances.NO_MAP})
    found, longer = dict[UUID, float](), dict[UUID, float]()
    because, known = dict[UUID | None, str](), False
    for roads, usual, walks in (
        (now.roads, now.uncut, False),
        (now.walking, now.walking_uncut, True),
    ):
        target = roads.place(case.lat, case.lon)
        units = [one for one in positions if (one in on_foot) == walks]
        if (metres := float(target.distance_m[0])) > OFF_ROAD_M:
            off = hindrances.off_map(case.lat, case.lon, metres, now, OFF_ROAD_M)
            because |= dict.fromkeys([None, *units], hindrances.PLACE + off)
            continue
        known = True
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
            else:
                at_lat, at_lon = positions[unit].lat, positions[unit].lon
                metres = float(sources.distance_m[number])
                because[unit] = hindrances.off_map(at_lat, at_lon, metres, now, OFF_ROAD_M)
        shut = [n for n, unit in enumerate(units) if longer.get(unit) == np.inf]
        for n in shut[: hindrances.MOST_NAMED]:
            holding = [one for one in now.closures if not (walks and one.walkers_pass)]
            because[units[n]] = hindrances.closed_streets(usual, sources.take([n]), target, holding)
    return Times(found, longer, sha256, known, because)


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
    allowed, work = Allowed(case, at), work_of(shifts)
    keys = allowed.keys_of(list(shifts))
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
                permit=allowed.permit(unit),
                agreement=allowed.agreement(unit),
                keys=keys.get(unit.pk, frozenset()),
                work=work.get(unit.pk) if states[unit.pk] == "busy" else None,
                already_asked=unit.pk in asked,
                sought=unit.pk in sought,
            )
        )
    demand = demand_of(case, allowed, at)
    return Field(
        demand, tuple(candidates), times.map_sha256, times.place_known, times.longer_s,
        times.because,
    )  # fmt: skip


def _line(one: Candidate) -> dict[str, object]:
    travel = one.travel_s if one.travel_s is not None and np.isfinite(one.travel_s) else None
    permit = one.permit.decision_no if one.permit and one.permit.covered else None
    return {
        "unit": str(one.unit),
        "call_sign": one.call_sign,
        "state": one.state,
        "travel_s": travel,
        "position_age_s": one.position_age_s,
        "permit": permit,
    }


def _ranked_line(place: int, one: Ranked) -> dict[str, object]:
    said = {"rank": place, "reasons": [str(r) for r in one.reasons]}
    if one.details:
        said["details"] = {str(reason): text for reason, text in one.details}
    if one.arrival is not None and one.arrival.latest_s > one.arrival.earliest_s:
        said["arrival_s"] = [one.arrival.earliest_s, one.arrival.latest_s]
    return _line(one.candidate) | said


def _dropped_line(one: Dropped) -> dict[str, object]:
    return _line(one.candidate) | {"left_out": str(one.why), "detail": one.detail}


def lines_of(
    choice: Choice, longer_s: Mapping[UUID, float], because: Mapping[UUID | None, str]
) -> list[dict[str, object]]:
    """Return a choice as plain data: the order first, then who is left out.

    What closed roads cost a unit stands in its line, and because of what it has no time.
    """
    lines = [_ranked_line(place, one) for place, one in enumerate(choice.ranked, 1)]
    lines += [_dropped_line(one) for one in choice.left_out]
    for line in lines:
        more = longer_s.get(UUID(str(line["unit"])), 0.0)
        if 0 < more < np.inf:
            line["longer_s"] = more
        _add_because(line, because)
    return lines


def _add_because(line: dict[str, object], because: Mapping[UUID | None, str]) -> None:
    of = {"place_unknown": None, "off_map": UUID(str(line["unit"]))}
    of["closed_off"] = of["off_map"]
    reasons = line.get("reasons")
    found = {
        code: because[of[code]]
        for code in (reasons if isinstance(reasons, list) else [])
        if code in of and because.get(of[code])
    }
    if found:
        details = line.get("details")
        line["details"] = {**(details if isinstance(details, dict) else {}), **found}
