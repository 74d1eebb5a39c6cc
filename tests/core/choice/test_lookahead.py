"""Readiness weighed in: never for danger to life, the same for the same draws, and right where it is plain."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from narvaro.core.choice import IDLE, World, draw_futures, look_ahead
from narvaro.core.choice.futures import play

LINE = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0))) * 300.0


def world(**given: Any) -> World:
    """Make a line of five places, 300 s apart, with a unit at each end; late beyond 700 s."""
    plain = World(
        travel_s=LINE, service_s=1500.0, limit_s=700.0, post=np.array([0, 4], np.int32),
        here_s=LINE[[0, 4]], clear_at=np.full(2, IDLE, np.int32), clear_in_s=np.zeros(2),
        work_s=np.zeros(2), back_s=np.zeros(2),
    )  # fmt: skip
    return replace(plain, **given)


BUSY_LEFT = draw_futures([6.0, 3.0, 0.0, 0.0, 0.1], 1500.0, 2, seed=1)


def test_the_unit_that_is_missed_least_goes_and_the_price_is_told() -> None:
    """All cases come on the left: the right unit takes one in the middle, though it is 40 s further."""
    found = look_ahead(
        world(), [0, 1], [600.0, 640.0], LINE[2], drawn=BUSY_LEFT, danger_to_life=False
    )
    assert (found.chosen, found.costs_s) == (1, 40.0)
    assert found.saves_late > found.error > 0
    assert found.saves_late_min > 0
    assert found.in_figures.startswith("40:")


def test_without_expected_cases_the_nearest_goes() -> None:
    """Nothing to be ready for."""
    nothing = draw_futures(np.zeros(5), 1500.0, 2, seed=1)
    found = look_ahead(
        world(), [0, 1], [600.0, 640.0], LINE[2], drawn=nothing, danger_to_life=False
    )
    assert (found.chosen, found.saves_late, found.costs_s) == (0, 0.0, 0.0)


def test_the_same_draws_give_the_same_answer_and_parts_of_them_fit() -> None:
    """A choice can be shown again as it was made."""
    again = draw_futures([6.0, 3.0, 0.0, 0.0, 0.1], 1500.0, 2, seed=1)
    asked = ([0, 1], [600.0, 640.0], LINE[2])
    first = look_ahead(world(), *asked, drawn=BUSY_LEFT, danger_to_life=False)
    assert first == look_ahead(world(), *asked, drawn=again, danger_to_life=False)
    part = BUSY_LEFT.part(len(BUSY_LEFT) - 3, 10)
    assert len(part) == 10
    assert (part.place[3] == BUSY_LEFT.place[0]).all()


def literal(  # noqa: PLR0917 - as the kernel
    w: World, drawn: Any, f: int, sent: int, to_case_s: Any, from_case_s: Any
) -> float:
    """Play one future with plain loops over a dict per unit; return expected late cases."""
    units = []
    for u in range(len(w.post)):
        one = {"free": 0.0, "from": w.here_s[u], "post": w.post[u]}
        if w.clear_at[u] >= 0:
            one["free"] = w.clear_in_s[u] + w.work_s[u] * drawn.unit_luck[f, u]
            one["from"] = w.travel_s[w.clear_at[u]]
        if u == sent:
            one["free"] = to_case_s[u] + w.service_s * drawn.own_luck[f]
            one["from"] = np.asarray(from_case_s)
        units.append(one)
    late = 0.0
    for now, q, service_s in zip(
        drawn.begins_s[f], drawn.place[f], drawn.service_s[f], strict=True
    ):
        if now == np.inf:
            break
        idle = [one for one in units if one["free"] <= now]
        asked = idle or [min(units, key=lambda one: one["free"])]
        rows = []
        for one in asked:
            home_s = one["from"][one["post"]]
            part = min(1.0, max(0.0, now - one["free"]) / home_s) if home_s else 1.0
            row = (1 - part) * one["from"] + part * w.travel_s[one["post"]]
            rows.append(max(0.0, one["free"] - now) + row)
        late += float((np.min(rows, axis=0) > w.limit_s) @ drawn.share)
        best = int(np.argmin([row[q] for row in rows]))
        asked[best]["free"] = now + rows[best][q] + service_s
        asked[best]["from"] = w.travel_s[q]
    return late


def test_the_kernel_plays_what_plain_loops_play() -> None:
    """One busy unit, one under way, three options, forty futures."""
    draw = np.random.default_rng(4)
    travel_s = draw.uniform(60, 900, (6, 6)) * (1 - np.eye(6))
    w = World(
        travel_s=travel_s, service_s=900.0, limit_s=400.0, post=np.array([0, 2, 5, 3], np.int32),
        here_s=draw.uniform(60, 900, (4, 6)), clear_at=np.array([IDLE, 4, IDLE, IDLE], np.int32),
        clear_in_s=np.array([0.0, 120.0, 0.0, 0.0]), work_s=np.array([0.0, 900.0, 0.0, 0.0]),
        back_s=np.zeros(4),
    )  # fmt: skip
    drawn = draw_futures(draw.uniform(0, 3, 6), 900.0, 4, seed=9, futures=40)
    options, to_case_s, from_case_s = [0, 2, 3], draw.uniform(60, 300, 4), draw.uniform(60, 900, 6)
    played = play(w, drawn, options, to_case_s, from_case_s)
    told = [
        [literal(w, drawn, f, sent, to_case_s, from_case_s) for f in range(40)] for sent in options
    ]
    assert np.allclose(played.late, told)
    assert played.late.sum() > 1
    assert (played.late_min[played.late == 0] == 0).all()


def test_no_look_ahead_is_ever_applied_to_danger_to_life() -> None:
    """Whoever calls it, with whatever draws."""
    with pytest.raises(ValueError, match="Danger to life"):
        look_ahead(
            world(), [0, 1], [600.0, 640.0], LINE[2], drawn=BUSY_LEFT, danger_to_life=True
        )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "to_case_s", "given_", "says"),
    [
        ([], [1.0, 2.0], {}, "at least one option"),
        ([0, 0], [1.0, 2.0], {}, "each once"),
        ([0, 2], [1.0, 2.0], {}, "not an idle unit"),
        ([0, 1], [1.0, 2.0], {"clear_at": np.array([IDLE, 2], np.int32)}, "not an idle unit"),
        ([1, 0], [1.0, 2.0], {}, "nearest must stand first"),
        ([0, 1], [1.0, 701.0], {}, "in time"),
        ([0, 1], [1.0], {}, "2 units"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    options: Any, to_case_s: Any, given_: Any, says: str
) -> None:
    """An option that may not go is no option."""
    with pytest.raises(ValueError, match=says):
        look_ahead(
            world(**given_), options, to_case_s, LINE[2], drawn=BUSY_LEFT, danger_to_life=False
        )


@pytest.mark.parametrize(
    "given_",
    [
        {"travel_s": LINE[:4]},
        {"here_s": np.full((2, 5), np.inf)},
        {"post": np.array([0, 5], np.int32)},
        {"limit_s": 0.0},
        {"work_s": np.array([0.0, -1.0])},
    ],
)
def test_a_world_that_does_not_fit_is_refused(given_: Any) -> None:
    """Before a kernel reads past its end."""
    with pytest.raises(ValueError, match="World"):
        world(**given_)


def test_draws_that_cannot_be_are_refused() -> None:
    """Rates below zero, no places, no futures, draws for another world."""
    for rates, futures in (([-1.0], 1), ([], 1), ([1.0], 0)):
        with pytest.raises(ValueError, match="draw_futures"):
            draw_futures(rates, 1500.0, 1, seed=1, futures=futures)
    fewer = draw_futures(np.ones(5), 1500.0, 1, seed=1)
    with pytest.raises(ValueError, match="fewer units"):
        look_ahead(world(), [0], [1.0, 2.0], LINE[2], drawn=fewer, danger_to_life=False)
