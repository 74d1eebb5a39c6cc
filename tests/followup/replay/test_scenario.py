"""What is asked: words of a command, JSON and back, refusals that say what to write."""

from datetime import time
from math import inf, nan

import pytest

from narvaro.core.replay import Difference, Rule
from narvaro.followup.replay.scenario import (
    Answer,
    Asked,
    AskedWrong,
    Calibration,
    Note,
    Scenario,
    read_hours,
    read_scenario,
)


def test_the_words_of_a_command() -> None:
    assert read_scenario("nearest") == Scenario()
    read = read_scenario("Reserve:2:120", more_units=1, base="S-1", shift="18:00-02:00")
    assert (read.policy.rule, read.policy.keep, read.policy.held_s) == (Rule.RESERVE, 2, 120)
    assert (read.more_units, read.base) == (1, "S-1")
    assert read.shift == (time(18), time(2))
    assert read_hours("18.00–02.00".replace(".", ":")) == (time(18), time(2))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("fastest", "write one of nearest, reserve"),
        ("nearest:2", "reserve:UNITS:SECONDS"),
        ("reserve:two", "whole units"),
        ("reserve:-1", "0 units or more"),
        ("reserve:1:nan", "0 units or more"),
        ("reserve:1:inf", "0 units or more"),
        ("reserve:1:2:3", "reserve:UNITS:SECONDS"),
    ],
)
def test_what_is_no_policy_is_refused(words: str, says: str) -> None:
    with pytest.raises(AskedWrong, match=says):
        read_scenario(words)


@pytest.mark.parametrize(
    "words", ["18", "18:00", "18:00-", "18:00-18:00", "18:00:00-18:00:30", "25:00-02:00", "a-b-c"]
)
def test_what_are_no_hours_is_refused(words: str) -> None:
    with pytest.raises(AskedWrong, match="hours"):
        read_hours(words)


def test_so_many_days_runs_and_units_at_most() -> None:
    for days, runs in ((0, 1), (367, 1), (1, 0), (1, 1001)):
        with pytest.raises(AskedWrong, match="from 1 to"):
            Asked(Scenario(), Scenario(), days, runs)
    with pytest.raises(AskedWrong, match="from 0 to 20"):
        Scenario(more_units=21)


def test_an_answer_goes_to_json_and_back() -> None:
    answer = Answer(
        asked=Asked(Scenario(shift=(time(18), time(2))), Scenario("reserve")),
        rows=(Difference("km", 1.0, inf, nan, nan, nan, 0),), shares=(0.5, 1.0), a_s=(5.0, inf),
        b_s=(5.0, 10.0), limit_s=900.0, stands_on={"cases": 3.0},
        notes=(Note("off_map", {"places": 2, "mode": "car"}),),
        calibration=Calibration(1, 2.0, 3.0, 0, nan, nan, 4.0, 5.0),
    )  # fmt: skip
    again = Answer.of(answer.to_json())
    assert repr(again) == repr(answer)  # nan is not nan
    assert again.row("km").a == 1.0
    with pytest.raises(LookupError, match="no figure"):
        again.row("luck")
