"""Events whose moment is not known, spread over time slots."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.aoristic import EPOCH, SPREAD_CAP_H, Slots, from_hours, spread, to_hours

HOURS = st.floats(-1e5, 3e5)
SLOTS = st.sampled_from([Slots(), Slots(8, 6), Slots(0.5), Slots(24, 3)])


@given(st.lists(st.tuples(HOURS, st.floats(0, 2000)), min_size=1, max_size=20), SLOTS)
def test_an_event_counts_once_in_all_and_only_in_its_interval(
    events: list[tuple[float, float]], slots: Slots
) -> None:
    begins = np.array([begin for begin, _ in events])
    ends = begins + [length for _, length in events]
    found = spread(begins, ends, slots)
    assert np.bincount(found.event, found.weight) == pytest.approx(np.ones(len(events)))
    opens = slots.begins_h(found.slot)
    assert (found.weight >= 0).all()
    assert (opens + slots.hours > begins[found.event] - 1e-6).all()
    assert (opens <= ends[found.event] + 1e-6).all()


def test_a_share_is_the_part_of_the_interval_in_the_slot() -> None:
    found = spread(np.array([10.5]), np.array([13.0]), Slots())
    assert found.slot.tolist() == [10, 11, 12]
    assert found.weight == pytest.approx([0.2, 0.4, 0.4])


def test_a_known_moment_is_in_the_slot_that_begins_with_it() -> None:
    found = spread(np.array([14.0, 13.99]), np.array([14.0, 13.99]), Slots(8, 6))
    assert found.slot.tolist() == [1, 0]
    assert found.weight.tolist() == [1.0, 1.0]


def test_a_long_interval_is_spread_over_the_week_around_its_middle() -> None:
    found = spread(np.array([0.0]), np.array([1000.0]), Slots())
    assert found.slot[0] == 500 - SPREAD_CAP_H / 2
    assert len(found.slot) == SPREAD_CAP_H
    assert np.bincount(found.slot % 168, found.weight) == pytest.approx(np.full(168, 1 / 168))


def test_the_epoch_is_a_monday_and_hours_lead_back() -> None:
    friday = datetime(2026, 1, 9, 22, 30)  # noqa: DTZ001 - local wall-clock time on purpose
    hours = to_hours([EPOCH, friday])
    assert EPOCH.weekday() == 0
    assert hours[0] == 0
    assert hours[1] % 168 == 4 * 24 + 22.5
    assert from_hours(hours[1]) == friday


def test_a_time_with_a_zone_and_an_interval_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        to_hours([datetime(2026, 1, 9, tzinfo=UTC)])
    with pytest.raises(ValueError, match="not before"):
        spread(np.array([2.0]), np.array([1.0]), Slots())
    with pytest.raises(ValueError, match="whole number of slots"):
        Slots(7)


def test_a_span_must_begin_and_end_on_slots() -> None:
    assert Slots(8, 6).between(6, 24).tolist() == [0, 1, 2]
    for first_h, hours in ((7, 24), (6, 4), (6, 0)):
        with pytest.raises(ValueError, match="slots of"):
            Slots(8, 6).between(first_h, hours)
