"""Reach of a unit and of a case: what is inside is what the exact times say, as closed roads have it."""

from datetime import timedelta

import pytest
import shapely

from narvaro.access.models import Role
from narvaro.access.policy import Record
from narvaro.core.roads.within import Outline
from narvaro.directory.models import RoadMap, Unit
from narvaro.dispatch.reach import NoReach, Reach, reach_of_case, reach_of_unit
from narvaro.spine.refusal import Missing
from tests.dispatch.manned_street import car, school, viewer
from tests.dispatch.offered import open_case
from tests.make import NIGHT, World, make_closure, make_contract, make_world, put_position
from tests.roads import LON, at_km

MINUTE = timedelta(minutes=1)


def names(found: Reach) -> list[str]:
    """Return who or what is inside, soonest first."""
    return [one.name for one in found.inside]


def covers(outline: Outline, km: float) -> bool:
    """Tell whether a point on the street lies inside an outline."""
    polygons = [
        shapely.Polygon(
            [(lon, lat) for lat, lon in one[0]],
            [[(lon, lat) for lat, lon in ring] for ring in one[1:]],
        )
        for one in outline
    ]
    return bool(shapely.union_all(polygons).covers(shapely.Point(LON, at_km(km))))


def test_a_unit_reaches_sites_soonest_first_and_the_outline_is_of_the_same_roads(
    street: World,
) -> None:
    """A kilometre a minute: five minutes are five kilometres either way, ten are ten."""
    unit = car(street, "V1", 8)
    for km in (2, 4, 7, 9.5, 14.5):
        school(street, km)
    found = reach_of_unit(viewer(street), unit.pk, 300, NIGHT)
    assert names(found) == ["Skola 7", "Skola 9.5", "Skola 4"]
    assert [round(one.seconds / 60, 1) for one in found.inside] == [1.0, 1.5, 4.0]
    assert (covers(found.outline, 3.2), covers(found.outline, 2.7)) == (True, False)
    assert (covers(found.outline, 12.9), covers(found.outline, 13.3)) == (True, False)
    ten = reach_of_unit(viewer(street), unit.pk, 600, NIGHT)
    assert names(ten) == ["Skola 7", "Skola 9.5", "Skola 4", "Skola 2", "Skola 14.5"]
    assert [(one.seconds, one.is_agreed) for one in found.limits] == [(300, False), (600, False)]


def test_what_was_agreed_may_be_asked_for_too(street: World) -> None:
    unit = car(street, "V1", 8)
    make_contract(street, target_s=600)
    make_contract(street, target_s=12 * 60)
    found = reach_of_unit(viewer(street), unit.pk, 300, NIGHT)
    assert [(one.seconds, one.is_agreed) for one in found.limits] == [(300, False), (600, True)]
    case = open_case(street, offer="manual")
    limits = reach_of_case(viewer(street), case.pk, 300, NIGHT).limits
    assert [(one.seconds, one.is_agreed) for one in limits] == [(300, False), (600, True)]


def test_a_closed_road_ends_the_reach_at_once(street: World) -> None:
    unit = car(street, "V1", 4)
    school(street, 2)
    school(street, 7)
    who = viewer(street)
    assert names(reach_of_unit(who, unit.pk, 300, NIGHT)) == ["Skola 2", "Skola 7"]
    make_closure(street, (at_km(5.5), 17.999), (at_km(5.5), 18.001))
    found = reach_of_unit(who, unit.pk, 300, NIGHT)
    assert (names(found), found.closures) == (["Skola 2"], 1)
    assert (covers(found.outline, 5.4), covers(found.outline, 6.0)) == (True, False)


def test_an_old_position_counts_as_far_away_as_it_may_have_driven(street: World) -> None:
    """Seven minutes old: two of the five are gone; ten minutes old, and nothing is known."""
    unit = car(street, "V1", None)
    school(street, 2)
    school(street, 4)
    who = viewer(street)
    put_position(unit, NIGHT - 7 * MINUTE, at_km(0), LON)
    found = reach_of_unit(who, unit.pk, 300, NIGHT)
    assert (names(found), found.drift_s) == (["Skola 2"], 120.0)
    assert found.inside[0].seconds == pytest.approx(240.0, abs=1)
    assert (covers(found.outline, 2.9), covers(found.outline, 3.3)) == (True, False)
    late = reach_of_unit(who, unit.pk, 300, NIGHT + 3 * MINUTE)
    assert (late.why_not, late.outline, late.inside) == (NoReach.OLD_POSITION, [], ())


def test_a_case_is_reached_by_the_units_that_are_there_in_time(street: World) -> None:
    """The case is at the south end; who walks counts by his own pace, and nobody without a position."""
    case = open_case(street, offer="manual")
    for call_sign, km in (("V1", 4), ("V2", 6), ("V3", None), ("V4", 0.3)):
        car(street, call_sign, km)
    Unit.objects.filter(call_sign="V4").update(travel="foot")
    car(street, "V5", 2)
    found = reach_of_case(viewer(street), case.pk, 300, NIGHT)
    assert names(found) == ["V5", "V4", "V1"]
    assert [one.walks for one in found.inside] == [False, True, False]
    assert found.inside[1].seconds == pytest.approx(300 / 1.4, abs=2)
    assert (covers(found.outline, 4.9), covers(found.outline, 5.3)) == (True, False)


def test_what_cannot_be_drawn_says_why(street: World) -> None:
    who = viewer(street)
    lost, far = car(street, "V1", None), car(street, "V2", None)
    put_position(far, NIGHT - MINUTE, 58.5, LON)
    walker = car(street, "V3", 3)
    case = open_case(street, offer="manual")
    assert reach_of_unit(who, lost.pk, 300, NIGHT).why_not == NoReach.NO_POSITION
    off = reach_of_unit(who, far.pk, 300, NIGHT)
    assert off.why_not == NoReach.OFF_MAP
    assert off.off_m == pytest.approx(55_600, rel=0.01) or off.off_m == float("inf")
    assert reach_of_unit(who, walker.pk, 300, NIGHT + timedelta(days=1)).why_not == NoReach.OFF_DUTY
    for lat, why in ((58.7, NoReach.OFF_MAP), (None, NoReach.PLACE_UNKNOWN)):
        case.lat = lat
        case.save(update_fields=["lat"])
        assert reach_of_case(who, case.pk, 300, NIGHT).why_not == why
    RoadMap.objects.all().delete()
    assert reach_of_unit(who, walker.pk, 300, NIGHT).why_not == NoReach.NO_MAP
    assert reach_of_case(who, case.pk, 300, NIGHT).why_not == NoReach.NO_MAP


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CONTRACT_MANAGER])
def test_who_may_not_see_where_units_are_is_told_nothing(street: World, role: Role) -> None:
    unit, case = car(street, "V1", 2), open_case(street, offer="manual")
    buyer = viewer(street, role)
    assert not buyer.sees(Record.UNIT, "position")
    with pytest.raises(Missing):
        reach_of_unit(buyer, unit.pk, 300, NIGHT)
    with pytest.raises(Missing):
        reach_of_case(buyer, case.pk, 300, NIGHT)


def test_another_tenants_unit_is_missing(street: World) -> None:
    unit = car(street, "V1", 2)
    other = make_world("Annanstad")
    with pytest.raises(Missing):
        reach_of_unit(viewer(other), unit.pk, 300, NIGHT)
