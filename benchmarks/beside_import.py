"""How long an alarm waits for its case while 240,000 sites are imported.

    python -m benchmarks.beside_import [--sites 240000] [--json]

One process imports a file of sites into a SQLite file, another promotes an alarm every 50 ms, as
`work` does; the wait is from the journal's record to the promoted case. Once with a fresh register,
once more with every tenth site renamed. There is no peer: the same work without the import would
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
    parser.add_argument("--sites", type=int, default=240_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = {}
    with TemporaryDirectory() as folder:
        for name, renamed_every in (("fresh", None), ("every tenth renamed", 10)):
            rows[name] = measure(Path(folder), given.sites, renamed_every)
    print(f"{'':22}{'import s':>9}{'alarms':>8}{'median ms':>11}{'p99 ms':>9}{'longest ms':>12}")
    for name, row in rows.items():
        times = (1000 * row[key] for key in ("median_s", "p99_s", "longest_s"))
        median, p99, longest = times
        print(
            f"{name:22}{row['import_s']:9.1f}{row['alarms']:8.0f}{median:11.0f}{p99:9.0f}{longest:12.0f}"
        )
    if given.json:
        longest = max(row["longest_s"] for row in rows.values())
        print(json.dumps({"alarm_beside_import_longest_ms": round(1000 * longest, 1)}))


if __name__ == "__main__":
    main()
