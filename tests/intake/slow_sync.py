"""A disk whose every sync takes longer, without a compiler. In: milliseconds. Out: this process slowed.

The wait is put in front of the native sync of SQLite's own file system, and nothing else is
touched: a file system written in Python would take the interpreter's lock at each read and write,
and the benchmark would measure that. For the whole process, until it ends.
"""

import ctypes
import time
from typing import Any

import apsw


class _FileSystem(ctypes.Structure):
    """The head of sqlite3_vfs, up to xOpen."""

    _fields_ = [
        ("iVersion", ctypes.c_int), ("szOsFile", ctypes.c_int), ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p), ("zName", ctypes.c_char_p), ("pAppData", ctypes.c_void_p),
        ("xOpen", ctypes.c_void_p),
    ]  # fmt: skip


class _Methods(ctypes.Structure):
    """The whole of sqlite3_io_methods, version 3."""

    _fields_ = [
        ("iVersion", ctypes.c_int),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock",
                "xCheckReservedLock", "xFileControl", "xSectorSize", "xDeviceCharacteristics",
                "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch",
            )
        ),
    ]  # fmt: skip


_POINTER = ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, _POINTER, ctypes.c_int, _POINTER)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int)
_kept: list[Any] = []  # what SQLite points to must never be collected


def slow_down(sync_ms: float) -> None:
    """Let every sync of every file that this process opens from now on take `sync_ms` longer."""
    copies: dict[int, _Methods] = {}
    file_system = _find_file_system()
    native_open = _OPEN(file_system.xOpen)

    def open_slow(vfs: int, name: int, file: int, flags: int, out: int) -> int:
        code = int(native_open(vfs, name, file, flags, out))
        methods = ctypes.c_void_p.from_address(file)
        if methods.value is not None:
            if methods.value not in copies:
                copies[methods.value] = _copy_with(methods.value, sync_ms / 1000)
            methods.value = ctypes.addressof(copies[methods.value])
        return code

    replaced = _OPEN(open_slow)
    _kept.extend((copies, replaced))
    file_system.xOpen = ctypes.cast(replaced, ctypes.c_void_p).value


def _find_file_system() -> _FileSystem:
    found = ctypes.c_void_p()
    db = apsw.Connection(":memory:")
    db.file_control("main", apsw.SQLITE_FCNTL_VFS_POINTER, ctypes.addressof(found))
    db.close()
    if not found.value:
        raise RuntimeError("SQLite does not tell its file system; its syncs cannot be slowed.")
    return _FileSystem.from_address(found.value)


def _copy_with(address: int, wait_s: float) -> _Methods:
    methods = _Methods()
    ctypes.memmove(ctypes.addressof(methods), address, ctypes.sizeof(methods))
    native_sync = _SYNC(methods.xSync)

    def sync_slowly(file: int, flags: int) -> int:
        time.sleep(wait_s)
        return int(native_sync(file, flags))

    replaced = _SYNC(sync_slowly)
    _kept.append(replaced)
    methods.xSync = ctypes.cast(replaced, ctypes.c_void_p).value
    return methods
