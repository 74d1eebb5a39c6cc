"""Ids sort by time, and within a millisecond by the order in which they were made."""

from datetime import timedelta

from narvaro.spine.ids import uuid7
from tests.make import NIGHT


def test_ids_made_together_keep_their_order() -> None:
    """Ten thousand in one millisecond: all different, in order, of version 7."""
    made = [uuid7(NIGHT) for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}


def test_a_later_time_sorts_later() -> None:
    """A millisecond is enough."""
    assert uuid7(NIGHT) < uuid7(NIGHT + timedelta(milliseconds=50))
