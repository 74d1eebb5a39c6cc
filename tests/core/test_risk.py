"""Forecasts: what they may learn from, what they keep, and that they find a known truth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core import risk
from narvaro.core.aoristic import Slots
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, Bits
from narvaro.core.risk import Events, Input, InputRefused, Part, Risk, Settings
from narvaro.core.risk.bounds import bounds, quantile
from narvaro.core.risk.learning import mixture
from narvaro.core.risk.maps import Blur
from narvaro.core.risk.rhythm import level_per_h, season, season_factor
from narvaro.core.score import Happened, calibration, gain_nats, observed_expected

GRID = Grid(0, 0, 250, 8, 10)
EVERYWHERE = np.ones(GRID.cells, np.bool_)
SHIFTS = Settings(slots=Slots(8, 6))
DAMAGE = frozenset({Input.DAMAGE})
NOW_H = 3.0 * 52 * 168 + 6


def made(number: int = 400, seed: int = 1, *, cost: bool = False) -> Events:
    """Return damage of three years up to NOW_H, most of it in the first cells, half with intervals."""
    rng = np.random.default_rng(seed)
    ends = NOW_H - rng.uniform(0, 3 * 52 * 168 - 400, number)
    length = rng.choice([0.0, 0.0, 10.0, 60.0, 300.0], number)
    cell = np.minimum(rng.exponential(12, number), GRID.cells - 1).astype(np.int32)
    sek = rng.gamma(2, 5000, number) if cost else np.full(number, np.nan)
    return Events(cell, ends - length, ends, sek, DAMAGE)


def fitted(events: Events, mask: Bits = EVERYWHERE, settings: Settings = SHIFTS) -> Risk:
    """Return the forecast that is made at NOW_H."""
    return risk.fit(events, GRID, mask, NOW_H, settings, since_h=0)


@pytest.mark.parametrize("name", sorted(risk.REFUSED))
def test_what_must_not_be_learned_from_is_refused_by_name(name: str) -> None:
    with pytest.raises(InputRefused, match=name) as refusal:
        Events(np.zeros(1, np.int32), np.zeros(1), np.zeros(1), inputs=frozenset({name}))
    assert refusal.value.name == name
    assert refusal.value.why


@given(st.text(max_size=20))
def test_only_the_list_is_allowed(name: str) -> None:
    if name in set(Input):
        assert risk.allow(name) == name
    else:
        with pytest.raises(InputRefused):
            risk.allow(name)


def test_events_say_where_they_come_from_also_when_joined() -> None:
    with pytest.raises(ValueError, match="name the inputs"):
        Events(np.zeros(1, np.int32), np.zeros(1), np.zeros(1))
    alarms = replace(made(3), inputs=frozenset({Input.CONFIRMED_ALARM}))
    both = Events.joined([made(5), alarms])
    assert len(both) == 8
    assert both.inputs == frozenset({Input.DAMAGE, Input.CONFIRMED_ALARM})
    assert len(Events.joined([])) == 0


def test_columns_that_do_not_fit_are_refused() -> None:
    one, unknown = np.zeros(1), np.full(1, np.nan)
    for cells, begins, ends, sek in (
        (2, one, one, unknown),
        (1, one + 1, one, unknown),
        (1, one, unknown, unknown),
        (1, one, one, one - 5),
    ):
        with pytest.raises(ValueError, match="Events"):
            Events(np.zeros(cells, np.int32), begins, ends, sek, DAMAGE)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0, 75, 150, 400, 2000]))
def test_smoothing_loses_nothing_and_leaves_the_mask_alone(seed: int, sd_m: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(GRID.cells) < 0.5
    mask[0] = True
    counts = rng.poisson(1.0, (2, GRID.cells)) * mask
    found = Blur(GRID, mask, sd_m)(counts.astype(np.float64))
    assert found.sum(axis=1) == pytest.approx(counts.sum(axis=1))
    assert (found[:, ~mask] == 0).all()
    assert (found >= 0).all()


def test_the_parts_sum_to_the_forecast_and_the_places_to_one() -> None:
    found = fitted(made())
    expected = found.expected(NOW_H, 48)
    assert expected.shape == (6, GRID.cells)
    assert expected.sum(axis=1) == pytest.approx(
        found.rhythm.expected(SHIFTS.slots.between(NOW_H, 48))
    )
    why = found.explain(3, NOW_H, 48)
    assert set(why) == {*(part.name for part in SHIFTS.parts), risk.FLOOR}
    assert sum(why.values()) == pytest.approx(expected[:, 3].sum())


def test_sharpness_raises_the_high_cells_and_the_parts_still_sum_to_the_forecast() -> None:
    blunt, sharp = (fitted(made(), settings=replace(SHIFTS, sharpness=s)) for s in (1.0, 1.4))
    before, after = (one.expected(NOW_H, 24).sum(axis=0) for one in (blunt, sharp))
    assert after.sum() == pytest.approx(before.sum())
    assert after[before.argmax()] > before.max()
    assert after[before.argmin()] < before.min()
    assert (np.argsort(after, kind="stable") == np.argsort(before, kind="stable")).sum() > 70
    assert sum(sharp.explain(3, NOW_H, 24).values()) == pytest.approx(after[3])


def test_a_week_holds_what_the_level_says() -> None:
    events = made(4000)
    found = fitted(events)
    assert found.expected(NOW_H, 168).sum() == pytest.approx(
        168 * found.rhythm.level_per_h * found.rhythm.season_at(np.array([NOW_H + 84]))[0], rel=0.01
    )
    assert found.expected(NOW_H, 168).sum() == pytest.approx(4000 / (3 * 52), rel=0.25)


def test_there_is_a_floor_in_the_mask_and_nothing_outside_it() -> None:
    mask = EVERYWHERE.copy()
    mask[40:] = False
    found = fitted(made(), mask)
    expected = found.expected(NOW_H, 24)
    assert (expected[:, mask] > 0).all()
    assert (expected[:, ~mask] == 0).all()
    assert found.left_out == int((made().cell >= 40).sum())
    assert found.used + found.left_out == 400


def test_without_any_event_the_forecast_is_small_even_and_above_zero() -> None:
    found = fitted(Events.joined([]))
    expected = found.expected(NOW_H, 24)
    assert 0 < expected.sum() < 0.01
    assert expected == pytest.approx(np.full_like(expected, expected[0, 0]))
    assert np.isnan(found.cost(NOW_H, 24)).all()


def test_the_order_of_the_events_does_not_matter() -> None:
    events = made(cost=True)
    order = np.random.default_rng(9).permutation(len(events))
    turned = Events(
        events.cell[order], events.begins_h[order], events.ends_h[order], events.cost_sek[order],
        DAMAGE,
    )  # fmt: skip
    one, other = fitted(events), fitted(turned)
    assert one.expected(NOW_H, 168) == pytest.approx(other.expected(NOW_H, 168), rel=1e-9)
    assert one.cost(NOW_H, 168) == pytest.approx(other.cost(NOW_H, 168), rel=1e-9)


def test_what_was_found_later_is_not_known() -> None:
    events = made()
    late = Events(np.full(50, 70, np.int32), np.full(50, NOW_H - 5), np.full(50, NOW_H + 1),
                  inputs=DAMAGE)  # fmt: skip
    expected = fitted(Events.joined([events, late])).expected(NOW_H, 24)
    assert (expected == fitted(events).expected(NOW_H, 24)).all()


def test_a_forecast_of_the_past_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        fitted(made()).expected(NOW_H - 8, 24)


def test_recent_harm_raises_the_cell_its_neighbours_and_the_level() -> None:
    events = made()
    fresh = Events(np.full(6, 45, np.int32), np.full(6, NOW_H - 30), np.full(6, NOW_H - 30),
                   inputs=DAMAGE)  # fmt: skip
    before, after = fitted(events), fitted(Events.joined([events, fresh]))
    more = after.expected(NOW_H, 24).sum(axis=0) / before.expected(NOW_H, 24).sum(axis=0)
    assert more[45] > more[46] > more[5]
    assert after.rhythm.level_per_h > before.rhythm.level_per_h
    assert (
        after.explain(45, NOW_H, 24)["near_repeat"] > before.explain(45, NOW_H, 24)["near_repeat"]
    )


def test_cost_is_what_events_cost_there_drawn_to_the_mean() -> None:
    rng = np.random.default_rng(2)
    cell = np.repeat(np.array([0, 79], np.int32), 200)
    begins = NOW_H - rng.uniform(1, 3000, 400)
    sek = np.where(cell == 0, 1000.0, 9000.0)
    sek[::4] = np.nan
    found = fitted(Events(cell, begins, begins, sek, DAMAGE))
    assert 1000 < found.cost_each_sek[0] < 2500
    assert 7500 < found.cost_each_sek[79] < 9000
    total = found.cost(NOW_H, 24).sum() / found.expected(NOW_H, 24).sum()
    assert total == pytest.approx(5000, rel=0.05)


def test_the_plain_map_is_last_years_counts_at_any_hour() -> None:
    events = made()
    plain = risk.naive(events, GRID, EVERYWHERE, NOW_H, SHIFTS)
    expected = plain.expected(NOW_H, 24)
    assert (expected == expected[0]).all()
    old = events.take(events.ends_h < NOW_H - 400 * 24)
    assert len(old) > 0
    without = events.take(events.ends_h >= NOW_H - 400 * 24)
    again = risk.naive(without, GRID, EVERYWHERE, NOW_H, SHIFTS, since_h=0)
    assert (again.expected(NOW_H, 24) == expected).all()


def simulated(seed: int, weeks: int = 120) -> tuple[Events, F64]:
    """Return events of a known intensity, and that intensity in the last twelve weeks' shifts.

    Six cells carry most of it, by different hours; the level halves in the last thirty weeks.
    """
    rng = np.random.default_rng(seed)
    place = np.full((3, GRID.cells), 1.0)
    place[[0, 1, 2], [11, 34, 57]] = 60
    place[:, [22, 68]] = 25
    place /= place.sum(axis=1, keepdims=True)
    level = np.where(np.arange(weeks * 21) < (weeks - 30) * 21, 2.0, 1.0)
    hour_of_week = np.tile([0.5, 1.0, 1.5], 7)
    mean = (level * hour_of_week[np.arange(len(level)) % 21])[:, None] * place[
        np.arange(len(level)) % 3
    ]
    count = rng.poisson(mean)
    slot, cell = np.nonzero(count)
    many = count[slot, cell]
    begins = np.repeat(slot * 8 + 6 + 8 * rng.random(len(slot)), many)
    return Events(np.repeat(cell, many).astype(np.int32), begins, begins, inputs=DAMAGE), mean[
        -12 * 21 :
    ]


def rolled(events: Events, weeks: range, settings: Settings | None) -> F64:
    """Return forecasts week by week from what was known when it began; plain without settings."""
    rows = []
    for week in weeks:
        at_h = week * 168.0 + 6
        if settings:
            found = risk.fit(events, GRID, EVERYWHERE, at_h, settings, since_h=0)
        else:
            found = risk.naive(events, GRID, EVERYWHERE, at_h, SHIFTS, since_h=0)
        rows.append(found.expected(at_h, 168))
    return np.concatenate(rows)


def test_a_known_intensity_is_found_better_than_by_plain_counts() -> None:
    events, truth = simulated(11)
    learned = risk.learn(events, GRID, EVERYWHERE, 108 * 168.0 + 6, SHIFTS)
    ours, plain = (rolled(events, range(108, 120), one) for one in (learned, None))
    count = np.random.default_rng(12).poisson(truth)
    slot, cell = np.nonzero(count)
    seen = Happened(slot, cell, count[slot, cell].astype(np.float64))
    # in expectation over what may happen, not on one draw
    score = {
        name: float((truth * np.log(one) - one).sum() / truth.sum())
        for name, one in (("truth", truth), ("ours", ours), ("plain", plain))
    }
    assert score["truth"] > score["ours"] > score["plain"] + 0.1
    assert score["truth"] - score["ours"] < 0.15
    assert gain_nats(ours, plain, seen) > 0
    assert calibration(ours, seen)[1] == pytest.approx(1, abs=0.15)
    assert observed_expected(ours, seen, np.zeros(252, np.int64))[0] == pytest.approx(1, abs=0.2)
    assert observed_expected(plain, seen, np.zeros(252, np.int64))[0] < 0.8


def test_learning_takes_to_the_part_that_is_right_and_stops_when_told() -> None:
    events, _ = simulated(13)
    until_h = 120 * 168.0 + 6
    learned = risk.learn(events, GRID, EVERYWHERE, until_h, SHIFTS, days=200)
    weight = {part.name: part.weight for part in learned.parts}
    assert weight["day_part"] > 0.5 > weight["near_repeat"]
    assert learned.floor + sum(weight.values()) == pytest.approx(1)
    assert learned.level_half_life_days in {14, 28, 56, 112}
    assert 0.9 < learned.sharpness < 1.2
    stopped = risk.learn(events, GRID, EVERYWHERE, until_h, SHIFTS, days=200, stop=lambda: True)
    assert [p.weight for p in stopped.parts] == pytest.approx([p.weight for p in SHIFTS.parts])


def test_few_events_change_the_weights_little() -> None:
    events = made(12)
    learned = risk.learn(events, GRID, EVERYWHERE, NOW_H, SHIFTS)
    for one, other in zip(learned.parts, SHIFTS.parts, strict=True):
        assert one.weight == pytest.approx(other.weight, abs=0.1)


def test_the_first_half_of_short_records_teaches_no_floor() -> None:
    events, _ = simulated(14)
    events = events.take(events.begins_h > 107 * 168)
    learned = risk.learn(events, GRID, EVERYWHERE, 120 * 168.0 + 6, SHIFTS)
    whole = risk.learn(simulated(14)[0], GRID, EVERYWHERE, 120 * 168.0 + 6, SHIFTS)
    assert learned.floor == pytest.approx(whole.floor, abs=0.1)


def test_the_likeliest_mixture_is_found() -> None:
    rng = np.random.default_rng(3)
    density = rng.dirichlet(np.ones(30), 2)
    chosen = rng.choice(2, 4000, p=[0.3, 0.7])
    where = np.array([rng.choice(30, p=density[one]) for one in chosen])
    found = mixture(density[:, where].T.copy(), np.ones(4000), np.array([0.5, 0.5]), 1.0)
    assert found == pytest.approx([0.3, 0.7], abs=0.04)


def test_the_season_is_found_and_noise_is_not_taken_for_one() -> None:
    weeks = np.arange(52 * 5, dtype=np.float64)
    middle_h = NOW_H - (weeks + 0.5) * 168
    true = np.array([0.3, -0.2, 0.0, 0.1])
    rng = np.random.default_rng(4)
    found = season(rng.poisson(60 * season_factor(true, middle_h)).astype(np.float64), NOW_H)
    assert found == pytest.approx(true, abs=0.06)
    flat = season(rng.poisson(np.full(52 * 5, 3.0)).astype(np.float64), NOW_H)
    assert np.abs(flat).max() < 0.1
    assert (season(np.full(100, 9.0), NOW_H) == 0).all()


def test_the_level_follows_and_a_short_past_is_drawn_to_the_mean() -> None:
    daily = np.concatenate([np.full(100, 2.0), np.full(400, 6.0)])
    even = np.ones(500)
    assert 24 * level_per_h(daily, even, 14, 0.001) == pytest.approx(2, abs=0.05)
    assert 24 * level_per_h(daily, even, 1e9, 0.001) == pytest.approx(5.2, abs=0.05)
    assert 2 < 24 * level_per_h(daily, even, 14, 50) < 5.2


def test_bounds_hold_what_they_promise() -> None:
    rng = np.random.default_rng(6)
    mean, evidence = np.array([0.2, 3.0, 40.0, 2000.0]), np.array([2.0, 5.0, 80.0, 500.0])
    low, high = bounds(mean, evidence, 0.8)
    rate = mean * rng.gamma(evidence, 1 / evidence, (20_000, 4))
    inside = ((rng.poisson(rate) >= low) & (rng.poisson(rate) <= high)).mean(axis=0)
    assert (inside >= 0.78).all()
    assert inside[2:] == pytest.approx([0.82, 0.9], abs=0.1)
    with pytest.raises(ValueError, match="share"):
        bounds(mean, evidence, 1.0)


def test_a_quantile_is_the_first_count_that_reaches_it() -> None:
    # a shape of 1 is the geometric distribution: P(count ≤ n) = 1 − (m / (1 + m))^(n + 1)
    mean = np.array([0.0, 1.0, 1.0, 9.0])
    assert quantile(mean, np.ones(4), 0.5).tolist() == [0, 0, 0, 6]
    assert quantile(mean, np.ones(4), 0.51).tolist() == [0, 1, 1, 6]


def test_an_interval_is_of_the_whole_span() -> None:
    found = fitted(made(3000))
    low, high = found.interval(NOW_H, 168 * 4)
    expected = found.expected(NOW_H, 168 * 4).sum(axis=0)
    assert (low <= np.ceil(expected)).all()
    assert (high >= np.floor(expected)).all()
    assert high[0] > low[0] > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor": 0.0},
        {"sharpness": 0.0},
        {"floor": 0.5},
        {"day_parts": ()},
        {"day_parts": (14.0, 6.0)},
        {"parts": (Part("one", 10, 0, by_day_part=False, weight=-0.1),)},
    ],
)
def test_settings_that_make_no_forecast_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Settings"):
        Settings(**wrong)  # type: ignore[arg-type] # wrong on purpose


def test_a_mask_of_another_grid_or_of_nothing_is_refused() -> None:
    for mask in (np.ones(3, np.bool_), np.zeros(GRID.cells, np.bool_)):
        with pytest.raises(ValueError, match="mask"):
            fitted(made(), mask)
