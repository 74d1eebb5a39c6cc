"""What cannot be played is refused, with what, where and what to do."""

from collections.abc import Callable

import numpy as np
import pytest

from narvaro.core.replay import Hours, Incidents, Policy, Town, Units, Visits, play
from tests.core.replay.worlds import calls, night, rounds, street

PLACES = np.array([0, 1])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: calls((10, 0), (9, 0)), "Incidents.at_s, row 1: .*sort the rows by time"),
        (lambda: calls((10, 0), stays_min=-1), "Incidents.on_scene_s, row 0: -60.*0 or more"),
        (lambda: calls((np.nan, 0)), "Incidents.at_s, row 0: nan"),
        (lambda: calls((1, 0), units_needed=[3]), "units_needed, row 0: 3 .*1 or 2"),
        (lambda: calls((1, 0), needs=[1, 2]), "Incidents.needs is .*give 1 rows"),
        (lambda: Incidents(np.zeros(2), PLACES, np.zeros(1)), "columns of different lengths"),
        (lambda: Incidents(np.zeros((1, 2)), PLACES, PLACES), "give one column"),
        (lambda: rounds((0, 0, 9, 1), (1, 0, 5, 1), (0, 0, 8, 1)), "Visits.planned_s, row 2"),
        (lambda: rounds((0, 0, 9, -1)), "Visits.dwell_s, row 0"),
        (lambda: Hours.of([(0, 5, 5)]), "Hours.until_s, row 0: .*after the beginning"),
        (lambda: Units(PLACES, Hours.of([(2, 0, 1)])), "shifts.unit, row 0: 2 .*2 units"),
        (lambda: Units(PLACES, Hours.of([(1, 4, 9), (1, 0, 5)])), "rows 1 and 0 of unit 1"),
        (lambda: Town(np.array([[0, -1], [1, 0]]), np.zeros((2, 2))), "travel_s, row .0, 0, 1.: -1"),
        (lambda: Town(np.ones((2, 2)), np.zeros((2, 2))), "from a place to itself"),
        (lambda: Town(np.zeros((2, 3)), np.zeros((2, 3))), "give .modes, places, places."),
        (lambda: Town(np.zeros((0, 2, 2)), np.zeros((0, 2, 2))), "no travel mode"),
        (lambda: Policy(late_most_s=-1), "late_most_s is -1"),
        (lambda: Policy(rule=9), "9 is not a valid Rule"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    ("units", "events", "visits", "said"),
    [
        (night(0), calls((1, 6)), Visits.none(), "Incidents.place, row 0: 6 .*6 places"),
        (night(7), calls(), Visits.none(), "Units.base, row 0: 7"),
        (night(0), calls(), rounds((1, 0, 5, 5)), "Visits.unit, row 0: 1 .*1 units"),
        (night(0), calls(), rounds((0, -1, 5, 5)), "Visits.place, row 0: -1"),
        (night(0, mode=[1]), calls(), Visits.none(), "Units.mode, row 0: 1 .*1 travel modes"),
        (night(0, covers=np.ones((1, 2))), calls(), Visits.none(), "Units.covers is .1, 2."),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(
    units: Units, events: Incidents, visits: Visits, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        play(street(), units, events, visits, Policy())
