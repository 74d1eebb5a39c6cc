"""`narvaro doctor` and `narvaro clock`, as a person runs them."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from narvaro.spine.time_servers import FILE
from narvaro.spine.uptime import read_uptime
from tests.config.test_cli import INSTALLATION, Shell

pytestmark = pytest.mark.slow  # each command is a process of its own


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Return a shell whose home was set up, and where nothing runs."""
    one = Shell(tmp_path_factory.mktemp("doctor"))
    assert one("setup", one.write("installation.toml", INSTALLATION)).code == 0
    return one


def set_back(shell: Shell, seconds: float) -> None:
    """Leave an agreement as if the machine's clock had been stepped forward since."""
    uptime = read_uptime()
    agreed = {
        "boot": uptime.boot, "agreed_s": time.time() - uptime.seconds - seconds,
        "at_s": uptime.seconds,
    }  # fmt: skip
    (shell.folder / "home" / "agreed-time.json").write_text(json.dumps(agreed))


def list_accepted(shell: Shell) -> list[dict[str, Any]]:
    """Return what was written down of each acceptance so far, the oldest first."""
    database = sqlite3.connect(shell.folder / "home" / "narvaro.db")
    found = database.execute(
        "SELECT payload FROM spine_event WHERE kind = 'clock.accepted' ORDER BY at"
    ).fetchall()
    database.close()
    return [json.loads(payload) for (payload,) in found]


def test_the_doctor_examines_a_system_that_is_down(shell: Shell) -> None:
    """For people and programs; nothing is bad of a fresh home, and nothing is left behind."""
    before = sorted(one.name for one in (shell.folder / "home" / "intake").iterdir())
    done = shell("doctor", "--json")
    found = {one["code"]: one for one in json.loads(done.out)}
    assert found["journal"]["level"] == "warn"
    assert "narvaro serve" in found["journal"]["what_to_do"]
    assert found["database_settings"]["level"] == "ok"
    assert found["file_modes"]["level"] == "ok"
    bad = sorted(code for code, one in found.items() if one["level"] == "bad")
    assert (done.code, bad) == (1, ["disk_sync"]) if bad else (0, [])  # a home in memory is bad
    assert "journal: Receiver main has not begun yet" in shell("doctor").out
    assert sorted(one.name for one in (shell.folder / "home" / "intake").iterdir()) == before


def test_the_doctor_ends_with_1_where_something_is_bad(shell: Shell) -> None:
    """A database that cannot be opened; the rest is still looked at."""
    database = shell.folder / "home" / "narvaro.db"
    kept = database.read_bytes()
    for aside in database.parent.glob("narvaro.db-*"):
        aside.unlink()
    database.write_bytes(b"no database" * 1000)
    try:
        done = shell("doctor")
    finally:
        database.write_bytes(kept)
    assert done.code == 1
    assert "BAD   database_silent: The main database does not answer" in done.out
    assert "disk_space" in done.out


def test_a_step_is_shown_accepted_once_and_written_down(shell: Shell) -> None:
    """In each tenant's log, by whom."""
    before = list_accepted(shell)
    assert "step     none" in shell("clock").out
    set_back(shell, 3600)
    said = shell("clock").out
    assert "step     +3600.0 s" in said
    assert "clock_step: The machine's clock stepped by +3600.0 s" in shell("doctor").out
    done = shell("clock", "accept")
    assert (done.code, "+3600.0 s." in done.out, done.err) == (0, True, "")
    assert "nothing to accept" in shell("clock", "accept").out
    assert "step     none" in shell("clock").out
    [payload] = list_accepted(shell)[len(before) :]
    assert payload["step_s"] == pytest.approx(3600, abs=1)
    assert payload["accepted_by"].startswith("shell:")


def test_a_doubt_is_shown_and_ended_by_a_person(shell: Shell) -> None:
    """Each source is told, configured or not."""
    (shell.folder / "home" / "doubted-time.json").write_text('{"off_s": 61.0}')
    assert "others   +61.0 s: in doubt" in shell("clock").out
    said = shell("doctor").out
    assert (
        "clock_doubt: Other sources say that our time is off: theirs less ours is +61.0 s" in said
    )
    assert "clock_panels: Fewer than five panels stamped their time within 15 minutes" in said
    assert "clock_server: Not asked: time_servers names none" in said
    (shell.folder / "home" / "doubted-time.json").write_text("nothing")
    assert "others   cannot be read: in doubt" in shell("clock").out
    assert "Accepted" in shell("clock", "accept").out
    assert "others   no doubt" in shell("clock").out
    named = shell("doctor", NARVARO_TIME_SERVERS="tid.example.se").out
    assert "clock_server: It was not asked yet" in named
    assert "(tid.example.se)" in named


def test_who_accepts_against_the_other_sources_is_told_that_they_doubt_still(shell: Shell) -> None:
    """And what to do where they are the wrong ones."""
    home = shell.folder / "home"
    up = read_uptime()
    kept = [
        {"host": name, "boot": up.boot, "asked_s": up.seconds, "read_s": up.seconds, "give_s": 1.0,
         "less_uptime_s": time.time() + 90 - up.seconds}
        for name in ("a.example", "b.example")
    ]  # fmt: skip
    (home / FILE).write_text(json.dumps(kept))
    (home / "doubted-time.json").write_text('{"off_s": 90.0}')
    done = shell("clock", "accept", NARVARO_TIME_SERVERS="a.example,b.example")
    assert "Other sources still say that our time is off, by +90" in done.out
    assert "take them out of time_servers" in done.out
    assert "+0.0 s" not in done.out


def test_help_names_both(tmp_path: Path) -> None:
    out = Shell(tmp_path)("--help").out
    assert "doctor" in out
    assert "clock" in out
