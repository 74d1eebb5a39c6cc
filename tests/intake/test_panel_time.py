"""The panels' median: one vote each, never an echo of ours, never a recorded frame, never a few."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.clock_agreement import PANELS, Reading, judge
from narvaro.intake.panel_time import (
    ECHO_S,
    FILE,
    LEAST,
    WINDOW_S,
    PanelMedian,
    PanelTime,
    find_median,
    recall,
)
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine.silent import Silent
from narvaro.spine.uptime import Uptime

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
UP_S = 50_000.0


class Field:
    """Panels that speak one after another, each with a clock of its own."""

    def __init__(self) -> None:
        self.panels = PanelTime()
        self.passed_s = 0.0

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    @property
    def up(self) -> Uptime:
        return Uptime("first", UP_S + self.passed_s)

    def say(self, account: int, off_s: float, tenant: str = "town") -> bool:
        sent_at = self.now + timedelta(seconds=off_s)
        name = f"A{account}/" if tenant == "town" else f"{tenant}{account}/"
        return self.panels.hear(name, sent_at, tenant=tenant, now=self.now, up=self.up)

    def poll(
        self, fleets: list[tuple[str, int, int, float]], for_s: int = 900
    ) -> list[float | str]:
        """Let (tenant, accounts, seconds between polls, off_s) poll; return each look's result."""
        seen: list[float | str] = []
        for second in range(round(self.passed_s), round(self.passed_s) + for_s, 5):
            for tenant, accounts, every_s, off_s in fleets:
                for number in range(accounts):
                    if (second - number * 5) % every_s == 0:
                        self.say(number, off_s, tenant)
            if second % 15 == 0:
                found = self.off_s()
                seen.append(self.median().why if found is None else found)
            self.passed_s += 5
        return seen

    def all_say(self, offs_s: list[float], over_s: float = 600.0) -> None:
        for number, off_s in enumerate(offs_s):
            self.say(number, off_s)
            self.passed_s += over_s / len(offs_s)

    def median(self) -> PanelMedian:
        return self.panels.summarise(self.up)

    def off_s(self) -> float | None:
        """Return the panels' time less ours."""
        less_s = self.median().less_uptime_s
        return None if less_s is None else round(less_s - START.timestamp() + UP_S, 3)


def test_five_panels_say_the_time_and_four_do_not() -> None:
    field = Field()
    field.all_say([60.0] * (LEAST - 1))
    assert (field.off_s(), field.median().why, field.median().accounts) == (None, "few", 4)
    field.say(9, 61.0)
    assert field.off_s() == 60.0


@pytest.mark.parametrize("wrong_s", [1e9, -3600.0, 120.0])
def test_one_panel_with_a_wrong_clock_changes_nothing(wrong_s: float) -> None:
    """However often it speaks: one account is one vote."""
    field = Field()
    field.all_say([0.0, 1.0, 0.0, -1.0, 0.0, 1.0])
    for number in range(50):
        field.passed_s += 1
        field.say(99, wrong_s + number)
    assert field.off_s() == 0.0


@given(
    st.lists(st.floats(-8, 8), min_size=LEAST, max_size=60),
    st.lists(st.sampled_from([-7200, -3600, 1800, 3600, 7200]), max_size=59),
    st.randoms(use_true_random=False),
)
def test_panels_in_another_zone_never_make_us_doubt(
    offs_s: list[float], hours_s: list[int], random: Random
) -> None:
    """A few, half of them or nearly all: summer time is forgotten by whole fleets."""
    field = Field()
    offs = [
        off_s + hour_s
        for off_s, hour_s in zip(offs_s, hours_s + [0] * len(offs_s), strict=False)
    ]  # fmt: skip
    random.shuffle(offs)
    field.all_say(offs)
    off_s = field.off_s()
    if off_s is not None:
        give_s = 10 + (field.median().spread_s or 0.0)
        assert not judge([Reading(PANELS, off_s, give_s)]).suspected


@given(st.lists(st.floats(40, 400), min_size=1, max_size=3), st.integers(7, 40))
def test_a_minority_that_is_late_never_makes_us_doubt(late_s: list[float], others: int) -> None:
    field = Field()
    field.all_say([0.0] * others + [-one for one in late_s])
    assert field.off_s() == 0.0


def test_our_own_time_that_is_off_is_seen() -> None:
    """All panels, though they differ by some seconds."""
    field = Field()
    field.all_say([58.0, 62.0, 60.0, 61.0, 57.0, 3660.0])
    found = field.off_s()
    assert found is not None
    assert judge([Reading(PANELS, found, 12.0)]).suspected


def test_a_panel_that_was_sent_our_time_echoes_it_and_has_no_vote_for_a_day() -> None:
    """What it said before it was told stands; what it says after does not count."""
    field = Field()
    field.say(1, 60.0)
    field.panels.tell("A1/", field.now)
    field.passed_s = 100.0
    field.say(1, 0.0)
    assert field.median().accounts == 1
    field.passed_s = WINDOW_S + 1
    field.say(1, 0.0)
    assert field.median().accounts == 0
    field.passed_s = ECHO_S + 1
    field.say(1, 0.0)
    assert field.median().accounts == 1


def test_a_panel_that_was_told_and_says_what_it_said_before_goes_on_voting() -> None:
    """It did not take our time over, so that it is no echo of it."""
    field = Field()
    field.say(1, 60.0)
    field.panels.tell("A1/", field.now)
    for _ in range(20):
        field.passed_s += 60.0
        field.say(1, 59.0)
    assert field.median().accounts == 1
    assert field.median().heard_s == field.up.seconds


def test_recorded_frames_have_no_vote() -> None:
    """A stamp that is no later than the last one is not the panel's."""
    field = Field()
    field.all_say([0.0] * 6, over_s=300.0)
    for number in range(6):
        assert not field.say(number, -86_400.0)
    assert field.off_s() == 0.0


def test_what_an_outage_held_back_says_nothing() -> None:
    """All of it comes within moments, and is late."""
    field = Field()
    field.all_say([0.0] * 4, over_s=400.0)
    for number in range(4, 12):
        field.passed_s += 5
        field.say(number, -58.0)
    assert (field.off_s(), field.median().why) == (None, "at_once")


@pytest.mark.parametrize("every_s", [5, 10, 60, 90, 180, 300])
@pytest.mark.parametrize("accounts", [LEAST, 50])
def test_panels_that_poll_often_have_a_voice_and_keep_it(every_s: int, accounts: int) -> None:
    """Each says the same again after two minutes: nothing was held back."""
    seen = Field().poll([("town", accounts, every_s, 400.0)], for_s=1500)
    assert set(seen[(300 + every_s) // 15 :]) == {400.0}


@pytest.mark.parametrize("every_s", [5, 20, 60, 90])
def test_an_outage_in_a_fleet_that_polls_often_says_nothing(every_s: int) -> None:
    """What it held back comes at once, on time again from the next poll on."""
    field = Field()
    field.poll([("town", 50, every_s, 0.0)])
    field.passed_s += 100
    for number in range(50):
        field.say(number, -58.0 - number / 50)
        field.passed_s += 0.1
    assert (field.off_s(), field.median().why) == (None, Silent.AT_ONCE)
    field.passed_s = round(field.passed_s)
    seen = field.poll([("town", 50, every_s, 0.0)])
    assert {one for one in seen if isinstance(one, float)} == {0.0}


def test_few_that_are_late_for_good_lend_an_outage_no_time() -> None:
    """One whose clock is as much behind as the others' frames are late confirms nobody's."""
    field = Field()
    field.poll([("town", 9, 60, 0.0)])
    field.say(99, -58.0)
    field.passed_s += 130
    for number in range(9):
        field.say(number, -58.0)
    field.say(99, -58.0)
    assert (field.off_s(), field.median().why) == (None, Silent.AT_ONCE)


@pytest.mark.parametrize(("honest", "hostile"), [(12, 13), (40, 60), (5, 500), (3, 30)])
def test_one_tenants_panels_never_decide_over_anothers(honest: int, hostile: int) -> None:
    """However many, and whatever the pace: they may silence the panels, and never doubt us alone."""
    field = Field()
    fleets = [("town", honest, 60, 0.0), ("evil", hostile, 300, 400.0)]
    field.panels.know(
        Accounts(tuple(AlarmAccount(name, "A1", name, key="0" * 32) for name in ("aa", "bb")))
    )
    for _ in range(100):
        field.poll(fleets, for_s=15)
        found = field.median()
        assert found.why or not found.may_alone


def test_two_tenants_of_three_are_believed() -> None:
    field = Field()
    seen = field.poll([("a", 6, 60, 400.0), ("b", 6, 60, 401.0), ("evil", 90, 60, 0.0)])
    assert (seen[-1], field.median().may_alone) == (400.0, True)


def test_a_tenant_whose_panels_are_silent_is_a_tenant_all_the_same() -> None:
    """Whose accounts may have a vote is known, also where none is heard."""
    field = Field()
    accounts = [AlarmAccount(name, "A1", name, key="0" * 32) for name in ("aa", "bb")]
    accounts += [
        AlarmAccount("cc", "A2"),
        AlarmAccount("cc", "A3", key="0" * 32, flags=("ignore_time",)),
    ]
    field.panels.know(Accounts(tuple(accounts)))
    field.poll([("aa", 6, 60, 400.0)])
    assert (field.off_s(), field.median().may_alone, field.median().keyed) == (400.0, False, 2)
    field.panels.know(Accounts(tuple(accounts[:1])))
    assert field.median().may_alone


def test_panels_that_do_not_agree_say_nothing() -> None:
    field = Field()
    field.all_say([0.0, 40.0, 80.0, 120.0, 160.0, 200.0])
    assert (field.off_s(), field.median().why) == (None, "apart")


def test_votes_age_and_none_outlives_a_start_of_the_machine() -> None:
    field = Field()
    field.all_say([0.0] * 6)
    assert field.off_s() == 0.0
    assert field.panels.summarise(Uptime("second", 10.0)).accounts == 0
    field = Field()
    field.all_say([0.0] * 6)
    field.passed_s += WINDOW_S
    assert field.median() == PanelMedian("first", 0, None, why="few")


def test_the_median_lies_beside_the_journal_and_who_was_told_outlives_a_restart(
    tmp_path: Path,
) -> None:
    field = Field()
    field.all_say([1.0] * 6)
    field.panels.tell("A3/", field.now)
    field.panels.write(tmp_path, now=field.now, up=field.up)
    assert find_median(tmp_path) == field.median()
    again = recall(tmp_path)
    again.hear("A3/", field.now, tenant="town", now=field.now, up=field.up)
    again.hear("A4/", field.now, tenant="town", now=field.now, up=field.up)
    assert again.summarise(field.up).accounts == 1
    before = (tmp_path / FILE).stat().st_mtime_ns
    field.panels.write(tmp_path, now=field.now, up=field.up)
    assert (tmp_path / FILE).stat().st_mtime_ns == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"told": 1}', '{"told": {"A": "x"}}'])
def test_a_file_that_cannot_be_read_is_no_word_of_the_panels(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert find_median(tmp_path) is None
    assert recall(tmp_path).told == {}
    assert find_median(tmp_path / "none") is None


def test_a_folder_that_takes_no_file_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    field = Field()
    field.panels.write(tmp_path / "gone", now=field.now, up=field.up)
    assert "panel_time_not_written" in caplog.messages
    field.passed_s = 20.0
    field.panels.write(tmp_path, now=field.now, up=field.up)
    assert json.loads((tmp_path / FILE).read_text())["why"] == "few"
