"""How far "one unit more" hangs on what a replay takes to be so. In: NARVARO_HOME, sites' codes. Out: a table.

`NARVARO_HOME=… python scripts/replay_doubt.py CODE …`: the change in the half of response times (seconds)
with one unit more, as it is played; without visits of its own; based at each of the sites; and in years
whose cases are redrawn, with replacement, from those of the known one.
"""

import sys
from dataclasses import replace

import numpy as np

from narvaro.config.cli import get_tenant, start_django

DAYS, RUNS, YEARS = 30, 50, 20


def main(codes: list[str]) -> None:
    """Print a line for each assumption."""
    start_django()
    from narvaro.core.replay import Difference
    from narvaro.followup.replay.demand import kinds_of, rates_of
    from narvaro.followup.replay.loading import Loaded, load
    from narvaro.followup.replay.running import run
    from narvaro.followup.replay.scenario import Asked, Scenario
    from narvaro.spine import clock

    def loaded(base: str | None = None) -> Loaded:
        b = Scenario(more_units=1, base=base)
        return load(get_tenant(None), Asked(Scenario(), b, DAYS, RUNS), clock.now())

    def half(town: Loaded) -> Difference:
        return run(town, lambda _share: None).row("all_p50_s")

    def tell(what: str, one: Difference) -> None:
        sys.stdout.write(f"{what:32}{one.difference:+7.1f}  ({one.low:+.1f} … {one.high:+.1f})\n")

    town = loaded()
    tell("as built: it patrols", half(town))
    for code in codes:
        tell(f"based at {code}", half(loaded(code)))
    random, found = np.random.default_rng(1), []
    for _year in range(YEARS):
        picked = np.sort(random.integers(0, len(town.calls.rows), len(town.calls.rows)))
        calls = replace(town.calls, rows=tuple(town.calls.rows[n] for n in picked))
        of = town.ground.of[picked]
        rates = rates_of(calls, of, len(town.ground.spots))
        found.append(half(replace(town, rates=rates, kinds=tuple(kinds_of(calls)[0]))).difference)
    low, middle, high = np.quantile(found, (0, 0.5, 1))
    sys.stdout.write(f"{f'{YEARS} redrawn years':32}{middle:+7.1f}  ({low:+.1f} … {high:+.1f})\n")
    staffing = town.b.staffing
    made_up = staffing._routine  # noqa: SLF001 - what was assumed is taken away
    staffing._routine = lambda rows, seed: made_up(  # type: ignore[method-assign] # noqa: SLF001
        [one for one in rows if not one.crew.added], seed
    )
    tell("without visits: it stands idle", half(town))


if __name__ == "__main__":
    main(sys.argv[1:])
