"""Which frames were heard before: repeats, replays, restarts, and what had to be forgotten.

Seconds and counts stand here as numbers: they are the promise, whatever the code calls them.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake import replay
from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, enclose, encrypt
from narvaro.intake.records import Record, Seen, read_of_kind
from narvaro.intake.replay import ReplayGuard, Sent, Verdict
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine.clock import Hands
from tests.intake.running import HEX_KEY

TOWN = AlarmAccount("town", "AB12", key=HEX_KEY)
DAY_S = 86_400.0


def sent(digest: str, sequence: int = 7, line: str = "1234", stamp_s: float | None = None) -> Sent:
    return Sent(line, f"{digest:0>32}", sequence, stamp_s, horizon_s=120.0)


def stored() -> "Future[int]":
    done: Future[int] = Future()
    done.set_result(1)
    return done


def test_the_same_frame_again_waits_for_what_the_first_waits_for() -> None:
    """It is a repeat, whether the first is stored already or not."""
    guard, waiting = ReplayGuard(), Future[int]()
    assert guard.judge(sent("f")) == (Verdict.NEW, None)
    guard.remember(sent("f"), waiting)
    assert guard.judge(sent("f")) == (Verdict.REPEAT, waiting)
    assert guard.judge(sent("f", 8)) == (Verdict.REPLAY, None)
    assert guard.judge(sent("f", 8, "9999")) == (Verdict.NEW, None)


def test_a_first_sending_that_was_not_stored_does_not_count() -> None:
    """The second one is stored in its place."""
    guard, failed = ReplayGuard(), Future[int]()
    failed.set_exception(OSError())
    guard.remember(sent("f"), failed)
    assert guard.judge(sent("f")) == (Verdict.NEW, None)


def test_a_frame_without_a_stamp_is_never_a_replay() -> None:
    """A panel that starts its numbers anew may have a new alarm."""
    guard = ReplayGuard()
    guard.remember(Sent("1234", "", 7), stored())
    assert guard.judge(Sent("1234", "", 8)) == (Verdict.NEW, None)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=600))
def test_no_new_frame_is_taken_for_an_old_one(frames: list[tuple[int, int]]) -> None:
    """Whatever is sent in whatever order: what was never heard is new."""
    guard, heard = ReplayGuard(), dict[str, int]()
    for number, sequence in frames:
        name = f"{number:x}"
        verdict, _ = guard.judge(sent(name, sequence))
        assert (verdict is Verdict.NEW) == (name not in heard)
        if verdict is Verdict.NEW:
            guard.remember(sent(name, sequence), stored())
            heard[name] = sequence
        else:
            assert (heard[name] == sequence) == (verdict is Verdict.REPEAT)


def test_memory_is_bounded_and_says_so_of_what_it_forgot() -> None:
    """Of ten thousand alarms at least two thousand are known; the others are never called new."""
    guard = ReplayGuard()
    for number in range(10_000):
        guard.remember(sent(f"{number:x}", stamp_s=float(number)), None)
    said = [guard.judge(sent(f"{n:x}", 8, stamp_s=float(n)))[0] for n in range(10_000)]
    assert 2000 <= said.count(Verdict.REPLAY) <= 5000
    assert said.count(Verdict.UNKNOWN) == 10_000 - said.count(Verdict.REPLAY)
    assert guard.judge(sent("abcdef", 8, stamp_s=10_000.0))[0] is Verdict.NEW


class HeardJournal(Journal):
    """A journal that counts the signs of life."""

    heard = 0

    def see(self, seen: Seen) -> None:
        self.heard += 1
        super().see(seen)


@dataclass
class Line:
    """A receiver in this process, a panel, and who records what the panel sends."""

    folder: Path
    hands: Hands
    account: AlarmAccount
    journal: HeardJournal
    frames: AlarmFrames

    def alarm(self, sequence: int, zone: int = 5, ahead_s: float = 0.0) -> bytes:
        return self._frame(b"*SIA-DCS", sequence, b"#AB12|Nri1/BA%d" % zone, ahead_s)

    def poll(self, sequence: int, ahead_s: float = 0.0) -> bytes:
        return self._frame(b"*NULL", sequence, b"", ahead_s)

    def _frame(self, token: bytes, sequence: int, content: bytes, ahead_s: float) -> bytes:
        stamp = f"_{self.hands.now() + timedelta(seconds=ahead_s):{TIME_FORMAT}}".encode()
        inner = encrypt(self.account.aes_key, b"|" + content + b"]" + stamp)
        return enclose(b'"%b"%04dL0#AB12[' % (token, sequence) + inner)

    def send(self, frame: bytes, sequence: int | None = None) -> str:
        """Send a frame, perhaps under another number; return what it was taken for."""
        if sequence is not None:
            frame = enclose(re.sub(rb'"\d{4}', b'"%04d' % sequence, frame[9:-1], count=1))
        before = self.journal.heard
        taken = self.frames.take(frame, "127.0.0.1")
        assert taken is not None
        if taken.kept is not None:
            taken.kept.result(5)
        lives = self.journal.heard > before
        assert taken.is_fresh == lives
        refusal = taken.decoded.refusal
        if refusal is not None:
            return f"{taken.decoded.answer}: {refusal.code}"
        return f"{taken.decoded.answer}, {'a sign of life' if lives else 'no sign of life'}"

    def begin(self, *, stamps: bool = True) -> None:
        """Begin as a new process does, with what the journal and, perhaps, the folder hold."""
        guard, accounts = ReplayGuard(), Accounts((self.account,))
        if stamps:
            self.frames._guard.write_stamps(self.folder, at_once=True)
            guard.recall_stamps(self.folder)
        guard.recall(self.journal.path, accounts)
        self.frames = AlarmFrames(Desk(self.journal, accounts, Limits()), guard)

    def list_signals(self) -> list[Record]:
        return read_of_kind(self.journal.path, "signal")


LIFE, NO_LIFE = "ACK, a sign of life", "ACK, no sign of life"
REPLAY = "DUH: replay"


@contextmanager
def made(folder: Path, hands: Hands, **deviations: Any) -> Iterator[Line]:
    account = replace(TOWN, **deviations)
    journal = HeardJournal(folder / "intake.db", "test")
    frames = AlarmFrames(Desk(journal, Accounts((account,)), Limits()), ReplayGuard())
    try:
        yield Line(folder, hands, account, journal, frames)
    finally:
        journal.close()


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("window", "ahead_s", "wait_s"),
    [
        ((40, 20), 0, 30),
        ((40, 20), 19, 58),
        ((600, 20), 0, 121),
        ((600, 20), 19, 615),
        ((3600, 20), 0, 3590),
        ((40, 3600), 3599, 3630),
        ((86_400, 86_400), 86_000, 172_000),
    ],
)
def test_a_recorded_alarm_is_refused_as_long_as_its_time_lets_it_in(
    tmp_path: Path, hands: Hands, window: tuple[float, float], ahead_s: float, wait_s: float,
    *, restarts: bool,
) -> None:  # fmt: skip
    """To the end of the account's own window, however wide, also after a restart."""
    late_s, early_s = window
    with made(tmp_path, hands, late_s=late_s, early_s=early_s) as line:
        recorded = line.alarm(7, ahead_s=ahead_s)
        assert line.send(recorded) == LIFE
        hands.advance(wait_s)
        assert line.send(line.alarm(9, zone=6)) == LIFE
        if restarts:
            line.begin()
        assert line.send(recorded, 8) == REPLAY
        assert line.send(recorded) == NO_LIFE
        assert len(line.list_signals()) == 2


def test_three_hundred_other_alarms_do_not_hide_a_replay(tmp_path: Path, hands: Hands) -> None:
    """Who makes a panel send much cannot have it forgotten."""
    with made(tmp_path, hands) as line:
        recorded = line.alarm(7)
        assert line.send(recorded) == LIFE
        assert {line.send(line.alarm(100 + n, zone=n)) for n in range(100, 400)} == {LIFE}
        hands.advance(30)
        assert line.send(recorded, 8) == REPLAY


def test_what_had_to_be_forgotten_is_stored_and_is_no_sign_of_life(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No alarm is lost by a full memory, and no cut line kept alive; what is later is not touched."""
    monkeypatch.setattr(replay, "MOST_ALARMS", 3)
    with made(tmp_path, hands) as line:
        recorded = line.alarm(7)
        line.send(recorded)
        for zone in range(10, 14):
            hands.advance(1)
            assert line.send(line.alarm(zone, zone)) == LIFE
        assert line.send(recorded, 8) == NO_LIFE
        assert [one.flags for one in line.list_signals()] == [""] * 5 + ["time_unverified"]
        hands.advance(1)
        assert line.send(line.alarm(15, 15)) == LIFE


def test_in_doubt_a_known_alarm_is_refused_for_good_also_after_a_restart(
    tmp_path: Path, hands: Hands
) -> None:
    """Then no window ends: what is known stays known, two minutes and a day after."""
    with made(tmp_path, hands) as line:
        recorded = line.alarm(7)
        assert line.send(recorded) == LIFE
        hands.jump_s = 3600.0
        for wait_s in (121.0, DAY_S - 600):
            hands.advance(wait_s)
            assert line.send(line.alarm(9, zone=6)) == LIFE
            assert line.send(recorded, 8) == REPLAY
        line.begin(stamps=False)
        assert line.send(recorded, 8) == REPLAY


def test_in_doubt_what_may_be_recorded_is_stored_and_is_no_sign_of_life(
    tmp_path: Path, hands: Hands
) -> None:
    """An alarm and a poll of before the doubt; the panel itself goes on as it did."""
    with made(tmp_path, hands) as line:
        recorded = [line.alarm(7), line.poll(8)]
        assert [line.send(one) for one in recorded] == [LIFE, LIFE]
        hands.advance(3600)
        assert [line.send(line.alarm(9, zone=6)), line.send(line.poll(10))] == [LIFE, LIFE]
        hands.advance(3600)
        hands.jump_s = 3600.0
        # The alarm of an hour ago is remembered; that of two hours ago was forgotten for it.
        assert [line.send(one, 11) for one in recorded] == [NO_LIFE, NO_LIFE]
        assert line.list_signals()[-1].flags == "time_unverified"
        assert [line.send(line.alarm(12, zone=7)), line.send(line.poll(13))] == [LIFE, LIFE]


@pytest.mark.parametrize("jump_s", [0.0, 3600.0])
@pytest.mark.parametrize(
    "bound", [("MOST_RECALLED", 3, 3), ("MOST_ALARMS", 3, 3), ("RECALL_S", -1, 0)]
)
def test_what_a_start_has_no_time_to_recall_is_stored_and_is_no_sign_of_life(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch, jump_s: float,
    bound: tuple[str, int, int],
) -> None:  # fmt: skip
    """The newest alarms are known, of older ones nobody can tell; what is later is not touched."""
    name, most, known = bound
    with made(tmp_path, hands) as line:
        recorded = []
        for zone in range(10, 15):
            hands.advance(1)
            recorded.append(line.alarm(zone, zone))
            assert line.send(recorded[-1]) == LIFE
        hands.jump_s = jump_s
        monkeypatch.setattr(replay, name, most)
        line.begin(stamps=False)
        said = [line.send(one, 90 + n) for n, one in reversed(list(enumerate(recorded)))]
        assert said == [REPLAY] * known + [NO_LIFE] * (5 - known)
        hands.advance(21)
        assert line.send(line.alarm(40, 40)) == LIFE


@pytest.mark.parametrize("jump_s", [0.0, 3600.0])
def test_a_poll_of_before_a_restart_is_no_sign_of_life(
    tmp_path: Path, hands: Hands, jump_s: float
) -> None:
    """Polls are not in the journal; the newest stamp of each path lies beside it."""
    with made(tmp_path, hands) as line:
        older = line.poll(1)
        hands.advance(5)
        last = line.poll(2)
        assert line.send(last) == LIFE
        hands.jump_s = jump_s
        line.begin()
        assert [line.send(last), line.send(last, 3), line.send(older)] == [NO_LIFE] * 3
        hands.advance(1)
        assert line.send(line.poll(4)) == LIFE


def test_in_doubt_our_own_time_is_no_measure_of_what_was_forgotten(
    tmp_path: Path, hands: Hands
) -> None:
    """Panels that are an hour ahead of us are right, perhaps; what they sent stays what they sent."""
    with made(tmp_path, hands) as line:
        hands.jump_s = 3600.0
        recorded = line.poll(1, ahead_s=3600)
        assert line.send(recorded) == LIFE
        hands.advance(300)
        assert line.send(line.poll(2, ahead_s=3600)) == LIFE
        assert line.send(recorded) == NO_LIFE


def test_a_panel_that_sets_its_clock_back_within_its_window_lives_on(
    tmp_path: Path, hands: Hands
) -> None:
    """Its stamps need not rise: what it sent is known by its digest."""
    with made(tmp_path, hands) as line:
        recorded = line.poll(1, ahead_s=15)
        assert line.send(recorded) == LIFE
        for number in range(2, 12):
            hands.advance(1)
            assert line.send(line.poll(number)) == LIFE
        assert line.send(recorded) == NO_LIFE


def test_a_clock_that_was_set_back_silences_nobody(tmp_path: Path, hands: Hands) -> None:
    """Stamps of a clock that ran an hour ahead are no measure once it was set right."""
    with made(tmp_path, hands) as line:
        hands.jump(3600)
        line.send(line.poll(1))
        hands.advance(200)
        line.send(line.poll(2))
        hands.jump(-3600)
        assert line.send(line.poll(3)) == LIFE
        hands.jump(3600)
        line.begin()
        hands.jump(-3600)
        assert line.send(line.poll(4, ahead_s=1)) == LIFE


def test_of_a_clock_that_stands_still_the_same_alarm_is_new_after_two_minutes(
    tmp_path: Path, hands: Hands
) -> None:
    """With `ignore_time` a stamp says nothing: an alarm is worth more than a replay."""
    with made(tmp_path, hands, flags=("ignore_time",)) as line:
        frame = line.alarm(7)
        assert line.send(frame) == LIFE
        hands.advance(100)
        assert line.send(frame, 8) == REPLAY
        hands.advance(21)
        assert line.send(frame, 8) == LIFE


@pytest.mark.parametrize("text", ['{"AB12/": "soon"}', "", "[]", "\x00"])
def test_stamps_that_cannot_be_read_or_written_stop_nothing(
    tmp_path: Path, hands: Hands, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """A file of another form is none, and is said, as a folder that is gone is; no file is a new home."""
    ReplayGuard().recall_stamps(tmp_path)
    assert caplog.messages == []
    (tmp_path / "newest-stamps.json").write_text(text)
    with made(tmp_path, hands) as line:
        line.frames._guard.recall_stamps(tmp_path)
        assert caplog.messages == ["newest_stamps_not_read"]
        assert line.send(line.poll(1)) == LIFE
        line.frames._guard.write_stamps(tmp_path / "gone", at_once=True)
        assert line.send(line.poll(2, ahead_s=1)) == LIFE
