"""A month of guards alone and of transmitters, on the product's rules. 1 where a promise is broken.

python -m tests.simulated_month --guards 1000 --transmitters 10000 --days 30 --seed 1
python -m tests.simulated_month --mutate no_grace     # must break a promise
"""

import argparse
import sys
import time

from tests.simulated_month.breaking import GUARD_RULES, PATH_RULES
from tests.simulated_month.play import Findings, Tally, play_month


def main() -> int:
    """Play a month and print its table."""
    parser = argparse.ArgumentParser(description="A month of guards alone and of transmitters.")
    parser.add_argument("--guards", type=int, default=1000)
    parser.add_argument("--transmitters", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutate", choices=[*GUARD_RULES, *PATH_RULES], default="")
    given = parser.parse_args()
    begun = time.perf_counter()
    found = play_month(
        guards=given.guards, transmitters=given.transmitters, days=given.days, seed=given.seed,
        mutated=given.mutate,
    )  # fmt: skip
    print_table(found)
    broken = {**GUARD_RULES, **PATH_RULES}.get(given.mutate)
    print(f"{given.guards} guards, {given.transmitters} transmitters, {given.days} days, seed "
          f"{given.seed}{f', broken on purpose: {broken}' if broken else ''}: "
          f"{'kept' if found.is_kept else 'BROKEN'}, {time.perf_counter() - begun:.1f} s")  # fmt: skip
    return int(not found.is_kept)


def print_table(found: Findings) -> None:
    """Print what was to be raised, and what was."""
    print(f"{'':22}{'truly':>8}{'raised':>8}{'never':>7}{'falsely':>9}{'twice':>7}{'latest s':>10}"
          f"{'promised s':>12}")  # fmt: skip
    _print_line("signs of life missing", found.missing)
    _print_line("paths lost", found.losses)
    print(f"watches {found.watches}, check-ins {found.check_ins}; came back {found.returns}, of it "
          f"not told {found.returns_untold}; cases gone without a word {found.cases_gone}")  # fmt: skip
    print(f"carriers' faults of several paths {found.faults}, split into several cases "
          f"{found.faults_split}, cases of several carriers {found.mixed}; "
          f"restored and not noticed {found.not_restored}")  # fmt: skip


def _print_line(name: str, tally: Tally) -> None:
    print(f"{name:22}{tally.truly:>8}{tally.raised:>8}{tally.never:>7}{tally.falsely:>9}"
          f"{tally.twice:>7}{tally.latest_s:>10.2f}{tally.within_s:>12.0f}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
