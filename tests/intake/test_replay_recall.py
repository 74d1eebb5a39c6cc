"""What a start recalls of a journal: each account its share, whatever else stands there."""

import json
import math
from pathlib import Path

import pytest

from narvaro.intake import replay
from narvaro.intake.journal import Journal
from narvaro.intake.message import Received
from narvaro.intake.records import Record, now_us
from narvaro.intake.replay import ReplayGuard, Sent, Verdict, name_line
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine.clock import Hands
from tests.intake.running import HEX_KEY
from tests.intake.test_replay import TOWN, sent


def keep(journal: Journal, number: int, account: str) -> None:
    """Store an alarm as it was heard before a restart."""
    one = Received("sia-dc09", "SIA-DCS", account, number, "BA", fingerprint=f"{number:032x}")
    text = json.dumps([one.to_dict()])
    journal.append(Record("test", now_us(), "signal", "sia-dc09", text, account=account)).result(5)


def test_who_sends_much_does_not_have_the_alarms_of_others_forgotten(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each account has its own share of what is recalled, and its own end of it."""
    monkeypatch.setattr(replay, "MOST_ALARMS", 3)
    hands.jump_s = 3600.0
    journal = Journal(tmp_path / "intake.db", "test")
    keep(journal, 1, "CD34")
    for number in range(2, 12):
        hands.advance(30)
        keep(journal, number, "AB12")
    journal.close()
    quiet = AlarmAccount("town", "CD34", key=HEX_KEY)
    guard = ReplayGuard()
    guard.recall(journal.path, Accounts((TOWN, quiet)))

    def judge(number: int, account: AlarmAccount, ago_s: float = 0.0) -> Verdict:
        stamp_s = hands.now().timestamp() - ago_s
        return guard.judge(
            Sent(name_line(account), f"{number:032x}", 99, stamp_s, horizon_s=math.inf)
        )[0]

    assert judge(1, quiet) is Verdict.REPLAY
    assert judge(99, quiet, 1000) is Verdict.NEW
    assert [judge(number, TOWN) for number in (11, 9)] == [Verdict.REPLAY] * 2
    # The eighth came 90 s ago, and may have been stamped as much ahead as its account is let.
    assert judge(8, TOWN, 90 - 20 + 0.1) is Verdict.UNKNOWN
    assert judge(99, TOWN, 90 - 20 - 0.1) is Verdict.NEW


def test_a_record_that_holds_no_frame_does_not_keep_a_receiver_from_starting(
    tmp_path: Path, hands: Hands
) -> None:
    """What was stored is promotion's; the guard knows the others."""
    journal = Journal(tmp_path / "intake.db", "test")
    keep(journal, 1, "AB12")
    for text in ("", "[]", "{}", "[1]", '[{"line_prefix": "", "fingerprint": "no"}]'):
        journal.append(Record("test", now_us(), "signal", "mail", text, account="AB12")).result(5)
    journal.close()
    guard = ReplayGuard()
    guard.recall(journal.path, Accounts((TOWN,)))
    assert guard.judge(sent("1", 8, name_line(TOWN)))[0] is Verdict.REPLAY
