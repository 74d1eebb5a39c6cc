"""What every source says of our time, from the panel's frame to the verdict."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.panel_time import FILE, find_median
from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, Answer, enclose, encrypt
from narvaro.intake.replay import ReplayGuard
from narvaro.intake.sealed import Accounts, AlarmAccount, TransmissionPath
from narvaro.intake.time_sources import SourceNow, list_sources
from narvaro.spine import time_servers
from narvaro.spine.clock import Hands
from narvaro.spine.guarded_clock import DOUBT
from tests.intake.running import ACCOUNTS, HEX_KEY, receiver
from tests.waiting import wait_until

KEY = bytes.fromhex(HEX_KEY)
OTHER = bytes(range(16))


class Panels:
    """Keyed panels that poll a receiver whose time a test sets."""

    def __init__(self, folder: Path, hands: Hands, **of_account: object) -> None:
        self.hands, self.folder = hands, folder
        self.journal = Journal(folder / "intake.db", "test")
        rows = [AlarmAccount("town", f"A{number}", key=HEX_KEY) for number in range(8)]
        accounts = Accounts(tuple(replace(one, **of_account) for one in rows))  # type: ignore[arg-type]
        self.desk = Desk(self.journal, accounts, Limits())
        self.frames = AlarmFrames(self.desk, ReplayGuard())
        self.sequence = 0

    def poll(self, number: int, off_s: float, *, key: bytes = KEY, sealed: bool = True) -> str:
        """Let a panel poll with a clock that is off; return what it is answered."""
        taken = self.frames.take(self.frame(number, off_s, key=key, sealed=sealed), "192.0.2.1")
        assert taken is not None
        return taken.decoded.answer

    def frame(self, number: int, off_s: float, *, key: bytes = KEY, sealed: bool = True) -> bytes:
        """Return a panel's next poll."""
        self.sequence += 1
        stamp = f"_{self.hands.now() + timedelta(seconds=off_s):{TIME_FORMAT}}".encode()
        inner = encrypt(key, b"|]" + stamp) if sealed else b"]" + stamp
        token = b'"*NULL"' if sealed else b'"NULL"'
        return enclose(token + b"%04dL0#A%d[" % (self.sequence, number) + inner)

    def all_poll(self, off_s: float, **how: object) -> list[str]:
        answers = []
        for number in range(8):
            answers.append(self.poll(number, off_s, **how))  # type: ignore[arg-type]
            self.hands.advance(30)
        return answers

    def read(self) -> SourceNow:
        """Return what stands in the file, as the other processes read it."""
        self.frames.panels.write(self.folder, now=self.hands.now(), up=self.hands.uptime())
        return list_sources([self.journal.path], self.folder, ()).rows[0]


def test_frames_that_are_refused_for_their_time_alone_have_a_vote(
    tmp_path: Path, hands: Hands
) -> None:
    """Our own time is a minute behind: each panel is told so once, and does not count again."""
    panels = Panels(tmp_path, hands)
    assert panels.all_poll(60.0) == [Answer.NAK] * 8
    found = panels.read()
    assert (found.off_s, found.accounts, found.why) == (60.0, 8, "")
    assert list_sources([panels.journal.path], tmp_path, ()).verdict.suspected
    panels.all_poll(0.0)
    assert panels.read().off_s == 60.0
    hands.advance(900)
    panels.all_poll(0.0)
    panels.journal.close()
    assert (panels.read().accounts, panels.read().why) == (0, "few")


def test_a_clock_that_is_right_is_backed(tmp_path: Path, hands: Hands) -> None:
    panels = Panels(tmp_path, hands)
    assert panels.all_poll(2.0) == [Answer.ACK] * 8
    verdict = list_sources([panels.journal.path], tmp_path, ()).verdict
    assert (panels.read().off_s, verdict.backed) == (2.0, False)
    panels.journal.close()
    assert list_sources([panels.journal.path], tmp_path, ()).verdict.backed


@pytest.mark.parametrize(
    ("of_account", "how"),
    [
        ({}, {"key": OTHER}),
        ({"key": ""}, {"sealed": False}),
        ({"flags": ("ignore_time",)}, {}),
        ({"paths": (TransmissionPath("ip", ("198.51.100.0/24",)),)}, {}),
    ],
    ids=["another key", "plain", "known to drift", "from elsewhere"],
)
def test_frames_that_have_no_vote(
    tmp_path: Path, hands: Hands, of_account: dict[str, object], how: dict[str, object]
) -> None:
    """Not authenticated, not protected, not trusted, not from where it may come."""
    panels = Panels(tmp_path, hands, **of_account)
    panels.all_poll(60.0, **how)
    panels.journal.close()
    assert panels.read().accounts == 0


def test_while_we_are_in_doubt_panels_are_not_told_the_time_and_go_on_voting(
    tmp_path: Path, hands: Hands
) -> None:
    """So that they can say when it is over."""
    panels = Panels(tmp_path, hands)
    hands.off_s = 60.0
    assert panels.all_poll(60.0) == [Answer.ACK] * 8
    assert panels.read().off_s == 60.0
    panels.all_poll(0.0)
    panels.all_poll(0.0)
    panels.journal.close()
    assert panels.read().off_s == 0.0


@pytest.mark.parametrize("peer", ["192.0.2.1", "198.51.100.9"])
@pytest.mark.parametrize(
    "paths", [(), (TransmissionPath("ip", ("192.0.2.0/24",)),)], ids=["from anywhere", "a path"]
)
def test_recorded_frames_do_not_silence_the_panels(
    tmp_path: Path, hands: Hands, peer: str, paths: tuple[TransmissionPath, ...]
) -> None:
    """They are answered as ever; what hears the answer is not the panel."""
    panels = Panels(tmp_path, hands, paths=paths)
    recorded = []
    for number in range(8):
        recorded.append(panels.frame(number, 0.0))
        panels.frames.take(recorded[-1], "192.0.2.1")
        hands.advance(30)
    hands.advance(60)
    for one in recorded:
        taken = panels.frames.take(one, peer)
        assert taken is not None
        assert taken.decoded.answer in {Answer.NAK, Answer.DUH}
    assert panels.frames.panels.told == {}
    hands.advance(900)
    panels.all_poll(0.0)
    panels.journal.close()
    assert (panels.read().accounts, panels.read().off_s) == (8, 0.0)


def test_a_frame_from_elsewhere_tells_no_panel_the_time(tmp_path: Path, hands: Hands) -> None:
    """Though it is new: the answer does not go where the panel is."""
    panels = Panels(tmp_path, hands, paths=(TransmissionPath("ip", ("198.51.100.0/24",)),))
    panels.all_poll(60.0)
    panels.journal.close()
    assert panels.frames.panels.told == {}


def test_what_our_own_clock_does_moves_no_vote(tmp_path: Path, hands: Hands) -> None:
    """A vote stands by the uptime; it is our time that is found to be off."""
    panels = Panels(tmp_path, hands)
    panels.all_poll(0.0)
    hands.jump(-61.0)
    found = panels.read()
    panels.journal.close()
    assert found.off_s == 61.0
    assert found.read_at is not None
    assert hands.now() - found.read_at == timedelta(seconds=30)


def test_servers_say_why_they_say_nothing(tmp_path: Path, hands: Hands) -> None:
    """Not asked, silent, too old, of before the machine started; never a guess."""
    kept = [
        {"host": "silent", "boot": "hands", "asked_s": 0.0, "fault": "silent"},
        {"host": "good", "boot": "hands", "asked_s": 0.0, "less_uptime_s": hands.now().timestamp(),
         "give_s": 2.0},
        {"host": "old", "boot": "hands", "asked_s": 0.0, "less_uptime_s": 5.0, "read_s": -9e9},
        {"host": "before", "boot": "other", "asked_s": 0.0, "less_uptime_s": 5.0},
    ]  # fmt: skip
    (tmp_path / time_servers.FILE).write_text(json.dumps(kept))
    names = ("good", "silent", "old", "before", "new")
    found = list_sources([tmp_path / "intake.db"], tmp_path, names).rows
    assert [(one.about, one.off_s, one.why) for one in found] == [
        ("", None, "few"), ("good", 0.0, ""), ("silent", None, "silent"), ("old", None, "old"),
        ("before", None, "not_asked"), ("new", None, "not_asked"),
    ]  # fmt: skip


def test_the_receiver_with_most_votes_speaks_for_the_panels(tmp_path: Path, hands: Hands) -> None:
    """A median of another start of the machine, or one that nobody renews, is none."""
    rows = {"first": (9, 30.0, "hands"), "second": (20, 60.0, "hands"), "third": (90, 0.0, "other")}
    for name, (accounts, off_s, boot) in rows.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / FILE).write_text(json.dumps({
            "boot": boot, "accounts": accounts, "heard_s": 0.0, "spread_s": 1.0, "why": "",
            "less_uptime_s": hands.now().timestamp() + off_s, "told": {},
        }))  # fmt: skip
    journals = [tmp_path / name / "intake.db" for name in rows]
    [panels] = list_sources(journals, tmp_path, ()).rows
    assert (panels.off_s, panels.accounts, panels.give_s) == (60.0, 20, 11.0)
    hands.advance(901)
    [panels] = list_sources(journals, tmp_path, ()).rows
    assert (panels.off_s, panels.why) == (None, "few")


def test_a_receiver_that_runs_follows_the_doubt_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes what it would refuse, marked, until the doubt is over; and leaves its panels' word."""
    monkeypatch.setenv("NARVARO_HOME", str(tmp_path))
    (tmp_path / DOUBT).write_text('{"off_s": 3600.0}')

    def frame(sequence: int) -> bytes:
        stamp = f"_{datetime.now(UTC) - timedelta(hours=1):{TIME_FORMAT}}".encode()
        content = b"|#AB12|Nri1/BA%02d]" % sequence
        return enclose(b'"*SIA-DCS"%04dL0#AB12[' % sequence + encrypt(KEY, content + stamp))

    with receiver(tmp_path) as running:
        assert b'"*ACK"0001' in running.ask(frame(1))
        (tmp_path / DOUBT).unlink()
        time.sleep(1.1)
        assert b'"NAK"' in running.ask(frame(2))
        wait_until(lambda: find_median(tmp_path), "the panels' word beside the journal")
        median = find_median(tmp_path)
        assert median is not None
        assert median.keyed == sum(bool(one.key) for one in ACCOUNTS.accounts)
        found = [(one.kind, one.flags) for one in running.list_records()]
    assert found == [("signal", "time_unverified"), ("refused", "time")]
