"""Which clock is out. In: what other sources say of our time. Out: whether ours is to be doubted.

Our own time is one source among them. Two sources that agree outvote one that does not; where no two
agree, nobody is believed, but for the panels: many, of one mind, and none of them with us.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PANELS = "panels"
OWN_GIVE_S = 5.0
"""So far off, our own time is not called wrong: a panel's stamp has whole seconds and a way to go."""
ZONE_S = 1800.0
ZONE_GIVE_S = 30.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says: its time less ours, in seconds, and how far that may be from the truth.

    `late_s` is how much later the truth may be besides: for so long a stamp may have been on its way.
    """

    source: str
    off_s: float
    give_s: float
    late_s: float = 0.0

    def agrees(self, other: "Reading") -> bool:
        """Return whether two readings can be of one time."""
        apart_s = self.off_s - other.off_s
        give_s = self.give_s + other.give_s
        return -give_s - self.late_s <= apart_s <= give_s + other.late_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """Our time is in doubt by `off_s`, or backed by another source, or neither.

    `out` are the sources that a majority speaks against.
    """

    suspected: bool = False
    backed: bool = False
    off_s: float = 0.0
    out: tuple[str, ...] = ()


OURS = Reading("", 0.0, OWN_GIVE_S)


def is_zone_mistake(off_s: float) -> bool:
    """Return whether an offset is near whole half hours: a panel that was set to another zone's time."""
    steps = round(off_s / ZONE_S)
    return steps != 0 and abs(off_s - steps * ZONE_S) <= ZONE_GIVE_S


def judge(readings: Sequence[Reading]) -> Verdict:
    """Judge our time by what the others say of it."""
    ours = [one for one in readings if one.agrees(OURS)]
    others = [one for one in readings if not one.agrees(OURS)]
    groups = [[two for two in others if one.agrees(two)] for one in others]
    largest = max(groups, key=len, default=[])
    if len(largest) >= 2 and len(largest) > len(ours) + 1:
        right = largest
    elif ours:
        right = ours
    else:
        panels = [one for one in others if one.source == PANELS and not is_zone_mistake(one.off_s)]
        return Verdict(suspected=True, off_s=panels[0].off_s) if panels else Verdict()
    out = tuple(one.source for one in readings if one not in right)
    if right is ours:
        return Verdict(backed=True, out=out)
    return Verdict(
        suspected=True, off_s=sorted(one.off_s for one in right)[len(right) // 2], out=out
    )
