"""Faults of SQLite that concern this product, by version. In: a version. Out: what is known of it. Data.

Sources: sqlite.org/wal.html (the WAL-reset bug), sqlite.org/changes.html, and the announcement that
3.52.0 is withdrawn.
"""

from dataclasses import dataclass
from typing import TypeAlias

Version: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class SqliteFault:
    """A fault from a version on; `mended` are the first whole versions, each for its own series.

    The last of `mended` holds for everything after it; the others for their series alone.
    """

    code: str
    since: Version
    mended: tuple[Version, ...]
    what: str

    def concerns(self, version: Version) -> bool:
        """Return whether a version has the fault."""
        if version < self.since or version >= self.mended[-1]:
            return False
        return not any(version[:2] == one[:2] and version >= one for one in self.mended)


FAULTS = (
    SqliteFault(
        "wal_reset",
        (3, 7, 0),
        ((3, 44, 6), (3, 50, 7), (3, 51, 3)),
        "two connections that write or checkpoint the same WAL file at the same moment can, very "
        "rarely, damage the database",
    ),
    SqliteFault(
        "withdrawn",
        (3, 52, 0),
        ((3, 52, 1),),
        "this version was withdrawn by its authors for faults of its own",
    ),
)


def parse(version: str) -> Version:
    """Read a version as SQLite writes it."""
    return tuple(int(part) for part in version.split("."))


def list_faults(version: str) -> list[SqliteFault]:
    """List the faults that a version has."""
    return [one for one in FAULTS if one.concerns(parse(version))]
