"""A backup is a home: whole, of one moment, and no alarm is lost when it takes the other's place."""

import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from narvaro.config.backup import BackupRefused, check_backup, make_backup
from narvaro.config.home import Home, Settings, open_home
from narvaro.intake.journal import Journal
from narvaro.intake.models import JournalPlace
from narvaro.intake.records import read_after
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from tests.config.test_cli import INSTALLATION, Shell
from tests.intake.test_promotion import keep_signals, received, run
from tests.make import World, make_site, make_transmitter


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with what an installation leaves in it."""
    found = open_home(tmp_path / "home")
    for name in ("photos/ab", "narvaro.toml", "work.lock", "agreed-time.json", "uploads/tmp1.upload",
                 "uploads/0a-0b", "kernels/1/x.nbi", "photos/.half"):  # fmt: skip
        file = found.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# a file of " + name)
    return open_home(found.path)


@pytest.fixture
def database(home: Home) -> Iterator[apsw.Connection]:
    """Return the main database, open in its work process, its last row in the log alone."""
    one = apsw.Connection(str(home.path / "narvaro.db"))
    one.pragma("journal_mode", "wal")
    one.execute("CREATE TABLE kept (n INTEGER); INSERT INTO kept VALUES (1)").get  # noqa: B018 - apsw runs as it is read
    one.pragma("wal_autocheckpoint", 0)
    one.execute("INSERT INTO kept VALUES (2)")
    yield one
    one.close()


def rows_of(file: Path) -> list[int]:
    """Return what a database holds."""
    one = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [n for (n,) in one.execute("SELECT n FROM kept ORDER BY n")]
    finally:
        one.close()


def test_a_backup_holds_all_that_an_installation_is(
    home: Home, database: apsw.Connection, tmp_path: Path
) -> None:
    """What lies in the log too; not what is of the machine, or half written."""
    to = tmp_path / "backup"
    made = make_backup(home, to)
    names = {one.relative_to(to).as_posix() for one in to.rglob("*") if one.is_file()}
    assert names == {
        "backup.json", "narvaro.db", "narvaro.toml", "photos/ab", "secrets.toml", "uploads/0a-0b",
    }  # fmt: skip
    assert made.databases == ("narvaro.db",)
    assert check_backup(to) == made
    assert rows_of(to / "narvaro.db") == [1, 2]
    assert to.stat().st_mode & 0o077 == 0
    assert (to / "secrets.toml").stat().st_mode & 0o077 == 0
    assert open_home(to).seal_key == home.seal_key


@pytest.mark.parametrize("name", ["narvaro.db", "photos/ab", "secrets.toml"])
def test_a_backup_that_was_changed_is_refused(
    home: Home, database: apsw.Connection, tmp_path: Path, name: str
) -> None:
    to = tmp_path / "backup"
    make_backup(home, to)
    kept = (to / name).read_bytes()
    (to / name).write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(BackupRefused, match=name):
        check_backup(to)
    (to / name).unlink()
    with pytest.raises(BackupRefused, match=name):
        check_backup(to)


def test_what_was_never_finished_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no backup that was finished"):
        check_backup(tmp_path)


def test_a_damaged_database_is_said_and_not_kept_for_whole(home: Home, tmp_path: Path) -> None:
    (home.path / "narvaro.db").write_bytes(b"SQLite format 3\x00" + b"x" * 5000)
    with pytest.raises(BackupRefused, match=r"narvaro\.db"):
        make_backup(home, tmp_path / "backup")
    with pytest.raises(BackupRefused):
        check_backup(tmp_path / "backup")


def test_nothing_is_written_over_and_nothing_into_itself(
    home: Home, database: apsw.Connection, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for to in (tmp_path / "full", home.path / "backup", tmp_path, tmp_path / "full" / "a"):
        with pytest.raises(BackupRefused):
            make_backup(home, to)
    assert [one.name for one in (tmp_path / "full").iterdir()] == ["a"]


def test_a_folder_that_holds_no_installation_is_not_backed_up(tmp_path: Path) -> None:
    """A mistyped NARVARO_HOME makes an empty home; a backup of that is worth nothing."""
    with pytest.raises(BackupRefused, match="no installation"):
        make_backup(Home(tmp_path, Settings(), "", ""), tmp_path / "backup")


def test_no_alarm_is_lost_when_a_journal_is_brought_back(
    world: World, home: Home, database: apsw.Connection, tmp_path: Path, hands: Hands
) -> None:
    """Taken before alarms that were promoted since; those that come after it are promoted too, once each."""
    for number in range(6):
        make_transmitter(make_site(world, f"Skola {number}"), f"400{number}")
    journal = Journal(home.journal, "main")
    keep_signals(journal, received("4000"))
    run(journal)
    make_backup(home, tmp_path / "backup")
    for number in (1, 2, 3):
        keep_signals(journal, received(f"400{number}"))
    run(journal)
    journal.close()
    place = JournalPlace.objects.get().record_id
    hands.advance(60)
    again = Journal(tmp_path / "backup" / "intake" / "intake.db", "main")
    try:
        for number in (4, 5):
            keep_signals(again, received(f"400{number}"))
        assert min(one.id for one in read_after(again.path, 0)[1:]) > place
        run(again)
    finally:
        again.close()
    found = Case.objects.values_list("site__name", flat=True)
    assert sorted(found) == [f"Skola {number}" for number in range(6)]


def test_no_alarm_is_lost_when_the_database_is_brought_back_alone(
    world: World, home: Home, database: apsw.Connection
) -> None:
    """Promotion's place comes back with it: what came since is promoted again from the journal."""
    for number in range(3):
        make_transmitter(make_site(world, f"Skola {number}"), f"400{number}")
    journal = Journal(home.journal, "main")
    try:
        keep_signals(journal, received("4000"))
        run(journal)
        place = JournalPlace.objects.get().record_id
        for number in (1, 2):
            keep_signals(journal, received(f"400{number}"))
        run(journal)
        JournalPlace.objects.update(record_id=place)
        run(journal)
    finally:
        journal.close()
    assert Case.objects.count() == 3


@pytest.mark.slow
def test_the_command_makes_a_home_that_starts(tmp_path: Path) -> None:
    """As a person runs it: back up, read through, use the copy in the other's place."""
    shell = Shell(tmp_path)
    assert shell("setup", shell.write("installation.toml", INSTALLATION)).code == 0
    to = tmp_path / "copy"
    done = shell("backup", str(to))
    assert (done.code, done.err) == (0, "")
    assert "narvaro.db: whole" in done.out
    assert shell("backup", "--check", str(to)).out == done.out
    again = shell("backup", str(to))
    assert (again.code, again.out) == (1, "")
    assert "not empty" in again.err
    found = json.loads(shell("doctor", "--json", NARVARO_HOME=str(to)).out)
    levels = {one["code"]: one["level"] for one in found}
    assert (levels["database_settings"], levels["file_modes"]) == ("ok", "ok")
