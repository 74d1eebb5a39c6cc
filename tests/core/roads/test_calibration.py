"""Factors from drives: planted ones are found, few drives say little, one drive moves little."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.roads import ROAD_CLASSES
from narvaro.core.roads.calibration import (
    HIGHEST,
    HOURS,
    LEAST_DRIVES,
    LOWEST,
    Apart,
    Calibration,
    Drives,
    calibrate,
    errors_of,
)

SIZE = len(ROAD_CLASSES) + 1
TRUE_CLASS = np.array([1.0, 1.1, 1.2, 1.4, 1.3, 1.0, 1.0, 1.5])
TRUE_HOURS = np.array([0.9, 1.25, 1.0, 1.2, 1.0])


def make_drives(count: int, seed: int, noise: float = 0.1) -> Drives:
    """Make drives of mostly main, collector and local roads with planted factors."""
    rng = np.random.default_rng(seed)
    parts = rng.gamma(1.0, [60, 120, 90, 80, 10, 1e-9, 1e-9, 40], (count, SIZE)) + 1e-3
    hour, day = rng.integers(0, 24, count), rng.integers(0, 60, count)
    by_hour = np.array(
        [next(k for k, of in enumerate(HOURS.values()) if h in of) for h in range(24)]
    )
    group = by_hour[hour]
    actual = (parts * TRUE_CLASS).sum(axis=1) * TRUE_HOURS[group]
    return Drives(hour, day, parts, actual * np.exp(rng.normal(0, noise, count)))


def test_planted_factors_are_found() -> None:
    """Each class times each hour is what counts: a common factor may sit in either."""
    found = calibrate(make_drives(3000, 1))
    assert found.after is not None
    for hour, planted in ((2, 0.9), (7, 1.25), (12, 1.0), (16, 1.2), (20, 1.0)):
        pace = found.pace(hour)
        for number in (0, 1, 2, 3):
            assert pace.running[number] == pytest.approx(TRUE_CLASS[number] * planted, rel=0.06)
        assert pace.waiting == pytest.approx(1.5 * planted, rel=0.12)
    inside = [one.low <= one.value <= one.high for one in (*found.by_class, *found.by_hours)]
    assert all(inside)
    before, after = found.before.overall, found.after.overall
    assert before.median_s is not None
    assert after.median_s is not None
    assert after.median_s < 0.5 * before.median_s
    assert abs(after.signed_s or 0) < 5 < abs(before.signed_s or 0)


def test_what_no_drive_used_stays_as_it_is() -> None:
    found = calibrate(make_drives(500, 2))
    for number in (ROAD_CLASSES.index("path"), ROAD_CLASSES.index("steps")):
        assert found.by_class[number].value == pytest.approx(1.0, abs=0.02)
        assert found.by_class[number].high > 1.5


def test_few_drives_say_that_they_are_few() -> None:
    found = calibrate(make_drives(LEAST_DRIVES - 1, 3))
    assert (found.drives, found.after, found.by_class) == (LEAST_DRIVES - 1, None, ())
    with pytest.raises(ValueError, match=f"{LEAST_DRIVES} are needed"):
        found.pace(3)
    nothing = calibrate(make_drives(0, 3))
    assert nothing.before.overall.drives == 0
    assert nothing.before.overall.median_s is None


def test_drives_as_the_map_says_leave_every_factor_at_one() -> None:
    drives = make_drives(200, 4)
    found = calibrate(drives._replace(actual_s=drives.predicted_s))
    assert [one.value for one in (*found.by_class, *found.by_hours)] == pytest.approx([1.0] * 13)


@given(st.integers(0, 199), st.floats(1e-3, 1e6))
@settings(max_examples=30, deadline=None)
def test_one_drive_moves_no_factor_far(which: int, actual_s: float) -> None:
    drives = make_drives(200, 5)
    strange = drives.actual_s.copy()
    strange[which] = actual_s
    plain, moved = calibrate(drives), calibrate(drives._replace(actual_s=strange))
    for one, other in zip(plain.by_class, moved.by_class, strict=True):
        assert LOWEST <= other.value <= HIGHEST
        assert abs(np.log(other.value / one.value)) < 0.14  # 0.131 at most, over all 200


def test_the_errors_after_are_of_days_that_were_left_out() -> None:
    """Pure noise: factors that had seen the drive would look better than none."""
    rng = np.random.default_rng(6)
    drives = make_drives(60, 6)
    actual = drives.predicted_s * np.exp(rng.normal(0, 0.3, 60))
    found = calibrate(drives._replace(actual_s=actual))
    assert found.after is not None
    assert found.after.overall.median_s is not None
    assert found.before.overall.median_s is not None
    assert found.after.overall.median_s > 0.9 * found.before.overall.median_s


def test_errors_by_hour_are_told_where_there_are_enough() -> None:
    hour = np.array([3] * 10 + [4] * 9)
    found = errors_of(np.arange(19.0) + 100, np.full(19, 100.0), hour)
    three, four = found.by_hour[3], found.by_hour[4]
    assert (three.drives, three.median_s, three.p90_s, three.signed_s) == (10, 4.5, 8.1, 4.5)
    assert (four.drives, four.median_s, four.p90_s) == (9, None, None)
    assert found.overall.drives == 19


def test_other_drives_are_judged_by_factors_that_they_had_no_part_in() -> None:
    """The same drives at twice their time: both predictions are short, that of the factors less so."""
    found = calibrate(make_drives(500, 9))
    others = make_drives(200, 10)
    others = others._replace(actual_s=2 * others.actual_s)
    judged = found.judge(others)
    assert judged.after is not None
    assert judged.before.drives == judged.after.drives == 200
    exact = np.median(
        [
            others.parts_s[one] @ np.array([*found.pace(hour).running, found.pace(hour).waiting])
            - others.actual_s[one]
            for one, hour in enumerate(others.hour.tolist())
        ]
    )
    assert judged.after.signed_s == pytest.approx(float(exact))
    assert (judged.before.signed_s or 0) < (judged.after.signed_s or 0) < 0
    assert Apart.from_plain(json.loads(json.dumps(judged.to_plain()))) == judged
    few = calibrate(make_drives(10, 9)).judge(others)
    assert (few.before, few.after) == (judged.before, None)


def test_it_is_the_same_after_json() -> None:
    for count in (10, 80):
        found = calibrate(make_drives(count, 7))
        assert Calibration.from_plain(json.loads(json.dumps(found.to_plain()))) == found


def test_one_day_alone_is_left_out_in_parts() -> None:
    drives = make_drives(100, 8)
    found = calibrate(drives._replace(day=np.zeros(100, np.int64)))
    assert found.after is not None
    assert found.after.overall.median_s is not None
