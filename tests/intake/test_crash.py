"""kill -9 in the middle of dialling, twenty times: no acknowledged alarm is missing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from narvaro.intake.sealed import Accounts, AlarmAccount
from tests.intake.running import HEX_KEY, ROOT, Running

KILLS = 20
AT_ONCE = 25  # per dialler; one plain, one encrypted


def _dial(port: int, ledger: Path, *more: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.intake.dialler", "--port", str(port),
         "--connections", str(AT_ONCE), "--ledger", str(ledger), *more],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _kill_often(running: Running, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.2, 0.7))
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        running.start()
    time.sleep(0.3)


@pytest.mark.crash
def test_no_acknowledged_alarm_is_missing_after_twenty_kills(tmp_path: Path) -> None:
    """Every alarm in the senders' ledgers is in the journal, which is whole."""
    running = Running(tmp_path)
    running.hand_over(
        Accounts((AlarmAccount("town", "1234"), AlarmAccount("town", "AB12", key=HEX_KEY)))
    )
    running.start()
    ledgers = [tmp_path / "plain", tmp_path / "encrypted"]
    diallers = [
        _dial(running.dc09_port, ledgers[0]),
        _dial(running.dc09_port, ledgers[1], "--account", "AB12", "--key", HEX_KEY),
    ]
    try:
        _kill_often(running, seed=20)
    finally:
        for dialler in diallers:
            dialler.terminate()
        for dialler in diallers:
            dialler.wait(10)
        running.end()
    acknowledged = [name for ledger in ledgers for name in ledger.read_text().split()]
    stored = {record.decoded.partition('"text":"')[2].partition('"')[0]
              for record in running.list_records()}  # fmt: skip
    missing = [name for name in acknowledged if name not in stored]
    assert missing == []
    assert len(acknowledged) > 50 * KILLS
    whole = apsw.Connection(str(running.journal)).execute("PRAGMA integrity_check").get
    assert whole == "ok"
