"""Power cuts: no acknowledged record is lost, and the test can fail."""

from random import Random

import pytest

from tests.intake.file_systems import Cut, Step
from tests.intake.power_cuts import LooseJournal, cut_often

CUTS = 200


def test_no_acknowledged_record_is_lost_in_a_power_cut() -> None:
    """Wherever the power goes, in commits, checkpoints and purges, what was promised is there."""
    outcomes = list(cut_often(CUTS, seed=1))
    assert [one for one in outcomes if one.is_loss] == []
    assert sum(one.in_checkpoint for one in outcomes) > CUTS / 20
    assert sum(len(one.promised) for one in outcomes) > CUTS


def test_the_same_cuts_lose_records_where_commits_are_not_synced() -> None:
    """The control: with synchronous=NORMAL the same test finds losses."""
    assert any(one.missing for one in cut_often(CUTS, seed=1, made=LooseJournal))


@pytest.mark.parametrize(("synced", "left"), [(True, {b"new"}), (False, {b"old", b"new"})])
def test_cut_keeps_what_was_synced_and_doubts_the_rest(synced: bool, left: set[bytes]) -> None:
    """The simulator itself: a synced write is there after any cut, another one may be."""
    disk = Cut({"file": b"old"})
    disk.follow([Step("write", "file", 0, b"new"), *([Step("sync", "file")] if synced else [])])
    images = [disk.make_image(Random(seed))["file"] for seed in range(50)]
    whole = {image for image in images if image in (b"old", b"new")}
    assert whole == left
    assert synced or len(set(images)) > 2, "some are torn"


def test_cut_may_bring_a_deleted_file_back_until_its_folder_is_synced() -> None:
    """A deletion is a promise only after the folder's sync, which a new log's first sync brings."""
    disk = Cut({"a-journal": b"old"})
    disk.follow([Step("delete", "a-journal")])
    assert {tuple(disk.make_image(Random(seed))) for seed in range(50)} == {(), ("a-journal",)}
    disk.follow([Step("write", "a-wal", 0, b"log"), Step("sync", "a-wal")])
    assert {tuple(disk.make_image(Random(seed))) for seed in range(50)} == {("a-wal",)}
