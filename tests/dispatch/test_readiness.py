"""How ready the units on duty are: on a street of 20 km with schools along it, at 02:00."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind, Role
from narvaro.core.roads import Kept, Places, Roads
from narvaro.directory.models import Permit, Site
from narvaro.dispatch.models import Offer, Watch
from narvaro.dispatch.readiness import NO_TERM_S, NoteCode, get_readiness
from narvaro.dispatch.readiness.nets import Side
from narvaro.forecast.actions import make_forecast, use_in_plans
from narvaro.plan.models import Shift
from narvaro.situation.models import Position, UnitStatus
from narvaro.spine.refusal import Missing
from tests.conftest import Running
from tests.dispatch.manned_street import LIMIT_S, MINUTE, car, codes, ready, school, viewer, within
from tests.dispatch.offered import accept, open_case
from tests.forecast.town import draw_year
from tests.make import (
    NIGHT,
    World,
    make_closure,
    make_contract,
    make_member,
    make_permit,
    make_plan,
    make_site,
    make_unit,
    make_viewer,
    make_world,
)
from tests.roads import LON, at_km


def test_two_cars_share_the_street_and_each_holds_its_end(street: World) -> None:
    """Five minutes are five kilometres: only the middle is reached by more than one."""
    make_contract(street, LIMIT_S)
    first, *_ = [school(street, km) for km in (0, 5, 10)]
    v1 = car(street, "V1", 1)
    car(street, "V2", 9)
    found = ready(street)
    assert within(found) == ["Skola 0", "Skola 5", "Skola 10"]
    assert [(one.nearest, one.nearest_s) for one in found.sites] == [
        ("V1", 60.0), ("V2", 240.0), ("V2", 60.0),
    ]  # fmt: skip
    assert found.now.site_share == 1.0
    assert [one.if_leaves.sites_within for one in found.units] == [2, 2]
    [lost] = found.units[0].lost
    assert (lost.site_id, lost.limit_s, lost.before_s) == (first.pk, LIMIT_S, 60.0)
    assert lost.after_s == pytest.approx(540, abs=1)
    assert found.leaving is None
    assert ready(street, without=v1.pk).leaving == found.units[0]
    assert codes(found) == {NoteCode.NO_FORECAST: 0, NoteCode.PLANS_HIDDEN: 0}


def test_who_is_out_asked_on_a_break_or_silent_is_not_counted(
    street: World, running: Running
) -> None:
    """An offer that waits makes busy, for it may be taken; a break is a break."""
    make_contract(street, LIMIT_S)
    open_case(street)
    car(street, "V1", 1)
    running.settle()
    offer = Offer.objects.get()
    assert [one.state for one in ready(street).units] == ["busy"]
    assert within(ready(street)) == []
    accept(offer)
    assert within(ready(street)) == []
    v2 = car(street, "V2", 2)
    assert within(ready(street)) == ["Trasten skola"]
    UnitStatus.objects.create(unit=v2, state="break", since=NIGHT)
    found = ready(street)
    assert [(one.state, one.is_free) for one in found.units] == [("busy", False), ("break", False)]
    assert within(found) == []
    v3 = make_unit(street, "V3", lat=at_km(3), lon=LON)
    assert within(ready(street)) == ["Trasten skola"]
    Watch.objects.create(
        tenant=street.tenant, unit=v3.unit, member=v3.member, interval_s=300,
        began_at=NIGHT - 9 * MINUTE, seen_at=NIGHT - 6 * MINUTE, due_at=NIGHT - MINUTE,
        missed_at=NIGHT,
    )  # fmt: skip
    assert within(ready(street)) == []


def test_an_old_position_counts_as_far_away_as_it_may_have_driven(street: World) -> None:
    """Ten minutes old it is fresh for five, and five more are lost."""
    make_contract(street, LIMIT_S)
    school(street, 0)
    v1 = car(street, "V1", 1)
    Position.objects.filter(unit=v1).update(at=NIGHT - 9 * MINUTE)
    found = ready(street)
    assert within(found) == ["Skola 0"]
    assert found.sites[0].nearest_s == 60.0 + 4 * 60
    Position.objects.filter(unit=v1).update(at=NIGHT - 10 * MINUTE)
    found = ready(street)
    assert (within(found), found.sites[0].is_unknown) == ([], False)


def test_what_nobody_knows_is_unknown_and_never_within(street: World) -> None:
    """A unit without a position, one off the map, a school off the map, one that is nowhere."""
    make_contract(street, LIMIT_S)
    school(street, 0)
    make_site(street, "På holmen", lat=58.5, lon=LON)
    Site.objects.create(tenant=street.tenant, code="S-X", name="Ingenstans", batch=street.batch)
    car(street, "V1", None)
    make_unit(street, "V2", lat=58.0)
    found = ready(street)
    assert (found.now.sites, found.now.sites_within, found.now.sites_unknown) == (2, 0, 2)
    assert all(one.is_unknown and one.nearest is None for one in found.sites)
    said = codes(found)
    assert (said[NoteCode.UNIT_UNKNOWN], said[NoteCode.OFF_MAP]) == (2, 1)
    assert said[NoteCode.NO_POSITION] == 1


def test_without_a_map_everything_is_unknown(world: World) -> None:
    """And it says so."""
    school(world, 0)
    car(world, "V1", 1)
    found = ready(world)
    assert (found.now.sites_within, found.now.sites_unknown, found.map_sha256) == (0, 1, "")
    assert NoteCode.NO_MAP in codes(found)


def test_without_sites_or_units_there_is_an_answer(street: World) -> None:
    """No share of nothing; no unit, no readiness."""
    assert ready(street).now.site_share is None
    car(street, "V1", 1)
    assert ready(street).now.site_share is None
    school(street, 0)
    Shift.objects.all().delete()
    found = ready(street)
    assert (found.units, found.now.site_share) == ((), 0.0)


def test_a_site_without_an_agreed_time_has_the_usual_limit_and_it_is_said(street: World) -> None:
    """A term that does not end on scene promises no arrival."""
    school(street, 0)
    car(street, "V1", 1)
    found = ready(street)
    assert [(one.limit_s, one.has_term) for one in found.sites] == [(NO_TERM_S, False)]
    assert codes(found)[NoteCode.NO_TERM] == 1
    contract = make_contract(street, LIMIT_S)
    assert [(one.limit_s, one.has_term) for one in ready(street).sites] == [(LIMIT_S, True)]
    contract.response_terms.update(stop="accepted")
    assert not ready(street).sites[0].has_term


def test_the_response_plan_says_which_cases_are_urgent_and_whom_they_need(street: World) -> None:
    """A dog for the store; at the shed no alarm is urgent, so no response time holds it."""
    make_contract(street, LIMIT_S)
    make_plan(school(street, 0, "Förrådet"), needs=["guard", "dog"])
    lax = make_plan(school(street, 1, "Skjulet"))
    lax.rules = [
        {"on": kind, "priority": 3} for kind in ("intruder", "assistance", "fire", "medical")
    ]
    lax.save()
    car(street, "V1", 0.5)
    found = ready(street)
    assert [(one.is_within, one.limit_s) for one in found.sites] == [(False, 300), (True, 300)]
    lax.rules = [*lax.rules, {"on": "tamper", "priority": 4}]
    lax.save()
    assert ready(street).sites[1].limit_s == LIMIT_S  # duress is never below what it is
    car(street, "V2", 2, competences=("guard", "dog"))
    assert [one.nearest for one in ready(street).sites] == ["V2", "V1"]


def test_an_officer_counts_only_where_a_permit_covers(street: World) -> None:
    """South of the second kilometre, from 22 to 04."""
    make_contract(street, LIMIT_S)
    school(street, 1)
    school(street, 3)
    car(street, "OV1", 2, role="public_order_officer")
    assert within(ready(street)) == []
    box = f"17.9 58.9, 18.1 58.9, 18.1 {at_km(2)}, 17.9 {at_km(2)}, 17.9 58.9"
    permit = make_permit(street, f"POLYGON (({box}))", hours=(time(22), time(4)))
    found = ready(street)
    assert within(found) == ["Skola 1"]
    assert not found.sites[1].is_unknown
    Permit.objects.filter(pk=permit.pk).update(hours_until=time(1))
    assert within(ready(street)) == []


def test_what_is_expected_weighs_the_sites_where_there_is_a_forecast(street: World) -> None:
    """Damage falls most at the first school; the naive map is said to be one."""
    make_contract(street, LIMIT_S)
    draw_year(street, [school(street, km) for km in (0, 8)])
    make_forecast(tenant=street.tenant, at=NIGHT)
    car(street, "V1", 1)
    found = ready(street)
    share = found.now.case_share
    assert share is not None
    assert found.now.site_share == 0.5
    assert 0.55 < share < 0.75  # two thirds of what was drawn
    assert found.units[0].if_leaves.case_share == 0.0
    assert (found.forecast_at, found.elsewhere_per_h is not None) == (NIGHT, True)
    assert NoteCode.NO_FORECAST not in codes(found)
    use_in_plans(tenant_id=street.tenant.pk, in_plans=False, by="test", at=NIGHT)
    assert NoteCode.NAIVE in codes(ready(street))


def test_a_closed_bridge_changes_readiness_at_once(street: World) -> None:
    """The school beyond it is out of reach until it opens again."""
    make_contract(street, LIMIT_S)
    school(street, 8)
    car(street, "V1", 5)
    assert within(ready(street)) == ["Skola 8"]
    closure = make_closure(street)
    found = ready(street)
    assert (within(found), found.sites[0].is_unknown) == ([], False)
    closure.delete()
    assert within(ready(street)) == ["Skola 8"]


def test_labels_are_computed_again_only_for_what_has_changed(
    street: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Units that stand and sites that stand are kept; who has moved is not."""
    make_contract(street, LIMIT_S)
    school(street, 0.123)  # where nobody else of these tests stood
    v1 = car(street, "V1", 1.123)
    kept: list[str] = []
    keep = Roads.keep

    def counted(roads: Roads, places: Places, side: Side = "source") -> Kept:
        kept.append(side)
        return keep(roads, places, side)

    monkeypatch.setattr(Roads, "keep", counted)
    who = viewer(street)
    first = get_readiness(who, NIGHT)
    assert sorted(kept) == ["source", "target"]
    assert get_readiness(who, NIGHT) == first
    assert len(kept) == 2
    Position.objects.filter(unit=v1).update(lat=at_km(2.123))
    assert get_readiness(who, NIGHT).sites[0].nearest_s == pytest.approx(120, abs=1)
    assert kept[2:] == ["source"]
    Site.objects.update(lat=at_km(1.123))
    assert get_readiness(who, NIGHT).sites[0].nearest_s == pytest.approx(60, abs=1)


@pytest.mark.parametrize("role", [Role.GUARD, Role.COORDINATOR, Role.REPORTER])
def test_who_may_not_see_where_units_are_is_not_told(street: World, role: Role) -> None:
    """Seconds to a place are a position."""
    car(street, "V1", 1)
    home = street.municipality if role == Role.REPORTER else None
    with pytest.raises(Missing):
        get_readiness(make_viewer(make_member(street, role, home)), NIGHT)


def test_a_company_sees_its_own_units_and_no_tenant_sees_another(street: World) -> None:
    """The dispatcher counts both companies; a stranger's unit does not exist."""
    school(street, 0)
    car(street, "V1", 1)
    other = add_organisation(
        tenant=street.tenant, name="Andra bevakning", kind=OrganisationKind.GUARDING_COMPANY,
        by="test", at=NIGHT,
    )  # fmt: skip
    theirs = car(replace(street, company=other, serial=50), "X1", 2)
    assert [one.call_sign for one in ready(street).units] == ["V1", "X1"]
    led = ready(street, Role.SHIFT_LEADER)
    assert [one.call_sign for one in led.units] == ["V1"]
    assert NoteCode.OWN_UNITS in codes(led)
    far = car(make_world("Annanstad"), "V9", 1)
    home = make_unit(street, "V4", at=NIGHT - timedelta(days=1)).unit
    for unknown in (theirs.pk, far.pk, home.pk, uuid4()):
        with pytest.raises(Missing):
            ready(street, Role.SHIFT_LEADER, unknown)
