"""The tour's other side: who one can be, and what is told of a chapter that is played."""

import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from narvaro.config.demo_tour import cast_of, play_one, play_what_is_asked
from narvaro.demo.people import make_members, make_roster
from narvaro.demo.stage import Stage, StageRefused
from narvaro.demo.town import Town
from narvaro.web.tour_folder import COMING_IN, DONE, FAILED, Told, TourFolder
from narvaro.web.tour_words import CHAPTERS, ENTER_AS, TOLD
from tests.make import NIGHT

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TODAY = date(2026, 11, 23)


class Scripted:
    """A stage that does what a test says."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.played: list[str] = []

    def play(self, chapter: str, tell: Any) -> None:
        """Play, or fail."""
        self.played.append(chapter)
        tell("published")
        if self.fault:
            raise self.fault


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return a town's people, without its streets."""
    from random import Random

    return Town(
        "Älvhamra", tmp_path, "Europe/Stockholm", (), (), make_members(Random(1), TODAY),
        make_roster(TODAY), (), roads=cast("Any", None),
    )  # fmt: skip


def test_every_door_of_the_tour_has_somebody_at_every_hour(town: Town) -> None:
    """The guard is whoever is on duty then, also behind the change of shift."""
    made = cast_of(town)
    midnight = datetime(2026, 11, 23, tzinfo=STOCKHOLM)
    for hour in range(0, 72, 3):
        at = midnight + timedelta(hours=hour)
        for door in (*ENTER_AS, *(one for chapter in CHAPTERS for one in chapter.doors)):
            number = made.find_number(door.part, at)
            assert number is not None, (door, at)
    night, day = (made.find_number("guard", midnight + timedelta(hours=h)) for h in (26, 36))
    assert night != day
    assert made.find_number("guard", midnight + timedelta(days=400)) is None


def test_buyer_and_supplier_are_two_people(town: Town) -> None:
    """Each sees the contract with his own eyes."""
    parts = cast_of(town).parts
    of = {one.service_number: one.organisation for one in town.members}
    assert of[parts["contract_manager"]] == of[parts["coordinator"]]
    assert of[parts["supplier"]] == of[parts["shift_leader"]]


@pytest.mark.parametrize(
    ("fault", "last", "why"),
    [
        (None, DONE, ""),
        (StageRefused("the roster ends"), FAILED, "the roster ends"),
        (KeyError("place"), FAILED, "KeyError: 'place'"),
    ],
)
def test_a_chapter_is_told_to_its_end(
    tmp_path: Path, fault: Exception | None, last: str, why: str
) -> None:
    """What goes wrong stands on the page, and the chapter can be played again."""
    folder, stage = TourFolder(tmp_path), cast("Stage", Scripted(fault))
    assert folder.ask("4")
    assert not folder.ask("4")
    chapter = folder.take()
    assert chapter == "4"
    play_one(folder, stage, chapter)
    told = folder.list_told("4")
    assert [one.code for one in told] == ["begun", "published", last]
    assert told[-1].facts.get("why", "") == why
    assert not folder.is_playing("4")
    assert folder.ask("4")


def test_chapters_are_played_one_after_the_other_until_stopped(tmp_path: Path) -> None:
    """As they were asked for."""
    folder, stage, stop = TourFolder(tmp_path), Scripted(), threading.Event()
    folder.ask("3")
    folder.ask("2")
    thread = threading.Thread(
        target=play_what_is_asked, args=(folder, cast("Stage", stage), stop), daemon=True
    )
    thread.start()
    for _ in range(100):
        if len(stage.played) == 2:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(5)
    assert stage.played == ["3", "2"]


def test_a_line_that_is_half_written_is_read_the_next_time(tmp_path: Path) -> None:
    """The page polls while the demo writes."""
    folder = TourFolder(tmp_path)
    folder.tell(COMING_IN, Told("forecast", NIGHT.isoformat()))
    with (tmp_path / "tour" / f"{COMING_IN}.told").open("a") as out:
        out.write('{"code": "pl')
    assert [one.code for one in folder.list_told(COMING_IN)] == ["forecast"]


def test_everything_that_is_told_has_words() -> None:
    """A code that the stage tells is in the tour's words."""
    import re

    from narvaro.config import demo_files, demo_tour
    from narvaro.demo import stage

    sources = [
        Path(cast("str", one.__file__)).read_text("utf-8") for one in (demo_files, demo_tour, stage)
    ]
    codes = {code for text in sources for code in re.findall(r'\btell\(\s*"(\w+)"', text)}
    assert codes
    assert codes - set(TOLD) == set()
