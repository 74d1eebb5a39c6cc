"""`narvaro import gpx`, as a person runs it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.config.test_cli import INSTALLATION, MEMBERS, Shell

pytestmark = pytest.mark.slow  # each command is a process of its own
ALLOWED = 'positions_purpose = "leda enheter till larm"\npositions_negotiated_on = 2026-01-10\n'
UNITS = "Enhet;Organisation;Roll;Färdmedel\nV1;Ekvakt AB;väktare;bil\n"
ZONE = ZoneInfo("Europe/Stockholm")
AGO = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a shell with a unit that is on its shift now."""
    one = Shell(tmp_path)
    assert one("setup", one.write("installation.toml", ALLOWED + INSTALLATION)).code == 0
    assert one("import", "members", one.write("members.csv", MEMBERS)).code == 0
    done = one("import", "units", one.write("units.csv", UNITS))
    assert done.code == 0, done
    span = (AGO.astimezone(ZONE), (AGO + timedelta(hours=6)).astimezone(ZONE))
    begins, ends = (f"{at:%Y-%m-%d %H:%M}" for at in span)
    roster = f"Enhet;Tjänstenummer;Från;Till\nV1;101;{begins};{ends}\n"
    done = one("import", "roster", one.write("roster.csv", roster))
    assert done.code == 0, done
    return one


def test_a_track_comes_in_once_and_what_is_not_kept_is_said(shell: Shell) -> None:
    """By number and reason; ends with 1 where points were refused."""
    good, early = AGO + timedelta(minutes=90), AGO - timedelta(hours=9)
    points = "".join(
        f'<trkpt lat="59.0" lon="18.0"><time>{at:%Y-%m-%dT%H:%M:%SZ}</time></trkpt>'
        for at in (early, good)
    )
    file = shell.write("t.gpx", f'<gpx version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>')
    done = shell("import", "gpx", file, "--unit", "V1", "--dry-run")
    assert (done.code, done.out) == (
        1,
        "V1: 2 points, 1 would be kept; checked, nothing written.\n",
    )
    done = shell("import", "gpx", file, "--unit", "101")
    assert (done.code, done.out) == (1, "V1: 2 points, 1 kept.\n")
    assert done.err == "t.gpx: not kept (off_duty: The unit was not on duty then.): 1\n"
    done = shell("import", "gpx", file, "--unit", "V1")
    assert (done.code, done.out) == (1, "V1: 2 points, 0 kept.\n")
    assert shell("audit", "verify").code == 0


def test_what_is_no_track_or_no_unit_is_said(shell: Shell) -> None:
    done = shell("import", "gpx", shell.write("a.gpx", "nothing"), "--unit", "V1")
    assert (done.code, "a.gpx: It is no GPX file" in done.err) == (1, True)
    done = shell("import", "gpx", "a.gpx", "--unit", "V9")
    assert (done.code, "No unit has that call sign" in done.err) == (1, True)
