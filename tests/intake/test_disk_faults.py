"""Disks that fail at any operation: what was acknowledged is stored, and it goes on when mended."""

from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from unittest.mock import patch

import apsw
import pytest

from narvaro.intake import journal as journal_file
from narvaro.intake.journal import Journal
from narvaro.intake.records import Record, now_us, read_after
from tests.intake.crowds import FILES, FREE, ROOM, ask_in_crowd, raise_file_limit
from tests.intake.file_systems import Fault, FaultyDisk
from tests.intake.kills import FILE_LIMIT, kill_often
from tests.intake.running import ACCOUNTS, Running, receiver
from tests.waiting import wait_until

FOR_GOOD = 1_000_000


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    one = FaultyDisk("faulty")
    yield one
    one.unregister()


def _append(journal: Journal, count: int, name: str) -> "dict[bytes, Future[int]]":
    handed = {}
    for number in range(count):
        raw = f"{name}-{number}".encode() + bytes(1000)
        record = Record("test", now_us(), "signal", "sia-dc09", "[]", raw=raw)
        handed[raw] = journal.append(record)
    wait(handed.values(), 5)
    return handed


@pytest.mark.parametrize("times", [1, FOR_GOOD])
@pytest.mark.parametrize("after", [0, 1, 4])
@pytest.mark.parametrize("fault", Fault)
def test_only_what_is_stored_is_acknowledged_whatever_fails(
    tmp_path: Path, disk: FaultyDisk, fault: Fault, after: int, times: int
) -> None:
    """One failed operation or a disk that is gone: no false promise, and it recovers."""
    path = tmp_path / "intake.db"
    with (
        patch.object(journal_file, "RETRY_S", (0.001,)),
        patch.object(journal_file, "IDLE_PAGES", 10),
    ):
        journal = Journal(path, "test", vfs=disk.name)
        handed = _append(journal, 5, "before")
        disk.break_down(fault, after=after, times=times)
        for turn in range(4):
            handed |= _append(journal, 3, f"broken-{turn}")
        if fault is not Fault.READ:  # a small journal is read from memory
            assert disk.failures
        disk.mend()
        wait_until(lambda: journal.healthy, "it recovers")
        handed |= (last := _append(journal, 5, "after"))
        journal.close()
    kept = {raw for raw, done in handed.items() if done.exception(0) is None}
    assert kept >= set(last)
    assert kept <= {one.raw for one in read_after(path, 0)}
    assert apsw.Connection(str(path)).execute("PRAGMA integrity_check").get == "ok"


def test_cancelled_promise_does_not_end_the_journal(tmp_path: Path) -> None:
    """Who no longer waits for his answer takes nobody else's away."""
    journal = Journal(tmp_path / "intake.db", "test")
    for name in ("one", "two"):
        for done in _append(journal, 1, name).values():
            done.cancel()
        journal.append(Record("test", now_us(), "signal", "sia-dc09", "[]")).cancel()
    handed = _append(journal, 3, "after")
    journal.close()
    assert [done.exception(0) for done in handed.values()] == [None] * 3


@pytest.mark.crash
def test_no_acknowledged_alarm_is_lost_on_failing_disks(tmp_path: Path) -> None:
    """EIO, a full disk and one that turns read-only, under the real receiver, and killed in it."""
    events = (Fault.SYNC, Fault.WRITE, Fault.READ_ONLY, Fault.FULL, FILE_LIMIT)
    done = kill_often(tmp_path, len(events), seed=5, events=events)
    assert done.missing == []
    assert done.whole == "ok"
    assert done.failures >= len(events) - 1
    assert done.acknowledged > 50 * len(events)


@pytest.mark.slow
def test_genuine_alarm_is_acknowledged_within_a_second_in_a_crowd(tmp_path: Path) -> None:
    """More idle and half-open connections than there is room for: the oldest are closed, no alarm waits."""
    with receiver(tmp_path) as running:
        found = ask_in_crowd(running, 900, 5)
    assert found.held == pytest.approx(FREE, abs=5)
    assert max(found.waits_s) < 1.0


@pytest.mark.slow
def test_genuine_alarm_is_acknowledged_within_a_second_while_two_thousand_are_held(
    tmp_path: Path,
) -> None:
    """With room for them, each of the 2,000 is held the whole time."""
    raise_file_limit(FILES)
    with receiver(tmp_path, ACCOUNTS, **ROOM) as running:
        found = ask_in_crowd(running, 2000, 5)
    assert found.held >= 2000
    assert max(found.waits_s) < 1.0


@pytest.mark.slow
def test_slow_disk_delays_the_acknowledgement_and_loses_nothing(tmp_path: Path) -> None:
    """The receiver waits for each sync, however long that takes."""
    running = Running(tmp_path, disk="sync_ms=200")
    with receiver(tmp_path) as first:
        first.end()
    running.start()
    try:
        (wait_s,) = ask_in_crowd(running, 0, 1).waits_s
        assert 0.2 <= wait_s < 1.0
        assert any("crowd-0" in one.decoded for one in running.list_records())
    finally:
        running.end()
