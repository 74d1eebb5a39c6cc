"""A unit's breaks by what it said: one rule for what a phone sends and what a file brings."""

from datetime import timedelta

import pytest

from narvaro.situation.actions import set_unit_state
from narvaro.situation.models import UnitStatus
from narvaro.situation.queries import list_breaks, list_said, split_breaks
from narvaro.spine.models import Event
from tests.make import NIGHT, Crewed, World, make_unit

State = UnitStatus.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def crewed(world: World) -> Crewed:
    return make_unit(world, "V1", lat=None)


def says(crewed: Crewed, state: UnitStatus.State, minutes: int) -> None:
    set_unit_state(unit=crewed.unit, state=state, case=None, by="test", at=NIGHT + minutes * MINUTE)


def test_a_time_is_split_whole_and_without_overlap() -> None:
    """It begins with duty; what was said twice, or at its first moment, makes no empty interval."""
    at = [NIGHT + n * MINUTE for n in range(5)]
    said = [
        (at[0], State.BREAK), (at[1], State.BREAK), (at[2], State.BUSY), (at[3], State.AVAILABLE),
    ]  # fmt: skip
    assert split_breaks(at[0], at[4], said) == (
        [(at[2], at[3]), (at[3], at[4])],
        [(at[0], at[1]), (at[1], at[2])],
    )
    assert split_breaks(at[0], at[4], []) == ([(at[0], at[4])], [])


def test_what_was_said_is_listed_by_its_time_and_half_open(crewed: Crewed) -> None:
    """Also where the clock was set back between: the log tells it in another order."""
    says(crewed, State.BREAK, 10)
    says(crewed, State.AVAILABLE, 20)
    says(crewed, State.BUSY, 5)
    assert list_said(crewed.unit, NIGHT + 5 * MINUTE, NIGHT + 20 * MINUTE) == [
        (NIGHT + 5 * MINUTE, State.BUSY), (NIGHT + 10 * MINUTE, State.BREAK),
    ]  # fmt: skip


def test_a_break_that_lasts_is_not_listed_among_those_that_are_over(crewed: Crewed) -> None:
    says(crewed, State.BREAK, 0)
    assert list_breaks(crewed.unit, NIGHT) == []
    says(crewed, State.AVAILABLE, 30)
    assert list_breaks(crewed.unit, NIGHT) == [(NIGHT, NIGHT + 30 * MINUTE)]
    assert list_breaks(crewed.unit, NIGHT + MINUTE) == []


def test_a_word_that_was_purged_counts_as_a_break_for_a_phone_too(crewed: Crewed) -> None:
    """What is not known is not kept."""
    says(crewed, State.AVAILABLE, 10)
    Event.objects.filter(kind="unit.changed").update(payload=None, salt=None)
    says(crewed, State.AVAILABLE, 40)
    assert list_breaks(crewed.unit, NIGHT) == [(NIGHT + 10 * MINUTE, NIGHT + 40 * MINUTE)]
