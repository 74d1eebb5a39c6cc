"""A copy of a home that is a home itself. In: a home, which may be running, and an empty folder. Out: it.

Databases and journals are copied as of one moment each, the database first: what a journal took in
since is promoted again when the copy is started, and known where it was promoted before. A receiver
that needs its journal alone (`intake/unsure_log.py`) gets it: the copy is begun anew. Links are followed.
What belongs to the machine stays behind: agreed times, locks, compiled kernels.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from narvaro import __version__
from narvaro.config.home import Home
from narvaro.intake.unsure_log import is_settling
from narvaro.spine import clock

LIST = "backup.json"
LEFT_OUT = ("kernels", "static", "serve.log", "work.json", "lost+found")
OF_THE_MACHINE = ("agreed-time.json", "doubted-time.json", "panel-time.json", "time-servers.json")
PIECE = 1024 * 1024
PAGES_AT_ONCE = 1024  # 4 MB; as often is looked whether the journal is needed alone
BUSY_MS = 10_000
TRIES, SETTLED_IN_S, WAIT_S = 20, 60.0, 0.2


class BackupRefused(Exception):  # noqa: N818 - a refusal, said to a person
    """A backup cannot be made, or is not sound; says what, where and what to do."""


@dataclass(frozen=True)
class Made:
    """What a backup holds."""

    files: int
    size: int
    databases: tuple[str, ...]


def make_backup(home: Home, folder: Path) -> Made:
    """Copy a home into an empty or new folder, for its owner alone; raises BackupRefused."""
    if not home.settings.database_url and not (home.path / "narvaro.db").exists():
        raise BackupRefused(
            f"{home.path} holds no installation. Set NARVARO_HOME to the right one."
        )
    _check_target(home.path, folder)
    main = home.path / "narvaro.db"
    named = (
        home.journals.values() if home.settings.database_url else (main, *home.journals.values())
    )
    databases = [one for one in named if one.exists()]
    try:
        _open_target(folder)
        for one in databases:
            _copy_database(one, folder / one.relative_to(home.path))
        for one in _list_files(home.path, {main, *databases}, folder.resolve()):
            to = folder / one.relative_to(home.path)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, to)
        digests = {name: _digest(folder / name) for name in _list_names(folder)}
        told = {"at": clock.now().isoformat(), "version": __version__, "files": digests}
        (folder / LIST).write_text(json.dumps(told, indent=1), "utf-8")
        _settle(folder)
    except OSError as fault:
        raise BackupRefused(
            f"The backup is not whole: {fault}. Mend that, or make room, and begin anew."
        ) from fault
    size = sum((folder / name).stat().st_size for name in digests)
    names = tuple(sorted(one.relative_to(home.path).as_posix() for one in databases))
    return Made(len(digests), size, names)


def check_backup(folder: Path) -> Made:
    """Read a backup through: every file as it was written, every database whole; raises BackupRefused."""
    try:
        told = json.loads((folder / LIST).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError) as fault:
        raise BackupRefused(f"{folder} is no backup that was finished: {fault}.") from fault
    for name, digest in told.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise BackupRefused(f"{folder / name} is not what was written. Take another backup.")
    databases = tuple(name for name in told if name.endswith(".db"))
    for name in databases:
        _check_database(folder / name)
    return Made(len(told), sum((folder / name).stat().st_size for name in told), databases)


def _check_target(home: Path, folder: Path) -> None:
    there, ours = folder.resolve(), home.resolve()
    if there.is_relative_to(ours) or ours.is_relative_to(there):
        raise BackupRefused(f"{folder} lies in the home {home}, or around it. Name another folder.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is there already and not empty. Name a new folder.")


def _open_target(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise BackupRefused(f"{folder} is somebody else's, who could read it. Name a new folder.")
    folder.chmod(0o700)


def _copy_database(file: Path, to: Path) -> None:
    """Copy a database as of one moment, while others write it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        for _ in range(TRIES):
            if _copy_once(file, to):
                break
            until_s = clock.monotonic() + SETTLED_IN_S
            while is_settling(file) and clock.monotonic() < until_s:
                time.sleep(WAIT_S)
        else:
            raise BackupRefused(
                f"{file} is needed by its receiver alone, again and again. See narvaro doctor."
            )
    except apsw.Error as fault:
        raise BackupRefused(f"{file} cannot be copied: {fault}. See narvaro doctor.") from fault
    _check_database(to)


def _copy_once(file: Path, to: Path) -> bool:
    """Copy a database; False, and nothing held, where somebody needs it alone meanwhile."""
    to.unlink(missing_ok=True)
    with (
        closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)) as whence,
        closing(apsw.Connection(str(to))) as whither,
    ):
        whence.set_busy_timeout(BUSY_MS)
        try:
            # One transaction over all portions: what is written meanwhile begins nothing anew.
            whence.execute("BEGIN; SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - apsw runs as it is read
            with whither.backup("main", whence, "main") as portions:
                while not portions.done:
                    if is_settling(file):
                        return False
                    portions.step(PAGES_AT_ONCE)
        except apsw.BusyError:
            return False
    return True


def _check_database(file: Path) -> None:
    try:
        database = apsw.Connection(f"{file.absolute().as_uri()}?immutable=1", flags=_READ)
        try:
            said = database.pragma("quick_check")
        finally:
            database.close()
    except apsw.Error as fault:
        said = str(fault)
    if said != "ok":
        raise BackupRefused(f"{file} is damaged: {said}. Take another backup; see narvaro doctor.")


_READ = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


def _list_files(home: Path, databases: Collection[Path], target: Path) -> Iterator[Path]:
    """List what is copied as it lies there, behind links too: photos, maps, settings, secrets."""
    beside = {f"{one}{end}" for one in databases for end in ("", "-wal", "-shm", "-journal")}
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT:
            continue
        for one in _walk(top, (home.resolve(),), target):
            half = top.name == "uploads" and one.name.startswith("tmp")
            if not half and str(one) not in beside:
                yield one


def _walk(one: Path, above: tuple[Path, ...], target: Path) -> Iterator[Path]:
    """List the files at and below a path; raises BackupRefused where a link leads astray."""
    if one.is_dir():
        real = one.resolve()
        if any(holds.is_relative_to(real) for holds in above):
            raise BackupRefused(f"{one} is a link to a folder that holds it. Take it away.")
        if target.is_relative_to(real):
            raise BackupRefused(f"{target} lies in {one}, which is copied. Name another folder.")
        for inner in sorted(one.iterdir()):
            yield from _walk(inner, (*above, real), target)
        return
    passing = one.name.startswith(".") or one.name.endswith((".lock", ".sock"))
    if passing or one.name in OF_THE_MACHINE:
        return
    if one.is_symlink() and not one.exists():
        raise BackupRefused(f"{one} is a link that leads nowhere. Mend it, or take it away.")
    if one.is_file():
        yield one


def _list_names(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _settle(folder: Path) -> None:
    """Close it all to others, and wait until every file and each folder's list is on the disk."""
    for one in (*folder.rglob("*"), folder):
        one.chmod(0o700 if one.is_dir() else 0o600)
        opened = os.open(one, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
