"""Readiness in a replay: what share is within its limit just before somebody is sent."""

from math import isfinite, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from narvaro.core.replay import Policy, Ready, Visits, figures, play
from tests.core.replay.literal import Story
from tests.core.replay.worlds import Case, calls, cases, night, rounds, street


class Watched(Story):
    """A story in which somebody counts the places that are within reach, as each incident happens."""

    ready: Ready
    shares: list[float]

    def report(self, i: int, t: float) -> None:
        self.shares.append(sum(self.weight(p, t) for p in range(self.town.places)))
        super().report(i, t)

    def weight(self, p: int, t: float) -> float:
        needs, covers = int(self.ready.needs[p]), self.units.covers
        for g in self.sendable(t):
            has = int(self.units.competence[g.number])
            may = needs & has == needs and (not covers.size or covers[g.number, p])
            seconds = self.way(g, p, t)[0]
            if may and isfinite(seconds) and seconds <= self.ready.limit_s[p]:
                return float(self.ready.weight[p] / self.ready.weight.sum())
        return 0.0


@st.composite
def asked(draw: DrawFn) -> tuple[Case, Ready]:
    case = draw(cases())
    size = case.town.places
    limits = draw(st.lists(st.sampled_from([0.0, 120, 300, 480]), min_size=size, max_size=size))
    weights = draw(st.lists(st.sampled_from([0, 1, 3]), min_size=size, max_size=size))
    weights[0] += 1
    needs = draw(st.lists(st.sampled_from([0, 0, 1, 3]), min_size=size, max_size=size))
    return case, Ready(np.array(limits), np.array(weights, float), np.array(needs))


@given(asked())
def test_it_is_what_the_literal_story_counts(given: tuple[Case, Ready]) -> None:
    case, ready = given
    story = Watched(*case)
    story.ready, story.shares = ready, []
    story.play()
    found = play(*case, ready).ready_share
    assert found is not None
    np.testing.assert_allclose(found, story.shares, atol=1e-12)


@given(asked())
def test_looking_changes_nothing(given: tuple[Case, Ready]) -> None:
    case, ready = given
    plain, watched = play(*case), play(*case, ready)
    assert plain.ready_share is None
    for name in set(type(plain).__slots__) - {"ready_share"}:
        np.testing.assert_array_equal(getattr(plain, name), getattr(watched, name))


def test_a_unit_at_a_visit_is_ready_and_one_at_an_alarm_is_not() -> None:
    """The street has a place every five minutes; the unit is at place 1 when it is called to place 5."""
    town, units = street(), night(0)
    ready = Ready(np.full(6, 300.0), np.array([1.0, 1, 1, 1, 0, 0]))
    events = calls((12, 5), (14, 0))
    outcome = play(town, units, events, rounds((0, 1, 6, 20)), Policy(), ready)
    assert outcome.ready_share is not None
    assert outcome.ready_share.tolist() == [
        0.75,
        0.0,
    ]  # 0, 1 and 2 of the four; then nobody is free
    assert figures(outcome, events)["readiness_share"] == pytest.approx(0.375)


def test_without_incidents_there_is_a_figure_that_says_nothing() -> None:
    ready = Ready(np.zeros(6), np.ones(6))
    told = figures(play(street(), night(0), calls(), Visits.none(), Policy(), ready), calls())
    assert isnan(told["readiness_share"])
    assert "readiness_share" not in figures(
        play(street(), night(0), calls(), Visits.none(), Policy()), calls()
    )


@pytest.mark.parametrize(
    ("limit_s", "weight", "says"),
    [
        ([-1.0], [1.0], "limit_s, row 0"),
        ([1.0], [0.0], "above 0"),
        ([1.0], [-1.0], "weight, row 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    limit_s: list[float], weight: list[float], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Ready(np.array(limit_s), np.array(weight))


def test_as_many_places_as_the_town_has() -> None:
    with pytest.raises(ValueError, match="2 places: the town has 6"):
        play(street(), night(0), calls(), Visits.none(), Policy(), Ready(np.ones(2), np.ones(2)))
