"""The durable journal: store first, acknowledge after. In: records. Out: a promise kept.

One thread writes, gathers what waits into one commit (WAL, synchronous=FULL), and resolves each
record's future only after that commit. After a failed one nothing is acknowledged until what it
left in the log is written anew (`unsure_log`). Other processes read through `narvaro.intake.records`.

Ids rise through the life of an installation, also over a journal that was made anew: a new file
starts at its birth in milliseconds since 1970.
"""

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

import apsw

from narvaro.intake.records import (
    COLUMNS,
    KEPT_S,
    SCHEMA,
    WIDTH,
    JournalError,
    Record,
    Seen,
    now_us,
    read_accounts,
)
from narvaro.intake.unsure_log import settle_log
from narvaro.spine import clock

logger = logging.getLogger(__name__)

MAX_BATCH = 64
SEEN_EVERY_S = 4.0  # the promise is 5 s; a commit may take part of it
TRUSTED_AFTER_S = 600.0
DOUBT_COUNTS_S = 6 * 3600.0  # so much longer at most a position is kept while our time is in doubt
STOOD_STILL_S = 15.0  # longer between two savings is no listening
CHECKPOINT_PAGES = 4000  # 16 MB of log: then even under load; when idle after IDLE_PAGES
IDLE_PAGES = 250
BUSY_MS = 5000
RETRY_S = (0.1, 0.5, 1.0, 2.0)
PURGED_AT_ONCE = 500
FREED_AT_ONCE = 200  # pages that a purge left empty, given back to the disk

PRAGMAS = (  # in this order: auto_vacuum holds for a new file alone
    ("auto_vacuum", "INCREMENTAL"),
    ("journal_mode", "WAL"),
    ("synchronous", "FULL"),
    ("secure_delete", "FAST"),
)
_KEEP_ACCOUNTS = "INSERT OR REPLACE INTO sealed_accounts VALUES (1, ?, ?)"
_KEEP_SEEN = "INSERT OR REPLACE INTO last_seen VALUES (?, ?, ?, ?, ?)"
_PURGE = (
    "DELETE FROM record WHERE id IN (SELECT id FROM record "
    "WHERE kind = ? AND received_at_us < ? LIMIT ?)"
)
_LISTEN = "INSERT OR REPLACE INTO listening VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class _Accounts:
    sealed: bytes


_Waiting: TypeAlias = tuple[Record | _Accounts, "Future[int]"]


_row_of = attrgetter(*COLUMNS.split(", "))
_seen_row = attrgetter("tenant", "protocol", "account", "path", "at_us")


def _find_doubt_s() -> float:
    """Return by how much the true time may be earlier than ours, as far as that counts."""
    off_s = clock.suspected_s()
    earlier_s = DOUBT_COUNTS_S if off_s is None else max(0.0, -off_s, -clock.jump_s())
    return min(earlier_s, DOUBT_COUNTS_S)


class Journal:
    """The receiver's journal; made or opened at `path` for the receiver `receiver_id`.

    `vfs` names an apsw file system in place of the system's own, for tests that break it.
    Raises JournalError where the file cannot be opened or belongs to another receiver.
    """

    def __init__(self, path: Path, receiver_id: str, *, vfs: str | None = None) -> None:
        self.path = path
        self._vfs = vfs
        self.receiver_id = receiver_id
        self.healthy = True
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._seen: dict[tuple[str, str, str, str], Seen] = {}
        self._since_us = self._until_us = now_us()
        self._opened_s = clock.monotonic()
        self._seen_lock = threading.Lock()
        self._handing = threading.Lock()
        self._stored: tuple[int, bytes] | None = None
        self._pages = 0
        self._stopping = threading.Event()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._open()
        except (apsw.Error, OSError) as fault:
            raise JournalError(f"{path} cannot be opened as a journal: {fault}") from fault
        self._writer = threading.Thread(target=self._work, name="journal", daemon=True)
        self._writer.start()

    def append(self, record: Record) -> "Future[int]":
        """Hand in a record; the future gives its id once it is safe on disk, or JournalError."""
        return self._hand_in(record)

    def save_accounts(self, sealed: bytes) -> "Future[int]":
        """Keep a copy of the sealed accounts; the future resolves once it is safe on disk."""
        return self._hand_in(_Accounts(sealed))

    def get_accounts(self) -> bytes | None:
        """Return the kept copy of the sealed accounts, None before the first one."""
        return read_accounts(self.path)

    def see(self, seen: Seen) -> None:
        """Note that an account was heard; saved within five seconds."""
        with self._seen_lock:
            self._seen[seen.tenant, seen.protocol, seen.account, seen.path] = seen

    def close(self) -> None:
        """Write what waits, save what was seen, checkpoint, and close."""
        with self._handing:
            self._stopping.set()
        self._queue.put(None)
        self._writer.join()

    def _hand_in(self, item: Record | _Accounts) -> "Future[int]":
        done: Future[int] = Future()
        done.set_running_or_notify_cancel()  # who no longer waits cannot take the record back
        with self._handing:
            if self.healthy and not self._stopping.is_set():
                self._queue.put((item, done))
                return done
        done.set_exception(JournalError("The journal takes no records now; send again."))
        return done

    def _open(self) -> apsw.Connection:
        settle_log(self.path, vfs=self._vfs, busy_ms=BUSY_MS)
        db = apsw.Connection(str(self.path), vfs=self._vfs)
        try:
            self._set_up(db)
        except BaseException:
            self._close(db)
            raise
        return db

    @staticmethod
    def _close(db: apsw.Connection) -> None:
        try:
            db.close(force=True)
        except apsw.Error as fault:
            logger.warning("journal_close_failed", extra={"fault": str(fault)})

    def _set_up(self, db: apsw.Connection) -> None:
        # What a failed sync left in doubt must not be taken for safe in passing.
        db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        db.set_busy_timeout(BUSY_MS)
        for name, value in PRAGMAS:
            db.pragma(name, value)
        db.set_wal_hook(self._note_pages)  # takes the place of SQLite's own checkpoints
        with db:
            db.execute(SCHEMA)
            db.execute("INSERT OR IGNORE INTO meta VALUES ('receiver_id', ?)", (self.receiver_id,))
            owner = db.execute("SELECT value FROM meta WHERE name = 'receiver_id'").get
            if owner != self.receiver_id:  # and nothing is changed in it
                raise JournalError(
                    f"{self.path} is the journal of receiver {owner!r}, not of "
                    f"{self.receiver_id!r}; set receiver_id back, or give this receiver a journal "
                    "of its own."
                )
            self._lift_ids(db)

    @staticmethod
    def _lift_ids(db: apsw.Connection) -> None:
        """Go on with ids of now: a journal that was restored must not give the lost ones anew."""
        now_ms = int(clock.now().timestamp() * 1000)
        db.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'record', 0 "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'record')"
        )
        db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'record'", (now_ms,))

    def _note_pages(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _work(self) -> None:
        try:
            self._write()
        finally:
            with self._handing:
                self.healthy = False  # a journal without its thread acknowledges nothing
            while not self._queue.empty():
                self._refuse(self._gather(0.0)[0])

    def _write(self) -> None:
        kept_at = clock.monotonic()
        last = False
        while not last:
            due_s = kept_at + SEEN_EVERY_S - clock.monotonic()
            batch, last = self._gather(0.0 if self._stopping.is_set() else due_s)
            last = last or (self._stopping.is_set() and self._queue.empty())
            due = last or clock.monotonic() - kept_at >= SEEN_EVERY_S
            if batch or due:
                self._commit(batch, keep_house=due)
            if due:
                kept_at = clock.monotonic()
            if self._pages >= (IDLE_PAGES if self._queue.empty() else CHECKPOINT_PAGES):
                self._checkpoint()
        if self.healthy:
            self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        self._close(self._db)

    def _gather(self, patience_s: float) -> tuple[list[_Waiting], bool]:
        """Return what waits, up to a full batch, and whether this is the end."""
        batch: list[_Waiting] = []
        try:
            item = self._queue.get(timeout=max(0.0, min(patience_s, 1.0)))
            while item is not None:
                batch.append(item)
                if len(batch) >= MAX_BATCH:
                    return batch, False
                item = self._queue.get_nowait()
        except queue.Empty:
            return batch, False
        return batch, True

    def _commit(self, batch: list[_Waiting], *, keep_house: bool) -> None:
        until_us = now_us()  # what is seen from here on may miss this commit
        records = [item for item, _ in batch if isinstance(item, Record)]
        copies = [item for item, _ in batch if isinstance(item, _Accounts)]
        with self._seen_lock:
            seen, self._seen = (self._seen, {}) if keep_house else ({}, self._seen)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            last_id = self._insert(records) if records else 0
            if copies:
                self._db.execute(_KEEP_ACCOUNTS, (now_us(), copies[-1].sealed))
            if keep_house:
                self._db.executemany(_KEEP_SEEN, [_seen_row(one) for one in seen.values()])
                self._keep_house(until_us)
            self._db.execute("COMMIT")
        except Exception as fault:  # noqa: BLE001 - whatever it was, nothing is acknowledged
            with self._seen_lock:
                self._seen = seen | self._seen
            self._recover(fault, batch)
            return
        if records:
            self._stored = (last_id, records[-1].raw)
        next_id = last_id - len(records)
        for item, done in batch:
            next_id += isinstance(item, Record)
            done.set_result(next_id)

    def _keep_house(self, at_us: int) -> None:
        """Say that we listen, delete what is past its time, and give its room back."""
        if not 0 <= at_us - self._until_us <= STOOD_STILL_S * 1_000_000:
            self._since_us = at_us  # a machine that slept, a clock that was set
        self._until_us = at_us
        # One row alone: one of a clock that ran ahead would stand as the newest for good.
        self._db.execute("DELETE FROM listening")
        self._db.execute(_LISTEN, (self._since_us, at_us))
        if clock.monotonic() - self._opened_s < TRUSTED_AFTER_S:
            return  # no record is too old by a clock that has just begun
        kinds, doubt_us = list(KEPT_S), 0
        if clock.in_doubt():
            # No alarm is too old then; a position is private and goes all the same.
            kinds, doubt_us = ["position"], int(_find_doubt_s() * 1e6)
        for kind in kinds:
            before_us = at_us - doubt_us - KEPT_S[kind] * 1_000_000
            self._db.execute(_PURGE, (kind, before_us, PURGED_AT_ONCE))
        for _page in self._db.execute(f"PRAGMA incremental_vacuum({FREED_AT_ONCE})"):
            pass  # each page that is freed is a row

    def _insert(self, records: list[Record]) -> int:
        """Insert in one statement, so that the interpreter's lock is let go once; last id."""
        marks = ", ".join([f"({', '.join('?' * WIDTH)})"] * len(records))
        values = [value for one in records for value in _row_of(one)]
        self._db.execute(f"INSERT INTO record ({COLUMNS}) VALUES {marks}", values)  # noqa: S608 - marks only
        return self._db.last_insert_rowid()

    def _checkpoint(self) -> None:
        self._pages = 0
        try:
            self._db.pragma("wal_checkpoint", "PASSIVE")
        except apsw.Error as fault:
            self._recover(fault, [])

    def _recover(self, fault: Exception, batch: list[_Waiting]) -> None:
        """Stop acknowledging, refuse what waits, settle the log, reopen, say so, and go on."""
        self.healthy = False
        logger.error(
            "journal_failed",
            extra={"fault_kind": type(fault).__name__, "fault": str(fault), "refused": len(batch)},
        )
        self._refuse(batch)
        self._close(self._db)
        attempt = 0
        while not self._stopping.is_set():
            self._refuse(self._gather(RETRY_S[min(attempt, len(RETRY_S) - 1)])[0])
            attempt += 1
            try:
                self._db = self._open()
                self._verify()
            except (apsw.Error, JournalError, OSError) as again:
                self._close(self._db)  # one that is open would keep the next attempt out
                extra = {"attempt": attempt, "fault": str(again)}
                logger.critical("journal_still_failed", extra=extra)
                continue
            self._since_us = self._until_us = now_us()
            self.healthy = True
            logger.warning("journal_recovered", extra={"attempts": attempt})
            return

    @staticmethod
    def _refuse(batch: list[_Waiting]) -> None:
        for _, done in batch:
            done.set_exception(JournalError("The journal could not store it; send again."))

    def _verify(self) -> None:
        """Commit for real, then say so if the last acknowledged record is gone.

        What is read here may come from memory: that it is on the disk follows from the settled log.
        """
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO meta VALUES ('verified_at_us', ?)", (str(now_us()),)
            )
        if self._stored is None:
            return
        last_id, raw = self._stored
        found = self._db.execute("SELECT raw FROM record WHERE id = ?", (last_id,)).get
        if found != raw:
            logger.critical("journal_lost_acknowledged", extra={"record": last_id})
