"""Figures are what the outcome holds; differences are paired, run by run."""

from math import inf, isinf, isnan

import numpy as np
import pytest

from narvaro.core.jit import F64
from narvaro.core.replay import (
    Expected,
    Kind,
    Policy,
    Rule,
    Visits,
    compare,
    draw_incidents,
    figures,
    play,
)
from tests.core.replay.worlds import HOUR, calls, night, rounds, street

KINDS = (Kind(0.7, 1500.0), Kind(0.3, 900.0, shape=1.0, danger=True, units_needed=2))


def test_figures_by_priority_with_those_nobody_came_to() -> None:
    events = calls((10, 1), (11, 3), (12, 5), stays_min=600, danger=[True, False, False])
    told = figures(play(street(), night(0, 4), events, Visits.none(), Policy()), events, (300, 301))
    assert (told["danger_incidents"], told["danger_p50_s"], told["danger_late_300"]) == (1, 300, 0)
    assert (told["other_never"], told["other_mean_s"], told["other_p50_s"]) == (1, 300, 300)
    assert isinf(told["other_p90_s"])
    assert told["all_late_300"] == pytest.approx(1 / 3)
    assert told["queued"] == 1


def test_presence_kilometres_and_hours() -> None:
    told = figures(
        play(street(), night(0), calls((35, 2)), rounds((0, 2, 30, 20), (0, 2, 60, 20)), Policy()),
        calls((35, 2)),
    )
    assert told["presence_share"] == pytest.approx(25 / 40)
    assert (told["visits_done"], told["visits_broken"], told["visits_skipped"]) == (1, 1, 0)
    assert told["km"] == pytest.approx(2.0)
    hours = [
        told[f"{name}_hours"]
        for name in ("idle", "to_visits", "visiting", "to_alarms", "at_alarms")
    ]
    assert sum(hours) == pytest.approx(8.0)
    assert isnan(told["danger_p50_s"])


def test_a_run_is_the_same_for_the_same_seed_and_every_policy() -> None:
    rates = np.full((6, 8), 0.5)
    one, same = (draw_incidents(rates, KINDS, seed=3, run=2) for _ in range(2))
    for name in type(one).__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    other = draw_incidents(rates, KINDS, seed=3, run=3)
    assert other.at_s.tolist() != one.at_s.tolist()
    ahead = Expected(np.full((6, 24), 0.5), 1500.0, 1200.0)
    played = [
        play(street(), night(0, 5), one, Visits.none(), Policy(rule=rule), expected=ahead)
        for rule in Rule
    ]
    stays = [outcome.cleared_s - outcome.arrived_s for outcome in played]
    for theirs in stays[1:]:
        both = np.isfinite(stays[0]) & np.isfinite(theirs)
        np.testing.assert_allclose(stays[0][both], theirs[both])


def test_incidents_follow_the_rates() -> None:
    rates = np.zeros((4, 24))
    rates[1, 5], rates[3, 20] = 3000.0, 1000.0
    drawn = draw_incidents(rates, KINDS, seed=1, begins_s=100.0)
    assert abs(len(drawn) - 4000) < 4 * 4000**0.5
    at_one = drawn.place == 1
    assert ((drawn.at_s[at_one] - 100.0) // HOUR == 5).all()
    assert abs(at_one.mean() - 0.75) < 0.03
    assert abs(drawn.danger.mean() - 0.3) < 0.03
    assert drawn.on_scene_s[drawn.danger].mean() == pytest.approx(900, rel=0.1)
    assert (drawn.units_needed == 1 + drawn.danger).all()


@pytest.mark.parametrize(
    ("rates", "kinds"),
    [(np.array([[-1.0]]), KINDS), (np.ones(3), KINDS), (np.ones((1, 1)), ()),
     (np.array([[np.nan]]), KINDS)],
)  # fmt: skip
def test_rates_and_kinds_that_cannot_be_drawn_are_refused(
    rates: F64,
    kinds: tuple[Kind, ...],
) -> None:
    with pytest.raises(ValueError, match="give"):
        draw_incidents(rates, kinds, seed=1)


def test_a_constant_difference_has_a_narrow_interval_and_noise_a_wide_one() -> None:
    draw = np.random.default_rng(1)
    base, noise = draw.normal(0, 50, 40), draw.normal(0, 10, 40)
    a = [{"late": x, "mean": x} for x in base]
    b = [{"late": x - 2, "mean": x + e} for x, e in zip(base, noise, strict=True)]
    late, mean = compare(a, b, seed=5)
    assert [late.difference, late.low, late.high] == pytest.approx([-2.0] * 3)
    assert mean.low < 0 < mean.high
    assert mean.high - mean.low == pytest.approx(2 * 1.96 * 10 / 40**0.5, rel=0.3)
    assert compare(a, b, seed=5) == (late, mean)


def test_runs_without_a_figure_are_left_out_and_counted() -> None:
    a, b = [{"p": 1.0}, {"p": inf}, {"p": 3.0}], [{"p": 2.0}, {"p": 1.0}, {"p": 5.0}]
    (only,) = compare(a, b, seed=1)
    assert (only.runs, only.a, only.b, only.difference) == (2, 2.0, 3.5, 1.5)
    (single,) = compare(a[:1], b[:1], seed=1)
    assert (single.difference, isnan(single.low)) == (1.0, True)
    (never,) = compare(a[1:2], b[1:2], seed=1)
    assert (never.runs, isnan(never.difference)) == (0, True)


def test_runs_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="1 runs against 2"):
        compare([{"p": 1.0}], [{"p": 1.0}] * 2, seed=1)
    with pytest.raises(ValueError, match="run 0 has other figures"):
        compare([{"p": 1.0}], [{"q": 1.0}], seed=1)
