"""A receiver that starts on a journal of many years. In: how many rows. Out: seconds to its first answer."""

import json
import time
from pathlib import Path

import apsw

from narvaro.intake.journal import Journal
from narvaro.intake.message import Received
from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.records import COLUMNS, now_us
from tests.intake.running import ACCOUNTS, Running

PORTION = 50_000
SPREAD_US = 700 * 86_400 * 1_000_000  # younger than any class is deleted at


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


def first_answer_s(folder: Path, rows: int) -> float:
    """Return the seconds from the start of the process to the first acknowledged alarm."""
    running = Running(folder)
    running.hand_over(ACCOUNTS)
    fill(running.journal, rows)
    begun = time.monotonic()
    running.start()
    try:
        answer = running.ask(enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]'))
        took_s = time.monotonic() - begun
        if b'"ACK"' not in answer:
            raise AssertionError(f"no acknowledgement: {answer!r}")
        return took_s
    finally:
        running.end()
