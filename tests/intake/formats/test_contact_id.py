"""DC-05 blocks: their form, and any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.formats import MAX_EVENTS, MAX_NOTES, Event
from narvaro.intake.formats.contact_id import read_blocks


@pytest.mark.parametrize(
    ("blocks", "events"),
    [
        (["#1234", "1130 01 005"], [Event("1130", "1", "005", "01")]),
        (["3e12  0a  00f "], [Event("3E12", "3", "00f", "0a")]),
        (["1121 01 044", "6602 00 000"], [
            Event("1121", "1", "044", "01"), Event("6602", "6", "000", "00"),
        ]),
        (["#99", "1130 01 005"], [Event("1130", "1", "005", "01", "", (("#", "99"),))]),
        (["1130 01"], [Event(text="1130 01")]),
        ([], [Event()]),
    ],
)  # fmt: skip
def test_blocks_give_events(blocks: list[str], events: list[Event]) -> None:
    """Each form gives what it says and nothing else."""
    assert read_blocks(blocks, "1234") == events


@given(st.lists(st.text(min_size=1) | st.just("1130 01 005") | st.just("#9"), max_size=60))
def test_any_blocks_give_events_within_bounds(blocks: list[str]) -> None:
    """Nothing raises, there is always an event, and too many are said to be."""
    events = read_blocks(blocks, "1234")
    assert 1 <= len(events) <= MAX_EVENTS + 1
    assert all(len(event.pairs) <= MAX_NOTES for event in events)
    if len(events) > MAX_EVENTS:
        assert "more than" in events[-1].text
