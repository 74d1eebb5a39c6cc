"""Reach on the console: an outline for the map, and the same as a list in words."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from tests.dispatch.manned_street import car, school
from tests.dispatch.offered import open_case
from tests.make import NIGHT, World, make_closure, make_contract, make_member, put_position
from tests.roads import LON, at_km
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def desk(street: World) -> Client:
    """Return a dispatcher's browser."""
    return browser_of(make_member(street, Role.DISPATCHER))


def test_the_map_gets_an_outline_and_the_panel_the_same_sites(street: World, desk: Client) -> None:
    unit = car(street, "V1", 8)
    for km in (4, 7, 14):
        school(street, km)
    make_contract(street, target_s=600)
    make_closure(street, (at_km(12), 17.999), (at_km(12), 18.001))
    address = f"/console/units/{unit.pk}/reach/"
    [area] = json.loads(shown(desk, address))["features"]
    assert area["geometry"]["type"] == "MultiPolygon"
    inside = area["properties"].pop("inside")
    assert [(one["name"], round(one["seconds"])) for one in inside] == [
        ("Skola 7", 60),
        ("Skola 4", 240),
    ]
    assert area["properties"] == {
        "layer": "reach", "id": f"unit-{unit.pk}", "name": "Reach of V1", "within_s": 300,
    }  # fmt: skip
    panel = shown(desk, address, fragment=True)
    assert f'data-reach-url="{address}?within=300"' in panel
    assert panel.index("Skola 7") < panel.index("Skola 4")
    assert "4:00" in panel
    assert "Skola 14" not in panel
    assert "10 min, as agreed" in panel
    assert "1 closed road is counted." in panel
    ten = json.loads(shown(desk, f"{address}?within=600"))["features"][0]["properties"]
    assert ten["within_s"] == 600


def test_of_a_case_the_panel_lists_the_units_that_are_there_in_time(
    street: World, desk: Client
) -> None:
    case = open_case(street, offer="manual")
    car(street, "V1", 2)
    old = car(street, "V2", None)
    put_position(old, NIGHT - timedelta(minutes=6), at_km(1), LON)
    car(street, "V3", 9)
    address = f"/console/cases/{case.pk}/reach/"
    panel = shown(desk, address, fragment=True)
    assert f"Who is at case {case.number} in time" in panel
    assert "V1" in panel
    assert "V3" not in panel
    assert "old position" in panel
    [area] = json.loads(shown(desk, address))["features"]
    assert [one["name"] for one in area["properties"]["inside"]] == ["V1", "V2"]
    assert address in shown(desk, f"/console/cases/{case.pk}/", fragment=True)


@pytest.mark.parametrize(
    ("lat", "age", "said"),
    [
        (58.9, 1, "The nearest road on the map is 11.1 km away."),
        (55.0, 1, "There is no road on the map within 50 km of it."),
        (59.01, 30, "so old that nothing is known"),
    ],
)
def test_where_nothing_can_be_drawn_the_panel_says_why(
    street: World, desk: Client, lat: float, age: int, said: str
) -> None:
    unit = car(street, "V1", None)
    put_position(unit, NIGHT - timedelta(minutes=age), lat, LON)
    address = f"/console/units/{unit.pk}/reach/"
    assert json.loads(shown(desk, address))["features"] == []
    assert said in shown(desk, address, fragment=True)


@pytest.mark.parametrize("within", ["0", "301", "-5", "nan", "", "999999999999"])
def test_a_time_that_is_not_offered_is_refused(street: World, desk: Client, within: str) -> None:
    unit = car(street, "V1", 2)
    assert desk.get(f"/console/units/{unit.pk}/reach/?within={within}").status_code == 422


def test_only_units_with_a_position_have_the_button(street: World, desk: Client) -> None:
    placed, lost = car(street, "V1", 2), car(street, "V2", None)
    page = shown(desk, "/console/")
    assert f"/console/units/{placed.pk}/reach/" in page
    assert f"/console/units/{lost.pk}/reach/" not in page
    assert 'id="reach"' in page
    assert 'id="reach"' not in shown(desk, "/closures/")


def test_a_leader_has_no_such_button_at_night(street: World) -> None:
    car(street, "V1", 2)
    leader = browser_of(make_member(street, Role.SHIFT_LEADER))
    assert "/reach/" not in shown(leader, "/night/")
