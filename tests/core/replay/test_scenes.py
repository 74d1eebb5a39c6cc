"""Each rule once, on a street with minutes that one can follow by hand."""

import numpy as np
import pytest

from narvaro.core.jit import F64
from narvaro.core.replay import Hours, Kept, Outcome, Policy, Rule, Town, Units, Visits, play
from tests.core.replay.worlds import MINUTE, calls, night, rounds, street

NONE = Visits.none()
NEAREST = Policy()


def minutes(values: F64) -> list[float]:
    """Return seconds as minutes, nan as -1."""
    return [float(one) for one in np.nan_to_num(values / MINUTE, nan=-1.0).ravel()]


def responses(outcome: Outcome, *at_min: float) -> list[float]:
    return minutes(outcome.response_s(np.array(at_min) * MINUTE))


def test_the_nearest_goes_and_a_tie_goes_to_the_lower_number() -> None:
    outcome = play(street(), night(0, 2, 4), calls((10, 5), (11, 1)), NONE, NEAREST)
    assert outcome.unit[:, 0].tolist() == [2, 0]
    assert responses(outcome, 10, 11) == [5, 5]


def test_who_lacks_a_competence_does_not_go() -> None:
    units = night(0, 5, competence=np.array([3, 1]))
    outcome = play(street(), units, calls((10, 5), needs=[2]), NONE, NEAREST)
    assert outcome.unit[0, 0] == 0


def test_who_needs_a_permit_is_sent_only_in_its_hours() -> None:
    permits = Hours.of([(0, 60 * MINUTE, 120 * MINUTE)])
    units = night(0, needs_permit=np.array([True]), permits=permits)
    outcome = play(street(), units, calls((30, 1), (119.5, 1), (120, 1)), NONE, NEAREST)
    assert minutes(outcome.sent_s[:, 0]) == [60, 119.5, -1]
    assert outcome.queued.tolist() == [True, False, True]


def test_a_unit_is_not_sent_where_it_does_not_cover() -> None:
    covers = np.array([[True] * 5 + [False], [True] * 6])
    outcome = play(street(), night(4, 0, covers=covers), calls((10, 5)), NONE, NEAREST)
    assert outcome.unit[0, 0] == 1


def test_each_mode_has_its_own_times() -> None:
    car = street().travel_s[0]
    town = Town(np.stack([car, car * 4]), np.stack([car, car]))
    units = night(0, 4, mode=np.array([0, 1]))
    outcome = play(town, units, calls((10, 2)), NONE, NEAREST)
    assert outcome.unit[0, 0] == 0


def test_a_visit_begins_when_planned_and_the_next_one_is_skipped_if_too_late() -> None:
    visits = rounds((0, 2, 30, 20), (0, 5, 54, 10), (0, 4, 80, 10))
    outcome = play(street(), night(0), calls(), visits, NEAREST)
    assert outcome.visit.tolist() == [Kept.DONE, Kept.SKIPPED, Kept.DONE]
    assert minutes(outcome.visit_from_s) == [30, -1, 80]
    ten_late = rounds((0, 2, 30, 20), (0, 5, 55, 10))
    outcome = play(street(), night(0), calls(), ten_late, NEAREST)
    assert minutes(outcome.visit_from_s) == [30, 65]


def test_an_alarm_breaks_a_visit_off_and_its_rest_is_lost() -> None:
    visits = rounds((0, 2, 30, 20), (0, 2, 90, 10))
    outcome = play(street(), night(0), calls((35, 3)), visits, NEAREST)
    assert outcome.visit.tolist() == [Kept.BROKEN, Kept.DONE]
    assert minutes(outcome.visit_until_s) == [35, 100]
    assert minutes(outcome.cleared_s) == [60, -1]


@pytest.mark.parametrize(
    ("place", "reached_in", "metres"),
    [(0, 4, 400), (5, 21, 2100), (2, 6, 600)],
    ids=["back", "on", "on the way"],
)
def test_from_the_road_a_unit_turns_back_or_goes_on(
    place: int, reached_in: float, metres: float
) -> None:
    """On the way from 0 to 2 (10 minutes) it is called after 4."""
    visits = rounds((0, 2, 30, 0))
    outcome = play(street(), night(0), calls((24, place)), visits, NEAREST)
    assert responses(outcome, 24) == [reached_in]
    assert outcome.driven_m[0] == 400 + metres
    assert outcome.visit[0] == Kept.SKIPPED


def test_where_back_and_on_take_as_long_it_goes_on() -> None:
    line = street()
    metres = line.distance_m.copy()
    metres[0, 0, 1] = 900.0  # by the way back
    town = Town(line.travel_s, metres)
    outcome = play(town, night(0), calls((25, 1)), rounds((0, 2, 30, 0)), NEAREST)
    assert responses(outcome, 25) == [10]
    assert outcome.driven_m[0] == 500 + 500 + 500


def test_a_visit_that_was_not_begun_is_made_after_the_alarm_if_there_is_time() -> None:
    outcome = play(street(), night(0), calls((24, 1), stays_min=1), rounds((0, 2, 30, 7)), NEAREST)
    assert minutes(outcome.arrived_s[:, 0]) == [33]
    assert minutes(outcome.visit_from_s) == [39]


def test_an_alarm_does_not_interrupt_an_alarm() -> None:
    outcome = play(street(), night(0), calls((10, 1), (12, 0), danger=[False, True]), NONE, NEAREST)
    assert minutes(outcome.sent_s[:, 0]) == [10, 35]


def test_the_queue_is_served_by_danger_then_time_and_passes_over_what_a_unit_may_not() -> None:
    events = calls((10, 0), (11, 1), (12, 2), (13, 3), stays_min=10,
                   danger=[0, 0, 0, 1], needs=[0, 2, 0, 0])  # fmt: skip
    outcome = play(street(), night(0, competence=np.array([1])), events, NONE, NEAREST)
    assert minutes(outcome.sent_s[:, 0]) == [10, -1, 45, 20]
    assert outcome.queued.tolist() == [False, True, True, True]


def test_nobody_is_sent_after_the_longest_wait() -> None:
    outcome = play(street(), night(0), calls((10, 0), (15, 0), (29, 0)), NONE,
                   Policy(waits_most_s=14 * MINUTE))  # fmt: skip
    assert minutes(outcome.sent_s[:, 0]) == [10, -1, 30]


def test_work_under_way_at_the_shifts_end_is_finished_and_nothing_new_is_begun() -> None:
    units = night(0, until_min=60)
    outcome = play(street(), units, calls((50, 2), (61, 2)), rounds((0, 1, 70, 5)), NEAREST)
    assert minutes(outcome.cleared_s[:, 0]) == [80, -1]
    assert minutes(outcome.overtime_s) == [20]
    assert minutes(outcome.idle_s) == [50]
    assert outcome.visit[0] == Kept.SKIPPED
    assert (outcome.driven_m[0], outcome.home_m[0]) == (1000, 1000)


def test_a_shift_takes_the_queue_from_its_base_but_one_that_works_on_begins_where_it_is() -> None:
    shifts = Hours.of([(0, 0, 60 * MINUTE), (0, 120 * MINUTE, 180 * MINUTE)])
    units = Units(np.zeros(1, np.int64), shifts)
    outcome = play(street(), units, calls((20, 2), (100, 1)), NONE, NEAREST)
    assert minutes(outcome.sent_s[:, 0]) == [20, 120]
    assert responses(outcome, 20, 100) == [10, 25]
    late = play(street(), units, calls((50, 2), (125, 2), stays_min=70), NONE, NEAREST)
    assert minutes(late.arrived_s[:, 0]) == [60, 130]


def test_two_units_go_and_the_first_there_counts() -> None:
    outcome = play(street(), night(0, 5, 3), calls((10, 4), units_needed=[2]), NONE, NEAREST)
    assert outcome.unit[0].tolist() == [1, 2]
    outcome = play(street(), night(0, 3), calls((10, 1), units_needed=[2]), NONE, NEAREST)
    assert outcome.unit[0].tolist() == [0, 1]
    assert minutes(outcome.arrived_s) == [15, 20]
    assert minutes(outcome.cleared_s) == [35, 40]
    assert responses(outcome, 10) == [5]


def test_the_second_unit_waits_in_the_queue_until_the_first_has_cleared() -> None:
    busy = calls((5, 0), (10, 5), units_needed=[1, 2])
    outcome = play(street(), night(0, 5), busy, NONE, NEAREST)
    assert minutes(outcome.sent_s[1]) == [10, 25]
    assert not outcome.queued.any()
    lapsed = calls((8, 5), (10, 0), units_needed=[1, 2])
    outcome = play(street(), night(0, 4), lapsed, NONE, NEAREST)
    assert outcome.unit[1].tolist() == [0, -1]


def test_the_last_unit_of_an_area_stands_back_except_for_danger() -> None:
    line = street()
    town = Town(line.travel_s, line.distance_m, np.array([0, 0, 0, 1, 1, 1]))
    units = night(2, 4, 5)
    once = calls((10, 3), danger=[False])
    assert play(town, units, once, NONE, NEAREST).unit[0, 0] == 0
    reserve = Policy(rule=Rule.RESERVE, held_s=5 * MINUTE)
    assert play(town, units, once, NONE, reserve).unit[0, 0] == 1
    urgent = calls((10, 2), danger=[True])
    assert play(town, units, urgent, NONE, reserve).unit[0, 0] == 0
    alone = play(town, night(2), once, NONE, Policy(rule=Rule.RESERVE, held_s=np.inf))
    assert responses(alone, 10) == [5]


def test_at_the_same_moment_who_clears_is_free_for_what_happens() -> None:
    outcome = play(street(), night(0), calls((10, 0), (30, 1)), NONE, NEAREST)
    assert not outcome.queued.any()
    assert minutes(outcome.sent_s[:, 0]) == [10, 30]
