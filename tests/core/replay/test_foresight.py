"""The look-ahead in a replay: whom it may choose between, what it is told, and when the nearest goes."""

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from narvaro.core.choice import IDLE, World, look_ahead
from narvaro.core.replay import Expected, Incidents, Policy, Rule, Town, Visits, foresight, play
from tests.core.replay.literal import Guard, Story
from tests.core.replay.worlds import MINUTE, Case, calls, cases, night, rounds, street

NONE = Visits.none()
AHEAD = Policy(rule=Rule.AHEAD)
STAYS_S = 45 * 60.0


class Foreseeing(Story):
    """The story in which who goes first is weighed, told without arrays of units."""

    def __init__(self, case: Case, expected: Expected) -> None:
        super().__init__(*case)
        self.expected = expected
        self.other = 0

    def closes(self, u: int, t: float) -> float:
        """Return until when a unit may set out; -inf where it may not now."""
        if not self.may_set_out(u, t):
            return -inf
        shift = min(b for a, b in self.rows(self.units.shifts, u) if a <= t < b)
        return min([shift, *self.permit_ends(u, t)])

    def choice(self, i: int, t: float) -> Guard | None:
        nearest = super().choice(i, t)
        if nearest is None or self.incidents.units_needed[i] > 1 or self.incidents.danger[i]:
            return nearest
        sure_s = (self.expected.limit_s - 60.0) / 1.25
        reach = sorted((self.seconds(g, i, t), g.number) for g in self.sendable(t))
        sure = [g for seconds, g in reach if seconds <= sure_s and self.units.mode[g] == 0]
        if len(sure) < 2 or sure[0] != nearest.number:
            return nearest
        chosen = self.guards[self.weigh(i, t, sure[:6])]
        self.other += chosen is not nearest
        return chosen

    def weigh(self, i: int, t: float, sure: list[int]) -> int:
        net = foresight.Foresight(self.town, self.expected, len(self.units))
        table, places = self.town.travel_s[0], net.places.tolist()
        needs, covers = int(self.incidents.needs[i]), self.units.covers
        place = int(self.incidents.place[i])
        seen = [
            g
            for g in self.guards
            if g.number in sure
            or (
                self.units.mode[g.number] == 0
                and needs & int(self.units.competence[g.number]) == needs
                and (not covers.size or covers[g.number, place])
                and t + STAYS_S < self.closes(g.number, t)
            )
        ]
        here = np.array([[self.way(g, p, t)[0] for p in places] for g in seen])
        if not (np.isfinite(here).all() and np.isfinite(table[place, places]).all()):
            return sure[0]
        busy = np.array([g.doing in {"to alarm", "alarm"} for g in seen])
        post, nothing = here.argmin(axis=1).astype(np.int32), np.zeros(len(seen))
        world = World(
            table[np.ix_(places, places)], self.expected.service_s, self.expected.limit_s, post=post,
            here_s=here, clear_at=np.where(busy, post, IDLE).astype(np.int32), clear_in_s=nothing,
            work_s=np.where(busy, self.expected.service_s, 0.0), back_s=nothing,
        )  # fmt: skip
        numbers = [g.number for g in seen]
        options = [numbers.index(one) for one in sure]
        seconds = [self.seconds(g, i, t) if g.number in sure else 0.0 for g in seen]
        ahead = look_ahead(
            world, options, seconds, table[place, places], drawn=net.futures(t, i),
            danger_to_life=False,
        )  # fmt: skip
        return sure[ahead.chosen if ahead.pays else 0]


@st.composite
def foreseen(draw: DrawFn) -> tuple[Case, Expected]:
    """Draw a small crowded world in which somebody looks ahead."""
    case = draw(cases())
    places = case.town.places
    rates = draw(st.lists(st.sampled_from([0.0, 0.5, 4]), min_size=places, max_size=places))
    rates[draw(st.integers(0, places - 1))] = 2.0
    per_h = np.repeat(np.array(rates)[:, None], 24, axis=1)
    limit_s = draw(st.sampled_from([240.0, 480.0, 1200.0]))
    policy = replace(case.policy, rule=Rule.AHEAD)
    return case._replace(policy=policy), Expected(per_h, 900.0, limit_s)


@st.composite
def streets(draw: DrawFn) -> tuple[Case, Expected]:
    """Draw a street with a busy place and calls without danger to life: here it often matters who goes."""
    places = 8
    per_h = np.full((places, 24), 0.01)
    per_h[draw(st.integers(0, places - 1))] = 6.0
    bases = draw(st.lists(st.integers(0, places - 1), min_size=2, max_size=4))
    rows = draw(st.lists(st.tuples(st.integers(5, 90), st.integers(0, places - 1)), min_size=1,
                         max_size=6))  # fmt: skip
    visits = draw(st.lists(st.integers(0, places - 1), max_size=3))
    to_make = (
        rounds(*((0, place, 15.0 * n, 10) for n, place in enumerate(visits))) if visits else NONE
    )
    town, minutes = street(places=places), draw(st.sampled_from([4, 5]))
    town = Town(town.travel_s / 5 * minutes, town.distance_m)
    case = Case(town, night(*bases), calls(*sorted(rows)), to_make, AHEAD)
    return case, Expected(per_h, 1500.0, 25 * MINUTE)


@given(foreseen() | streets())
@settings(max_examples=60)
def test_it_sends_whom_the_literal_story_sends(given: tuple[Case, Expected]) -> None:
    case, expected = given
    outcome, story = play(*case, expected=expected), Foreseeing(case, expected).play()
    for i, sent in story.sent.items():
        told = [one["unit"] for one in sent]
        assert outcome.unit[i, : len(told)].tolist() == told
        assert [one["sent"] for one in sent] == outcome.sent_s[i, : len(told)].tolist()


def scene(**more: Any) -> tuple[Town, Incidents, Expected]:
    """Return a street whose first place is where nearly all happens, and a case three places away.

    A unit there needs 15 min to the case, one at the far end as long or longer.
    """
    per_h = np.zeros((8, 24))
    per_h[0] = 6.0
    per_h[7] = 0.01
    return street(places=8), calls((10, 3), **more), Expected(per_h, 1500.0, 25 * MINUTE)


def test_the_unit_that_is_missed_goes_where_life_is_in_danger_and_else_the_other() -> None:
    town, once, expected = scene(danger=[False])
    units = night(0, 7)
    assert play(town, units, once, NONE, Policy()).unit[0, 0] == 0
    assert (
        play(town, units, once, NONE, AHEAD, expected=expected).unit[0, 0] == 0
    )  # 20 min: not sure
    near = night(0, 6)  # as far: the same time, and missed by nobody
    assert play(town, near, once, NONE, Policy()).unit[0, 0] == 0
    assert play(town, near, once, NONE, AHEAD, expected=expected).unit[0, 0] == 1
    urgent = calls((10, 3), danger=[True])
    assert play(town, near, urgent, NONE, AHEAD, expected=expected).unit[0, 0] == 0


def test_where_two_are_wanted_the_two_nearest_go() -> None:
    town, pair, expected = scene(danger=[False], units_needed=[2])
    outcome = play(town, night(0, 6, 5), pair, NONE, AHEAD, expected=expected)
    assert (
        outcome.unit[0].tolist()
        == play(town, night(0, 6, 5), pair, NONE, Policy()).unit[0].tolist()
    )


def test_whoever_is_nearest_on_foot_goes() -> None:
    town, once, expected = scene(danger=[False])
    both = Town(np.tile(town.travel_s, (2, 1, 1)), np.tile(town.distance_m, (2, 1, 1)))
    afoot = night(3, 0, 6, mode=np.array([1, 0, 0]))
    assert play(both, afoot, once, NONE, AHEAD, expected=expected).unit[0, 0] == 0


def test_the_same_input_gives_the_same_outcome() -> None:
    town, once, expected = scene(danger=[False])
    first, again = (play(town, night(0, 6), once, NONE, AHEAD, expected=expected) for _ in range(2))
    np.testing.assert_array_equal(first.unit, again.unit)


def test_places_off_the_roads_are_not_weighed() -> None:
    town, once, expected = scene(danger=[False])
    travel = town.travel_s.copy()
    travel[:, 7, :7] = travel[:, :7, 7] = inf
    cut = Town(travel, town.distance_m)
    assert np.isfinite(foresight.Foresight(cut, expected, 2).travel_s).all()
    assert play(cut, night(0, 6), once, NONE, AHEAD, expected=expected).unit[0, 0] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"per_h": np.ones((2, 7))}, "per_h is .2, 7.: give .places, 24."),
        ({"per_h": -np.ones((2, 24))}, "per_h, row .0, 0.: -1"),
        ({"per_h": np.zeros((2, 24))}, "a rate above 0"),
        ({"service_s": 0.0}, "above 0 seconds"),
        ({"limit_s": -1.0}, "above 0 seconds"),
    ],
)
def test_what_cannot_be_expected_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(Expected(np.ones((2, 24)), 900.0, 600.0), **given)


def test_it_is_not_played_without_what_is_expected_or_of_another_town() -> None:
    town, once, expected = scene()
    with pytest.raises(ValueError, match="give what is expected"):
        play(town, night(0), once, NONE, AHEAD)
    with pytest.raises(ValueError, match="Expected has 8 places: the town has 6"):
        play(street(), night(0), calls(), NONE, AHEAD, expected=expected)
