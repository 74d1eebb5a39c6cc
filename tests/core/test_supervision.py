"""When a silent path is late and lost: the categories, the story's clock times, our own restarts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.supervision import (
    ALTERNATIVE_S,
    REPORTING_S,
    PathSilence,
    State,
    Terms,
    begin_anew,
    find_terms,
    hear,
    judge,
)

INTERVALS = st.integers(5, 90_000)


def test_two_polls_missed_are_late_and_three_lost() -> None:
    """Polls of 90 s, last heard 18:42:10: late at 18:45:10, lost at 18:47:10."""
    assert find_terms("", 90) == Terms(180, 300)
    assert find_terms("", None) is None


@pytest.mark.parametrize("category", REPORTING_S)
@pytest.mark.parametrize("interval_s", [None, 10, 3600])
def test_a_category_is_lost_at_its_reporting_time(category: str, interval_s: int | None) -> None:
    """Whatever the interval; and late comes before lost."""
    terms = find_terms(category, interval_s)
    assert terms is not None
    assert terms.lost_s == REPORTING_S[category]
    assert 0 < terms.late_s < terms.lost_s


@pytest.mark.parametrize("category", ALTERNATIVE_S)
def test_an_alternative_path_has_its_own_reporting_time(category: str) -> None:
    """It stands by and is polled less often: ninety seconds are the primary path's."""
    terms = find_terms(category, None, alternative=True)
    assert terms is not None
    assert terms.lost_s == ALTERNATIVE_S[category] > REPORTING_S[category]


def at(seconds: float) -> datetime:
    """Return a moment of the test."""
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=seconds)


def heard(seconds: float, terms: Terms) -> PathSilence:
    """Return how a path fares that was heard for the first time."""
    found = hear(None, at=at(seconds), now=at(seconds), terms=terms)
    assert found is not None
    return found


def state(silence: PathSilence, since_s: float, until_s: float, terms: Terms) -> State:
    """Return a path's state when we listen without a break since a moment."""
    anew = begin_anew(silence, since=at(since_s), now=at(until_s), terms=terms)
    return judge(anew or silence, until=at(until_s))


@given(INTERVALS, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_silence_that_was_ours_is_never_a_loss(
    interval_s: int, heard_s: float, later_s: float, after_s: float
) -> None:
    """After a start each path gets its whole time again."""
    terms = find_terms("", interval_s)
    assert terms is not None
    since_s = heard_s + later_s
    found = state(heard(heard_s, terms), since_s, since_s + after_s, terms)
    if after_s < terms.late_s - 1e-3:
        assert found == "ok"
    if after_s >= terms.lost_s + 1e-3:
        assert found == "lost"


@given(INTERVALS, st.floats(0, 60), st.floats(0, 1))
def test_a_path_that_polls_is_never_lost_over_a_restart(
    interval_s: int, down_s: float, phase: float
) -> None:
    """Polls that fell into a minute's restart are missed by us; the next one comes in time."""
    terms = find_terms("", interval_s)
    assert terms is not None
    down_from_s = 10.0 * interval_s
    up_s = down_from_s + down_s
    polls = [(count + phase) * interval_s for count in range(40)]
    signs = [one for one in polls if not down_from_s <= one < up_s]
    for before, after in pairwise(signs):
        since_s = up_s if after >= up_s else 0.0
        assert state(heard(before, terms), since_s, after, terms) == "ok"


def test_what_is_lost_stays_lost_until_it_is_heard() -> None:
    """Neither a restart nor the clock makes it well, nor a sign that is known already."""
    terms = Terms(180, 300)
    known = heard(0, terms)
    lost = PathSilence("lost", known.heard_at, known.late_at, known.lost_at)
    assert begin_anew(lost, since=at(500), now=at(500), terms=terms) is None
    assert hear(lost, at=at(0), now=at(600), terms=terms) is None
    again = hear(lost, at=at(600), now=at(601), terms=terms)
    assert again == PathSilence("ok", at(600), at(780), at(900))


def test_after_the_clock_was_set_back_a_sign_of_now_counts_and_the_old_one_does_not() -> None:
    """Else a silence in the next hour would be found an hour late, and an old sign would end one."""
    terms = Terms(180, 300)
    ahead = heard(3600, terms)
    anew = begin_anew(ahead, since=at(10), now=at(11), terms=terms)
    assert anew is not None
    assert judge(anew, until=at(310)) == "lost"
    assert hear(ahead, at=at(20), now=at(21), terms=terms) == heard(20, terms)
    assert hear(ahead, at=at(3600), now=at(21), terms=terms) is None


def test_a_path_without_terms_is_never_late() -> None:
    """Nothing is agreed for it."""
    found = hear(None, at=at(0), now=at(0), terms=None)
    assert found is not None
    assert judge(found, until=at(1e9)) == "ok"
    assert begin_anew(found, since=at(5), now=at(5), terms=None) is None
