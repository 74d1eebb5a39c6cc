"""A backup is a home: whole, of one moment, and no alarm is lost when it takes the other's place."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path

import apsw
import pytest

from narvaro.config import backup
from narvaro.config.backup import BackupRefused, _copy_once, check_backup, make_backup
from narvaro.config.home import Home, Settings, open_home
from narvaro.intake.journal import Journal
from narvaro.intake.models import JournalPlace
from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.records import read_after
from narvaro.intake.unsure_log import is_settling
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from tests.config.test_cli import INSTALLATION, Shell
from tests.config.test_promotion_kills import Scene
from tests.intake.cold_start import fill
from tests.intake.running import ACCOUNTS, Running
from tests.intake.test_promotion import keep_signals, received, run
from tests.make import World, make_site, make_transmitter
from tests.waiting import wait_until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home with what an installation leaves in it."""
    monkeypatch.delenv("NARVARO_DATABASE_URL", raising=False)  # its database lies in it
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


@pytest.mark.slow
def test_no_alarm_is_lost_when_the_database_is_brought_back_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promotion's place comes back with it: what came since is promoted again from the journal, once."""
    monkeypatch.setenv("NARVARO_DATABASE_URL", "")
    home = open_home(tmp_path / "home")
    scene = Scene(home.path)

    def look() -> tuple[list[int], dict[str, int]]:
        facts = json.loads(scene.run("look"))
        return facts["signals"], {name: facts[name] for name in ("cases", "told", "faults")}

    scene.run("begin", 10, 0, 4)
    scene.run("promote")
    before = look()
    assert before[1] == {"cases": 4, "told": 4, "faults": 0}
    make_backup(home, tmp_path / "backup")
    scene.run("store", 4, 10)
    scene.run("promote")
    since = look()
    assert since[1] == {"cases": 10, "told": 10, "faults": 0}
    for end in ("", "-wal", "-shm"):
        (home.path / f"narvaro.db{end}").unlink(missing_ok=True)
    shutil.copy2(tmp_path / "backup" / "narvaro.db", home.path / "narvaro.db")
    assert look() == before
    scene.run("promote")
    assert look() == since


def test_an_old_database_beside_postgresql_is_not_in_it(
    home: Home, database: apsw.Connection, tmp_path: Path
) -> None:
    """It would be said to be whole, and is not what the installation runs on."""
    elsewhere = replace(home, settings=Settings(database_url="postgres://127.0.0.1/town"))
    made = make_backup(elsewhere, tmp_path / "backup")
    assert made.databases == ()
    assert not list((tmp_path / "backup").glob("narvaro.db*"))


def test_what_lies_behind_links_is_in_it(
    home: Home, database: apsw.Connection, tmp_path: Path
) -> None:
    """Photos on another disk; for its owner alone, whatever the other disk's modes are."""
    disk = tmp_path / "disk"
    (disk / "photos" / "ab").mkdir(parents=True, mode=0o755)
    (disk / "photos" / "ab" / "cd").write_text("a photo")
    (disk / "photos" / "ab" / "cd").chmod(0o644)
    (home.path / "maps").rmdir()
    (home.path / "maps").symlink_to(disk / "photos")
    (home.path / "photos" / "ef").symlink_to(disk / "photos" / "ab" / "cd")
    (home.path / "photos" / ".half-gone").symlink_to(disk / "none")
    to = tmp_path / "backup"
    make_backup(home, to)
    for name in ("maps/ab/cd", "photos/ef"):
        assert (to / name).read_text() == "a photo"
        assert not (to / name).is_symlink()
    assert {oct(one.stat().st_mode & 0o777) for one in to.rglob("*") if one.is_dir()} == {"0o700"}
    assert {oct(one.stat().st_mode & 0o777) for one in to.rglob("*") if one.is_file()} == {"0o600"}


@pytest.mark.parametrize(
    "astray",
    [
        ("photos/gone", "none", "photos/gone is a link that leads nowhere"),
        ("photos/itself", "home/photos/itself", "photos/itself is a link that leads nowhere"),
        ("photos/all", "", "photos/all is a link to a folder that holds it"),
        ("photos/up", "home/photos", "photos/up is a link to a folder that holds it"),
        ("maps/disk", "disk", "Name another folder"),
    ],
)
def test_a_link_that_leads_astray_is_named(
    home: Home, database: apsw.Connection, tmp_path: Path, astray: tuple[str, str, str]
) -> None:
    """Nothing is left out in silence, and nothing goes round."""
    link, to, said = astray
    (tmp_path / "disk").mkdir()
    (home.path / link).symlink_to(tmp_path / to)
    with pytest.raises(BackupRefused, match=said):
        make_backup(home, tmp_path / "disk" / "backup")


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%41b", "å ä"])
def test_any_folder_can_hold_a_backup(
    home: Home, database: apsw.Connection, tmp_path: Path, name: str
) -> None:
    made = make_backup(home, tmp_path / name)
    assert check_backup(tmp_path / name) == made
    assert rows_of(tmp_path / name / "narvaro.db") == [1, 2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_of_somebody_else_is_refused(
    home: Home, database: apsw.Connection, tmp_path: Path
) -> None:
    """Its owner could read what is in it, and put other things there."""
    to = tmp_path / "trap"
    to.mkdir()
    os.chown(to, 65534, 65534)
    with pytest.raises(BackupRefused, match="somebody else's"):
        make_backup(home, to)
    assert not list(to.iterdir())


def test_a_journal_that_is_needed_alone_again_and_again_is_said(
    home: Home, database: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup neither goes on for ever nor says that it is whole."""
    looks = cycle((True, False))
    monkeypatch.setattr(backup, "is_settling", lambda _file: next(looks))
    with pytest.raises(BackupRefused, match="again and again"):
        make_backup(home, tmp_path / "backup")


@dataclass
class SlowDisk:
    """A disk on which it takes a minute to copy a journal; what was tried is noted."""

    journal: Path
    is_slow: bool = True
    portions: int = 0
    tried: list[tuple[str, bool]] = field(default_factory=list)

    def look(self, file: Path) -> bool:
        if file == self.journal:
            self.portions += 1
            time.sleep(0.01 if self.is_slow else 0)
        return is_settling(file)

    def copy(self, file: Path, to: Path) -> bool:
        self.tried.append((file.name, _copy_once(file, to)))
        return self.tried[-1][1]


@pytest.mark.slow
def test_a_killed_receiver_starts_while_its_journal_is_copied(
    home: Home, database: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy lets go of a large journal on a slow disk, and is begun anew: then it is whole."""
    disk = SlowDisk(home.journal)
    monkeypatch.setattr(backup, "is_settling", disk.look)
    monkeypatch.setattr(backup, "_copy_once", disk.copy)
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 4)
    running = Running(home.journal.parent)
    running.hand_over(ACCOUNTS)
    fill(running.journal, 100_000)
    running.start()
    with ThreadPoolExecutor(1) as pool:
        try:
            assert b"ACK" in running.ask(enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]'))
            making = pool.submit(make_backup, home, tmp_path / "backup")
            wait_until(lambda: disk.portions > 10, "the journal is being copied")
            running.end(signal.SIGKILL)
            begun = time.monotonic()
            running.start()
            assert time.monotonic() - begun < 10.0
            assert not making.done()
            assert b"ACK" in running.ask(enclose(b'"SIA-DCS"0002L0#1234[#1234|Nri1/BA06]'))
            disk.is_slow = False
            made = making.result(60)
        finally:
            disk.is_slow = False
            running.end()
    assert disk.tried == [("narvaro.db", True), ("intake.db", False), ("intake.db", True)]
    assert check_backup(tmp_path / "backup") == made
    stored = [one.id for one in running.list_records()]
    copied = [
        one.id for one in read_after(tmp_path / "backup" / "intake" / "intake.db", 0, 200_000)
    ]
    assert len(stored) == 100_002
    assert stored[:100_001] == copied[:100_001]


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
