"""How long an alarm waits for its case while 240,000 sites, and as many incidents, are imported.

    python -m benchmarks.beside_import [--rows 240000] [--json]

One process imports a file into a SQLite file, another promotes an alarm every 50 ms, as
`work` does; the wait is from the journal's record to the promoted case. Sites into an empty register, once more with
every tenth renamed, and incidents by coordinates, site names and addresses. There is no peer: the same work without the import would
show the promotion's own time.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.config.test_import_while_alarms import measure


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description="Alarms beside a large import.")
    parser.add_argument("--rows", type=int, default=240_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = {}
    with TemporaryDirectory() as folder:
        for name, kind, renamed_every in (
            ("sites", "sites", None), ("every tenth renamed", "sites", 10),
            ("incidents", "incidents", None),
        ):  # fmt: skip
            home = Path(folder) / kind
            home.mkdir(exist_ok=True)
            rows[name] = measure(home, given.rows, kind=kind, renamed_every=renamed_every)
            if rows[name]["code"]:
                raise SystemExit(f"{name}: the import refused rows and wrote nothing")
    print(f"{'':22}{'import s':>9}{'alarms':>8}{'median ms':>11}{'p99 ms':>9}{'longest ms':>12}")
    for name, row in rows.items():
        times = (1000 * row[key] for key in ("median_s", "p99_s", "longest_s"))
        median, p99, longest = times
        print(
            f"{name:22}{row['import_s']:9.1f}{row['alarms']:8.0f}{median:11.0f}{p99:9.0f}{longest:12.0f}"
        )
    if given.json:
        longest = max(row["longest_s"] for row in rows.values())
        keys = {"alarm_beside_import_longest_ms": round(1000 * longest, 1)}
        keys["incidents_import_s"] = round(rows["incidents"]["import_s"], 1)
        print(json.dumps(keys))


if __name__ == "__main__":
    main()
