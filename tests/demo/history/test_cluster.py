"""What is drawn agrees with the rates that it was drawn from, and near repeats are really there."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from narvaro.demo.history.cluster import draw_events
from narvaro.demo.history.made import History
from narvaro.demo.history.rates import list_kinds
from narvaro.demo.history.truth import Truth

SIGMAS = 4.0


def _off(counted: float, expected: float) -> float:
    """Return how many standard deviations a count lies from what was expected."""
    return float((counted - expected) / max(expected, 1.0) ** 0.5)


@pytest.mark.parametrize("code", [k.code for k in list_kinds()])
def test_each_kind_counts_as_its_intensity_says(history: History, code: str) -> None:
    """Over the two years, within four standard deviations."""
    truth = history.truth
    drawn = (truth.kind == truth.rates.kinds.index(code)) & ~truth.scripted
    assert abs(_off(drawn.sum(), truth.expected(code).sum())) < SIGMAS


def test_places_and_seasons_count_as_their_intensity_says(history: History) -> None:
    """Schools and elsewhere, each quarter of the two years by itself."""
    truth = history.truth
    edges = np.linspace(0, truth.rates.hours, 9).astype(int)
    for code in ("graffiti", "glass", "youths", "alarm_false"):
        mine = (truth.kind == truth.rates.kinds.index(code)) & ~truth.scripted
        for first, last in pairwise(edges.tolist()):
            expected = truth.expected(code, first, last)
            inside = mine & (truth.time_h >= first) & (truth.time_h < last)
            for school in (False, True):
                here = truth.rates.school[truth.place] == school
                share = expected[truth.rates.school == school].sum()
                assert abs(_off((inside & here).sum(), share)) < SIGMAS, (code, first, school)


def test_hours_of_the_week_count_as_their_intensity_says(history: History) -> None:
    """Damage inside schools by local hour of the felt week, six hours at a time, without repeats."""
    rates = history.truth.rates
    kind = rates.kinds.index("inner")
    quiet = replace(rates, repeats=np.zeros_like(rates.repeats))
    drawn = draw_events(quiet, [], 3)
    mine = drawn.time_h[drawn.kind == kind].astype(int)
    level = [rates.level[kind, rates.school == s].sum() for s in (False, True)]
    hourly = sum(level[s] * rates.relative(kind, school=bool(s)) for s in (0, 1))
    for block in range(28):
        slots = rates.slot // 6 == block
        assert abs(_off(slots[mine].sum(), hourly[slots].sum())) < SIGMAS


def test_near_repeats_are_there_and_of_the_known_size(history: History) -> None:
    """Children lie near in space and time; without repeats there are fewer close pairs."""
    truth, rates = history.truth, history.truth.rates
    kind = rates.kinds.index("graffiti")
    child = np.flatnonzero((truth.parent >= 0) & (truth.kind == kind))
    elder = truth.parent[child]
    after = truth.time_h[child] - truth.time_h[elder]
    away = np.hypot(*(rates.xy[truth.place[child]] - rates.xy[truth.place[elder]]).T)
    assert len(child) > 60
    assert (truth.kind[elder] == kind).all()
    assert ((after > 0) & (after < rates.longest_h)).all()
    assert 60 < after.mean() < 180  # five days, cut at thirty
    assert np.quantile(away, 0.95) < 3.1 * rates.reach_m[kind]
    quiet = draw_events(replace(rates, repeats=np.zeros_like(rates.repeats)), [], 11)
    excess = _close_pairs(truth, kind) / max(1, (truth.kind == kind).sum())
    usual = _close_pairs(quiet, kind) / max(1, (quiet.kind == kind).sum())
    assert excess > 1.5 * usual


def _close_pairs(truth: Truth, kind: int) -> int:
    """Count pairs within 300 m and ten days."""
    mine = np.flatnonzero(truth.kind == kind)
    time_h, xy = truth.time_h[mine], truth.rates.xy[truth.place[mine]]
    count = 0
    for k in range(len(mine)):
        later = slice(k + 1, int(np.searchsorted(time_h, time_h[k] + 240)))
        count += int((np.hypot(*(xy[later] - xy[k]).T) < 300).sum())
    return count


@pytest.mark.slow
def test_drawing_is_unbiased_over_many_seeds(history: History) -> None:
    """The mean standardised difference over seeds is nothing, its spread is one."""
    off = []
    for seed in range(24):
        truth = draw_events(history.truth.rates, [], seed)
        for code in ("graffiti", "break_in", "alarm_false"):
            counted = (truth.kind == truth.rates.kinds.index(code)).sum()
            off.append(_off(counted, truth.expected(code).sum()))
    assert abs(np.mean(off)) < 4 / len(off) ** 0.5
    assert 0.7 < np.std(off) < 1.3


def test_the_same_seed_draws_the_same(history: History) -> None:
    """Another seed draws another history."""
    rates = history.truth.rates
    one, same, other = (draw_events(rates, [], seed) for seed in (4, 4, 5))
    assert np.array_equal(one.time_h, same.time_h)
    assert np.array_equal(one.place, same.place)
    assert len(one.time_h) != len(other.time_h)


def test_the_summers_break_ins_are_there_and_known(history: History) -> None:
    """One housing area, from June to August, several times as many as in other summers."""
    truth, rates = history.truth, history.truth.rates
    kind = rates.kinds.index("break_in")
    extra = rates.extra[rates.extra_kind == kind]
    lasting = np.flatnonzero(extra.sum(axis=0) > 0)
    begins, ends = (
        truth.moment(float(h)).astimezone(ZoneInfo("Europe/Stockholm")) for h in lasting[[0, -1]]
    )
    assert (begins.year, begins.month, ends.month) == (2026, 6, 8)
    where = np.isin(truth.place, rates.extra_place[rates.extra_kind == kind]) & (truth.kind == kind)
    hot = where & (truth.time_h >= lasting[0]) & (truth.time_h <= lasting[-1] + 1)
    year_h = timedelta(days=365) / timedelta(hours=1)
    before = (
        where & (truth.time_h >= lasting[0] - year_h) & (truth.time_h <= lasting[-1] + 1 - year_h)
    )
    assert hot.sum() > 20
    assert hot.sum() > 4 * before.sum()
