"""A register comes in while panels ring: no alarm waits for it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Europe/Stockholm")
ROOT = Path(__file__).resolve().parents[2]
HEADER = "Objektnummer;Objekt;Typ;Fastighetsbeteckning;Adress;Latitud;Longitud;Larmklass\n"


def write_sites(file: Path, rows: int, renamed_every: int | None) -> None:
    """Write so many sites, some of them renamed since last time."""
    with file.open("w", encoding="cp1252") as out:
        out.write(HEADER)
        for n in range(rows):
            name = "Ny skola" if renamed_every and n % renamed_every == 0 else "Skola"
            out.write(f"T-{n};{name} {n};skola;Trasten {n};Skolgatan {n};59,1;18,1;2\n")


def write_incidents(file: Path, rows: int) -> None:
    """Write so many incidents: a third by coordinates, the others by a site's name or address."""
    kinds = ("Klotter", "Skadegörelse", "Inbrott", "Ordningsstörning", "Nedskräpning")
    first = datetime(2024, 1, 1, tzinfo=UTC)
    with file.open("w", encoding="utf-8") as out:
        out.write("Nr;Kategori;Datum och tid;Plats;Adress;Latitud;Longitud;Rapporterat av\n")
        for n in range(rows):
            at = (first + timedelta(minutes=4 * n)).astimezone(ZONE)  # no hour that does not exist
            where = (
                f";;59,{n % 9000 + 1000};18,{n % 7000 + 1000}",
                "Trasten skola;;;",
                f";Skolgatan {n % 20 + 1};;",
            )[n % 3]
            out.write(f"H{n};{kinds[n % 5]};{at:%Y-%m-%d %H:%M};{where};Fritid\n")


def measure(
    folder: Path, rows: int, *, kind: str = "sites", renamed_every: int | None = None
) -> dict[str, float]:
    """Import so many rows of a kind beside alarms; return the waits."""
    file = folder / f"{kind}.csv"
    if kind == "sites":
        write_sites(file, rows, renamed_every)
    else:
        write_incidents(file, rows)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NARVARO_", "DJANGO_"))}
    told = {"NARVARO_HOME": str(folder / "home"), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.config.beside", kind, str(file)], cwd=ROOT, env=kept | told,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    print(found)  # shown where the test fails
    return found


@pytest.mark.slow
def test_alarms_go_through_beside_an_import(tmp_path: Path) -> None:
    """10,000 sites, an alarm every 50 ms: they go through between the import's writes.

    Where the importer keeps the lock, half of the alarms wait for half of the import.
    """
    found = measure(tmp_path, 10_000)
    assert (found["code"], found["left"]) == (0, 0)
    assert found["alarms"] == found["signals"] > 10
    assert found["median_s"] < 0.1 * found["import_s"]
    assert found["longest_s"] < 0.5 * found["import_s"]


@pytest.mark.slow
def test_alarms_go_through_beside_a_year_of_incidents(tmp_path: Path) -> None:
    """10,000 incidents: the same holds where rows are placed, numbered and hidden until they are in."""
    found = measure(tmp_path, 10_000, kind="incidents")
    assert (found["code"], found["left"]) == (
        0,
        0,
    )  # what has no certain place is said, not refused
    assert found["alarms"] == found["signals"] > 10
    assert found["longest_s"] < 0.5 * found["import_s"]
