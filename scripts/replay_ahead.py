"""What the look-ahead gives on one's own town, busier than it is. In: NARVARO_HOME. Out: a table.

`NARVARO_HOME=… python scripts/replay_ahead.py`: the share of late cases where the nearest goes, and how it
changes where the product looks ahead, for each multiple of the town's cases and each limit. Percentage
points, with the interval of the draws.
"""

import sys
from dataclasses import replace

from narvaro.config.cli import get_tenant, start_django

DAYS, RUNS = 10, 10
MULTIPLES, LIMITS_MIN = (1, 5, 10, 20, 30), (5, 8, 15)
HEAD = f"{'cases ×':>8}{'limit min':>11}{'late, nearest %':>17}{'ahead − nearest':>18}   interval\n"


def main() -> None:
    """Print a line for each multiple and limit."""
    start_django()
    from narvaro.followup.replay.loading import Loaded, load
    from narvaro.followup.replay.running import run
    from narvaro.followup.replay.scenario import Asked, Scenario
    from narvaro.spine import clock

    def busier(town: Loaded, times: float, limit_s: float) -> Loaded:
        """Return the town with so many times its cases, both played and expected, and another limit."""
        assert town.expected is not None
        told = replace(town.expected, per_h=town.expected.per_h * times, limit_s=limit_s)
        ready = replace(town.ready, limit_s=town.ready.limit_s * 0 + limit_s)
        return replace(town, rates=town.rates * times, expected=told, ready=ready, limit_s=limit_s)

    asked = Asked(Scenario(), Scenario("ahead"), DAYS, RUNS)
    town = load(get_tenant(None), asked, clock.now())
    sys.stdout.write(HEAD)
    for times in MULTIPLES:
        for minutes in LIMITS_MIN:
            answer = run(busier(town, times, minutes * 60.0), lambda _share: None)
            late = answer.row(f"all_late_{minutes * 60}")
            apart, low, high = (100 * one for one in (late.difference, late.low, late.high))
            said = f"{100 * late.a:17.2f}{apart:+18.2f}   {low:+.2f} … {high:+.2f}"
            sys.stdout.write(f"{times:8}{minutes:11}{said}\n")


if __name__ == "__main__":
    main()
