"""What the doctor finds in the stores, each with conditions that were made."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from django.db import OperationalError, connection

from narvaro.config import doctor_stores
from narvaro.config.doctor import Finding
from narvaro.config.doctor_stores import (
    SYNCS,
    TROUBLE_TODO,
    find_disk_kind,
    journals,
    judge_sync,
    main_database,
    measure_sync,
    paths,
    sqlite_versions,
    troubles,
    worker,
)
from narvaro.config.home import Home, Settings
from narvaro.config.watching import Checks
from narvaro.intake.actions import move_place
from narvaro.intake.journal import Journal
from narvaro.intake.listening import Listener
from narvaro.intake.models import PathState
from narvaro.intake.records import Record, now_us
from narvaro.situation.troubles import raise_trouble
from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import Heart
from tests.make import NIGHT, World, make_site, make_transmitter

ON_SQLITE = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="asks SQLite's settings")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home."""
    (tmp_path / "intake").mkdir()
    return Home(tmp_path, Settings(), "", "")


def levels(found: list[Finding]) -> dict[str, str]:
    """Return each finding's level by its code."""
    return {one.code: one.level for one in found}


def silent(*_given: object, **_named: object) -> Any:
    raise OperationalError("connection refused")


@pytest.mark.parametrize(
    ("python", "own", "expected"),
    [
        ("3.51.3", "3.54.1", {"sqlite_python": "ok", "sqlite_apsw": "ok"}),
        ("3.40.1", "3.54.1", {"sqlite_python": "warn", "sqlite_apsw": "ok"}),
        ("3.51.3", "3.50.6", {"sqlite_python": "ok", "sqlite_apsw": "bad"}),
    ],
)
def test_known_faults_of_the_two_sqlites(
    home: Home, monkeypatch: pytest.MonkeyPatch, python: str, own: str, expected: dict[str, str]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version", python)
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: own)
    monkeypatch.setattr(connection, "vendor", "sqlite")
    assert levels(sqlite_versions(home)) == expected


@ON_SQLITE
@pytest.mark.django_db(transaction=True)
def test_a_database_that_may_lose_a_commit(home: Home) -> None:
    """synchronous=FULL in force is well; NORMAL is not, in WAL."""
    assert levels(main_database(home)) == {"database_settings": "ok"}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            [found] = main_database(home)
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
    assert (found.level, found.what_to_do) == ("bad", "set synchronous to 2")


def test_a_database_that_does_not_answer(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the doctor still looks at the journal, and says what it cannot know."""
    monkeypatch.setattr(connection, "cursor", silent)
    assert levels(main_database(home)) == {"database_silent": "bad"}
    for name in ("read_receivers", "count_all_paths"):
        monkeypatch.setattr(doctor_stores, name, silent)
    Journal(home.journal, "main").close()
    assert levels(journals(home)) == {
        "journal": "ok", "promotion_lag": "warn", "receiver_silent": "ok",
    }  # fmt: skip
    assert levels(paths(home)) == {"paths": "warn"}


@pytest.mark.django_db
def test_a_journal_from_its_beginning_to_its_silence(home: Home, hands: Hands) -> None:
    """Not begun, well, behind, silent."""
    assert levels(journals(home)) == {"journal": "warn"}
    journal = Journal(home.journal, "main")
    stored = journal.append(Record("main", now_us(), "signal", "test", "[]")).result(5)
    journal.close()
    hands.advance(6)
    found = journals(home)
    assert levels(found) == {"journal": "ok", "promotion_lag": "bad", "receiver_silent": "ok"}
    assert f"last id {stored}, journal_mode wal, auto_vacuum incremental" in found[0].what
    move_place(receiver_id="main", record_id=stored)
    hands.advance(10)
    assert levels(journals(home)) == {
        "journal": "ok", "promotion_lag": "ok", "receiver_silent": "bad",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_journal_that_is_not_wal_or_no_journal(home: Home) -> None:
    Journal(home.journal, "main").close()
    db = apsw.Connection(str(home.journal))
    db.pragma("journal_mode", "delete")
    db.close()
    assert levels(journals(home))["journal"] == "bad"
    home.journal.write_bytes(b"nothing" * 1000)
    assert levels(journals(home)) == {"journal_unreadable": "bad"}


@pytest.mark.parametrize(
    ("ms", "kind", "level", "said"),
    [
        (3.0, "rotating", "ok", ""),
        (21.0, "solid", "warn", "slow"),
        (0.04, "rotating", "warn", "faster than a disk can"),
        (0.04, "virtual", "warn", "faster than a disk can"),
        (0.04, "solid", "ok", ""),
        (0.06, "virtual", "ok", ""),
        (3.0, "memory", "bad", "power cut"),
    ],
)
def test_a_disk_that_is_slow_or_lies(
    ms: float, kind: doctor_stores.DiskKind, level: str, said: str
) -> None:
    """The median decides: one slow sync among twenty is no slow disk."""
    found = judge_sync([ms] * (SYNCS - 1) + [500.0], kind, "/home")
    assert found.level == level
    assert said in found.what
    assert bool(found.what_to_do) == (level != "ok")


def test_the_sync_is_measured_and_leaves_nothing(tmp_path: Path) -> None:
    taken_ms = measure_sync(tmp_path)
    assert len(taken_ms) == SYNCS
    assert all(one >= 0 for one in taken_ms)
    assert list(tmp_path.iterdir()) == []


def test_the_kind_of_disk_is_what_linux_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the block device's name, else by its queue's flag (a partition's is its disk's)."""
    monkeypatch.setattr(doctor_stores, "_file_system", lambda _folder: "ext4")
    monkeypatch.setattr("os.major", lambda _device: 8)
    monkeypatch.setattr("os.minor", lambda _device: 1)
    links = tmp_path / "block"
    links.mkdir()
    link = links / "8:1"
    assert find_disk_kind(tmp_path, links) == "unknown"
    for name, flag, kind in (
        ("sda", "1", "rotating"),
        ("nvme0n1", "0", "solid"),
        ("vda", "1", "virtual"),
    ):
        partition = tmp_path / name / f"{name}1"
        partition.mkdir(parents=True)
        (tmp_path / name / "queue").mkdir()
        (tmp_path / name / "queue" / "rotational").write_text(f"{flag}\n")
        link.unlink(missing_ok=True)
        link.symlink_to(partition)
        assert find_disk_kind(tmp_path, links) == kind
    for system, kind in (("tmpfs", "memory"), ("overlay", "virtual")):
        monkeypatch.setattr(doctor_stores, "_file_system", lambda _folder, one=system: one)
        assert find_disk_kind(tmp_path, links) == kind


def test_the_file_system_of_a_folder_is_found() -> None:
    assert doctor_stores._file_system(Path("/proc")) == "proc"


def test_the_workers_heartbeat(home: Home, hands: Hands) -> None:
    """None yet, beating, without a database, standing still."""
    assert levels(worker(home)) == {"worker": "warn"}
    heart = Heart(home.path)
    heart.turned()
    assert levels(worker(home)) == {"worker": "ok"}
    hands.advance(5)
    heart.database_answers = False
    heart.turned()
    [found] = worker(home)
    assert (found.level, "database does not answer" in found.what) == ("bad", True)
    hands.advance(31)
    [found] = worker(home)
    assert (found.level, "stands still" in found.what) == ("bad", True)


def test_open_troubles_are_named(world: World, home: Home) -> None:
    assert levels(troubles(home)) == {"troubles": "ok"}
    raise_trouble(kind="disk_space", facts={}, at=NIGHT)
    [found] = troubles(home)
    assert (found.level, found.what) == ("warn", "disk_space")
    assert found.what_to_do.startswith("Make room")


def test_every_trouble_that_is_watched_for_says_what_to_do(home: Home) -> None:
    kinds = {kind for kind, _, _ in Checks(home, Listener({}), Heart(home.path)).table}
    assert kinds | {"not_passed_on"} == set(TROUBLE_TODO)


def test_paths_are_counted_and_the_worst_named_first(world: World, home: Home) -> None:
    """Lost before late before heard, however long ago each was heard."""
    assert levels(paths(home)) == {"paths": "ok"}
    for hours, (account, state) in enumerate((("A1", "ok"), ("A2", "late"), ("A3", "lost"))):
        [path] = make_transmitter(make_site(world), account).paths.all()
        at = NIGHT - timedelta(hours=5 - hours)
        PathState.objects.create(path=path, state=state, since=at, heard_at=at)
    [found] = paths(home)
    assert (found.level, found.what) == ("warn", "1 ok, 1 late, 1 lost, 0 unheard")
    assert found.where.index("A3") < found.where.index("A2") < found.where.index("A1")
