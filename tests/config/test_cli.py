"""The command line, as a person runs it: a whole first day, and each refusal in words."""

import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.directory.extracts import CROSS, STREET, write_extract

pytestmark = pytest.mark.slow  # each command is a process of its own
ROOT = Path(__file__).resolve().parents[2]
INSTALLATION = """
tenant = "Älvhamra"
mode = "manned"
[[organisation]]
name = "Älvhamra kommun"
kind = "municipality"
[[organisation]]
name = "Ekvakt AB"
kind = "guarding_company"
"""
SITES = "Objektnummer;Objekt;Typ;Latitud;Longitud\nS-1;Trasten skola;skola;59,1;18,1\n"
MEMBERS = "Tjänstenummer;Organisation;Roll;Från;Till\n101;Ekvakt AB;Väktare;2026-01-01;\n"


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """A shell with a home folder of its own."""

    folder: Path

    def __call__(self, *arguments: str, given: str = "", **environment: str) -> Answer:
        """Run a command in a process of its own; no command answers with a traceback."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NARVARO_", "DJANGO_"))}
        told = {"NARVARO_HOME": str(self.folder / "home"), "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-m", "narvaro.config.cli", *arguments], cwd=self.folder,
            env=kept | told | environment, input=given, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, content: str) -> str:
        """Write a file beside the home; return its name."""
        (self.folder / name).write_text(content, "utf-8")
        return name


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Return a shell whose home was set up from an installation file."""
    one = Shell(tmp_path_factory.mktemp("shell"))
    answer = one("setup", one.write("installation.toml", INSTALLATION))
    assert answer == Answer(0, "Älvhamra is set up: manned.\n", "")
    return one


def test_a_first_day(shell: Shell) -> None:
    """Sites and members come in, a guard can sign in, and the log is whole."""
    done = shell("import", "sites", shell.write("sites.csv", SITES))
    assert (done.code, done.out) == (0, "sites: 1 rows good, 0 refused: imported.\n")
    assert shell("import", "members", shell.write("members.csv", MEMBERS)).code == 0
    done = shell("password", "101", given="Kvällen-lång-19\nKvällen-lång-19\n")
    assert done.code == 0
    assert "101 can sign in." in done.out
    assert "Kvällen" not in done.out + done.err
    done = shell("audit", "verify")
    assert done.code == 0
    assert re.search(r"^\d+ events checked, 0 purged, 0 faults; head [0-9a-f]{16}$", done.out)
    secrets = shell.folder / "home" / "secrets.toml"
    assert secrets.stat().st_mode & 0o777 == 0o600


def test_a_refused_row_is_named_and_ends_with_1(shell: Shell) -> None:
    """File, line, column, value, why, what to do; nothing written."""
    bad = SITES + "S-2;Ugglan;skola;5901;18,1\n"
    done = shell("import", "sites", shell.write("bad.csv", bad))
    assert done.code == 1
    assert "bad.csv:3: Latitud “5901”: " in done.err
    assert done.out == (
        "sites: 1 rows good, 1 refused: "
        "nothing written; mend the rows, or keep the good ones with --keep-good.\n"
    )
    done = shell("import", "sites", "--dry-run", shell.write("bad.csv", bad))
    assert "checked, nothing written" in done.out
    assert shell("import", "sites", "--map", "Nummer", "bad.csv").code == 2


def test_a_changed_log_is_found_from_the_shell(shell: Shell) -> None:
    """Somebody with access to the file changed who did it: position and exit code say so."""
    database = sqlite3.connect(shell.folder / "home" / "narvaro.db")
    with database:
        [(actor,)] = database.execute("SELECT actor FROM spine_event WHERE position = 2")
        database.execute("UPDATE spine_event SET actor = 'nobody' WHERE position = 2")
    done = shell("audit", "verify")
    assert done.code == 1
    assert "position 2: its header was changed" in done.err
    with database:
        database.execute("UPDATE spine_event SET actor = ? WHERE position = 2", (actor,))
    database.close()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("password", "999", "--password", "x"), "999"),
        (("audit", "verify", "--tenant", "Annanstad"), "Annanstad"),
        (("import", "sites", "missing.csv"), "missing.csv"),
        (("import", "roads", "installation.toml"), "installation.toml"),
        (("setup", "broken.toml"), "broken.toml"),
        (("setup", "wrong.toml"), "wrong.toml: mode"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    shell: Shell, command: tuple[str, ...], said: str
) -> None:
    """What, where, what to do; never a traceback."""
    shell.write("broken.toml", "tenant = \n")
    shell.write("wrong.toml", INSTALLATION.replace("manned", "alone"))
    done = shell(*command)
    assert done.code in {1, 2}
    assert said in done.err


def test_a_file_from_notepad_sets_up_too(shell: Shell) -> None:
    """A byte order mark before the first word is no fault of the person's."""
    done = shell("setup", shell.write("bom.toml", "\ufeff" + INSTALLATION))
    assert done.code == 0


@pytest.mark.parametrize(
    "command",
    [("import", "sites", "sites.csv"), ("audit", "verify"), ("password", "1", "--password", "x")],
)
def test_before_the_set_up_every_command_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    """An empty home is not a broken database."""
    empty = Shell(tmp_path)
    empty.write("sites.csv", SITES)
    done = empty(*command)
    assert done.code == 1
    assert "narvaro setup" in done.err


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"NARVARO_WEB_PORT": "åtta"}, "NARVARO_WEB_PORT"),
        ({"NARVARO_DATABASE_URL": "mysql://u:hemligt@h/d"}, "postgresql://"),
    ],
)
def test_a_wrong_setting_stops_every_command(
    shell: Shell, setting: dict[str, str], said: str
) -> None:
    """Named, with what to write; a password in an address is not repeated."""
    done = shell("audit", "verify", **setting)
    assert done.code == 1
    assert said in done.err
    assert "hemligt" not in done.err


def test_secrets_open_to_others_stop_every_command(shell: Shell) -> None:
    """Until chmod 600."""
    secrets = shell.folder / "home" / "secrets.toml"
    secrets.chmod(0o644)
    try:
        done = shell("audit", "verify")
    finally:
        secrets.chmod(0o600)
    assert done.code == 1
    assert f"chmod 600 {secrets}" in done.err


def test_help_needs_no_home(tmp_path: Path) -> None:
    """`narvaro --help` answers at once and makes no folder."""
    bare = Shell(tmp_path)
    done = bare("--help")
    assert done.code == 0
    assert "import" in done.out
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("half", "cannot be read as OpenStreetMap PBF"),
        ("none", "no roads for cars"),
        ("one", "no roads for cars"),
        ("paths", "no roads for cars"),
    ],
)
def test_a_map_that_cannot_be_used_is_refused_and_the_one_before_stays(
    shell: Shell, name: str, said: str
) -> None:
    """Cut short, without any road, of a single point, of paths alone: named, with what to do."""
    whole = shell.folder / "whole.osm.pbf"
    if not whole.exists():
        write_extract(whole, [([4, 1, 2], STREET), ([5, 1, 3], STREET)])
        done = shell("import", "roads", whole.name)
        assert done.code == 0, done.err
    before = _maps_of(shell)
    bad = shell.folder / f"{name}.osm.pbf"
    if not bad.exists():
        paths = [([4, 1, 2], {"highway": "footway"})]
        points = {1: CROSS[1]} if name == "one" else CROSS
        write_extract(bad, paths if name == "paths" else [], points=points)
    if name == "half":
        bad.write_bytes(whole.read_bytes()[:-30])
    done = shell("import", "roads", bad.name)
    assert done.code in {1, 2}
    assert bad.name in done.err
    assert said in done.err
    assert _maps_of(shell) == before


def _maps_of(shell: Shell) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return which map is in use, and which folders there are."""
    database = sqlite3.connect(shell.folder / "home" / "narvaro.db")
    rows = database.execute("SELECT sha256 FROM directory_roadmap").fetchall()
    database.close()
    return rows, sorted(one.name for one in (shell.folder / "home" / "maps").iterdir())
