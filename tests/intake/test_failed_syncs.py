"""Failed syncs and then a power cut: nothing that was acknowledged is lost, and the test can fail."""

from random import Random

import pytest

from tests.intake.failed_syncs import (
    TROUBLES,
    CheckpointingJournal,
    ReadingJournal,
    Trouble,
    cut_after_failures,
)
from tests.intake.file_systems import Cut, Step

BY_NAME = {one.name: one for one in TROUBLES}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.name)
def test_nothing_acknowledged_is_lost_in_a_cut_after_syncs_failed(trouble: Trouble) -> None:
    """Whatever failed, whoever read, and also where the process ended in it."""
    outcomes = list(cut_after_failures(trouble, 2, seed=1))
    assert [one for one in outcomes if one.is_loss] == []
    assert any(one.promised for one in outcomes)


@pytest.mark.parametrize("name", ["two", "disk down a while", "process started anew"])
def test_a_journal_that_reopens_and_reads_back_loses(name: str) -> None:
    """Control: what it reads is in memory, and what it acknowledges lies behind a hole."""
    assert any(one.is_loss for one in cut_after_failures(BY_NAME[name], 5, 1, ReadingJournal))


def test_a_journal_that_empties_its_log_as_it_stands_loses() -> None:
    """Control: it believes of half a checkpoint that it is in the file, which was never synced."""
    trouble = BY_NAME["half a checkpoint before"]
    assert any(one.is_loss for one in cut_after_failures(trouble, 5, 1, CheckpointingJournal))


def test_what_a_failed_sync_left_is_written_by_no_later_one() -> None:
    """The simulator itself: only bytes that are written again come to the platter."""
    seen = set()
    for dice in range(50):
        disk = Cut({"file": bytes(1024)})
        disk.follow(
            [
                Step("write", "file", 0, b"new" * 341),
                Step("failed", "file", dice),
                Step("sync", "file"),
            ]
        )
        left = disk.read("file")
        assert disk.make_image(Random(dice))["file"] == left
        seen.add(left)
        disk.follow([Step("write", "file", 0, b"new" * 341), Step("sync", "file")])
        assert disk.read("file")[:1023] == b"new" * 341
    assert bytes(1024) in seen
    assert len(seen) > 2, "some was written"
