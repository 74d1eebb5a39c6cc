"""A register comes in while panels ring: no alarm waits for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = "Objektnummer;Objekt;Typ;Fastighetsbeteckning;Adress;Latitud;Longitud;Larmklass\n"


def measure(folder: Path, sites: int, renamed_every: int | None = None) -> dict[str, float]:
    """Import so many sites beside alarms, some of them renamed since last time; return the waits."""
    file = folder / "sites.csv"
    with file.open("w", encoding="cp1252") as out:
        out.write(HEADER)
        for n in range(sites):
            name = "Ny skola" if renamed_every and n % renamed_every == 0 else "Skola"
            out.write(f"T-{n};{name} {n};skola;Trasten {n};Skolgatan {n};59,1;18,1;2\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NARVARO_", "DJANGO_"))}
    told = {"NARVARO_HOME": str(folder / "home"), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.config.beside", str(file)], cwd=ROOT, env=kept | told,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    print(found)  # shown where the test fails
    return found


def test_alarms_go_through_beside_an_import(tmp_path: Path) -> None:
    """10,000 sites, an alarm every 50 ms: they go through between the import's writes.

    Where the importer keeps the lock, half of the alarms wait for half of the import.
    """
    found = measure(tmp_path, 10_000)
    assert (found["code"], found["left"]) == (0, 0)
    assert found["alarms"] == found["signals"] > 10
    assert found["median_s"] < 0.1 * found["import_s"]
    assert found["longest_s"] < 0.5 * found["import_s"]
