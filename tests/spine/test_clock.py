"""The demo's clock: only in a home that the demo made, only forward, never on half a file."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narvaro.spine import clock
from narvaro.spine.clock import MARK, MovedClock, SystemClock, find_moved_file, make_clock
from narvaro.spine.guarded_clock import GuardedClock

NEAR = timedelta(seconds=5)


def ahead(of: MovedClock) -> float:
    """Return by how many seconds a clock is ahead of the machine's."""
    of._looked_at = -1.0
    return round((of.now() - datetime.now(UTC)).total_seconds())


def write(file: Path, text: str) -> None:
    """Write the file and let its time of change differ, however fast the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home that the demo made, its clock named in the environment."""
    monkeypatch.setenv("NARVARO_HOME", str(tmp_path))
    monkeypatch.setenv("NARVARO_CLOCK", str(tmp_path / "clock.json"))
    (tmp_path / MARK).touch()
    return tmp_path


def test_the_file_moves_the_time_forward_and_never_back(home: Path) -> None:
    """Half a write, nonsense and a smaller offset leave the time as it was."""
    moved, file = make_clock(), home / "clock.json"
    assert isinstance(moved, MovedClock)
    assert ahead(moved) == 0
    write(file, json.dumps({"offset_s": 3600.0}))
    assert ahead(moved) == 3600
    for text in ("{", "[]", '{"offset_s": "soon"}', '{"offset_s": 60}', '{"offset_s": null}'):
        write(file, text)
        assert ahead(moved) == 3600, text


def test_seconds_that_are_waited_stay_the_machines(home: Path) -> None:
    """Timeouts and pauses are not hurried."""
    write(home / "clock.json", json.dumps({"offset_s": 86_400}))
    moved = make_clock()
    assert abs(moved.monotonic() - SystemClock().monotonic()) < NEAR.total_seconds()


@pytest.mark.parametrize("missing", ["mark", "variable", "home", "elsewhere"])
def test_outside_the_demo_there_is_no_such_clock(
    home: Path, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real installation's time cannot be moved, whatever its environment says."""
    if missing == "mark":
        (home / MARK).unlink()
    elif missing == "elsewhere":
        monkeypatch.setenv("NARVARO_HOME", str(home / "another"))
    else:
        monkeypatch.delenv("NARVARO_CLOCK" if missing == "variable" else "NARVARO_HOME")
    assert find_moved_file() is None
    assert isinstance(make_clock(), GuardedClock)


def test_the_offset_of_a_page_is_that_of_its_clock(home: Path) -> None:
    """Nothing where no demo rules."""
    assert clock.offset() == timedelta()
    write(home / "clock.json", json.dumps({"offset_s": 7200}))
    with clock.ruled_by(make_clock()):
        clock.now()
        assert clock.offset() == timedelta(hours=2)
