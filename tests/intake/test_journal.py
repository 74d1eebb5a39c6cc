"""The journal: a future is a promise kept, also when the disk breaks."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from narvaro.intake.journal import DOUBT_COUNTS_S, PRAGMAS, TRUSTED_AFTER_S, Journal
from narvaro.intake.records import (
    KEPT_S,
    JournalError,
    Kind,
    Listening,
    Record,
    Seen,
    now_us,
    read_after,
    read_last_seen,
    read_listening,
    read_of_kind,
)
from narvaro.spine.clock import Hands, ruled_by
from tests.waiting import wait_until


class BreakableFile(apsw.VFSFile):
    """A file whose syncs fail while its file system is broken."""

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        if Breakable.broken:
            Breakable.failures += 1
            raise apsw.IOError
        super().xSync(flags)


class Breakable(apsw.VFS):
    """A file system that a test breaks and mends."""

    broken = False
    failures = 0

    def __init__(self) -> None:
        super().__init__("breakable", "")

    def xOpen(self, name: Any, flags: list[int]) -> BreakableFile:  # noqa: N802 - apsw's name
        return BreakableFile("", name, flags)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    one = Journal(tmp_path / "intake.db", "test")
    yield one
    one.close()


def make_record(raw: bytes = b"raw", kind: Kind = "signal", at_us: int = 0) -> Record:
    return Record(
        "test", at_us or now_us(), kind, "sia-dc09", "[]",
        tenant="town", account="1234", peer="192.0.2.1", raw=raw, flags="time_unverified",
    )  # fmt: skip


def test_appended_record_reads_back_whole_and_in_order(journal: Journal) -> None:
    """A reader sees what was promised, in the order of ids, from any place on."""
    records = [make_record(bytes([number])) for number in range(200)]
    ids = [done.result(5) for done in [journal.append(one) for one in records]]
    assert ids == list(range(ids[0], ids[0] + 200))
    read = read_after(journal.path, ids[0] - 1)
    assert [one.raw for one in read] == [one.raw for one in records]
    assert [one.id for one in read] == ids
    assert read[0].received_at.tzinfo is UTC
    assert [one.id for one in read_after(journal.path, ids[100], 7)] == ids[101:108]


def test_many_threads_share_commits(journal: Journal) -> None:
    """Each of many producers gets its own record's id."""
    ids: dict[bytes, int] = {}

    def produce(number: int) -> None:
        for turn in range(20):
            raw = b"%d-%d" % (number, turn)
            ids[raw] = journal.append(make_record(raw)).result(5)

    threads = [threading.Thread(target=produce, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.raw: one.id for one in read_after(journal.path, 0)} == ids


def test_ids_rise_over_a_journal_made_anew(tmp_path: Path) -> None:
    """A reader's place stays good when the file is lost and made again."""
    before = Journal(tmp_path / "a" / "intake.db", "test")
    first = before.append(make_record()).result(5)
    before.close()
    after = Journal(tmp_path / "b" / "intake.db", "test")
    second = after.append(make_record()).result(5)
    after.close()
    assert second > first


def test_reopened_journal_keeps_records_accounts_and_last_seen(tmp_path: Path) -> None:
    """What was kept is there after a restart; ids go on."""
    path = tmp_path / "intake.db"
    assert (read_after(path, 0), read_last_seen(path)) == ([], [])
    journal = Journal(path, "test")
    assert journal.get_accounts() is None
    journal.save_accounts(b"old")
    journal.save_accounts(b"new").result(5)
    first = journal.append(make_record()).result(5)
    journal.see(Seen("town", "sia-dc09", "1234", "", 17))
    journal.see(Seen("town", "sia-dc09", "1234", "", 18))
    journal.close()
    again = Journal(path, "test")
    assert again.get_accounts() == b"new"
    assert again.append(make_record()).result(5) > first
    again.close()
    assert [(one.account, one.at_us) for one in read_last_seen(path)] == [("1234", 18)]


def test_last_seen_is_saved_within_five_seconds_of_use(tmp_path: Path) -> None:
    """The clock of the journal, not its closing, saves it."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        journal = Journal(tmp_path / "intake.db", "test")
        journal.see(Seen("town", "sia-dc09", "1234", "", 17))
        journal.append(make_record()).result(5)
        assert read_last_seen(journal.path) == []
        hands.advance(5)
        journal.append(make_record()).result(5)
        wait_until(lambda: read_last_seen(journal.path), "last seen is saved")
        journal.close()


@pytest.mark.parametrize(("kind", "kept_s"), KEPT_S.items())
def test_each_class_leaves_at_its_time_and_the_rest_stays(
    tmp_path: Path, kind: Kind, kept_s: int
) -> None:
    """Nothing is kept longer than its class may be, and nothing shorter."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        journal = Journal(tmp_path / "intake.db", "test")
        journal.append(make_record(b"old", kind)).result(5)
        hands.advance(TRUSTED_AFTER_S)
        hands.advance(kept_s - TRUSTED_AFTER_S - 5)
        longest = next(one for one in KEPT_S if one != kind)
        journal.append(make_record(b"young", longest)).result(5)
        assert b"old" in [one.raw for one in read_after(journal.path, 0)]
        hands.advance(10)
        journal.append(make_record(b"young", longest)).result(5)
        wait_until(
            lambda: [one.raw for one in read_after(journal.path, 0)] == [b"young"] * 2, "it is gone"
        )
        journal.close()


def test_what_was_purged_gives_its_room_back_and_cannot_be_read(tmp_path: Path) -> None:
    """The file shrinks, and no byte of a purged record is left in it."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    secret = b"whereabouts" * 300
    with ruled_by(hands):
        journal = Journal(tmp_path / "intake.db", "test")
        for _ in range(300):
            journal.append(make_record(secret, "position"))
        journal.append(make_record(b"alarm")).result(5)
        hands.advance(KEPT_S["position"] + 5)
        for _ in range(4):
            hands.advance(5)
            journal.append(make_record(b"alarm")).result(5)
        journal.close()
    assert secret[:40] not in journal.path.read_bytes()
    assert journal.path.stat().st_size < 300 * len(secret) / 4


def test_the_connection_is_as_durable_as_promised(tmp_path: Path) -> None:
    """Each setting that the promises stand on is in force, not only asked for."""
    journal = Journal(tmp_path / "intake.db", "test")
    found = {name: journal._db.pragma(name) for name, _ in PRAGMAS}
    assert found == {
        "auto_vacuum": 2, "journal_mode": "wal", "synchronous": 2, "secure_delete": 2,
    }  # fmt: skip
    journal.close()


def test_a_journal_tells_since_when_it_listens(tmp_path: Path) -> None:
    """Each start begins anew; what says that it listens is a few seconds old at most."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        assert read_listening(tmp_path / "intake.db") is None
        for _ in range(2):
            hands.advance(3600)
            started_us = now_us()
            journal = Journal(tmp_path / "intake.db", "test")
            hands.advance(5)
            journal.append(make_record()).result(5)
            journal.close()
            assert read_listening(journal.path) == Listening(started_us, now_us())


@pytest.mark.parametrize(
    ("off_s", "jump_s", "longer_s"),
    [
        (61.0, 0.0, 0.0),
        (-61.0, 0.0, 61.0),
        (0.0, -3600.0, 3600.0),
        (0.0, 3600.0, 0.0),
        (-60.0, -120.0, 120.0),
        (-1e9, 0.0, DOUBT_COUNTS_S),
        (None, 0.0, DOUBT_COUNTS_S),
    ],
)
def test_positions_go_also_while_our_time_is_in_doubt(
    tmp_path: Path, off_s: float | None, jump_s: float, longer_s: float
) -> None:
    """As much later as the truth may be earlier, some hours at most; everything else stays."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        journal = Journal(tmp_path / "intake.db", "test")
        others = [kind for kind in KEPT_S if kind != "position"]
        for kind in KEPT_S:
            journal.append(make_record(kind.encode(), kind)).result(5)
        hands.off_s, hands.jump_s = off_s, jump_s
        hands.advance(KEPT_S["position"] + longer_s - 5)
        journal.append(make_record(b"before")).result(5)
        assert b"position" in [one.raw for one in read_after(journal.path, 0)]
        hands.advance(10 * 366 * 86_400 if longer_s == 0 else 10)
        journal.append(make_record(b"after")).result(5)
        wait_until(
            lambda: b"position" not in [one.raw for one in read_after(journal.path, 0)], "gone"
        )
        left = [one.raw for one in read_after(journal.path, 0)]
        assert left == [*(one.encode() for one in others), b"before", b"after"]
        journal.close()


def test_a_clock_in_doubt_deletes_no_alarm_and_leaves_no_row_from_the_future(
    tmp_path: Path,
) -> None:
    """A receiver that once ran years ahead is forgotten as soon as it runs right."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        journal = Journal(tmp_path / "intake.db", "test")
        journal.append(make_record(b"first")).result(5)
        hands.advance(TRUSTED_AFTER_S)
        hands.jump_s = 800 * 86_400.0
        hands.jump(800 * 86_400.0)
        hands.advance(5)
        journal.append(make_record(b"alarm")).result(5)
        hands.jump(-800 * 86_400.0)
        hands.jump_s = 0.0
        hands.advance(5)
        journal.append(make_record(b"later")).result(5)
        wait_until(lambda: read_listening(journal.path) == Listening(now_us(), now_us()), "anew")
        assert [one.raw for one in read_after(journal.path, 0)] == [b"first", b"alarm", b"later"]
        journal.close()


def test_the_newest_records_are_read_back_to_a_time(journal: Journal) -> None:
    """In order, no older ones, and none of another kind."""
    for at_us in (10, 20, 30, 40):
        journal.append(make_record(at_us=at_us)).result(5)
    kind = make_record().kind
    assert [one.received_at_us for one in read_of_kind(journal.path, kind, 30)] == [30, 40]
    assert read_of_kind(journal.path, kind, 50) == read_of_kind(journal.path, "rotation", 0) == []


def test_another_receivers_journal_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    """Two receivers never write one journal; what is no database says so."""
    path = tmp_path / "intake.db"
    Journal(path, "first").close()
    with pytest.raises(JournalError, match="'first'"):
        Journal(path, "second")
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(path, "first")
    with pytest.raises(JournalError, match="cannot be read"):
        read_after(path, 0)


def _fails(done: "Future[int]") -> bool:
    return isinstance(done.exception(5), JournalError)


def test_failed_sync_stops_acknowledging_until_reopened_and_verified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No promise while the disk refuses; the one before is still there; then it goes on."""
    file_system = Breakable()
    journal = Journal(tmp_path / "intake.db", "test", vfs="breakable")
    kept = journal.append(make_record(b"kept")).result(5)
    try:
        Breakable.broken = True
        assert _fails(journal.append(make_record(b"lost")))
        assert not journal.healthy
        assert _fails(journal.append(make_record(b"lost too")))
        failures = Breakable.failures
        wait_until(lambda: Breakable.failures > failures, "it tries again")
        assert not journal.healthy
    finally:
        Breakable.broken = False
    wait_until(lambda: journal.healthy, "it recovers")
    after = journal.append(make_record(b"after")).result(5)
    journal.close()
    file_system.unregister()
    stored = {one.id: one.raw for one in read_after(journal.path, 0)}
    assert stored[kept] == b"kept"
    assert stored[after] == b"after"
    said = [record.message for record in caplog.records]
    assert said[0] == "journal_failed"
    assert said[-1] == "journal_recovered"
    assert "journal_lost_acknowledged" not in said


def test_acknowledged_record_that_is_gone_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that lied is found when the journal is verified."""
    file_system = Breakable()
    journal = Journal(tmp_path / "intake.db", "test", vfs="breakable")
    gone = journal.append(make_record()).result(5)
    other = apsw.Connection(str(journal.path))
    other.execute("DELETE FROM record WHERE id = ?", (gone,))
    other.close()
    Breakable.broken = True
    assert _fails(journal.append(make_record()))
    Breakable.broken = False
    wait_until(lambda: journal.healthy, "it recovers")
    journal.close()
    file_system.unregister()
    assert "journal_lost_acknowledged" in [record.message for record in caplog.records]


def test_closed_journal_promises_nothing(tmp_path: Path) -> None:
    """After closing, a record is refused at once."""
    journal = Journal(tmp_path / "intake.db", "test")
    last: list[Callable[[], int]] = [journal.append(make_record()).result]
    journal.close()
    assert last[0]() > 0
    assert _fails(journal.append(make_record()))
