"""Replay of days under a policy. In: town, units, incidents, planned visits. Out: what would have come of it.

`play` replays, `draw_incidents` makes days up, `figures` sums up, `compare` sets two policies beside
each other. The rules stand in docs/formulas/replay.md.
"""

from narvaro.core.replay.drawing import Kind, draw_incidents, stream
from narvaro.core.replay.figures import Difference, Figures, compare, figures
from narvaro.core.replay.foresight import Expected
from narvaro.core.replay.hours import Hours, Windows
from narvaro.core.replay.outcome import Kept, Outcome
from narvaro.core.replay.playing import play, warm
from narvaro.core.replay.world import Incidents, Policy, Ready, Rule, Town, Units, Visits

__all__ = [
    "Difference", "Expected", "Figures", "Hours", "Incidents", "Kept", "Kind", "Outcome", "Policy", "Ready",
    "Rule", "Town", "Units", "Visits", "Windows", "compare", "draw_incidents", "figures", "play", "stream", "warm",
]  # fmt: skip
