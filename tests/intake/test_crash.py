"""kill -9 in the middle of dialling, twenty times: no acknowledged alarm is missing."""

from pathlib import Path

import pytest

from tests.intake.kills import DIALLERS, KILL, kill_often

KILLS = 20
AT_LEAST = 5 * KILLS  # acknowledged to each kind of sender


@pytest.mark.crash
def test_no_acknowledged_alarm_is_missing_after_twenty_kills(tmp_path: Path) -> None:
    """Every alarm in the senders' ledgers is in the journal, which is whole: TCP, UDP, SOS Access."""
    done = kill_often(tmp_path, KILLS, 20, events=(KILL,))
    assert done.missing == []
    assert done.whole == "ok"
    assert {name for name, count in done.by_sender.items() if count > AT_LEAST} == set(DIALLERS)
    assert done.acknowledged > 50 * KILLS
