"""The true intensity can be asked for, integrates to what it says, and survives its file."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from narvaro.demo.history.made import History
from narvaro.demo.history.truth import read_truth, write_truth


def test_the_integral_of_an_hour_is_the_mean_of_its_intensity(history: History) -> None:
    """At the busiest places of three kinds, by a sum over small steps."""
    truth = history.truth
    for code, hour in (("graffiti", 17_440), ("youths", 9_000), ("alarm_false", 12_345)):
        exact = truth.expected(code, hour, hour + 1)
        place = int(exact.argmax())
        steps = [truth.rates.start + timedelta(hours=hour + (n + 0.5) / 200) for n in range(200)]
        mean = np.mean([truth.intensity(truth.rates.places[place], t, code) for t in steps])
        assert mean == pytest.approx(exact[place], rel=0.02)


def test_an_event_raises_the_intensity_beside_it_and_only_later(history: History) -> None:
    """Just before and just after a scripted graffiti at a school."""
    truth = history.truth
    event = int(
        np.flatnonzero(truth.scripted & (truth.kind == truth.rates.kinds.index("graffiti")))[0]
    )
    place, at = truth.rates.places[truth.place[event]], truth.moment(truth.time_h[event])
    before, after = (truth.intensity(place, at + timedelta(seconds=s), "graffiti") for s in (-2, 2))
    assert after > 1.4 * before
    far = truth.rates.places[
        int(np.hypot(*(truth.rates.xy - truth.rates.xy[truth.place[event]]).T).argmax())
    ]
    here, there = (truth.intensity(far, at + timedelta(seconds=s), "graffiti") for s in (-2, 2))
    assert there == pytest.approx(here, rel=0.02)


def test_all_kinds_together_are_their_sum(history: History) -> None:
    """Asked without a kind."""
    truth = history.truth
    at, place = truth.rates.start + timedelta(hours=10_000.5), truth.rates.places[3]
    each = [truth.intensity(place, at, k) for k in truth.rates.kinds]
    assert truth.intensity(place, at) == pytest.approx(sum(each))
    assert min(each) >= 0


def test_what_was_known_leaves_out_what_came_later(history: History) -> None:
    """A forecast of the last week may know only what happened before it."""
    truth = history.truth
    last = truth.rates.hours
    whole = truth.expected("graffiti", last - 168, last)
    known = truth.expected("graffiti", last - 168, last, known_h=last - 168)
    assert (known <= whole + 1e-12).all()
    assert known.sum() < whole.sum()
    parts = [truth.expected("graffiti", a, a + 84) for a in (last - 168, last - 84)]
    assert sum(parts) == pytest.approx(whole)


def test_outside_the_history_nothing_is_known(history: History) -> None:
    """The error says so."""
    truth = history.truth
    with pytest.raises(ValueError, match="does not reach"):
        truth.intensity(truth.rates.places[0], truth.rates.start - timedelta(hours=1))


def test_the_file_gives_the_same_truth_back(history: History, tmp_path: Path) -> None:
    """Every array, and the bytes are the same each time."""
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    write_truth(first, history.truth)
    write_truth(second, history.truth)
    assert first.read_bytes() == second.read_bytes()
    again = read_truth(first)
    assert again.rates.start == history.truth.rates.start
    assert again.rates.places == history.truth.rates.places
    assert np.array_equal(again.time_h, history.truth.time_h)
    assert np.array_equal(again.expected("glass"), history.truth.expected("glass"))
