"""Stays and exposure, held against the same rules written out word for word, one position at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.geo import METRES_PER_DEGREE, distance_m
from narvaro.core.presence import Places, Proof, Stay, Track, exposure, find_stays

LAT, LON = 59.0, 18.0
METRE = 1 / METRES_PER_DEGREE


@dataclass(frozen=True)
class At:
    """A position: whose, when, how many metres north of the middle, how sharp (nan: not said)."""

    unit: int
    at_s: float
    north_m: float
    accuracy_m: float = 5.0


def track(positions: Sequence[At]) -> Track:
    """Put positions into arrays."""
    return Track(
        unit=np.array([one.unit for one in positions], np.int32),
        at_s=np.array([one.at_s for one in positions], np.float64),
        lat=np.array([LAT + one.north_m * METRE for one in positions], np.float64),
        lon=np.full(len(positions), LON),
        accuracy_m=np.array([one.accuracy_m for one in positions], np.float64),
    )


def places(*at: tuple[str, float, float]) -> Places:
    """Put places into arrays: name, metres north of the middle, radius."""
    return Places(
        ids=tuple(name for name, _north, _radius in at),
        lat=np.array([LAT + north * METRE for _name, north, _radius in at], np.float64),
        lon=np.full(len(at), LON),
        radius_m=np.array([radius for _name, _north, radius in at], np.float64),
    )


SCHOOL = places(("school", 0.0, 75.0))


def spans(stays: Sequence[Stay]) -> list[tuple[int, str, float, float]]:
    """Return who was where from when to when."""
    return [(one.unit, one.place, one.begins_s, one.ends_s) for one in stays]


def test_a_stay_runs_from_its_first_position_to_its_last() -> None:
    positions = [At(1, 0, 500), At(1, 30, 70), At(1, 60, 10), At(1, 90, 10), At(1, 120, 500)]
    (stay,) = find_stays(track(positions), SCHOOL)
    assert stay == Stay(1, "school", 30.0, 90.0, Proof.POSITION, 3, 30.0)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([(0, 0), (19.9, 0)], []),  # driven by
        ([(0, 0)], []),  # a single position lasts no time
        ([(0, 0), (20, 0)], [(0, 20)]),
        ([(0, 0), (15, 0), (16, 76), (17, 0), (32, 0)], []),  # away between the two
        ([(0, 0), (300, 0)], [(0, 300)]),
        ([(0, 0), (300.1, 0)], []),  # nobody knows where it was meanwhile
        ([(0, 0), (30, 0), (400, 0), (430, 0)], [(0, 30), (400, 430)]),
        ([(0, 74.9), (20, -74.9)], [(0, 20)]),
        ([(0, 75.1), (20, 0), (30, 0)], []),
    ],
)  # fmt: skip
def test_what_counts_as_a_stay(
    positions: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    """Twenty seconds, unbroken, within the radius."""
    found = find_stays(track([At(0, at, north) for at, north in positions]), SCHOOL)
    assert [(one.begins_s, one.ends_s) for one in found] == expected


@pytest.mark.parametrize(
    ("between", "unbroken"),
    [
        (At(0, 10, 60, 200), True),  # vague: proves nothing
        (At(0, 10, 250, 200), True),  # vague: may still be there
        (At(0, 10, 280, 200), False),  # too far off, even for its accuracy
        (At(0, 10, 100, 75), False),  # sharp, and outside
        (At(0, 10, 100, float("nan")), False),  # no accuracy said: taken as it is
        (At(0, 10, 9000, float("inf")), True),
    ],
)  # fmt: skip
def test_a_vague_position_neither_proves_nor_breaks_unless_it_is_surely_elsewhere(
    between: At, unbroken: bool
) -> None:
    found = find_stays(track([At(0, 0, 0), between, At(0, 25, 0)]), SCHOOL)
    assert [one.positions for one in found] == ([2] if unbroken else [])


def test_vague_positions_alone_prove_nothing() -> None:
    assert find_stays(track([At(0, at, 0, 200) for at in range(0, 100, 10)]), SCHOOL) == []


def test_where_places_overlap_the_nearest_has_the_time_and_says_so() -> None:
    """A park around a playground: the round in the park is cut by the time at the playground."""
    both = places(("park", 0.0, 300.0), ("playground", 100.0, 40.0))
    walk = [(0, 0), (60, -50), (120, 80), (180, 100), (240, 110), (300, 20), (360, 0)]
    found = find_stays(track([At(0, at, north) for at, north in walk]), both)
    assert spans(found) == [
        (0, "park", 0.0, 120.0), (0, "playground", 120.0, 240.0), (0, "park", 240.0, 360.0),
    ]  # fmt: skip
    assert [one.also for one in found] == [(), ("park",), ()]


def test_a_unit_between_two_places_is_at_one_of_them() -> None:
    """Positions that jump from one place's side to the other's lose no time."""
    both = places(("north", 50.0, 75.0), ("south", -50.0, 75.0))
    jumps = [At(0, 10 * n, 5 if n % 2 else -6) for n in range(20)]
    (stay,) = find_stays(track(jumps), both)
    assert (stay.place, stay.begins_s, stay.ends_s, stay.also) == ("south", 0, 190, ("north",))


def test_nothing_to_look_at_gives_nothing() -> None:
    assert find_stays(track([]), SCHOOL) == []
    assert find_stays(track([At(0, 0, 0), At(0, 60, 0)]), places()) == []


def test_input_that_does_not_fit_is_refused_with_what_to_do() -> None:
    nan = np.array([np.nan])
    one = np.zeros(1)
    with pytest.raises(ValueError, match="lat holds what is no number"):
        Track(np.zeros(1, np.int32), one, nan, one, one)
    with pytest.raises(ValueError, match="give one each"):
        Track(np.zeros(2, np.int32), one, one, one, one)
    with pytest.raises(ValueError, match="give them in order"):
        Stay(0, "school", 10.0, 0.0, Proof.TAP)
    with pytest.raises(ValueError, match="place school has no extent"):
        places(("school", 0.0, 0.0))
    with pytest.raises(ValueError, match="give one per place"):
        Places(("a", "b"), one, one, one)


# The rule, word for word.


def is_there(one: At, place: tuple[str, float, float]) -> bool | None:
    """Return whether a position is at a place, surely elsewhere (False), or says nothing."""
    _name, north, radius = place
    away = float(distance_m(LAT + one.north_m * METRE, LON, LAT + north * METRE, LON))
    vague = one.accuracy_m > radius
    if away <= radius:
        return None if vague else True
    return None if vague and away - one.accuracy_m <= radius else False


Run = tuple[list[At], tuple[str, float, float]]


def literal_runs(
    positions: list[At], place: tuple[str, float, float], dwell_s: float, gap_s: float
) -> list[Run]:
    """Walk along one unit's positions with one place in mind."""
    runs: list[list[At]] = [[]]
    for one in positions:
        there = is_there(one, place)
        if there is None:
            continue
        if not there:
            runs.append([])
        elif runs[-1] and one.at_s - runs[-1][-1].at_s > gap_s:
            runs.append([one])
        else:
            runs[-1].append(one)
    return [(run, place) for run in runs if run and run[-1].at_s - run[0].at_s >= dwell_s]


def away_on_average(run: Run) -> float:
    """Return how far from its place a run is, position by position."""
    positions, (_name, north, _radius) = run
    lats = [LAT + one.north_m * METRE for one in positions]
    return float(np.mean([distance_m(lat, LON, LAT + north * METRE, LON) for lat in lats]))


def literal_stays(
    positions: list[At], all_places: list[tuple[str, float, float]], dwell_s: float, gap_s: float
) -> list[tuple[int, str, float, float, int]]:
    """Give each run in turn, the nearest first, what the ones before it have left."""
    found = []
    for unit in sorted({one.unit for one in positions}):
        own = sorted(
            (one for one in positions if one.unit == unit),
            key=lambda one: (one.at_s, one.north_m, one.accuracy_m),
        )
        runs = [run for place in all_places for run in literal_runs(own, place, dwell_s, gap_s)]
        runs.sort(key=lambda run: (away_on_average(run), all_places.index(run[1]), run[0][0].at_s))
        taken: list[tuple[float, float]] = []
        for run, place in runs:
            pieces = [run]
            for begins, ends in taken:
                split = []
                for piece in pieces:
                    if (
                        piece[0].at_s < ends
                        and begins < piece[-1].at_s
                        and piece[0].at_s < piece[-1].at_s
                    ):
                        split += [
                            [one for one in piece if one.at_s <= begins],
                            [one for one in piece if one.at_s >= ends],
                        ]
                    else:
                        split.append(piece)
                pieces = [piece for piece in split if piece]
            for piece in pieces:
                if piece[-1].at_s - piece[0].at_s >= dwell_s:
                    taken.append((piece[0].at_s, piece[-1].at_s))
                    found.append((unit, place[0], piece[0].at_s, piece[-1].at_s, len(piece)))
    return sorted(found, key=lambda one: (one[0], one[2], one[1]))


SPREAD_M = st.integers(-40, 40).map(lambda step: step * 10.0 + 0.5)  # never on a border
POSITIONS = st.lists(
    st.builds(
        At, st.integers(0, 2), st.integers(0, 600).map(float), SPREAD_M,
        st.sampled_from([5.0, 5.0, 5.0, 60.0, 200.0, 500.0, float("nan")]),
    ),
    max_size=40, unique_by=lambda one: (one.unit, one.at_s),
)  # fmt: skip
PLACES = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.integers(-30, 30).map(lambda n: n * 7.3137),
        st.sampled_from([40.0, 75.0, 150.0, 300.0]),
    ),
    min_size=1, max_size=4, unique_by=(lambda one: one[0], lambda one: one[1]),
)  # fmt: skip
DWELL, GAP = st.sampled_from([1.0, 20.0, 60.0]), st.sampled_from([30.0, 300.0])


@settings(max_examples=300, deadline=None)
@given(POSITIONS, PLACES, DWELL, GAP, st.randoms(use_true_random=False))
def test_stays_are_what_the_rule_says_word_for_word(
    positions: list[At],
    at: list[tuple[str, float, float]],
    dwell_s: float,
    gap_s: float,
    chance: Random,
) -> None:
    """In whatever order the positions come."""
    shuffled = list(positions)
    chance.shuffle(shuffled)
    found = find_stays(track(shuffled), places(*at), dwell_s=dwell_s, gap_s=gap_s)
    told = [(one.unit, one.place, one.begins_s, one.ends_s, one.positions) for one in found]
    assert told == literal_stays(positions, at, dwell_s, gap_s)


@settings(max_examples=100, deadline=None)
@given(POSITIONS, PLACES, DWELL, GAP)
def test_no_unit_is_at_two_places_at_once(
    positions: list[At], at: list[tuple[str, float, float]], dwell_s: float, gap_s: float
) -> None:
    """Stays of one unit never overlap; each lasts, and no gap in it is too long."""
    found = find_stays(track(positions), places(*at), dwell_s=dwell_s, gap_s=gap_s)
    for before, after in pairwise(found):
        assert before.unit != after.unit or before.ends_s <= after.begins_s
    for one in found:
        assert one.ends_s - one.begins_s >= dwell_s
        assert one.longest_gap_s > 0
        assert one.place not in one.also


# Exposure

HOURS = np.array([0.0, 3600.0, 7200.0, 10_800.0])
STAYS = st.lists(
    st.builds(
        lambda unit, place, begins, lasts: Stay(unit, place, begins, begins + lasts, Proof.POSITION),
        st.integers(0, 2), st.sampled_from("ab"), st.integers(-50, 250).map(lambda n: n * 60.0),
        st.integers(0, 120).map(lambda n: n * 60.0),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(STAYS)
def test_exposure_is_what_counting_minute_by_minute_gives(stays: list[Stay]) -> None:
    """Two units there at once are one presence and two units' time."""
    told = exposure(stays, ("a", "b"), HOURS)
    for row, place in enumerate("ab"):
        for column, hour in enumerate(HOURS):
            minutes = np.arange(hour, hour + 3600, 60)
            there = [
                {
                    one.unit
                    for one in stays
                    if one.place == place and one.begins_s <= at < one.ends_s
                }
                for at in minutes
            ]
            assert told.present_s[row, column] == 60 * sum(bool(units) for units in there)
            assert told.unit_s[row, column] == 60 * sum(len(units) for units in there)


def test_the_probability_of_a_plan_is_handed_on_and_else_not_known() -> None:
    assert np.isnan(exposure([], ("a",), HOURS).probability).all()
    planned = np.array([[0.0, 0.25, 1.0, np.nan]])
    assert np.array_equal(exposure([], ("a",), HOURS, planned).probability, planned, equal_nan=True)


def test_exposure_refuses_what_would_be_lost_or_counted_twice() -> None:
    stay = Stay(0, "elsewhere", 0, 60, Proof.TAP)
    with pytest.raises(ValueError, match="elsewhere, which is not among the places"):
        exposure([stay], ("a",), HOURS)
    with pytest.raises(ValueError, match="hours overlap"):
        exposure([], ("a",), np.array([0.0, 1800.0]))
    with pytest.raises(ValueError, match="give 0 to 1"):
        exposure([], ("a",), HOURS, np.full((1, 4), 1.5))


def test_an_hour_apart_from_the_others_gets_its_own_time_alone() -> None:
    """A night's hours, then the next night's."""
    stay = Stay(0, "a", 3000, 90_000, Proof.STATED)
    told = exposure([stay], ("a",), np.array([0.0, 3600.0, 86_400.0]))
    assert told.present_s.tolist() == [[600.0, 3600.0, 3600.0]]
