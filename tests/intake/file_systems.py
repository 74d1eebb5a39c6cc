"""Disks for the tests: one that remembers what was synced, one that breaks. In: writes. Out: faults.

`RecordingDisk` notes every write, sync, truncation and deletion of the files under it; `Cut` makes
of these notes what a disk may hold when the power goes at any one of them: what was synced is
there, of the rest each sector is kept, lost or torn. Its model: a sync that returned is true; a
write changes no byte outside itself; a file that was never synced may be missing. A sync that
failed wrote some sectors; the rest no later sync writes, though reading shows them until they are
forgotten: so do Linux and its file systems.

`FaultyDisk` is the machine's own until it is told to break.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import apsw

SECTOR = 512


class Step(NamedTuple):
    """One change of a file: `at` is a write's place, a truncation's size, a failed sync's dice."""

    kind: Literal["write", "sync", "failed", "truncate", "delete"]
    file: str
    at: int = 0
    data: bytes = b""


class _RecordingFile(apsw.VFSFile):
    def __init__(self, disk: "RecordingDisk", name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._steps = disk.steps
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._file = Path(path).name if path else ""

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        super().xWrite(data, offset)
        self._steps.append(Step("write", self._file, offset, bytes(data)))

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        if self._disk.must_fail(self._file):
            self._steps.append(Step("failed", self._file, len(self._steps)))
            if self._disk.forgets:
                self._forget()
            raise apsw.IOError
        super().xSync(flags)
        self._steps.append(Step("sync", self._file))

    def _forget(self) -> None:
        """Read from now on what is on the platter."""
        platter = Cut()
        platter.follow(self._steps)
        content = platter.read(self._file)
        super().xTruncate(len(content))
        super().xWrite(content, 0)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - apsw's name
        super().xTruncate(size)
        self._steps.append(Step("truncate", self._file, size))


class RecordingDisk(apsw.VFS):
    """A file system that notes each change; unregister it after use.

    The next `failing` syncs fail, of files whose names end with `only`; `forgets` says that the
    pages which they left unwritten are dropped at once.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name
        self.steps: list[Step] = []
        self.failing = 0
        self.only = ""
        self.forgets = False

    def must_fail(self, file: str) -> bool:
        """Return whether a sync of this file fails now."""
        if self.failing <= 0 or not file.endswith(self.only):
            return False
        self.failing -= 1
        return True

    def xOpen(self, name: Any, flags: list[int]) -> _RecordingFile:  # noqa: N802 - apsw's name
        return _RecordingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - apsw's name
        super().xDelete(filename, syncdir)
        self.steps.append(Step("delete", Path(filename).name, int(syncdir)))


@dataclass
class _Kept:
    """A file on the platter, and what the disk has not yet promised of it."""

    safe: bytearray | None = None  # None before its first sync: it may be missing
    waiting: list[Step] = field(default_factory=list)
    ghost: bytes | None = None  # the file of this name that was deleted, until the folder is synced


class Cut:
    """The disk as the steps leave it; move it on with `follow`, then look with `make_image`."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self._files = {name: _Kept(bytearray(data)) for name, data in (files or {}).items()}

    def follow(self, steps: list[Step]) -> None:
        """Take the next steps as done."""
        for step in steps:
            kept = self._files.setdefault(step.file, _Kept())
            if step.kind == "delete":
                self._delete(step.file, kept, folder_synced=bool(step.at))
            elif step.kind == "sync":
                self._sync(step.file, kept)
            elif step.kind == "failed":
                _fail(kept, Random(step.at))
            else:
                kept.waiting.append(step)

    def read(self, name: str) -> bytes:
        """Return what is on the platter of a file for sure."""
        kept = self._files.get(name)
        return bytes(kept.safe or b"") if kept else b""

    def make_image(self, dice: Random) -> dict[str, bytes]:
        """Return what the files may hold if the power goes now."""
        chance = dice.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        image = {}
        for name, kept in self._files.items():
            content = _survive(kept, chance, dice)
            if content is not None:
                image[name] = content
        return image

    def _delete(self, name: str, kept: _Kept, *, folder_synced: bool) -> None:
        content = bytearray(kept.safe or b"")
        for one in kept.waiting:
            _apply(content, one)
        self._files[name] = _Kept(ghost=bytes(content))
        if folder_synced:
            self._sync_folder()

    def _sync(self, name: str, kept: _Kept) -> None:
        new = kept.safe is None
        kept.safe = bytearray() if kept.safe is None else kept.safe
        for one in kept.waiting:
            _apply(kept.safe, one)
        kept.waiting.clear()
        if new and name.endswith(("-wal", "-journal")):
            self._sync_folder()  # SQLite syncs the folder with a new log's first sync

    def _sync_folder(self) -> None:
        for kept in self._files.values():
            kept.ghost = None


def _apply(content: bytearray, step: Step) -> None:
    if step.kind == "write":
        if len(content) < step.at:
            content.extend(bytes(step.at - len(content)))
        content[step.at : step.at + len(step.data)] = step.data
    else:
        del content[step.at :]


def _fail(kept: _Kept, dice: Random) -> None:
    """Write a part of what waits, and never the rest; a file that is not there yet stays away."""
    if kept.safe is not None:
        kept.safe = bytearray(_survive(kept, dice.choice((0.0, 0.5, 0.9)), dice) or b"")
    kept.waiting.clear()


def _survive(kept: _Kept, chance: float, dice: Random) -> bytes | None:
    """Keep each waiting change with a chance, sector by sector, some torn; None is no file."""
    if kept.safe is None and (not kept.waiting or dice.random() >= chance):
        return kept.ghost if dice.random() >= chance else None
    content = bytearray(kept.safe or b"")
    for step in kept.waiting:
        if step.kind == "truncate":
            if dice.random() < chance:
                _apply(content, step)
            continue
        for part in _sectors(step):
            if dice.random() < chance:
                torn = dice.random() < 0.1
                length = dice.randrange(len(part.data)) if torn else len(part.data)
                _apply(content, part._replace(data=part.data[:length]))
    return bytes(content)


def _sectors(step: Step) -> list[Step]:
    first = SECTOR - step.at % SECTOR
    bounds = [0, *range(first, len(step.data), SECTOR), len(step.data)]
    return [
        step._replace(at=step.at + start, data=step.data[start:end])
        for start, end in pairwise(bounds)
        if start < end
    ]


class Fault(StrEnum):
    """In what way a disk breaks."""

    WRITE = "write"  # EIO
    SYNC = "sync"  # EIO
    READ = "read"  # EIO
    FULL = "full"
    READ_ONLY = "read_only"  # as after a remount: writes fail, files open for reading alone


class _FaultyFile(apsw.VFSFile):
    def __init__(self, disk: "FaultyDisk", name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        self._disk.meet(Fault.FULL, apsw.FullError)
        self._disk.meet(Fault.WRITE, apsw.IOError)
        self._disk.meet(Fault.READ_ONLY, apsw.IOError)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - apsw's name
        self._disk.meet(Fault.READ_ONLY, apsw.IOError)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        self._disk.meet(Fault.SYNC, apsw.IOError)
        super().xSync(flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - apsw's name
        self._disk.meet(Fault.READ, apsw.IOError)
        return super().xRead(amount, offset)


class FaultyDisk(apsw.VFS):
    """A file system that breaks when it is told to; unregister it after use."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name
        self.failures = 0
        self._fault: Fault | None = None
        self._sound = 0
        self._left = 0

    def break_down(self, fault: Fault, *, after: int = 0, times: int = 1_000_000_000) -> None:
        """Let `after` more operations of the kind succeed, then fail `times`, then be sound."""
        self._sound, self._left = after, times
        self._fault = fault

    def mend(self) -> None:
        """Be sound again."""
        self._fault = None

    def meet(self, fault: Fault, error: Callable[[], Exception]) -> None:
        """Raise the error where this operation is to fail."""
        if self._fault is not fault:
            return
        if self._sound > 0:
            self._sound -= 1
        elif self._left > 0:
            self._left -= 1
            self.failures += 1
            raise error()

    def xOpen(self, name: Any, flags: list[int]) -> _FaultyFile:  # noqa: N802 - apsw's name
        if self._fault is Fault.READ_ONLY and flags[0] & apsw.SQLITE_OPEN_READWRITE:
            allowed = flags[0] & ~(apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
            flags[0] = allowed | apsw.SQLITE_OPEN_READONLY
        return _FaultyFile(self, name, flags)
