"""The effect's verdict: an exact range that keeps its promise, and silence where little is known."""

from math import comb, inf, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.effect import (
    LEAST_COUNT,
    LEAST_WEEKS,
    TAIL,
    Effect,
    Seen,
    Verdict,
    Why,
    compare,
    share_range,
)

counts = st.integers(0, 60)
weeks = st.floats(0.5, 60)


def chance(hits: int, draws: int, share: float) -> float:
    """Return the chance of exactly `hits`, by whole-number arithmetic for the ways."""
    return comb(draws, hits) * share**hits * (1 - share) ** (draws - hits)


def bounds(effect: Effect) -> tuple[float, float]:
    """Return the range, which must be there."""
    assert effect.low is not None
    assert effect.high is not None
    return effect.low, effect.high


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.floats(0.02, 0.98))
def test_the_range_covers_the_truth_in_at_least_95_of_100_cases(draws: int, share: float) -> None:
    """Summed over every outcome, not drawn: an exact interval never falls below its level."""
    ranges = [share_range(hits, draws) for hits in range(draws + 1)]
    covered = sum(
        chance(hits, draws, share)
        for hits, (low, high) in enumerate(ranges)
        if low <= share <= high
    )
    assert covered >= 1 - 2 * TAIL - 1e-9


@given(counts, counts, weeks, weeks)
def test_before_and_after_exchanged_turn_the_range_over(
    first: int, second: int, short: float, long: float
) -> None:
    """What is twice as much one way is half as much the other."""
    there, back = (
        compare(Seen(first, short), Seen(second, long)),
        compare(Seen(second, long), Seen(first, short)),
    )
    if first + second == 0:
        assert (there.ratio, there.low, there.high) == (None, None, None)
        return
    (low, high), (other_low, other_high) = bounds(there), bounds(back)
    assert isclose(low, 1 / other_high if other_high else inf, rel_tol=1e-6, abs_tol=1e-12)
    assert isclose(other_low, 1 / high if high else inf, rel_tol=1e-6, abs_tol=1e-12)
    turned = {Verdict.FEWER: Verdict.MORE, Verdict.MORE: Verdict.FEWER}
    assert back.verdict == turned.get(there.verdict, Verdict.CANNOT_TELL)


@given(counts, counts, weeks, weeks)
def test_a_verdict_is_given_only_on_enough_and_beside_one(
    first: int, second: int, short: float, long: float
) -> None:
    """A verdict has weeks, counts and a range on one side of 1; silence says why."""
    found = compare(Seen(first, short), Seen(second, long))
    assert (found.why is None) == (found.verdict != Verdict.CANNOT_TELL)
    if found.verdict == Verdict.CANNOT_TELL:
        return
    assert min(short, long) >= LEAST_WEEKS
    assert first + second >= LEAST_COUNT
    low, high = bounds(found)
    assert high < 1 if found.verdict == Verdict.FEWER else low > 1


@given(counts, counts, weeks, weeks)
def test_the_ratio_lies_in_its_range(first: int, second: int, short: float, long: float) -> None:
    """And the range is in order."""
    found = compare(Seen(first, short), Seen(second, long))
    if found.low is None or found.high is None:
        return
    assert 0 <= found.low <= found.high
    if found.ratio is not None:
        assert found.low <= found.ratio * (1 + 1e-9)
        assert found.ratio <= found.high * (1 + 1e-9)


def test_known_figures() -> None:
    """10 of 20 lies in 0.272 to 0.728, the published exact range; 0 of 10 reaches to 0.3085."""
    low, high = share_range(10, 20)
    assert (round(low, 4), round(high, 4)) == (0.2720, 0.7280)
    assert [round(one, 4) for one in share_range(0, 10)] == [0.0, 0.3085]
    found = compare(Seen(24, 8), Seen(6, 8))
    assert found.ratio == pytest.approx(0.25)
    assert (found.verdict, found.why) == (Verdict.FEWER, None)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (Seen(40, 8), Seen(0, 3.9), Why.TOO_SHORT),
        (Seen(40, 2), Seen(0, 8), Why.TOO_SHORT),
        (Seen(9, 8), Seen(0, 8), Why.TOO_FEW),
        (Seen(0, 8), Seen(0, 8), Why.TOO_FEW),
        (Seen(0, 8), Seen(0, 0), Why.TOO_SHORT),
        (Seen(20, 8), Seen(14, 8), Why.HOLDS_ONE),
    ],
)
def test_silence_says_why(before: Seen, after: Seen, why: Why) -> None:
    """Too short comes before too few, and both before a range that holds 1."""
    found = compare(before, after)
    assert (found.verdict, found.why) == (Verdict.CANNOT_TELL, why)


def test_nothing_before_sets_no_upper_bound() -> None:
    """Twelve where there were none: more, and no ratio can be given."""
    found = compare(Seen(0, 8), Seen(12, 8))
    assert (found.ratio, found.high, found.verdict) == (None, inf, Verdict.MORE)


@pytest.mark.parametrize(("count", "weeks"), [(-1, 8.0), (1, -1.0), (1, inf)])
def test_impossible_counts_are_refused(count: int, weeks: float) -> None:
    """With the figures in the words."""
    with pytest.raises(ValueError, match=str(count)):
        Seen(count, weeks)
