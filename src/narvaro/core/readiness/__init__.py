"""How ready we are for the next case, now and if a unit leaves; which visit, taken now, mends it.

In: travel seconds from units to places, who is free, each place's limit, what is expected there.
Out: how many places, and how much of what is expected, a free unit reaches in time; the same without
each unit, and what is lost; the visits to take earlier. The method: docs/formulas/readiness.md.
"""

from narvaro.core.readiness.leaving import Assessment, Later, Loss, assess
from narvaro.core.readiness.moving import LEAST_EXTRA_S, Moves, Suggestion, suggest
from narvaro.core.readiness.scene import Readiness, Scene

__all__ = [
    "LEAST_EXTRA_S",
    "Assessment",
    "Later",
    "Loss",
    "Moves",
    "Readiness",
    "Scene",
    "Suggestion",
    "assess",
    "suggest",
]
