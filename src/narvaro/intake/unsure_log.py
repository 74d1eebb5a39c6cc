"""A journal's log that may not be on the disk. In: the journal's path. Out: all of it in the file.

Linux takes the pages of a failed sync for clean: they read back, and no later sync writes them. A
log that a failed sync or an ended process left is therefore not gone on with. Its bytes are written
anew where they stand and synced; then it is read again, from its start, brought into the file and
emptied. Why in this order, and why alone: docs/decisions/0020-what-a-failed-sync-left.md.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from narvaro.intake.records import JournalError

logger = logging.getLogger(__name__)

PORTION = 1 << 16  # SQLite writes under 128 kB at a time
ASKED_MOST, ASKED_S = 10, 0.01
# Created: so that SQLite syncs the folder with the first sync, in which the log's name may be missing.
_OPEN_LOG = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


def settle_log(path: Path, *, vfs: str | None, busy_ms: int) -> None:
    """Bring a journal's log into its file so that both are on the disk; nothing where there is none.

    Raises JournalError while another program holds the file, apsw.Error where the disk refuses.
    """
    log = path.with_name(f"{path.name}-wal")
    if not (log.exists() and log.stat().st_size):
        return
    try:
        with _announced(path):
            with _alone(path, vfs, busy_ms):
                _write_anew(log, vfs)
            with _alone(path, vfs, busy_ms) as db:
                db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError as fault:
        raise JournalError(
            f"{path} is held by another program, and its log must be settled alone. "
            "End what has it open: a second receiver, a database shell."
        ) from fault
    logger.info("journal_log_settled", extra={"file": path.name})


def is_settling(path: Path) -> bool:
    """Return whether somebody needs a journal alone: who reads it for long lets go of it then."""
    try:
        with _marker(path).open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}-settling.lock")


@contextmanager
def _announced(path: Path) -> Iterator[None]:
    """Hold a lock beside the journal, which ends with the process; without it we are in no worse case."""
    try:
        held = _marker(path).open("wb")
    except OSError as fault:  # a full disk
        logger.warning("settling_not_announced", extra={"fault": str(fault)})
        yield
        return
    with held:
        for _ in range(ASKED_MOST):
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # somebody looks at it just now, or is ahead of us
                time.sleep(ASKED_S)
        try:
            yield
        finally:
            _marker(path).unlink(missing_ok=True)


@contextmanager
def _alone(path: Path, vfs: str | None, busy_ms: int) -> Iterator[apsw.Connection]:
    """Hold the file alone, with an index of the log that is made anew from the log.

    The index that readers share may say that a part of the log is in the file already, which was
    written and never synced (a checkpoint with a reader in its way).
    """
    db = apsw.Connection(str(path), vfs=vfs)
    try:
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        db.set_busy_timeout(busy_ms)
        db.pragma("locking_mode", "EXCLUSIVE")
        db.pragma("synchronous", "FULL")
        db.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - takes the lock
        yield db
    finally:
        db.close(force=True)


def _write_anew(log: Path, vfs: str | None) -> None:
    """Write each byte where it stands, which a cut in the middle cannot harm, and sync."""
    file = apsw.VFSFile(vfs or "", str(log), [_OPEN_LOG, 0])
    try:
        size = file.xFileSize()
        for at in range(0, size, PORTION):
            file.xWrite(file.xRead(min(PORTION, size - at), at), at)
        file.xSync(apsw.SQLITE_SYNC_FULL)
    finally:
        file.xClose()
