"""From rows to candidates: exact road times, the age of positions, what is off the map."""

from datetime import timedelta

from narvaro.dispatch.models import Ranking
from tests.conftest import Running
from tests.dispatch.offered import SECOND, asked, open_case
from tests.make import NIGHT, Crewed, World, make_unit, put_position
from tests.roads import LON, at_km


def at_km_north(world: World, call_sign: str, km: float, age: timedelta) -> Crewed:
    """Put a unit so many kilometres up the street (a kilometre a minute)."""
    made = make_unit(world, call_sign, lat=None, lon=None)
    put_position(made.unit, NIGHT - age, at_km(km), LON)
    return made


def test_the_ranking_goes_by_road_time_and_by_how_old_a_position_is(
    street: World, running: Running
) -> None:
    """Fresh by road time; an old position counts with its age; off the map comes last."""
    at_km_north(street, "V1", 9, timedelta(minutes=1))
    at_km_north(street, "V2", 4, timedelta(minutes=1))
    at_km_north(street, "V3", 1, timedelta(minutes=5 + 6))
    lost = at_km_north(street, "V4", 1, timedelta(hours=1))
    put_position(lost.unit, NIGHT - SECOND, 58.0, LON)
    case = open_case(street)
    running.settle()
    lines = Ranking.objects.latest("made_at").lines
    assert [(one["call_sign"], one["reasons"]) for one in lines] == [
        ("V2", ["position_fresh"]),
        ("V3", ["nearest", "position_old"]),
        ("V1", ["position_fresh"]),
        ("V4", ["off_map"]),
    ]
    assert [round(one["travel_s"] / 60) for one in lines[:3]] == [4, 1, 9]
    assert asked(case) == [("V2", "waiting")]
