"""Every figure and every note of an answer has words."""

import re
from datetime import time
from pathlib import Path

import pytest

from narvaro.followup.replay import words
from narvaro.followup.replay.running import run
from narvaro.followup.replay.scenario import Note, Scenario
from tests.followup.replay.test_running import loaded
from tests.followup.replay.town import make_town
from tests.make import World

ROOM = Path(words.__file__).parent


def test_the_figures_that_are_shown_are_there(street: World) -> None:
    make_town(street)
    answer = run(loaded(street), lambda _share: None)
    for figure in words.FIGURES:
        assert answer.row(words.name_of(figure, answer)).runs in {0, 4}
    assert set(words.DRAWN) <= set(words.FIGURES)
    for note in answer.notes:
        said = words.note_said(note)
        assert "%(" not in said
        assert said.endswith(".")


def test_no_note_is_without_words() -> None:
    named = {
        code
        for file in ROOM.glob("*.py")
        for code in re.findall(r'Note\(\s*"(\w+)"', file.read_text())
    }
    named |= {"stays_measured", "stays_guessed"}
    assert named == set(words._NOTES)
    with pytest.raises(KeyError):
        words.note_said(Note("luck"))


def test_a_scenario_in_words() -> None:
    said = words.said_of(Scenario("reserve", 2, 120, 1, "S-1", (time(18), time(2))))
    assert (
        said
        == "reserve: keeps 2 in each area, for 120 s, units more: 1, from S-1, works 18:00–02:00"
    )
    assert words.told_in("all_p50_s") == pytest.approx(1 / 60)
    assert words.told_in("all_late_900") == words.told_in("presence_share") == 100
