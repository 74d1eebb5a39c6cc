"""DC-03 blocks: forms of the field, and any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.formats import MAX_EVENTS, MAX_NOTES, Event
from narvaro.intake.formats.sia_dc03 import read_blocks


@pytest.mark.parametrize(
    ("blocks", "events"),
    [
        (["#1234", "NBA5"], [Event("BA", "N", "5")]),
        (["Nri1/BA5/ri2/FA7"], [
            Event("BA", "N", "5", "1", "", (("ri", "1"),)),
            Event("FA", "N", "7", "2", "", (("ri", "1"), ("ri", "2"))),
        ]),
        (["Nti19:44/id1/ri4/RP"], [
            Event("RP", "N", "", "4", "", (("ti", "19:44"), ("id", "1"), ("ri", "4"))),
        ]),
        (["Nri1CL0001^user^"], [Event("CL", "N", "0001", "1", "user", (("ri", "1"),))]),
        (["Nri04/OP001*’NM"], [Event("OP", "N", "001", "04", "", (("ri", "04"),))]),
        (["NPA1", "AHall"], [Event("PA", "N", "1", "", "Hall")]),
        (["NPA1^Hall^", "ADesk"], [Event("PA", "N", "1", "", "Hall", (("A", "Desk"),))]),
        (["OKA1", "#77"], [Event("KA", "O", "1", "", "", (("#", "77"),))]),
        (["AHall"], [Event(text="Hall", pairs=(("A", "Hall"),))]),
        (["N?!"], [Event("", "N", text="?!")]),
        ([], [Event()]),
    ],
)  # fmt: skip
def test_blocks_give_events(blocks: list[str], events: list[Event]) -> None:
    """Each form gives what it says and nothing else."""
    assert read_blocks(blocks, "1234") == events


def test_more_events_than_anybody_can_read_end_in_a_note() -> None:
    """The bound is said, not silent."""
    events = read_blocks(["N" + "BA1/" * 100], "1234")
    assert len(events) == MAX_EVENTS + 1
    assert events[-1] == Event(text=f"more than {MAX_EVENTS} events in one frame")


pieces = st.sampled_from(["N", "O", "A", "#", "ri1", "BA", "5", "/", "*", '"', "NM", "^", "å", " "])


@given(st.lists(st.lists(pieces, min_size=1).map("".join) | st.text(min_size=1), max_size=6))
def test_any_blocks_give_events_within_bounds(blocks: list[str]) -> None:
    """Nothing raises, there is always an event, and none has no bound of pairs."""
    events = read_blocks(blocks, "1234")
    assert 1 <= len(events) <= MAX_EVENTS + 1
    assert all(len(event.pairs) <= 2 * MAX_NOTES + 1 for event in events)
