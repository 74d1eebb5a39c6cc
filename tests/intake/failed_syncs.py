"""Syncs that fail under the real journal, and then a power cut. In: a seed. Out: what is lost.

Linux takes the pages of a failed sync for clean: they read back and are never written. What is
acknowledged before, between and after the failures must stand any cut all the same. Two controls
do what looks enough and is not.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import apsw

from narvaro.intake import journal as journal_file
from narvaro.intake.journal import Journal
from narvaro.intake.records import JournalError
from tests.intake.file_systems import RecordingDisk
from tests.intake.power_cuts import (
    CUTS_PER_SESSION,
    MEMORY,
    NAME,
    Outcome,
    Session,
    append_round,
    cut_session,
    recording,
)

DOWN = 1_000_000
PATIENCE_S = 2.0
LOG, FILE = "-wal", ".db"


class NotRecoveredError(Exception):
    """A journal that takes no records although the disk is sound again."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong: how many syncs fail, of which file, and who reads or starts anew meanwhile."""

    name: str
    times: int
    only: str = ""
    is_read: bool = False  # somebody reads while the disk fails, and for a while after
    was_read: bool = False  # somebody read when the last checkpoint came, which is half done
    restarts: bool = False
    at_birth: bool = False  # the file is just being made


TROUBLES = (
    Trouble("at the first start", 1, at_birth=True),
    Trouble("at the first starts", 4, at_birth=True),
    Trouble("one failed sync", 1),
    Trouble("two", 2),
    Trouble("three", 3),
    Trouble("disk down a while", DOWN),
    Trouble("log alone down", DOWN, LOG),
    Trouble("checkpoint fails", 1, FILE),
    Trouble("checkpoint fails thrice", 3, FILE),
    Trouble("half a checkpoint before", 1, FILE, was_read=True),
    Trouble("half a checkpoint, all down", DOWN, was_read=True),
    Trouble("a reader holds the file", DOWN, is_read=True),
    Trouble("a reader holds it, checkpoint fails", 2, FILE, is_read=True),
    Trouble("process started anew", DOWN, restarts=True),
    Trouble("started anew, half a checkpoint", DOWN, was_read=True, restarts=True),
)


class ReadingJournal(Journal):
    """Control: reopens the file and reads the last record back, from pages that were not written."""

    def _open(self) -> apsw.Connection:
        with patch.object(journal_file, "settle_log"):
            db = super()._open()
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        return db


class CheckpointingJournal(ReadingJournal):
    """Control: empties the log as it stands into the file before it goes on."""

    def _open(self) -> apsw.Connection:
        db = super()._open()
        try:
            db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error:
            self._close(db)
            raise
        return db


def cut_after_failures(
    trouble: Trouble, sessions: int, seed: int, made: type[Journal] = Journal
) -> Iterator[Outcome]:
    """Let syncs fail in so many sessions, and cut the power after that at some places of each.

    A journal that does not recover counts as damaged.
    """
    for number in range(seed, seed + sessions):
        dice = Random(number)
        try:
            session, failed_at = play_failures(trouble, dice, made)
        except NotRecoveredError as fault:
            yield Outcome(number, 0, False, {}, set(), 0, str(fault))
        else:
            yield from cut_session(session, CUTS_PER_SESSION, number, failed_at)


def play_failures(
    trouble: Trouble, dice: Random, made: type[Journal] = Journal
) -> tuple[Session, int]:
    """Append records before, while and after syncs fail; return also at which step the first did."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(TemporaryDirectory(dir=MEMORY))) / NAME
        pages = 12 if trouble.only == FILE else dice.choice((60, DOWN))
        for constant, value in (
            ("IDLE_PAGES", DOWN if trouble.was_read else pages), ("SEEN_EVERY_S", 1e9),
            ("RETRY_S", (0.001,)), ("BUSY_MS", 20),
        ):  # fmt: skip
            stack.enter_context(patch.object(journal_file, constant, value))
        disk = stack.enter_context(recording("failing"))
        disk.forgets = dice.random() < 0.3
        session = Session(disk.steps)
        disk.failing = trouble.times * trouble.at_birth
        journal = _make(made, path, disk)
        append_round(journal, session, dice, "before")
        if trouble.was_read:
            stack.enter_context(patch.object(journal_file, "IDLE_PAGES", 12))
            with _reader(path):
                append_round(journal, session, dice, "half")
                append_round(journal, session, dice, "half too")
        with ExitStack() as meanwhile:
            if trouble.is_read:
                meanwhile.enter_context(_reader(path))
            if not trouble.at_birth:
                _fail(disk, trouble, journal, session, dice)
        if trouble.restarts:
            journal.close()
            disk.failing = 0
            journal = _make(made, path, disk)
        _wait_until_healthy(journal)
        for turn in range(3):
            append_round(journal, session, dice, f"after-{turn}")
        journal.close()
    return session, [step.kind for step in disk.steps].index("failed")


def _make(made: type[Journal], path: Path, disk: RecordingDisk) -> Journal:
    """Start as a process that is started again where it ends."""
    said = ""
    for _ in range(10):
        try:
            return made(path, "test", vfs=disk.name)
        except JournalError as fault:
            said = str(fault)
    raise NotRecoveredError(said)


def _fail(
    disk: RecordingDisk, trouble: Trouble, journal: Journal, session: Session, dice: Random
) -> None:
    """Let the syncs fail until the journal noticed; those of the file come with a checkpoint."""
    disk.only, disk.failing = trouble.only, trouble.times
    for turn in range(20):
        append_round(journal, session, dice, f"failing-{turn}")
        if disk.failing < trouble.times:
            break
    if trouble.is_read or dice.random() < 0.5:
        time.sleep(0.02)
    if trouble.times == DOWN and not trouble.restarts:
        disk.failing = 0


def _wait_until_healthy(journal: Journal) -> None:
    end = time.monotonic() + PATIENCE_S
    while not journal.healthy:
        if time.monotonic() > end:
            journal.close()
            raise NotRecoveredError(f"The journal did not recover within {PATIENCE_S} s.")
        time.sleep(0.001)


def _reader(path: Path) -> "closing[apsw.Connection]":
    """Open the file as a reader does that has begun and not ended."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM record").get  # noqa: B018 - reads
    return closing(db)
