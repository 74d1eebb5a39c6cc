"""A receiver that starts on a journal of many years. In: how many rows. Out: seconds to its first answer.

The journal has just been written and would be read from memory: it is dropped from there first, and
what is left of it there is said.
"""

import ctypes
import json
import mmap
import os
import time
from dataclasses import dataclass
from pathlib import Path

import apsw

from narvaro.intake.journal import Journal
from narvaro.intake.message import Received
from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.records import COLUMNS, now_us
from tests.intake.running import ACCOUNTS, Running

PORTION = 50_000
SPREAD_US = 700 * 86_400 * 1_000_000  # younger than any class is deleted at


@dataclass(frozen=True)
class ColdStart:
    """How long the first answer took, and the share of the journal that was in memory before."""

    first_answer_s: float
    in_memory: float


def fill(path: Path, rows: int) -> None:
    """Write a journal with so many alarms of ten thousand accounts."""
    Journal(path, "test").close()
    decoded = json.dumps([Received("sia-dc09", "SIA-DCS", "1234", 1, "BA").to_dict()])
    db = apsw.Connection(str(path))
    db.pragma("synchronous", "OFF")
    begun_us = now_us() - SPREAD_US
    insert = f"INSERT INTO record ({COLUMNS}) VALUES ('test', ?, 'signal', 'sia-dc09', ?, 'town', ?, '192.0.2.1', ?, '')"
    for start in range(0, rows, PORTION):
        with db:
            db.executemany(
                insert,
                (
                    (begun_us + n * (SPREAD_US // rows), decoded, f"{n % 10_000:04X}", b"x" * 60)
                    for n in range(start, min(start + PORTION, rows))
                ),
            )
    db.pragma("wal_checkpoint", "TRUNCATE")
    db.close()


def forget(path: Path) -> float:
    """Have the machine drop a file from its memory; return the share that is still there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())  # what is not yet on the disk cannot be dropped
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        whole = mmap.mmap(
            file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE
        )
    pages = (ctypes.c_ubyte * -(-len(whole) // mmap.PAGESIZE))()
    begin = ctypes.c_char.from_buffer(whole)
    length = ctypes.c_size_t(len(whole))
    if ctypes.CDLL(None, use_errno=True).mincore(ctypes.byref(begin), length, pages):
        raise OSError(ctypes.get_errno(), "mincore")
    return sum(page & 1 for page in pages) / len(pages)


def start_cold(folder: Path, rows: int) -> ColdStart:
    """Start a receiver on so many rows that are not in memory, and send it an alarm."""
    running = Running(folder)
    running.hand_over(ACCOUNTS)
    fill(running.journal, rows)
    in_memory = forget(running.journal)
    begun = time.monotonic()
    running.start()
    try:
        answer = running.ask(enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]'))
        took_s = time.monotonic() - begun
        if b'"ACK"' not in answer:
            raise AssertionError(f"no acknowledgement: {answer!r}")
        return ColdStart(took_s, in_memory)
    finally:
        running.end()
