"""Scores of forecasts, against sums done by hand and against simulated truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.jit import F64
from narvaro.core.score import (
    Happened,
    bootstrap_ratio,
    calibration,
    gain_nats,
    log_likelihood,
    observed_expected,
    observed_expected_top,
    top_cells,
    top_hits,
)


def happened(*rows: tuple[int, int]) -> Happened:
    """Return events of weight one at (slot, cell)."""
    slot, cell = np.array(rows, np.int64).reshape(-1, 2).T
    return Happened(slot, cell, np.ones(len(rows)))


def drawn(mean: F64, seed: int) -> Happened:
    """Return a Poisson draw of expected counts."""
    count = np.random.default_rng(seed).poisson(mean)
    slot, cell = np.nonzero(count)
    return Happened(slot, cell, count[slot, cell].astype(np.float64))


def test_hits_are_events_in_the_highest_cells_and_outside_counts_as_missed() -> None:
    forecast = np.array([[5.0, 1, 3, 2], [1, 2, 3, 4]])
    seen = happened((0, 0), (0, 2), (0, 1), (1, 3), (1, 3), (1, -1))
    assert top_hits(forecast, seen, 2).tolist() == [2, 2]


def test_cells_that_tie_share_the_last_places() -> None:
    forecast = np.array([[9.0, 1, 1, 1, 0]])
    seen = happened((0, 0), (0, 1), (0, 3), (0, 4))
    assert top_hits(forecast, seen, 2) == pytest.approx([1 + 2 / 3])


@given(st.permutations(range(6)), st.integers(1, 6))
def test_hits_do_not_depend_on_the_order_of_cells(order: list[int], k: int) -> None:
    forecast = np.array([[2.0, 1, 1, 3, 1, 0]])
    seen = happened((0, 0), (0, 1), (0, 4), (0, 5))
    turned = Happened(seen.slot, np.argsort(order)[seen.cell], seen.weight)
    assert top_hits(forecast[:, order], turned, k) == pytest.approx(top_hits(forecast, seen, k))


def test_the_share_of_the_area_is_rounded_to_whole_cells() -> None:
    assert [top_cells(0.01, n) for n in (7082, 7049, 10, 150)] == [71, 70, 1, 2]


def test_the_likelihood_is_that_of_poisson() -> None:
    forecast = np.array([[0.5, 2.0]])
    seen = Happened(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 0.25]))
    assert log_likelihood(forecast, seen) == pytest.approx([np.log(0.5) + 0.25 * np.log(2) - 2.5])


def test_an_event_where_nothing_was_expected_is_an_error_not_minus_infinity() -> None:
    with pytest.raises(ValueError, match="floor"):
        log_likelihood(np.array([[0.0, 1.0]]), happened((0, 0)))


def test_the_truth_is_calibrated_and_beats_another_forecast() -> None:
    truth = np.random.default_rng(1).gamma(0.5, 0.2, (300, 200)) + 1e-4
    seen = drawn(truth, 2)
    a, b = calibration(truth, seen)
    assert a == pytest.approx(0, abs=0.05)
    assert b == pytest.approx(1, abs=0.03)
    assert gain_nats(truth, np.full_like(truth, truth.mean()), seen) > 0.1


def test_too_bold_a_forecast_has_a_slope_under_one_and_its_level_shows() -> None:
    truth = np.random.default_rng(3).gamma(0.5, 0.2, (300, 200)) + 1e-3
    seen = drawn(truth, 4)
    bold = 3 * truth**1.5
    a, b = calibration(bold, seen)
    assert b == pytest.approx(1 / 1.5, abs=0.03)
    assert a == pytest.approx(-np.log(3) / 1.5, abs=0.1)


def test_observed_over_expected_by_group_and_where_most_was_expected() -> None:
    forecast = np.array([[1.0, 3.0], [1.0, 1.0], [2.0, 2.0]])
    seen = happened((0, 1), (0, 1), (1, 0), (2, 0), (2, 1), (2, 1), (2, -1))
    group = np.array([0, 0, 2])
    assert observed_expected(forecast, seen, group) == pytest.approx(
        [0.5, np.nan, 0.75], nan_ok=True
    )
    assert observed_expected_top(forecast, seen, 1 / 6) == pytest.approx(2 / 3)
    assert observed_expected_top(forecast, seen, 2 / 6) == pytest.approx(5 / 7)


def test_the_bootstrap_holds_the_ratio_and_its_seed_repeats_it() -> None:
    rng = np.random.default_rng(5)
    theirs = rng.poisson(20, 364).astype(np.float64)
    ours = theirs + rng.poisson(2, 364)
    week = np.arange(364) // 7
    low, high = bootstrap_ratio(ours, theirs, week, draws=500, seed=7)
    assert low < ours.sum() / theirs.sum() < high
    assert 1.05 < low < high < 1.15
    assert (low, high) == bootstrap_ratio(ours, theirs, week, draws=500, seed=7)
    assert (low, high) != bootstrap_ratio(ours, theirs, week, draws=500, seed=8)
