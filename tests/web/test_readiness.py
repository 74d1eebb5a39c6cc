"""Readiness in words, on the console and in the ranking."""

from datetime import datetime

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.dispatch.readiness import Readiness, get_readiness
from narvaro.web import readiness
from tests.conftest import Running
from tests.dispatch.offered import open_case
from tests.make import World, make_closure, make_contract, make_member, make_site, make_unit
from tests.web.test_phone import browser_of, shown

UNITS = "/console/units/"


@pytest.fixture
def desk(street: World) -> Client:
    """Return a dispatcher's browser; there are two schools, 1 and 9 km up the street."""
    make_site(street, "Lärkan skola", lat=59.009)
    make_site(street, "Trasten skola", lat=59.081)
    return browser_of(make_member(street, Role.DISPATCHER))


def test_the_console_says_how_ready_the_units_are_and_a_closed_road_changes_it(
    street: World, desk: Client
) -> None:
    assert "0 of 2 sites are reached in time" in shown(desk, "/console/")
    make_unit(street, "V1", lat=59.01)
    page = shown(desk, "/console/")
    assert "2 of 2 sites are reached in time" in page
    assert "No forecast: only sites are counted." in page
    assert "2 sites have no agreed time; 20 minutes are counted." in page
    make_closure(street)
    assert "1 of 2 sites are reached in time" in shown(desk, "/console/")


def test_the_ranking_says_what_a_units_leaving_would_change(
    street: World, desk: Client, running: Running
) -> None:
    make_closure(street)
    make_unit(street, "V1", lat=59.01)
    case = open_case(street, offer="manual")
    running.settle()
    page = shown(desk, f"/console/cases/{case.pk}/", fragment=True)
    assert "Readiness if it goes: 0 of 3 sites" in page
    make_unit(street, "V2", lat=59.012)
    page = shown(desk, f"/console/cases/{case.pk}/", fragment=True)
    assert page.count("Readiness if it goes: 2 of 3 sites") == 2


def test_what_a_leaving_would_change_is_not_said_where_something_is_not_known(
    street: World, desk: Client, running: Running
) -> None:
    make_unit(street, "V1", lat=None)
    make_unit(street, "V2", lat=59.01)
    case = open_case(street, offer="manual")
    running.settle()
    assert "if it goes" not in shown(desk, f"/console/cases/{case.pk}/", fragment=True)


def test_a_page_of_several_cases_asks_once(
    street: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contract(street)  # the supplier in force may know of each case
    make_unit(street, "V1", lat=59.01)
    for _ in range(2):
        open_case(street, offer="manual")
    running.settle()
    asked = list[object]()

    def count(viewer: Viewer, at: datetime) -> Readiness:
        asked.append(at)
        return get_readiness(viewer, at)

    monkeypatch.setattr(readiness, "get_readiness", count)
    page = shown(browser_of(make_member(street, Role.SHIFT_LEADER)), "/night/")
    assert page.count("Readiness if it goes") == 2
    assert len(asked) == 1


def test_without_a_map_nothing_is_counted_as_good(world: World) -> None:
    make_site(world)
    make_unit(world, "V1")
    page = shown(browser_of(make_member(world, Role.DISPATCHER)), UNITS, fragment=True)
    assert "0 of 1 sites are reached in time" in page
    assert "No map: no travel time is known." in page
