"""Which planned visit is taken now, once a unit has left, and which never."""

from typing import Any

import pytest

from narvaro.access.models import Role
from narvaro.directory.models import Site, Unit
from narvaro.dispatch.readiness import NoteCode
from narvaro.plan.models import PatrolPlan, Shift, Visit
from narvaro.situation.models import UnitStatus
from tests.dispatch.manned_street import LIMIT_S, MINUTE, car, codes, ready, school
from tests.make import (
    NIGHT,
    World,
    make_contract,
    make_permit,
    make_visit,
)
from tests.roads import at_km


def visit(unit: Unit, site: Site, minutes: int, **fields: Any) -> Visit:
    """Plan a visit so many minutes from now, in the unit's published plan."""
    plan = PatrolPlan.objects.filter(organisation=unit.organisation_id).first()
    if plan is None:
        made = make_visit(unit, site)
    else:
        made = Visit(tenant_id=unit.tenant_id, plan=plan, unit=unit, site=site, dwell_s=720)
        made.reasons = [{"code": "first_tonight", "value": 1}]
    made.arrive_at = made.window_from = NIGHT + minutes * MINUTE
    made.window_until = made.arrive_at + 30 * MINUTE
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def advised(world: World, without: Unit) -> list[tuple[str, str]]:
    """Return who is told to go where once a unit has left."""
    advice = ready(world, Role.SHIFT_LEADER, without.pk).advice
    return [(one.call_sign, one.place) for one in advice.moves] if advice else []


def two_cars(world: World) -> tuple[Unit, Unit, list[Site]]:
    """Make the street of which each of two cars holds one end."""
    make_contract(world, LIMIT_S)
    sites = [school(world, km) for km in (0, 4.9, 9.5)]
    return car(world, "V1", 1), car(world, "V2", 9), sites


def test_the_visit_in_the_middle_is_taken_now_and_both_ends_are_held(street: World) -> None:
    """V1 is sent away; V2 makes its next visit at once instead of in 40 minutes: no road is added."""
    v1, v2, (_south, middle, north) = two_cars(street)
    assert ready(street, Role.SHIFT_LEADER, v1.pk).advice is None
    planned = visit(v2, middle, 40)
    found = ready(street, Role.SHIFT_LEADER, v1.pk)
    assert found.advice is not None
    [move] = found.advice.moves
    assert (move.unit_id, move.visit_id, move.place) == (v2.pk, planned.pk, "Skola 4.9")
    assert (move.planned_at, move.stay_s) == (NIGHT + 40 * MINUTE, 720.0)
    assert move.drive_s == pytest.approx(246, abs=1)
    assert found.leaving is not None
    assert found.advice.before == found.leaving.if_leaves
    assert (found.advice.before.sites_within, found.advice.after.sites_within) == (2, 3)
    assert (found.advice.by_sites, found.advice.extra_s) == (True, 0.0)
    assert found.advice.gain == pytest.approx(720 / 3600)
    assert move.leaves == ""
    visit(v2, north, -5, state="started")
    begun = ready(street, Role.SHIFT_LEADER, v1.pk).advice
    assert begun is not None
    assert [(one.place, one.leaves) for one in begun.moves] == [("Skola 4.9", "Skola 9.5")]
    assert ready(street, Role.SHIFT_LEADER).advice is None  # with both there, nothing is gained
    hidden = ready(street, without=v1.pk)
    assert (hidden.advice, NoteCode.PLANS_HIDDEN in codes(hidden)) == (None, True)


def test_a_visit_that_overtakes_another_costs_the_way_back(street: World) -> None:
    """North was next: to go to the middle first and then back north is 3.6 km more."""
    v1, v2, (_south, middle, north) = two_cars(street)
    visit(v2, north, 20)
    visit(v2, middle, 60)
    advice = ready(street, Role.SHIFT_LEADER, v1.pk).advice
    assert advice is not None
    assert [one.place for one in advice.moves] == ["Skola 4.9"]
    # 9 → 4.9 → 9.5 is 8.7 km, 9 → 9.5 → 4.9 is 5.1
    assert advice.extra_s == pytest.approx(3.6 * 60, abs=1)


def test_nothing_overtakes_what_was_announced_or_asked_for(street: World) -> None:
    """People wait there at that time; what was asked for is itself taken only in its window."""
    v1, v2, (_south, middle, north) = two_cars(street)
    promised = visit(v2, north, 20, reasons=[{"code": "announced", "decision": "x"}])
    visit(v2, middle, 60)
    assert advised(street, v1) == []
    promised.reasons = [{"code": "asked", "decision": "x"}]
    promised.save()
    assert advised(street, v1) == []
    promised.delete()
    assert advised(street, v1) == [("V2", "Skola 4.9")]
    asked = visit(v2, middle, 30, reasons=[{"code": "asked", "decision": "x"}])
    assert advised(street, v1) == []
    asked.window_from = NIGHT
    asked.save()
    assert advised(street, v1) == [("V2", "Skola 4.9")]


def test_only_visits_that_hold_of_units_that_are_free_are_moved(street: World) -> None:
    """No proposal, nothing done or far ahead, nobody on a break, nothing after the shift's end."""
    v1, v2, (_south, middle, _north) = two_cars(street)
    planned = visit(v2, middle, 40)
    plan = planned.plan
    assert advised(street, v1) == [("V2", "Skola 4.9")]
    for row, name, value in (
        (plan, "state", "proposed"),
        (planned, "state", "done"),
        (planned, "arrive_at", NIGHT + 180 * MINUTE),
        (planned, "window_until", NIGHT),
        (Shift.objects.get(unit=v2), "ends_at", NIGHT + 10 * MINUTE),
    ):
        before = getattr(row, name)
        setattr(row, name, value)
        row.save()
        assert advised(street, v1) == [], name
        setattr(row, name, before)
        row.save()
    assert advised(street, v1) == [("V2", "Skola 4.9")]
    UnitStatus.objects.create(unit=v2, state="break", since=NIGHT)
    assert advised(street, v1) == []


def test_an_officer_is_moved_only_where_a_permit_covers(street: World) -> None:
    """And from there holds only what its permit covers."""
    make_contract(street, LIMIT_S)
    middle = [school(street, km) for km in (0, 4.9, 9.5)][1]
    v1, officer = car(street, "V1", 1), car(street, "OV1", 9, role="public_order_officer")
    visit(officer, middle, 40)
    north = make_permit(
        street, f"POLYGON ((17 {at_km(7)}, 19 {at_km(7)}, 19 60, 17 60, 17 {at_km(7)}))"
    )
    assert advised(street, v1) == []
    north.area_wkt = "POLYGON ((17 58, 19 58, 19 60, 17 60, 17 58))"
    north.save()
    assert advised(street, v1) == [("OV1", "Skola 4.9")]
