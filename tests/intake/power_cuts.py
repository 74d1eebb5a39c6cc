"""Power cuts under the real journal. In: a seed. Out: what was acknowledged and is gone.

A session appends records through the journal on a `RecordingDisk`, which notes each change of a
file; each future notes how many changes there were when it was kept. A cut may then be made at any
change: every record that was acknowledged before it must be in the image, and the image whole, as
read by the SQLite of the standard library, which is not the one that wrote it.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

import apsw

from narvaro.intake import journal as journal_file
from narvaro.intake.journal import Journal
from narvaro.intake.records import Kind, Record, Seen, now_us
from tests.intake.file_systems import Cut, RecordingDisk, Step

NAME = "intake.db"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
CUTS_PER_SESSION = 20
EVERY_PAGES = (12, 60, 1_000_000)  # checkpoints: very many, some, none
HOUSE_S = (0.002, 1e9)  # purges and last seen: at almost every commit, never
OLD_US = 800 * 86_400 * 1_000_000  # older than what is kept longest


class LooseJournal(Journal):
    """The control: synchronous=NORMAL, which syncs no commit; it must lose."""

    def _open(self) -> apsw.Connection:
        db = super()._open()
        db.execute("PRAGMA synchronous=NORMAL")
        return db


@dataclass
class Session:
    """What happened to the files, and from which change on each record is promised."""

    steps: list[Step]
    image: dict[str, bytes] = field(default_factory=dict)  # what it started from
    promised: dict[bytes, int] = field(default_factory=dict)

    def list_promised(self, at: int) -> set[bytes]:
        """Return what was acknowledged before a cut."""
        return {raw for raw, since in self.promised.items() if since <= at}


@dataclass(frozen=True)
class Outcome:
    """What one cut left: how many acknowledged records are missing, and is the file whole."""

    seed: int
    cut_at: int
    in_checkpoint: bool
    image: dict[str, bytes]
    promised: set[bytes]
    missing: int
    whole: str

    @property
    def is_loss(self) -> bool:
        return self.missing > 0 or self.whole != "ok"


@contextmanager
def recording(name: str) -> Iterator[RecordingDisk]:
    """Yield a recording disk for the length of a block."""
    disk = RecordingDisk(name)
    try:
        yield disk
    finally:
        disk.unregister()


def cut_often(cuts: int, seed: int, made: type[Journal] = Journal) -> Iterator[Outcome]:
    """Cut the power `cuts` times in as many sessions as it takes; every third goes on from a cut."""
    last: Outcome | None = None
    for number in range(-(-cuts // CUTS_PER_SESSION)):
        dice = Random(seed + number)
        going_on = last is not None and not last.is_loss and number % 3 == 2
        session = play(dice, made, last if going_on else None)
        left = min(CUTS_PER_SESSION, cuts - number * CUTS_PER_SESSION)
        for last in cut_session(session, left, seed + number):
            yield last


def play(
    dice: Random, made: type[Journal] = Journal, going_on_from: Outcome | None = None
) -> Session:
    """Append some rounds of records through the real journal, then close it."""
    image, promised = ({}, set()) if going_on_from is None else (
        going_on_from.image, going_on_from.promised
    )  # fmt: skip
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        _write(folder, image)
        pages = dice.choice(EVERY_PAGES)
        for constant, value in (
            ("IDLE_PAGES", pages), ("CHECKPOINT_PAGES", pages), ("SEEN_EVERY_S", dice.choice(HOUSE_S)),
        ):  # fmt: skip
            stack.enter_context(patch.object(journal_file, constant, value))
        disk = stack.enter_context(recording("recording"))
        session = Session(disk.steps, image, dict.fromkeys(promised, 0))
        journal = made(folder / NAME, "test", vfs=disk.name)
        for turn in range(dice.randint(3, 12)):
            append_round(journal, session, dice, f"{len(promised)}-{turn}")
        journal.close()
    return session


def append_round(journal: Journal, session: Session, dice: Random, name: str) -> None:
    """Append some records, large and small, some past their time; wait for the answers."""
    handed: list[Future[int]] = []
    for number in range(dice.randint(1, 20)):
        raw = f"{name}-{number} ".encode() + dice.randbytes(dice.randint(0, 3000))
        passing = dice.random() < 0.3
        kind: Kind = "position" if passing else "signal"
        at_us = now_us() - (OLD_US if passing else 0)
        record = Record("test", at_us, kind, "sia-dc09", "[]", "town", "1234", "192.0.2.1", raw)
        done = journal.append(record)
        if not passing:
            done.add_done_callback(_promise(session, raw))
        handed.append(done)
    journal.see(Seen("town", "sia-dc09", "1234", "", now_us()))
    wait(handed, 10)


def _promise(session: Session, raw: bytes) -> "Callable[[Future[int]], None]":
    def note(done: "Future[int]") -> None:
        if done.exception() is None:
            session.promised[raw] = len(session.steps)

    return note


def cut_session(session: Session, cuts: int, seed: int, after: int = 0) -> Iterator[Outcome]:
    """Cut the power at `cuts` places of one session, behind a step, and look at what is left."""
    dice = Random(seed)
    disk, done = Cut(session.image), 0
    for at in sorted(dice.randint(after, len(session.steps)) for _ in range(cuts)):
        disk.follow(session.steps[done:at])
        done = at
        image, promised = disk.make_image(dice), session.list_promised(at)
        missing, whole = _look(image, promised)
        last = session.steps[at - 1] if at else None
        in_checkpoint = bool(promised) and last is not None and last.file == NAME
        yield Outcome(seed, at, in_checkpoint, image, promised, missing, whole)


def _look(image: dict[str, bytes], promised: set[bytes]) -> tuple[int, str]:
    """Open an image as after a restart; return what is missing of it and SQLite's own judgement."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        _write(Path(folder), image)
        db = sqlite3.connect(Path(folder) / NAME)
        try:
            whole = str(db.execute("PRAGMA integrity_check").fetchone()[0])
            # Before the first promise the power may go before there is a table.
            there = {row[0] for row in db.execute("SELECT raw FROM record")} if promised else set()
        except sqlite3.Error as fault:
            return len(promised), str(fault)
        finally:
            db.close()
    return len(promised - there), whole


def _write(folder: Path, image: dict[str, bytes]) -> None:
    for name, content in image.items():
        (folder / name).write_bytes(content)
