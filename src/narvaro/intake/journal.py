"""The durable journal: store first, acknowledge after. In: records. Out: a promise kept.

One thread writes, gathers what waits into one commit (WAL, synchronous=FULL), and resolves each
record's future only after that commit. After a failed commit nothing is acknowledged until the
file is reopened and verified. Another process reads through `read_after` and `read_last_seen`.

Ids rise through the life of an installation, also over a journal that was made anew: a new file
starts at its birth in milliseconds since 1970.
"""

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw

from narvaro.spine import clock

logger = logging.getLogger(__name__)

Kind: TypeAlias = Literal["signal", "position", "observation", "refused"]

MAX_BATCH = 64
SEEN_EVERY_S = 4.0  # the promise is 5 s; a commit may take part of it
CHECKPOINT_PAGES = 4000  # 16 MB of log: then even under load; when idle after IDLE_PAGES
IDLE_PAGES = 250
RETRY_S = (0.1, 0.5, 1.0, 2.0)
POSITION_KEPT_S = 72 * 3600  # the most that a raw position may be kept
PURGED_AT_ONCE = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, receiver_id TEXT NOT NULL,
    received_at_us INTEGER NOT NULL, kind TEXT NOT NULL, protocol TEXT NOT NULL,
    decoded TEXT NOT NULL, tenant TEXT NOT NULL, account TEXT NOT NULL, peer TEXT NOT NULL,
    raw BLOB NOT NULL, flags TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS record_position ON record (received_at_us) WHERE kind = 'position';
CREATE TABLE IF NOT EXISTS last_seen (
    tenant TEXT NOT NULL, account TEXT NOT NULL, at_us INTEGER NOT NULL, protocol TEXT NOT NULL,
    PRIMARY KEY (tenant, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sealed_accounts (
    one INTEGER PRIMARY KEY CHECK (one = 1), saved_at_us INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_COLUMNS = "receiver_id, received_at_us, kind, protocol, decoded, tenant, account, peer, raw, flags"
_WIDTH = len(_COLUMNS.split(","))

_KEEP_ACCOUNTS = "INSERT OR REPLACE INTO sealed_accounts VALUES (1, ?, ?)"
_KEEP_SEEN = "INSERT OR REPLACE INTO last_seen VALUES (?, ?, ?, ?)"
_PURGE = (
    "DELETE FROM record WHERE id IN (SELECT id FROM record "
    "WHERE kind = 'position' AND received_at_us < ? LIMIT ?)"
)


class JournalError(Exception):
    """A record was not stored, or the journal cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it came, and what was read in it.

    `decoded` is JSON: a list of `Received` (signal), a `Position`, or a `Refusal` (refused); each
    shape reads its own form back with `from_dict`.
    `received_at_us` is microseconds since 1970, UTC. `flags` are words with spaces between:
    the refusal's code, or "time_unverified".
    """

    receiver_id: str
    received_at_us: int
    kind: Kind
    protocol: str
    decoded: str
    tenant: str = ""
    account: str = ""
    peer: str = ""
    raw: bytes = b""
    flags: str = ""
    id: int = 0

    @property
    def received_at(self) -> datetime:
        """Return the time of receipt, aware, UTC."""
        return datetime.fromtimestamp(self.received_at_us / 1e6, UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """When an account was last heard, by whatever message; microseconds since 1970, UTC."""

    tenant: str
    account: str
    at_us: int
    protocol: str


@dataclass(frozen=True, slots=True)
class _Accounts:
    sealed: bytes


_Waiting: TypeAlias = tuple[Record | _Accounts, "Future[int]"]


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
        self._seen: dict[tuple[str, str], Seen] = {}
        self._seen_lock = threading.Lock()
        self._stored: tuple[int, bytes] | None = None
        self._pages = 0
        self._stopping = threading.Event()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._open()
        except apsw.Error as fault:
            raise JournalError(f"{path} cannot be opened as a journal: {fault}") from fault
        self._lift_ids()
        self._writer = threading.Thread(target=self._work, name="journal", daemon=True)
        self._writer.start()

    def _lift_ids(self) -> None:
        """Go on with ids of now: a journal that was restored must not give the lost ones anew."""
        now_ms = int(clock.now().timestamp() * 1000)
        with self._db:
            self._db.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'record'", (now_ms,)
            )

    def append(self, record: Record) -> "Future[int]":
        """Hand in a record; the future gives its id once it is safe on disk, or JournalError."""
        return self._hand_in(record)

    def save_accounts(self, sealed: bytes) -> "Future[int]":
        """Keep a copy of the sealed accounts; the future resolves once it is safe on disk."""
        return self._hand_in(_Accounts(sealed))

    def get_accounts(self) -> bytes | None:
        """Return the kept copy of the sealed accounts, None before the first one."""
        rows = _read(self.path, "SELECT sealed FROM sealed_accounts")
        return rows[0][0] if rows else None

    def see(self, tenant: str, account: str, at_us: int, protocol: str) -> None:
        """Note that an account was heard; saved within five seconds."""
        with self._seen_lock:
            self._seen[tenant, account] = Seen(tenant, account, at_us, protocol)

    def close(self) -> None:
        """Write what waits, save what was seen, checkpoint, and close."""
        self._stopping.set()
        self._queue.put(None)
        self._writer.join()

    def _hand_in(self, item: Record | _Accounts) -> "Future[int]":
        done: Future[int] = Future()
        if self.healthy and not self._stopping.is_set():
            self._queue.put((item, done))
        else:
            done.set_exception(JournalError("The journal takes no records now; send again."))
        return done

    def _open(self) -> apsw.Connection:
        db = apsw.Connection(str(self.path), vfs=self._vfs)
        db.set_busy_timeout(5000)
        db.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST")
        db.set_wal_hook(self._note_pages)  # takes the place of SQLite's own checkpoints
        with db:
            db.execute(_SCHEMA)
            born_ms = int(clock.now().timestamp() * 1000)
            db.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'record', ? "
                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'record')",
                (born_ms,),
            )
            db.execute("INSERT OR IGNORE INTO meta VALUES ('receiver_id', ?)", (self.receiver_id,))
            owner = db.execute("SELECT value FROM meta WHERE name = 'receiver_id'").get
        if owner != self.receiver_id:
            db.close()
            raise JournalError(
                f"{self.path} is the journal of receiver {owner!r}, not of {self.receiver_id!r}; "
                "set receiver_id back, or give this receiver a journal of its own."
            )
        return db

    def _note_pages(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _work(self) -> None:
        try:
            self._write()
        finally:
            self.healthy = False  # a journal without its thread acknowledges nothing

    def _write(self) -> None:
        kept_at = clock.monotonic()
        last = False
        while not last:
            batch, last = self._gather(kept_at + SEEN_EVERY_S - clock.monotonic())
            last = last or (self._stopping.is_set() and self._queue.empty())
            due = last or clock.monotonic() - kept_at >= SEEN_EVERY_S
            if batch or due:
                self._commit(batch, keep_house=due)
            if due:
                kept_at = clock.monotonic()
            if self._pages >= (IDLE_PAGES if self._queue.empty() else CHECKPOINT_PAGES):
                self._checkpoint()
        try:
            self._db.close()
        except apsw.Error as fault:
            logger.warning("journal_close_failed", extra={"fault": str(fault)})

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
                self._db.executemany(_KEEP_SEEN, [astuple(one) for one in seen.values()])
                oldest_us = now_us() - POSITION_KEPT_S * 1_000_000
                self._db.execute(_PURGE, (oldest_us, PURGED_AT_ONCE))
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

    def _insert(self, records: list[Record]) -> int:
        """Insert in one statement, so that the interpreter's lock is let go once; last id."""
        marks = ", ".join([f"({', '.join('?' * _WIDTH)})"] * len(records))
        values = [value for one in records for value in astuple(one)[:_WIDTH]]
        self._db.execute(f"INSERT INTO record ({_COLUMNS}) VALUES {marks}", values)  # noqa: S608 - marks only
        return self._db.last_insert_rowid()

    def _checkpoint(self) -> None:
        self._pages = 0
        try:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except apsw.Error as fault:
            self._recover(fault, [])

    def _recover(self, fault: Exception, batch: list[_Waiting]) -> None:
        """Stop acknowledging, refuse what waits, reopen, verify, say so, and go on."""
        self.healthy = False
        logger.error(
            "journal_failed",
            extra={"fault_kind": type(fault).__name__, "fault": str(fault), "refused": len(batch)},
        )
        self._refuse(batch)
        try:
            self._db.close(force=True)
        except apsw.Error as closing:
            logger.warning("journal_close_failed", extra={"fault": str(closing)})
        attempt = 0
        while not self._stopping.is_set():
            self._refuse(self._gather(RETRY_S[min(attempt, len(RETRY_S) - 1)])[0])
            attempt += 1
            try:
                self._db = self._open()
                self._verify()
            except (apsw.Error, JournalError) as again:
                extra = {"attempt": attempt, "fault": str(again)}
                logger.critical("journal_still_failed", extra=extra)
                continue
            self.healthy = True
            logger.warning("journal_recovered", extra={"attempts": attempt})
            return

    @staticmethod
    def _refuse(batch: list[_Waiting]) -> None:
        for _, done in batch:
            done.set_exception(JournalError("The journal could not store it; send again."))

    def _verify(self) -> None:
        """Write and commit for real, then look for the last acknowledged record; say if it is gone."""
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


def now_us() -> int:
    """Return microseconds since 1970, UTC."""
    return int(clock.now().timestamp() * 1e6)


def read_after(path: Path, after_id: int, limit: int = 500) -> list[Record]:
    """Read up to `limit` records with ids above `after_id`, in order; none before the first start."""
    statement = f"SELECT {_COLUMNS}, id FROM record WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constants
    return [Record(*row) for row in _read(path, statement, (after_id, limit))]


def read_last_id(path: Path) -> int:
    """Read the highest id that the journal ever gave; 0 before the first start."""
    rows = _read(path, "SELECT seq FROM sqlite_sequence WHERE name = 'record'")
    return int(rows[0][0]) if rows else 0


def read_last_seen(path: Path) -> list[Seen]:
    """Read when each account was last heard; none before the first start."""
    return [Seen(*row) for row in _read(path, "SELECT * FROM last_seen")]


def _read(path: Path, statement: str, bindings: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """Read through a connection that can write nothing and makes no checkpoint."""
    if not path.exists():
        return []
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(5000)
            return db.execute(statement, bindings).fetchall()
        finally:
            db.close()
    except apsw.Error as fault:
        raise JournalError(f"{path} cannot be read as a journal: {fault}") from fault
