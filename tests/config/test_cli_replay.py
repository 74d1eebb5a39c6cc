"""`narvaro replay`: the table, the drawing, refusals in words."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from narvaro.access.models import Role
from narvaro.config import cli
from narvaro.config.cli_replay import replay, what_if
from narvaro.followup.models import WhatIf
from narvaro.followup.replay import words as said
from narvaro.followup.replay.actions import ask_what_if
from narvaro.followup.replay.scenario import Asked, Scenario
from tests.followup.replay.town import make_town
from tests.make import NIGHT, World, make_member, make_viewer


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of the test's own, in a process whose Django runs already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NARVARO_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "start_django", lambda: None)
    return tmp_path


def call(*words: str, **more: Any) -> Result:
    return CliRunner().invoke(replay, ["--days", "7", "--runs", "3", *words], **more)


def test_a_table_what_it_stands_on_and_a_drawing(street: World, here: Path) -> None:
    make_town(street)
    done = call("--policy", "nearest", "--against", "reserve:1:60", "--more-units", "1")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "A: the nearest"
    assert lines[1] == "B: reserve: keeps 1 in each area, for 60 s, units more: 1"
    assert lines[2] == "Limit: 20 min. Means over 3 runs of 7 days."
    assert lines[4].split() == ["A", "B", "B", "−", "A", *said.INTERVAL.split()]
    row = next(line for line in lines if line.startswith("9 of 10 are reached"))
    assert " … " in row
    assert said.BEYOND in lines
    assert any(line.startswith("It stands on 90 cases of 30 days, 2 units") for line in lines)
    assert any(line.startswith("- Where units begin is not known") for line in lines)
    drawing = here / "replay.svg"
    assert lines[-1] == f"The drawing is in {drawing}."
    assert drawing.read_text().startswith("<svg")
    assert done.stderr == ""  # no terminal, no progress


def test_real_days_are_set_beside_what_was(street: World) -> None:
    make_town(street)
    done = call("--real", "--days", "14", "--plot", "here.svg")
    assert done.exit_code == 0, done.output
    assert "Means over 2 real pieces." in done.stdout
    assert "real, received → on scene: half" in done.stdout
    assert "played, sent at once:" in done.stdout
    assert Path("here.svg").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--policy", "luck"], "write one of nearest, reserve"),
        (["--shift", "18"], "write them as 18:00-02:00"),
        (["--base", "X-9"], "No site on the map has the code X-9"),
        (["--runs", "0"], "runs: from 1 to 1000"),
        (["--tenant", "Ingenstans"], "There is no tenant Ingenstans"),
        (["--plot", "gone/here.svg"], "gone/here.svg cannot be written"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_line(
    street: World, words: list[str], says: str
) -> None:
    make_town(street)
    done = call(*words)
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_an_empty_town_is_told_what_to_bring(world: World) -> None:
    done = call()
    assert done.exit_code == 1
    assert "import the roster" in done.stderr


def test_the_child_plays_what_waits(street: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_town(street)
    monkeypatch.setattr("narvaro.config.alone.be_modest", lambda: None)  # not in the tests' process
    viewer = make_viewer(make_member(street, Role.SHIFT_LEADER))
    asked = Asked(Scenario(), Scenario(), days=1, runs=1)
    one = ask_what_if(viewer=viewer, asked=asked, at=NIGHT)
    assert CliRunner().invoke(what_if).exit_code == 0
    one.refresh_from_db()
    assert one.state == WhatIf.State.DONE
