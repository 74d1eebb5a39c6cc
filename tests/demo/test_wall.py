"""The outsiders' time follows the town's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narvaro.demo import wall


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Let a file move the time, for this test."""
    wall.follow(tmp_path / "clock.json")
    yield tmp_path / "clock.json"
    wall.follow(None)


def test_the_time_goes_where_it_is_moved_and_only_forward(file: Path) -> None:
    """What was moved stands in the file, for the product's processes too."""
    target = datetime.now(UTC) + timedelta(hours=5)
    wall.move_to(target)
    assert abs(wall.now() - target) < timedelta(seconds=2)
    assert "offset_s" in file.read_text()
    with pytest.raises(ValueError, match="forward"):
        wall.move_to(target - timedelta(hours=1))


def test_half_a_write_leaves_the_time_as_it_was(file: Path) -> None:
    """The last offset that was read holds."""
    wall.move_to(datetime.now(UTC) + timedelta(hours=1))
    before = wall.now()
    file.write_text("{")
    assert abs(wall.now() - before) < timedelta(seconds=2)


def test_without_a_file_nobody_moves_the_time() -> None:
    """The night of the tests is the machine's."""
    with pytest.raises(ValueError, match="follow"):
        wall.move_to(datetime.now(UTC) + timedelta(hours=1))
