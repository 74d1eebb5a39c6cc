"""The worker's heartbeat: at most every two seconds, aside and renamed, on a full disk too."""

import json
from pathlib import Path

import pytest

from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import FILE, Heart, find_beat
from narvaro.spine.uptime import Uptime


def test_a_beat_ages_and_the_next_makes_it_young(tmp_path: Path, hands: Hands) -> None:
    """Also within a turn: a long turn is no standstill while its steps end."""
    heart = Heart(tmp_path)
    heart.turned()
    hands.advance(31)
    beat = find_beat(tmp_path)
    assert beat is not None
    assert beat.step_age_s == 31
    turned_at = beat.turned_at
    heart.beat()
    beat = find_beat(tmp_path)
    assert beat is not None
    assert (beat.step_age_s, beat.turned_at) == (0, turned_at)
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


def test_it_is_written_at_most_every_two_seconds(tmp_path: Path, hands: Hands) -> None:
    heart = Heart(tmp_path)
    heart.beat()
    (tmp_path / FILE).unlink()
    hands.advance(1.9)
    heart.beat()
    assert find_beat(tmp_path) is None
    hands.advance(0.2)
    heart.beat()
    assert find_beat(tmp_path) is not None


def test_a_beat_of_before_the_machines_start_has_no_age(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    Heart(tmp_path).turned()
    monkeypatch.setattr(hands, "uptime", lambda: Uptime("another", 5.0))
    beat = find_beat(tmp_path)
    assert beat is not None
    assert beat.step_age_s is None


def test_on_a_full_disk_it_is_written_over_in_its_place(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No new file can be made then; a worker that turns must not be taken for one that stands."""
    heart = Heart(tmp_path)
    heart.turned()
    place = (tmp_path / FILE).stat().st_ino

    def full(_path: Path, *_given: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    hands.advance(60)
    heart.turned()
    beat = find_beat(tmp_path)
    assert beat is not None
    assert beat.step_age_s == 0
    assert (tmp_path / FILE).stat().st_ino == place


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"pid": 1})])
def test_what_cannot_be_read_is_no_beat(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert find_beat(tmp_path) is None
