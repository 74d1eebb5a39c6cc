"""Which frames were heard before: repeats, replays, restarts, and what is forgotten."""

import json
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Received
from narvaro.intake.records import Record
from narvaro.intake.replay import HORIZON_S, MOST_OF_ONE, ReplayGuard, Verdict
from narvaro.spine.clock import Hands, ruled_by

START = datetime(2026, 11, 23, tzinfo=UTC)


def stored() -> "Future[int]":
    done: Future[int] = Future()
    done.set_result(1)
    return done


def test_the_same_frame_again_waits_for_what_the_first_waits_for() -> None:
    """It is a repeat, whether the first is stored already or not."""
    guard, waiting = ReplayGuard(), Future[int]()
    assert guard.judge("1234", "f", 7) == (Verdict.NEW, None)
    guard.remember("1234", "f", 7, waiting)
    assert guard.judge("1234", "f", 7) == (Verdict.REPEAT, waiting)
    assert guard.judge("1234", "f", 8) == (Verdict.REPLAY, None)
    assert guard.judge("9999", "f", 8) == (Verdict.NEW, None)


def test_a_first_sending_that_was_not_stored_does_not_count() -> None:
    """The second one is stored in its place."""
    guard, failed = ReplayGuard(), Future[int]()
    failed.set_exception(OSError())
    guard.remember("1234", "f", 7, failed)
    assert guard.judge("1234", "f", 7) == (Verdict.NEW, None)


def test_what_is_older_than_any_window_is_forgotten() -> None:
    """A frame of then is refused by its time stamp, not by memory."""
    with ruled_by(hands := Hands(START)):
        guard = ReplayGuard()
        guard.remember("1234", "f", 7, stored())
        hands.advance(HORIZON_S - 1)
        assert guard.judge("1234", "f", 8)[0] is Verdict.REPLAY
        hands.advance(2)
        assert guard.judge("1234", "f", 8)[0] is Verdict.NEW


def test_a_restart_remembers_what_the_journal_holds() -> None:
    """The guard's memory is rebuilt from the journal's end."""
    signal = Received("sia-dc09", "SIA-DCS", "1234", 7, fingerprint="f")
    record = Record("main", 0, "signal", "sia-dc09", json.dumps([signal.to_dict()]), account="1234")
    guard = ReplayGuard()
    guard.recall([record, replace(record, kind="refused", decoded="{}")])
    assert guard.judge("1234", "f", 7) == (Verdict.REPEAT, None)
    assert guard.judge("1234", "f", 9)[0] is Verdict.REPLAY


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=600))
def test_memory_is_bounded_and_no_new_frame_is_taken_for_an_old_one(
    frames: list[tuple[int, int]],
) -> None:
    """Whatever is sent in whatever order: what was never heard is new."""
    guard, heard = ReplayGuard(), dict[str, int]()
    for number, sequence in frames:
        verdict, _ = guard.judge("1234", str(number), sequence)
        if str(number) not in heard:
            assert verdict is Verdict.NEW
        if verdict is Verdict.NEW:
            guard.remember("1234", str(number), sequence, stored())
            heard[str(number)] = sequence
        else:
            assert (heard[str(number)] == sequence) == (verdict is Verdict.REPEAT)
    assert all(len(one) <= MOST_OF_ONE for one in guard._heard.values())


def test_a_frame_without_a_stamp_is_never_a_replay() -> None:
    """A panel that starts its numbers anew may have a new alarm."""
    guard = ReplayGuard()
    guard.remember("1234", "", 7, stored())
    assert guard.judge("1234", "", 8) == (Verdict.NEW, None)
