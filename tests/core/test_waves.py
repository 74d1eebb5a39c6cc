"""Waves: what is more than a group's own year explains, and what is not."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.waves import Harm, chance_of, find_waves

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def harm(days_ago: float, group: str = "school", place: str = "A", hours: float = 1) -> Harm:
    """Return a damage so many days ago, in an interval that long."""
    middle = NOW - days_ago * DAY
    return Harm(group, place, middle - hours / 2 * HOUR, middle + hours / 2 * HOUR)


QUIET_YEAR = [harm(360), harm(200), harm(120), harm(40)]


def test_three_in_a_week_at_schools_that_see_four_a_year_are_a_wave() -> None:
    hits = [harm(6, place="A"), harm(3, place="B"), harm(1, place="C"), harm(0.5, place="C")]
    (wave,) = find_waves([*QUIET_YEAR, *hits], NOW)
    assert (wave.group, wave.count, wave.places) == ("school", 4, ("C", "A", "B"))
    assert wave.expected == pytest.approx(4 / 51.43, rel=0.03)
    assert wave.chance < 0.001
    assert wave.since == hits[0].occurred_from


def test_two_are_none_and_neither_are_three_where_three_are_usual() -> None:
    assert find_waves([*QUIET_YEAR, harm(1), harm(2)], NOW) == ()
    often = [harm(day * 7 / 3 + 7.5) for day in range(150)]
    assert find_waves([*often, harm(1), harm(2), harm(3)], NOW) == ()


def test_without_a_past_nothing_can_be_said() -> None:
    assert find_waves([harm(1), harm(2), harm(3)], NOW) == ()
    assert find_waves([], NOW) == ()


def test_a_short_past_makes_the_same_count_less_surprising() -> None:
    hits = [harm(1), harm(2), harm(3)]
    assert find_waves([harm(9, "hall"), *hits], NOW) == ()
    assert find_waves([harm(300, "hall"), *hits], NOW) != ()


def test_groups_do_not_mix_and_a_summer_break_counts_nowhere() -> None:
    mixed = [harm(1), harm(2, "hall"), harm(3, "library")]
    assert find_waves([*QUIET_YEAR, *mixed], NOW) == ()
    long = [harm(3, hours=24 * 9), harm(1), harm(2)]
    assert find_waves([*QUIET_YEAR, *long], NOW) == ()


def test_the_least_probable_wave_stands_first() -> None:
    hits = [harm(day, group) for group in ("hall", "school") for day in (1, 2, 3)]
    found = find_waves([*QUIET_YEAR, *hits, harm(4, "school")], NOW)
    assert [wave.group for wave in found] == ["hall", "school"]  # no hall was hit in a year


@given(st.integers(0, 30), st.integers(0, 5000), st.floats(0.5, 200))
def test_a_chance_is_a_probability_and_falls_with_the_count(
    count: int, before: int, windows: float
) -> None:
    first, second = chance_of(count, before, windows), chance_of(count + 1, before, windows)
    assert 0 <= second <= first <= 1
    assert chance_of(0, before, windows) == 1


def test_with_a_long_past_the_chance_is_poissons() -> None:
    rate, least = 0.5, 3
    poisson = 1 - sum(math.exp(-rate) * rate**k / math.factorial(k) for k in range(least))
    assert chance_of(least, 50_000, 100_000) == pytest.approx(poisson, rel=1e-3)


def test_the_chance_of_a_gamma_mixture_is_right_by_hand() -> None:
    """One window before without an event: shape ½, so P(0) = √½, P(1) = ½·½·√½, and so on."""
    root = math.sqrt(0.5)
    assert chance_of(1, 0, 1) == pytest.approx(1 - root)
    assert chance_of(3, 0, 1) == pytest.approx(1 - root * (1 + 1 / 4 + 3 / 32))


def test_senseless_counts_are_refused() -> None:
    for count, before, windows in ((-1, 0, 1.0), (0, -1, 1.0), (0, 0, 0.0)):
        with pytest.raises(ValueError, match="Counts are 0 or more"):
            chance_of(count, before, windows)
