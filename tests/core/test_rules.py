"""Each planning rule alone: what it refuses, what it lets pass at the border, and their order."""

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from narvaro.core.rules import PREFERENCES, RULES, Break, Broken, Interval, Step, list_broken

GOOD = Step(
    shift=Interval(0, 28_800),
    left_s=3_000,
    travel_s=240.0,
    visit=Interval(3_600, 4_320),
    home_s=4_600.0,
    allowed=(Interval(0, 600), Interval(3_600, 4_320)),
    breaks=(Break(3_000, 5_000, 360),),
    rests=(Interval(3_000, 3_360),),
    window=Interval(3_600, 4_320),
    apart_s=1_800.0,
    spacing_s=1_800,
    least_dwell_s=720,
    most_dwell_s=720,
)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"allowed": (Interval(0, 4_319),)}, Broken.NO_PERMIT),
        ({"allowed": (Interval(3_601, 28_800),)}, Broken.NO_PERMIT),
        ({"allowed": ()}, Broken.NO_PERMIT),
        ({"travel_s": inf}, Broken.NO_ROAD),
        ({"home_s": inf}, Broken.NO_ROAD),
        ({"shift": Interval(3_601, 28_800), "rests": (), "breaks": ()}, Broken.OUTSIDE_SHIFT),
        ({"shift": Interval(0, 4_599)}, Broken.PAST_SHIFT_END),
        ({"rests": ()}, Broken.BREAK_MISSING),
        ({"rests": (Interval(2_999, 3_359),)}, Broken.BREAK_MISSING),
        ({"rests": (Interval(3_000, 3_359),)}, Broken.BREAK_MISSING),
        ({"rests": (Interval(5_001, 5_361),)}, Broken.BREAK_MISSING),
        ({"rests": (Interval(4_319, 4_679),)}, Broken.ON_BREAK),
        ({"travel_s": 241.0}, Broken.NOT_THERE_YET),
        ({"window": Interval(3_601, 9_000)}, Broken.OUTSIDE_WINDOW),
        ({"window": Interval(0, 4_319)}, Broken.OUTSIDE_WINDOW),
        ({"its_unit": False}, Broken.OTHER_UNIT),
        ({"apart_s": 1_799.0}, Broken.TOO_SOON_AGAIN),
        ({"least_dwell_s": 721, "most_dwell_s": 900}, Broken.TOO_SHORT),
        ({"least_dwell_s": 600, "most_dwell_s": 719}, Broken.TOO_LONG),
    ],
)
def test_each_rule_refuses_one_second_or_one_unit_beyond(
    changed: dict[str, Any], broken: Broken
) -> None:
    """The good step touches every border from inside; one step over it breaks that rule alone."""
    assert list_broken(GOOD) == ()
    assert list_broken(replace(GOOD, **changed)) == (broken,)


def test_a_unit_without_need_of_a_permit_or_limits_may_go_anywhere() -> None:
    """What is not asked for is not judged."""
    free = Step(Interval(0, 100), 0, 0.0, Interval(0, 100), apart_s=-5.0)
    assert list_broken(free) == ()


def test_the_rules_come_in_the_order_of_their_codes_and_preferences_last() -> None:
    """The first rule told is one that no person may set aside."""
    bad = replace(
        GOOD, shift=Interval(0, 10), left_s=3_500, home_s=inf, allowed=(), rests=(Interval(3_600, 3_700),),
        window=Interval(0, 9), its_unit=False, apart_s=0.0, least_dwell_s=800, most_dwell_s=700,
    )  # fmt: skip
    told = list_broken(bad)
    assert told == tuple(code for code in Broken if code != Broken.PAST_SHIFT_END)
    assert len(RULES) == len(Broken)
    assert set(told[-3:]) == PREFERENCES
