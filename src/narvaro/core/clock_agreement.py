"""Which clock is out. In: what other sources say of our time. Out: whether ours is to be doubted.

Our own time is one source among them. Two sources that agree outvote one that does not; where no two
agree, nobody is believed, but for the panels: many, of one mind, and none of them with us. To end a
doubt, more must be with us than of one mind against us, our own time not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

PANELS: Final = "panels"
SERVER: Final = "server"
Kind: TypeAlias = Literal["panels", "server"]
OWN_GIVE_S = 5.0
"""So far off, our own time is not called wrong: a panel's stamp has whole seconds and a way to go."""
ZONE_S = 1800.0
ZONE_GIVE_S = 30.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says: its time less ours, in seconds, and how far that may be from the truth.

    `late_s` is how much later the truth may be besides: for so long a stamp may have been on its way.
    `may_alone` says whether panels may put our time in doubt without another source.
    """

    source: str
    off_s: float
    give_s: float
    late_s: float = 0.0
    may_alone: bool = True

    def agrees(self, other: "Reading") -> bool:
        """Return whether two readings can be of one time."""
        apart_s = self.off_s - other.off_s
        give_s = self.give_s + other.give_s
        return -give_s - self.late_s <= apart_s <= give_s + other.late_s


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """Our time is in doubt by `off_s`, or backed by another source, or neither.

    `out` are the sources that a majority speaks against; `alone` says that the panels alone doubt us.
    """

    suspected: bool = False
    backed: bool = False
    off_s: float = 0.0
    out: tuple[str, ...] = ()
    alone: bool = False


OURS = Reading("", 0.0, OWN_GIVE_S)


def is_zone_mistake(off_s: float) -> bool:
    """Return whether an offset is near whole half hours: a panel that was set to another zone's time."""
    steps = round(off_s / ZONE_S)
    return steps != 0 and abs(off_s - steps * ZONE_S) <= ZONE_GIVE_S


def judge(readings: Sequence[Reading]) -> ClockVerdict:
    """Judge our time by what the others say of it; a tie neither begins a doubt nor ends one."""
    ours = [one for one in readings if one.agrees(OURS)]
    others = [one for one in readings if not one.agrees(OURS)]
    groups = [[two for two in others if one.agrees(two)] for one in others]
    largest = max(groups, key=len, default=[])
    if len(largest) >= 2 and len(largest) > len(ours) + 1:
        out = tuple(one.source for one in readings if one not in largest)
        off_s = sorted(one.off_s for one in largest)[len(largest) // 2]
        return ClockVerdict(suspected=True, off_s=off_s, out=out)
    panels = [one for one in others if one.source == PANELS]
    if not ours:
        sure = [one for one in panels if one.may_alone and not is_zone_mistake(one.off_s)]
        if sure:
            return ClockVerdict(suspected=True, off_s=sure[0].off_s, alone=True)
        return ClockVerdict()
    out = tuple(one.source for one in others)
    if _weight(ours) > max(map(_weight, groups), default=0):
        return ClockVerdict(backed=True, out=out)
    # One server against another: our own time is the second against it, and that ends no doubt.
    return ClockVerdict(out=out) if len(largest) == 1 and not panels else ClockVerdict()


def _weight(group: Sequence[Reading]) -> int:
    """Return what a group counts for: panels outweigh a server, and not two; one tenant's are as one."""
    return sum(3 if one.source == PANELS and one.may_alone else 2 for one in group)
