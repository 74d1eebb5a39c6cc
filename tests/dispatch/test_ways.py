"""The way to a case is searched when something has changed, and not at each refresh of a screen."""

from datetime import timedelta

import pytest

from narvaro.core.roads import Places, Roads, Route
from narvaro.directory.models import RoadClosure, Unit
from narvaro.dispatch import ways
from narvaro.dispatch.ways import list_legs
from narvaro.situation.models import Case
from tests.dispatch.offered import open_case
from tests.make import NIGHT, World, make_closure, make_unit, put_position
from tests.roads import LON, at_km

SECOND = timedelta(seconds=1)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count the searches: the latitudes where they began."""
    seen: list[float] = []
    route = Roads.route

    def counted(roads: Roads, a: Places, b: Places) -> Route | None:
        seen.append(round(float(a.lat[0]), 5))
        return route(roads, a, b)

    monkeypatch.setattr(Roads, "route", counted)
    ways._route.cache_clear()
    return seen


def look(case: Case, unit: Unit, after_s: int) -> float:
    """Return the seconds of the way so much later."""
    [found] = list_legs(case, unit, NIGHT + after_s * SECOND)
    return found.seconds


def test_a_way_is_searched_only_when_unit_case_or_roads_have_changed(
    street: World, searches: list[float]
) -> None:
    case = open_case(street, offer="manual")
    unit = make_unit(street, "V1", lat=at_km(2)).unit
    assert [look(case, unit, s) for s in range(10)] == [pytest.approx(120, abs=1)] * 10
    assert len(searches) == 1
    put_position(unit, NIGHT + 10 * SECOND, at_km(3), LON)
    assert [look(case, unit, s) for s in range(11, 20)] == [pytest.approx(180, abs=1)] * 9
    assert searches == [round(at_km(2), 5), round(at_km(3), 5)]
    beyond = make_closure(street, (at_km(9), 17.99), (at_km(9), 18.005))
    assert look(case, unit, 20) == look(case, unit, 21)
    assert len(searches) == 3
    beyond.delete()
    assert look(case, unit, 22)
    assert len(searches) == 3  # the roads are those of before
    case.lat = at_km(1)
    assert look(case, unit, 23) == pytest.approx(120, abs=1)
    Unit.objects.update(travel="foot")
    unit.refresh_from_db()
    assert look(case, unit, 24) > 1000
    assert len(searches) == 5


def test_a_way_that_is_closed_is_gone_at_once(street: World, searches: list[float]) -> None:
    case = open_case(street, offer="manual")
    unit = make_unit(street, "V1", lat=at_km(2)).unit
    assert look(case, unit, 0)
    make_closure(street, (at_km(1), 17.99), (at_km(1), 18.005))
    assert list_legs(case, unit, NIGHT + SECOND) == ()
    assert list_legs(case, unit, NIGHT + 2 * SECOND) == ()
    RoadClosure.objects.update(opened_at=NIGHT)
    assert look(case, unit, 3)
    assert len(searches) == 2


def test_no_more_ways_are_kept_than_roads(street: World, searches: list[float]) -> None:
    case = open_case(street, offer="manual")
    unit = make_unit(street, "V1", lat=at_km(2)).unit
    for number in range(50):
        put_position(unit, NIGHT + number * SECOND, at_km(2 + number / 100), LON)
        look(case, unit, number)
    assert len(searches) == 50
    assert ways._route.cache_info().currsize == 32
