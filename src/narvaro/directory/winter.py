"""Winter on roads. In: what lies on them, a profile. Out: how much longer each class of roads takes.

Our estimate, milder than the 30–40 % lower arterial speeds that a US road administration reports on
snowy or slushy pavement (from memory, to be checked): on main roads 1.20 and 1.35 times as long is 17 %
and 26 % slower. Main roads are cleared first. Own drives do not change these factors: those in winter
are judged apart (`directory/weights.py`), so that a person sees how far off the estimate is.
"""

from narvaro.core.roads import ROAD_CLASSES, USUAL, Pace, Profile
from narvaro.directory.models import RoadCondition

# fast, main, collector, local, service, path, steps
_LONGER: dict[str, dict[Profile, tuple[float, ...]]] = {
    RoadCondition.State.SNOW: {
        "car": (1.15, 1.2, 1.3, 1.4, 1.5, 1.5, 1.0),
        "foot": (1.2, 1.2, 1.2, 1.2, 1.3, 1.3, 1.5),
        "cycle": (1.4, 1.4, 1.4, 1.5, 1.7, 1.7, 1.0),
    },
    RoadCondition.State.ICE: {
        "car": (1.3, 1.35, 1.45, 1.6, 1.7, 1.7, 1.0),
        "foot": (1.4, 1.4, 1.4, 1.4, 1.5, 1.5, 2.0),
        "cycle": (1.6, 1.6, 1.7, 1.8, 2.0, 2.0, 1.0),
    },
}
assert all(len(row) == len(ROAD_CLASSES) for by in _LONGER.values() for row in by.values())


def winter_pace(state: str, profile: Profile) -> Pace:
    """Return the pace of a profile in a state of the roads; waiting at lights is as usual."""
    return Pace(_LONGER[state][profile]) if state else USUAL
