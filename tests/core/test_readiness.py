"""Readiness against a slow literal oracle, in scenes made by hand, and what always holds of it."""

from dataclasses import replace
from math import inf, isinf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.readiness import (
    Loss,
    Moves,
    Readiness,
    Scene,
    Suggestion,
    assess,
    suggest,
)
from tests.core.literal_readiness import (
    DOG,
    GUARD,
    literal,
    literal_best,
    literal_losses,
    literal_rate,
    literal_times,
    moved,
    moves,
    scene,
)

seconds = st.sampled_from([0.0, 60.0, 300.0, 600.0, 601.0, 900.0, inf, nan])
amounts = st.sampled_from([0.0, 0.25, 0.5, 1.0, 4.0])  # sums of these are exact


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a small scene; often with ties, unknown times and nobody free."""
    units, places = draw(st.integers(0, 4)), draw(st.integers(0, 6))

    def row(values: Any, number: int) -> list[Any]:
        return draw(st.lists(values, min_size=number, max_size=number))

    return Scene(
        travel_s=np.array([row(seconds, places) for _ in range(units)]).reshape(units, places),
        free_in_s=np.array(row(st.sampled_from([0.0, 0.0, 0.0, 120.0, 900.0, inf]), units)),
        holds=np.array(row(st.integers(0, 3), units), np.int64),
        limit_s=np.array(row(st.sampled_from([0.0, 300.0, 600.0]), places)),
        needs=np.array(row(st.sampled_from([0, 0, GUARD, GUARD | DOG]), places), np.int64),
        cases_per_h=draw(st.none() | st.just(np.array(row(amounts, places)))),
    )


@st.composite
def with_moves(draw: st.DrawFn) -> tuple[Scene, Moves]:
    """Draw a scene and moves of its units."""
    at = draw(scenes())
    units, places = at.travel_s.shape
    number = draw(st.integers(0, 6)) if units else 0
    rows = [
        (
            draw(st.integers(0, units - 1)),
            draw(st.lists(seconds, min_size=places, max_size=places)),
            draw(st.sampled_from([0.0, 120.0, 400.0, nan, inf])),
            draw(st.sampled_from([0.0, 900.0, 1800.0])),
            draw(st.sampled_from([-60.0, 0.0, 30.0, 300.0])),
        )
        for _ in range(number)
    ]
    return at, moves(*rows, places=places)


@given(scenes())
def test_readiness_now_and_without_each_unit_is_what_one_counts_by_hand(at: Scene) -> None:
    """All units at once give what counting each alone gives."""
    found = assess(at)
    assert found.now == literal(at)
    for unit in range(len(at.free_in_s)):
        assert found.if_leaves[unit] == literal(at, unit)
        assert list(found.losses[unit]) == literal_losses(at, unit)
        assert assess(at.without(unit)).now == found.if_leaves[unit]


@given(scenes())
def test_each_place_knows_who_is_there_first(at: Scene) -> None:
    """The nearest is free, qualified and known; nobody is nearer."""
    found = assess(at)
    for place in range(len(at.limit_s)):
        times, dark = literal_times(at, place)
        assert found.nearest_s[place] == min(times, default=inf)
        unit = found.nearest[place]
        assert (unit < 0) == isinf(found.nearest_s[place])
        assert unit < 0 or at.travel_s[unit, place] == found.nearest_s[place]
        assert not (found.is_within[place] and found.is_unknown[place])
        assert dark or not found.is_unknown[place]


@given(scenes())
def test_what_comes_later_is_what_holds_when_the_units_are_free_again(at: Scene) -> None:
    """Each busy unit that is known to come back is there in its order; no other is awaited."""
    found = assess(at).later
    awaited = np.flatnonzero((at.free_in_s > 0) & np.isfinite(at.free_in_s))
    assert sorted(one.unit for one in found) == awaited.tolist()
    assert [one.in_s for one in found] == sorted(one.in_s for one in found)
    free_in_s = at.free_in_s.copy()
    for one in found:
        free_in_s[one.unit] = 0.0
        assert one.readiness == literal(replace(at, free_in_s=free_in_s))


@given(scenes())
def test_one_unit_less_is_never_readier(at: Scene) -> None:
    """Neither in sites nor in what is expected."""
    found = assess(at)
    for one in found.if_leaves:
        assert one.sites_within <= found.now.sites_within
        assert (one.cases_within_per_h or 0.0) <= (found.now.cases_within_per_h or 0.0)


@given(scenes(), st.sampled_from([0.0, 60.0, 250.0]))
def test_a_shorter_limit_is_never_readier(at: Scene, less_s: float) -> None:
    """Neither in sites nor in what is expected."""
    shorter = replace(at, limit_s=np.maximum(at.limit_s - less_s, 0.0))
    before, after = assess(at).now, assess(shorter).now
    assert after.sites_within <= before.sites_within
    assert (after.cases_within_per_h or 0.0) <= (before.cases_within_per_h or 0.0)


@given(scenes())
def test_a_time_that_becomes_known_never_makes_it_less_ready(at: Scene) -> None:
    """What is not known was never counted as good: knowing can only add."""
    known = replace(at, travel_s=np.nan_to_num(at.travel_s, nan=300.0, posinf=inf))
    assert assess(at).now.sites_within <= assess(known).now.sites_within
    assert assess(known).now.sites_unknown == 0


@given(with_moves())
def test_what_is_suggested_is_the_best_of_all_single_moves_and_pairs(
    drawn: tuple[Scene, Moves],
) -> None:
    """Tried out one by one, none gains more for its driving; nothing where nothing is gained."""
    at, given_ = drawn
    found, best = suggest(at, given_), literal_best(at, given_)
    if found is None:
        assert best == 0.0
        return
    assert literal_rate(at, found.moves, given_) == pytest.approx(best)
    assert found.gain > 0
    assert found.before == literal(at)
    assert found.after == literal(moved(at, found.moves, given_))
    assert len({int(given_.unit[move]) for move in found.moves}) == len(found.moves)
    assert all(at.free_in_s[given_.unit[move]] == 0 for move in found.moves)


def test_two_cars_share_a_town_and_one_of_them_holds_its_north() -> None:
    """V1 alone reaches the northern school in time; the southern one has both."""
    found = assess(scene([[200, 500], [900, 300]], cases_per_h=[0.5, 1.5]))
    assert found.now == Readiness(2, 2, 0, 2.0, 2.0, 0.0)
    assert (found.now.site_share, found.now.case_share) == (1.0, 1.0)
    assert found.nearest.tolist() == [0, 1]
    assert found.losses == ((Loss(0, 200.0, 900.0),), ())
    assert [one.case_share for one in found.if_leaves] == [0.75, 1.0]


def test_the_last_unit_leaves_nobody_behind() -> None:
    """Everything is lost, and nobody is known to come."""
    found = assess(scene([[200, 500]]))
    assert found.if_leaves == (Readiness(2, 0, 0),)
    assert found.losses == ((Loss(0, 200.0, inf), Loss(1, 500.0, inf)),)


def test_a_unit_without_a_position_is_counted_as_unknown_and_never_as_near() -> None:
    """It may stand at the door; nobody knows."""
    found = assess(scene([[nan, nan], [900, 300]]))
    assert found.now == Readiness(2, 1, 1)
    assert found.is_unknown.tolist() == [True, False]
    assert found.if_leaves == (Readiness(2, 1, 0), Readiness(2, 0, 2))


def test_a_place_that_needs_a_dog_is_ready_only_for_who_brings_one() -> None:
    """The nearest car has none."""
    found = assess(scene([[60], [500]], holds=[GUARD, GUARD | DOG], needs=[GUARD | DOG]))
    assert (found.nearest.tolist(), found.nearest_s.tolist()) == ([1], [500.0])
    assert found.if_leaves == (Readiness(1, 1, 0), Readiness(1, 0, 0))


def test_who_is_busy_counts_from_when_he_is_free_again() -> None:
    """Not now; and of whom nobody knows when, never."""
    found = assess(scene([[60], [60], [60]], free_in_s=[900.0, inf, 300.0]))
    assert found.now == Readiness(1, 0, 0)
    assert [(one.in_s, one.unit) for one in found.later] == [(300.0, 2), (900.0, 0)]
    assert {one.readiness.sites_within for one in found.later} == {1}


@pytest.mark.parametrize("units", [0, 1, 3])
def test_without_sites_there_is_no_share(units: int) -> None:
    """Neither a hundred per cent nor none."""
    found = assess(scene([[]] * units))
    assert (found.now.site_share, found.now.case_share) == (None, None)
    assert found.losses == ((),) * units
    assert suggest(scene([[]] * units), moves(places=0)) is None


def test_without_units_nothing_is_ready_and_nothing_is_unknown() -> None:
    """There is nobody whose time could be known."""
    found = assess(scene([], places=2))
    assert found.now == Readiness(2, 0, 0)
    assert found.nearest.tolist() == [-1, -1]
    assert found.if_leaves == ()


def test_without_a_forecast_only_sites_are_counted() -> None:
    """And where a forecast expects nothing there is no share of it either."""
    assert assess(scene([[60]])).now.case_share is None
    nothing = assess(scene([[60]], cases_per_h=[0.0])).now
    assert (nothing.cases_per_h, nothing.case_share) == (0.0, None)


def test_the_next_visit_is_taken_now_where_it_fills_the_gap() -> None:
    """V1's way to its visit in the north brings the north back, at no driving more."""
    at = scene([[900, 300], [950, 200]], cases_per_h=[0.5, 1.5])
    found = suggest(at, moves((0, [10, 900], 890, 720, 0)))
    assert found == Suggestion(
        moves=(0,), before=Readiness(2, 1, 0, 2.0, 1.5, 0.0),
        after=Readiness(2, 2, 0, 2.0, 2.0, 0.0), gain=0.1, by_sites=False, lasts_s=720.0,
        extra_s=0.0,
    )  # fmt: skip


def test_a_move_that_opens_a_gap_as_large_as_it_fills_is_not_suggested() -> None:
    """North for south is no gain."""
    assert suggest(scene([[900, 300]]), moves((0, [10, 900], 890, 720, 0))) is None


def test_two_move_where_one_alone_would_only_move_the_gap() -> None:
    """V1 goes north, and V2, from where nobody is missed, takes its place in the south."""
    at = scene([[900, 300], [900, 900]])
    north, south = (0, [10.0, 900.0], 890.0, 720.0, 0.0), (1, [900.0, 10.0], 600.0, 900.0, 60.0)
    found = suggest(at, moves(north, south))
    assert found is not None
    assert (found.moves, found.lasts_s, found.extra_s) == ((0, 1), 720.0, 60.0)
    assert (found.before.sites_within, found.after.sites_within) == (1, 2)
    assert (found.by_sites, found.gain) == (True, 0.2)


def test_of_two_moves_that_mend_the_same_the_one_that_drives_less_is_suggested() -> None:
    """A second of driving more is a second less for what was planned; else the nearer one goes."""
    at = scene([[900], [900], [900]])
    far, near, nearer = (0, [10.0], 890.0, 720.0, 240.0), (1, [10.0], 890.0, 720.0, 0.0), (
        2, [10.0], 700.0, 720.0, 0.0,
    )  # fmt: skip
    for given_, best in (((far, near), 1), ((near, far), 0), ((far, near, nearer), 2)):
        found = suggest(at, moves(*given_, places=1))
        assert found is not None
        assert found.moves == (best,)


def test_two_moves_that_each_mend_their_own_are_suggested_one_at_a_time() -> None:
    """The next question suggests the other."""
    at = scene([[900, 900], [900, 900]])
    found = suggest(
        at, moves((0, [10, 900], 800, 720, 0), (1, [900, 10], 700, 720, 0)),
    )  # fmt: skip
    assert found is not None
    assert found.moves == (1,)


def test_a_busy_unit_or_one_whose_way_is_not_known_is_not_moved() -> None:
    """Nobody can say when it would be there."""
    row = [10.0]
    at = scene([[900], [nan]], free_in_s=[inf, 0.0])
    assert suggest(at, moves((0, row, 100, 720, 0), (1, row, nan, 720, 0), places=1)) is None


def test_what_does_not_fit_is_refused() -> None:
    """With the name of what is wrong."""
    good = scene([[60, 60]])
    wrong: list[tuple[str, Any]] = [
        ("travel_s", np.array([[60.0]])), ("travel_s", np.array([[-1.0, 0.0]])),
        ("free_in_s", np.array([nan])), ("limit_s", np.array([nan, 1.0])),
        ("needs", np.array([1])), ("holds", np.array([1, 1])),
        ("cases_per_h", np.array([1.0])), ("cases_per_h", np.array([inf, 1.0])),
    ]  # fmt: skip
    for name, values in wrong:
        with pytest.raises(ValueError, match=rf"Scene\.{name}"):
            replace(good, **{name: values})
    with pytest.raises(ValueError, match="as many units"):
        replace(moves((0, [1, 1], 1, 1, 1)), unit=np.array([], np.int64))
    with pytest.raises(ValueError, match="stay_s"):
        moves((0, [1, 1], 1, -1, 1))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("gap", "both"), [(3.0, True), (1.0, False)])
def test_two_that_each_fill_a_gap_move_together_only_where_that_is_worth_twice_a_move(
    gap: float, both: bool, turned: bool
) -> None:
    """V1 fills the first gap and leaves the second place to V2, which fills the third at once."""
    at = scene(
        [[900, 60, 900], [900, 900, 900]], cases_per_h=[gap, gap, 1.0]
    )  # fmt: skip
    rows = [
        (0, [60.0, 900.0, 900.0], 60.0, 720.0, 0.0), (1, [900.0, 60.0, 60.0], 60.0, 720.0, 0.0),
    ]  # fmt: skip
    found = suggest(at, moves(*(rows[::-1] if turned else rows), places=3))
    assert found is not None
    assert found.moves == ((0, 1) if both else (0 if turned else 1,))


def test_a_place_that_three_hold_is_still_held_when_two_of_them_move() -> None:
    """The third stays."""
    at = scene([[900, 60, 60], [900, 900, 60], [900, 900, 60]], cases_per_h=[3.0, 3.0, 3.0])
    found = suggest(
        at,
        moves((0, [60, 900, 900], 60, 720, 0), (1, [900, 60, 900], 60, 720, 0), places=3),
    )
    assert found is not None
    assert found.moves == (0, 1)
    assert (found.before.cases_within_per_h, found.after.cases_within_per_h) == (6.0, 9.0)
