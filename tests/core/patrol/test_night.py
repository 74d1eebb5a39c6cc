"""A night that contradicts itself is refused, with the field that is wrong."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest

from narvaro.core.patrol import Appointment, Dwell, Shift
from narvaro.core.rules import Break
from tests.core.patrol.nights import make_night


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"travel_s": np.zeros((2, 2))}, "Night.travel_s"),
        ({"travel_s": np.full((4, 4), -1.0)}, "Night.travel_s"),
        ({"harm": np.zeros((3, 9))}, "Night.harm"),
        ({"harm": np.full((4, 9), np.nan)}, "Night.harm"),
        ({"half_life_s": 0}, "half-life"),
        ({"dwell": Dwell(900, 720, 900)}, "Night.dwell"),
        ({"shifts": (Shift(UUID(int=1), 9, 0, 10),)}, r"shifts\[0\].base"),
        ({"shifts": (Shift(UUID(int=1), 0, 10, 0),)}, r"shifts\[0\]"),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 9, (Break(0, 5, 5),)),)}, "after the shift"),
        ({"shifts": (Shift(UUID(int=1), 0, 5, 99, (Break(0, 5, 5),)),)}, "before the shift"),
        ({"shifts": (Shift(UUID(int=1), 0, 0, 9, allowed=((),)),)}, "allowed: 1 entries"),
        ({"appointments": (Appointment(7, 0, 9, 9),)}, r"appointments\[0\].place"),
        ({"appointments": (Appointment(1, 0, 9, 10),)}, "do not fit"),
        ({"appointments": (Appointment(1, 0, 9, 9, shift=3),)}, r"appointments\[0\].shift"),
    ],
)
def test_a_night_that_contradicts_itself_is_refused_with_its_place(
    wrong: dict[str, Any], says: str
) -> None:
    """The caller reads which field is wrong."""
    with pytest.raises(ValueError, match=says):
        make_night(**wrong)
