"""A copy of a home that is a home itself. In: a home, which may be running, and an empty folder. Out: it.

Databases and journals are copied as of one moment each, the database first: what a journal took in
since is promoted again when the copy is started, and known where it was promoted before. What belongs to
the machine stays behind: agreed times, locks, compiled kernels.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from narvaro import __version__
from narvaro.config.home import Home
from narvaro.spine import clock

LIST = "backup.json"
LEFT_OUT = ("kernels", "static", "serve.log", "work.json")
OF_THE_MACHINE = ("agreed-time.json", "doubted-time.json", "panel-time.json", "time-servers.json")
PIECE = 1024 * 1024


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
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    databases = [one for one in (home.path / "narvaro.db", *home.journals.values()) if one.exists()]
    try:
        for one in databases:
            _copy_database(one, folder / one.relative_to(home.path))
        for one in _list_files(home.path, databases):
            to = folder / one.relative_to(home.path)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(one, to)
        digests = {name: _digest(folder / name) for name in _list_names(folder)}
        told = {"at": clock.now().isoformat(), "version": __version__, "files": digests}
        (folder / LIST).write_text(json.dumps(told, indent=1), "utf-8")
        _sync(folder)
    except OSError as fault:
        raise BackupRefused(
            f"The backup is not whole: {fault}. Make room, and begin anew."
        ) from fault
    size = sum((folder / name).stat().st_size for name in digests)
    names = tuple(one.relative_to(home.path).as_posix() for one in databases)
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
    if folder.resolve().is_relative_to(home) or home.is_relative_to(folder.resolve()):
        raise BackupRefused(f"{folder} lies in the home {home}, or around it. Name another folder.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is there already and not empty. Name a new folder.")


def _copy_database(file: Path, to: Path) -> None:
    """Copy a database as of one moment, while others write it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        whence = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        whither = apsw.Connection(str(to))
        try:
            whence.set_busy_timeout(10_000)
            with whither.backup("main", whence, "main") as backup:
                backup.step()
        finally:
            whence.close()
            whither.close()
    except apsw.Error as fault:
        raise BackupRefused(f"{file} cannot be copied: {fault}. See narvaro doctor.") from fault
    _check_database(to)


def _check_database(file: Path) -> None:
    try:
        database = apsw.Connection(f"file:{file}?immutable=1", flags=_READ)
        try:
            said = database.pragma("quick_check")
        finally:
            database.close()
    except apsw.Error as fault:
        said = str(fault)
    if said != "ok":
        raise BackupRefused(f"{file} is damaged: {said}. Take another backup; see narvaro doctor.")


_READ = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


def _list_files(home: Path, databases: list[Path]) -> Iterator[Path]:
    """List what is copied as it lies there: photos, maps, settings, secrets."""
    beside = {f"{one}{end}" for one in databases for end in ("", "-wal", "-shm", "-journal")}
    for one in sorted(home.rglob("*")):
        top, name = one.relative_to(home).parts[0], one.name
        if top in LEFT_OUT or name in OF_THE_MACHINE or name.endswith((".lock", ".sock")):
            continue
        half = name.startswith(".") or (top == "uploads" and name.startswith("tmp"))
        if half or str(one) in beside or not one.is_file():
            continue
        yield one


def _list_names(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _sync(folder: Path) -> None:
    """Wait until every file, and each folder's list of them, is on the disk."""
    for one in (*folder.rglob("*"), folder):
        opened = os.open(one, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
