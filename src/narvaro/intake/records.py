"""What stands in an intake journal, and reading it. In: a journal's file. Out: records.

Readers are other processes than the one that writes; they write nothing and make no checkpoint.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import apsw

from narvaro.spine import clock

Kind: TypeAlias = Literal["signal", "position", "observation", "rotation", "refused"]

DAY_S = 86_400
KEPT_S: dict[Kind, int] = {
    "position": 3 * DAY_S,  # the most that a raw position may be kept
    "observation": 90 * DAY_S,
    "rotation": 90 * DAY_S,
    "refused": 90 * DAY_S,
    "signal": 731 * DAY_S,  # as long as its case: 24 months
}

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, receiver_id TEXT NOT NULL,
    received_at_us INTEGER NOT NULL, kind TEXT NOT NULL, protocol TEXT NOT NULL,
    decoded TEXT NOT NULL, tenant TEXT NOT NULL, account TEXT NOT NULL, peer TEXT NOT NULL,
    raw BLOB NOT NULL, flags TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS record_age ON record (kind, received_at_us);
CREATE TABLE IF NOT EXISTS last_seen (
    tenant TEXT NOT NULL, protocol TEXT NOT NULL, account TEXT NOT NULL, path TEXT NOT NULL,
    at_us INTEGER NOT NULL, PRIMARY KEY (tenant, protocol, account, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listening (
    from_us INTEGER PRIMARY KEY, until_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sealed_accounts (
    one INTEGER PRIMARY KEY CHECK (one = 1), saved_at_us INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
COLUMNS = "receiver_id, received_at_us, kind, protocol, decoded, tenant, account, peer, raw, flags"
WIDTH = len(COLUMNS.split(","))


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
    """When an account was last heard on one of its paths; microseconds since 1970, UTC."""

    tenant: str
    protocol: str
    account: str
    path: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Listening:
    """Since when a receiver listens without a break, and until when it said so; µs since 1970."""

    from_us: int
    until_us: int


def now_us() -> int:
    """Return microseconds since 1970, UTC."""
    return int(clock.now().timestamp() * 1e6)


def read_after(path: Path, after_id: int, limit: int = 500) -> list[Record]:
    """Read up to `limit` records with ids above `after_id`, in order; none before the first start."""
    statement = f"SELECT {COLUMNS}, id FROM record WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - constants
    return [Record(*row) for row in _read(path, statement, (after_id, limit))]


def read_last_id(path: Path) -> int:
    """Read the highest id that the journal ever gave; 0 before the first start."""
    rows = _read(path, "SELECT seq FROM sqlite_sequence WHERE name = 'record'")
    return int(rows[0][0]) if rows else 0


def read_of_kind(path: Path, kind: Kind, since_us: int = 0) -> list[Record]:
    """Read the records of a kind since a time of receipt, in order; all where they are few."""
    statement = (
        f"SELECT {COLUMNS}, id FROM record WHERE kind = ? AND received_at_us >= ? ORDER BY id"  # noqa: S608 - constants
    )
    return [Record(*row) for row in _read(path, statement, (kind, since_us))]


@contextmanager
def newest_first(
    path: Path, kind: Kind, since_us: int = 0
) -> Iterator[Iterator[tuple[int, str, str]]]:
    """Give time of receipt (µs since 1970), account and `decoded` of a kind's records, one by one."""
    # The index ends in the id: no row is read before it is asked for.
    statement = (
        "SELECT received_at_us, account, decoded FROM record "
        "WHERE kind = ? AND received_at_us >= ? ORDER BY received_at_us DESC, id DESC"
    )
    with _rows(path, statement, (kind, since_us)) as rows:
        yield rows


def read_last_seen(path: Path, since_us: int = 0) -> list[Seen]:
    """Read when each account was last heard, those heard since then; none before the first start."""
    return [
        Seen(*row) for row in _read(path, "SELECT * FROM last_seen WHERE at_us >= ?", (since_us,))
    ]


def read_listening(path: Path) -> Listening | None:
    """Read since when the receiver listens, None before the first start."""
    rows = _read(path, "SELECT * FROM listening ORDER BY from_us DESC LIMIT 1")
    return Listening(*rows[0]) if rows else None


def read_accounts(path: Path) -> bytes | None:
    """Read the kept copy of the sealed accounts, None before the first one."""
    rows = _read(path, "SELECT sealed FROM sealed_accounts")
    return rows[0][0] if rows else None


def _read(path: Path, statement: str, bindings: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    with _rows(path, statement, bindings) as rows:
        return list(rows)


@contextmanager
def _rows(
    path: Path, statement: str, bindings: tuple[object, ...] = ()
) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Give the rows one by one, through a connection that can write nothing; none without a file."""
    if not path.exists():
        yield iter(())
        return
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            db.set_busy_timeout(5000)
            yield iter(db.execute(statement, bindings))
        finally:
            db.close(force=True)
    except apsw.Error as fault:
        raise JournalError(f"{path} cannot be read as a journal: {fault}") from fault
