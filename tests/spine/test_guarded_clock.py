"""The machine's clock held against its uptime: steps are not followed, bends are, starts remember."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.spine import guarded_clock
from narvaro.spine.guarded_clock import DOUBT, JUMP_S, SLEW, GuardedClock
from narvaro.spine.uptime import Uptime

WALL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC).timestamp()


class Machine:
    """A machine whose wall clock and uptime the test moves."""

    CLOCK_BOOTTIME = 7

    def __init__(self) -> None:
        self.wall = WALL
        self.up = 1000.0
        self.boot = "first"

    def time(self) -> float:
        return self.wall

    def clock_gettime(self, _which: int) -> float:
        return self.up

    def monotonic(self) -> float:
        return self.up

    def read_uptime(self) -> Uptime:
        return Uptime(self.boot, self.up)

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine()
    monkeypatch.setattr(guarded_clock, "time", one)
    monkeypatch.setattr(guarded_clock, "read_uptime", one.read_uptime)
    return one


def shown(guarded: GuardedClock) -> float:
    """Return the clock's time as seconds since the test began."""
    return round(guarded.now().timestamp() - WALL, 3)


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_step_is_not_followed_until_it_is_taken_back(machine: Machine, step_s: float) -> None:
    """The time goes on as the uptime says, and the difference is told."""
    guarded = GuardedClock(None)
    machine.pass_(10)
    assert shown(guarded) == 10
    machine.wall += step_s
    machine.pass_(5)
    assert shown(guarded) == 15
    assert round(guarded.jump_s) == step_s
    machine.wall -= step_s
    assert shown(guarded) == 15
    assert guarded.jump_s == 0


def test_a_step_that_is_accepted_is_followed_by_every_process(
    machine: Machine, tmp_path: Path
) -> None:
    """One process accepts; the other one reads it in the file."""
    here, there = (GuardedClock(tmp_path / "agreed.json") for _ in range(2))
    here.keep()
    machine.wall += 3600
    machine.pass_(5)
    assert (shown(here), shown(there)) == (5, 5)
    here.accept()
    assert shown(here) == 3605
    machine.pass_(2)
    assert shown(there) in {7, 3607}
    assert shown(there) == 3607
    assert there.jump_s == 0


def test_who_starts_behind_a_step_does_not_believe_it_either(
    machine: Machine, tmp_path: Path
) -> None:
    """The agreement of before stands in the file."""
    before = GuardedClock(tmp_path / "agreed.json")
    before.keep()
    machine.wall += 3600
    machine.pass_(30)
    after = GuardedClock(tmp_path / "agreed.json")
    assert shown(after) == 30
    assert round(after.jump_s) == 3600


def test_a_machine_that_wakes_before_it_fell_asleep_is_not_believed(
    machine: Machine, tmp_path: Path
) -> None:
    """A clock without a battery says 1970; the time goes on from what was agreed last."""
    GuardedClock(tmp_path / "agreed.json").keep()
    machine.boot, machine.up, machine.wall = "second", 20.0, 0.0
    after = GuardedClock(tmp_path / "agreed.json")
    assert shown(after) == 0
    assert after.jump_s < -JUMP_S
    machine.pass_(7)
    assert shown(after) == 7


def test_a_machine_that_wakes_years_ahead_is_not_believed(machine: Machine, tmp_path: Path) -> None:
    """What is kept for a time must not be deleted by a clock that is wrong."""
    GuardedClock(tmp_path / "agreed.json").keep()
    machine.boot, machine.up = "second", 20.0
    machine.wall += 800 * 86_400
    after = GuardedClock(tmp_path / "agreed.json")
    assert shown(after) == 0
    assert after.jump_s > 0


def test_a_new_start_of_the_machine_that_went_forward_is_believed(
    machine: Machine, tmp_path: Path
) -> None:
    """It was off for an hour."""
    GuardedClock(tmp_path / "agreed.json").keep()
    machine.boot, machine.up = "second", 20.0
    machine.wall += 3600
    after = GuardedClock(tmp_path / "agreed.json")
    assert (shown(after), after.jump_s) == (3600, 0)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"boot": "first"}', '{"boot": 1, "agreed_s": "x", "at_s": 0}']
)
def test_half_a_file_is_no_agreement(machine: Machine, tmp_path: Path, text: str) -> None:
    """The machine is taken at its word, as without a file."""
    file = tmp_path / "agreed.json"
    file.write_text(text)
    assert shown(GuardedClock(file)) == 0


@given(st.lists(st.tuples(st.floats(0.01, 3600), st.floats(-SLEW, SLEW)), max_size=40))
def test_a_clock_that_is_bent_is_followed_however_long_nobody_looks(
    bends: list[tuple[float, float]],
) -> None:
    """A time server bends by half a second in a thousand at most; that is no step."""
    machine = Machine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guarded_clock, "time", machine)
        patch.setattr(guarded_clock, "read_uptime", machine.read_uptime)
        guarded = GuardedClock(None)
        for seconds, bend in bends:
            machine.pass_(seconds)
            machine.wall += seconds * bend
            assert abs(guarded.now().timestamp() - machine.wall) < 1e-3
            assert guarded.jump_s == 0


def test_a_doubt_is_shared_by_all_processes_and_outlives_them(
    machine: Machine, tmp_path: Path
) -> None:
    """Within a second; until it is trusted again, or a person accepts the machine's time."""
    file = tmp_path / "agreed-time.json"
    worker, receiver = GuardedClock(file), GuardedClock(file)
    assert (worker.suspected_s(), receiver.suspected_s()) == (0.0, 0.0)
    worker.suspect(61.0)
    assert worker.suspected_s() == 61.0
    machine.pass_(1)
    assert receiver.suspected_s() == 61.0
    assert GuardedClock(file).suspected_s() == 61.0
    worker.suspect(0.0)
    machine.pass_(1)
    assert receiver.suspected_s() == 0.0
    worker.suspect(-5.0)
    receiver.accept()
    machine.pass_(1)
    assert worker.suspected_s() == 0.0


def test_a_doubt_that_cannot_be_read_is_one(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / DOUBT).write_text("nothing")
    assert GuardedClock(tmp_path / "agreed-time.json").suspected_s() is None


def test_a_clock_without_a_home_doubts_for_itself(machine: Machine) -> None:
    guarded = GuardedClock(None)
    guarded.suspect(61.0)
    machine.pass_(5)
    assert guarded.suspected_s() == 61.0
