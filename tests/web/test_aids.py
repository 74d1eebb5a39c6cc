"""The page of AEDs, in words and on the map."""

import json
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from narvaro.access.models import Role
from narvaro.core.choice import Opening, is_open
from narvaro.core.opening_hours import next_opening
from narvaro.spine.clock import Hands
from narvaro.web.aids import days_label, hours_label
from tests.aids import make_aed
from tests.make import NIGHT, World, make_member
from tests.web.test_phone import browser_of, shown

OFFICE = [{"weekdays": [0, 1, 2, 3, 4], "from": "08:00", "until": "17:00"}]


def page_of(world: World, role: Role = Role.DISPATCHER) -> str:
    """Return the page as it is read."""
    return shown(browser_of(make_member(world, role)), "/aids/")


def test_by_name_with_how_each_stands(world: World) -> None:
    """It is 02:00 on a Tuesday."""
    make_aed(world, "H-1", name="Bibliotek", openings=OFFICE)
    make_aed(world, "H-2", name="Arena")
    make_aed(world, "H-3", name="Centrum", openings=[])
    make_aed(world, "H-4", name="Dagis", verified_on=NIGHT.date() - timedelta(days=184))
    make_aed(world, "H-5", name="Egnahem", verified_on=None)
    make_aed(world, "H-6", name="Friluftsgård", out_of_service=True)
    page = page_of(world)
    said = [
        "1 can be fetched now", "Arena", "Open now", "every day round the clock", "Bibliotek",
        "Closed now", "opens at 08:00", "Mon–Fri 08:00–17:00", "Centrum", "Hours not known",
        "Dagis", "Not checked for half a year", "not since 2026-05-24", "Egnahem", "never",
        "Friluftsgård", "Out of service",
    ]  # fmt: skip
    place = 0
    for words in said:
        place = page.index(words, place)


def test_another_day_is_named(world: World, hands: Hands) -> None:
    make_aed(world, openings=OFFICE, closed_on=["2026-11-30"])
    hands.move_to(datetime(2026, 11, 27, 17, tzinfo=NIGHT.tzinfo))
    page = page_of(world)
    assert "opens Tue 1/12 at 08:00" in page
    assert "closed on 30/11" in page


@pytest.mark.parametrize("role", [Role.GUARD, Role.SHIFT_LEADER, Role.COORDINATOR])
def test_everyone_on_duty_reads_them(world: World, role: Role) -> None:
    make_aed(world)
    assert "AED H-01" in page_of(world, role)


def test_the_map_has_them_for_who_reads_them(world: World) -> None:
    make_aed(world)
    for role, count in ((Role.DISPATCHER, 1), (Role.REPORTER, 0)):
        where = world.municipality
        browser = browser_of(make_member(world, role, where))
        found = json.loads(shown(browser, "/map/features/"))["features"]
        aeds = [one["properties"] for one in found if one["properties"]["layer"] == "aed"]
        assert [one["state_label"] for one in aeds] == ["Open now"] * count


def test_weekdays_in_words() -> None:
    with translation.override("sv"):
        assert days_label(frozenset({0, 1, 2, 4, 6})) == "mån–ons, fre, sön"
        assert days_label(frozenset({5, 6})) == "lör, sön"
        assert hours_label(Opening(frozenset({5}), time(22), time(2))) == "lör 22:00–02:00"


@given(
    st.lists(
        st.builds(
            Opening,
            st.frozensets(st.integers(0, 6), min_size=1),
            st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])),
            st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])),
        ),
        max_size=3,
    ),
    st.lists(st.integers(0, 8), max_size=3),
    st.integers(0, 47),
)
def test_it_opens_when_a_walk_through_the_half_hours_says(
    openings: list[Opening], closed: list[int], begin: int
) -> None:
    start = datetime.combine(NIGHT.date(), time()) + timedelta(minutes=30 * begin)
    closed_on = [start.date() + timedelta(days=n) for n in closed]
    if is_open(openings, start, closed_on):
        return
    walk = (start + timedelta(minutes=30 * n) for n in range(1, 48 * 14))
    found = next((at for at in walk if is_open(openings, at, closed_on)), None)
    assert next_opening(openings, start, closed_on) == found


def test_no_hours_open_never() -> None:
    assert next_opening([], NIGHT, [date(2026, 11, 24)]) is None
