"""A log that may not be on the disk is settled alone, or not at all."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import apsw
import pytest

from narvaro.intake import journal as journal_file
from narvaro.intake.journal import Journal
from narvaro.intake.records import JournalError, Record, now_us, read_after
from narvaro.intake.unsure_log import PORTION, is_settling, settle_log
from tests.intake.file_systems import RecordingDisk
from tests.waiting import wait_until


@pytest.fixture
def disk() -> Iterator[RecordingDisk]:
    one = RecordingDisk("watched")
    yield one
    one.unregister()


def _make_left(path: Path) -> None:
    """Leave a file of one record, another one alone in its log, and nobody who has it open."""
    with closing(apsw.Connection(str(path))) as db:
        db.pragma("journal_mode", "WAL")
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        db.execute("CREATE TABLE t (x)")
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        db.execute("INSERT INTO t VALUES (zeroblob(?))", (3 * PORTION,))


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_the_log_is_written_and_synced_before_the_file_and_the_file_before_it_is_emptied(
    tmp_path: Path, disk: RecordingDisk
) -> None:
    """Each byte of it, where it stands."""
    path = tmp_path / "left.db"
    _make_left(path)
    left = _log(path).read_bytes()
    settle_log(path, vfs=disk.name, busy_ms=100)
    written = {"left.db": bytearray(), "left.db-wal": bytearray()}
    order: list[tuple[str, str]] = []
    for step in disk.steps:
        if not order or order[-1] != (step.kind, step.file):
            order.append((step.kind, step.file))
        if step.kind == "write":
            assert step.file != "left.db-wal" or step.at == len(written[step.file])
            written[step.file] += step.data
    assert order[:2] == [("write", "left.db-wal"), ("sync", "left.db-wal")]
    rest = order[2:]
    assert rest.index(("write", "left.db")) < rest.index(("sync", "left.db"))
    assert rest.index(("sync", "left.db")) < rest.index(("truncate", "left.db-wal"))
    assert written["left.db-wal"] == left
    assert len(written["left.db"]) > 3 * PORTION
    with closing(apsw.Connection(str(path))) as db:
        assert db.execute("SELECT length(x) FROM t").get == 3 * PORTION


def test_without_a_log_nothing_is_opened_or_made(tmp_path: Path, disk: RecordingDisk) -> None:
    """Neither for a file that is not there yet, nor for one that was closed in order."""
    settle_log(tmp_path / "none.db", vfs=disk.name, busy_ms=0)
    Journal(tmp_path / "intake.db", "test").close()
    settle_log(tmp_path / "intake.db", vfs=disk.name, busy_ms=0)
    assert disk.steps == []
    assert [one.name for one in tmp_path.iterdir()] == ["intake.db"]


def test_a_log_is_not_settled_beside_a_reader_and_says_so(tmp_path: Path) -> None:
    """A reader may see a part of the log; nothing of it is changed while it does."""
    path = tmp_path / "left.db"
    _make_left(path)
    left = _log(path).read_bytes()
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
        assert reader.execute("SELECT count(*) FROM t").get == 1
        with pytest.raises(JournalError, match="held by another program"):
            settle_log(path, vfs=None, busy_ms=10)
        assert _log(path).read_bytes() == left
    settle_log(path, vfs=None, busy_ms=10)
    assert not _log(path).exists() or not _log(path).stat().st_size


def test_who_needs_a_journal_alone_says_so_as_long_as_it_does(tmp_path: Path) -> None:
    """A backup lets go of it then; what a killed receiver left says nothing."""
    path = tmp_path / "left.db"
    _make_left(path)
    marker = tmp_path / "left.db-settling.lock"
    marker.touch()
    assert not is_settling(path)
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
        assert reader.execute("SELECT count(*) FROM t").get == 1
        settling = Thread(target=settle_log, args=(path,), kwargs={"vfs": None, "busy_ms": 5000})
        settling.start()
        wait_until(lambda: is_settling(path), "it is said")
    settling.join(5)
    assert not is_settling(path)
    assert not marker.exists()
    assert not _log(path).exists() or not _log(path).stat().st_size


def test_a_log_is_settled_also_where_that_cannot_be_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On a full disk no file can be made."""
    path = tmp_path / "left.db"
    _make_left(path)
    (tmp_path / "left.db-settling.lock").mkdir()
    settle_log(path, vfs=None, busy_ms=10)
    assert not _log(path).exists() or not _log(path).stat().st_size
    assert "settling_not_announced" in caplog.messages


def test_a_failed_journal_promises_nothing_while_it_is_held(
    tmp_path: Path, disk: RecordingDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """It says who is in the way, and goes on once they are gone."""
    record = Record("test", now_us(), "signal", "sia-dc09", "[]", raw=b"raw")
    with patch.object(journal_file, "RETRY_S", (0.001,)), patch.object(journal_file, "BUSY_MS", 5):
        journal = Journal(tmp_path / "intake.db", "test", vfs=disk.name)
        journal.append(record).result(5)
        with closing(apsw.Connection(str(journal.path), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
            assert reader.execute("SELECT count(*) FROM record").get == 1
            disk.failing = 1
            assert journal.append(record).exception(5)
            wait_until(lambda: "held by another" in _faults(caplog), "it is said")
            assert not journal.healthy
            assert journal.append(record).exception(5)
        wait_until(lambda: journal.healthy, "it goes on")
        last = journal.append(record).result(5)
        journal.close()
    assert read_after(journal.path, 0)[-1].id == last


def _faults(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(str(getattr(one, "fault", "")) for one in caplog.records)
