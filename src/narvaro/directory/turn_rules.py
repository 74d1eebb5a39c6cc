"""Turn restrictions. In: OpenStreetMap relations, and the ways that were read. Out: turns of the core.

Meaning: OpenStreetMap wiki, "Relation:restriction". A restriction holds where `from` and `to` begin or
end at the via point, or at the ends of the via ways; one whose members do not meet is counted and not
applied. Those that hold at some hours only are counted too: nobody may rely on the hour of a plan.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from operator import or_

import osmium

from narvaro.core.roads import Turn
from narvaro.core.roads.contraction import Directed
from narvaro.core.roads.graph import bit_of
from narvaro.directory.road_rules import Tags

_KEYS = {
    "restriction": bit_of("car") | bit_of("cycle"),
    "restriction:vehicle": bit_of("car") | bit_of("cycle"),
    "restriction:motor_vehicle": bit_of("car"),
    "restriction:motorcar": bit_of("car"),
    "restriction:bicycle": bit_of("cycle"),
}
_HOURS = frozenset(("day_on", "day_off", "hour_on", "hour_off"))  # the older form of conditions
_EXCEPT = {
    "vehicle": bit_of("car") | bit_of("cycle"),
    "motor_vehicle": bit_of("car"),
    "motorcar": bit_of("car"),
    "bicycle": bit_of("cycle"),
}


def kinds_of(tags: Tags) -> dict[bool, int]:
    """Return what a restriction says, by `only`: the bits of the profiles that it holds for."""
    excepted = (_EXCEPT.get(one.strip(), 0) for one in tags.get("except", "").split(";"))
    free = reduce(or_, excepted, 0)
    found: Counter[bool] = Counter()
    for key, profiles in _KEYS.items():
        value = tags.get(key, "")
        if value.startswith(("no_", "only_")):
            found[value.startswith("only_")] |= profiles & ~free
    return {only: profiles for only, profiles in found.items() if profiles}


@dataclass(frozen=True, slots=True)
class Restriction:
    """A relation as it stands: ways and points by their numbers."""

    only: bool
    profiles: int
    froms: tuple[int, ...]
    via_point: int | None
    via_ways: tuple[int, ...]
    tos: tuple[int, ...]


@dataclass(slots=True)
class Restrictions:
    """The relations of a file, and what was counted."""

    read: int = 0
    by_way: int = 0
    conditional: int = 0
    not_met: int = 0
    kept: list[Restriction] = field(default_factory=list)

    def add(self, relation: osmium.osm.Relation) -> None:
        """Note a restriction."""
        tags = {tag.k: tag.v for tag in relation.tags}
        role: dict[str, list[tuple[str, int]]] = {"from": [], "via": [], "to": []}
        for member in relation.members:
            role.get(member.role, []).append((member.type, member.ref))
        points = [ref for kind, ref in role["via"] if kind == "n"]
        ways = tuple(ref for kind, ref in role["via"] if kind == "w")
        self.read += 1
        self.by_way += bool(ways)
        if any(key.endswith(":conditional") or key in _HOURS for key in tags):
            self.conditional += 1
        if any(key in _HOURS for key in tags):
            return
        froms, tos = (tuple(ref for k, ref in role[one] if k == "w") for one in ("from", "to"))
        for only, profiles in kinds_of(tags).items():
            self.kept.append(
                Restriction(only, profiles, froms, points[0] if points else None, ways, tos)
            )


@dataclass(frozen=True, slots=True)
class Run:
    """A way that was read, or a part of it: its points by number, and its first segment."""

    points: Sequence[int]
    segment: int

    def arriving(self, point: int) -> Iterator[Directed]:
        """Yield the segments by which the run comes to a point at one of its ends."""
        if self.points[-1] == point:
            yield self.segment + len(self.points) - 2, True
        if self.points[0] == point:
            yield self.segment, False

    def leaving(self, point: int) -> Iterator[Directed]:
        """Yield the segments by which the run leaves a point at one of its ends."""
        for segment, along in self.arriving(point):
            yield segment, not along

    def through(self, point: int) -> tuple[tuple[Directed, ...], int] | None:
        """Return the segments from the end at a point to the other, and the point there."""
        own = range(self.segment, self.segment + len(self.points) - 1)
        if self.points[0] == point:
            return tuple((one, True) for one in own), self.points[-1]
        if self.points[-1] == point:
            return tuple((one, False) for one in reversed(own)), self.points[0]
        return None


Runs = dict[int, list[Run]]
"""The runs of each way, by its number."""


def list_turns(restrictions: Restrictions, runs: Runs) -> list[Turn]:
    """Return the turns that are restricted; count the relations whose members do not meet."""
    found: list[Turn] = []
    for one in restrictions.kept:
        tos: dict[tuple[Directed, ...], list[Directed]] = {}
        for path, to in _paths(one, runs):
            tos.setdefault(path, []).append(to)
        turns = [Turn(path, tuple(to), one.only, one.profiles) for path, to in tos.items()]
        restrictions.not_met += not turns
        found += turns
    return found


def _paths(one: Restriction, runs: Runs) -> Iterator[tuple[tuple[Directed, ...], Directed]]:
    """Yield each way from a `from` over the via to a `to`."""
    froms = [run for way in one.froms for run in runs.get(way, [])]
    tos = [run for way in one.tos for run in runs.get(way, [])]
    for begin, finish in product(froms, tos):
        if one.via_point is not None:
            point = one.via_point
            for into, out in product(begin.arriving(point), finish.leaving(point)):
                yield (into,), out
        elif one.via_ways:
            for point in {begin.points[0], begin.points[-1]}:
                for into, (over, at) in product(
                    begin.arriving(point), _over(one.via_ways, point, runs)
                ):
                    for out in finish.leaving(at):
                        yield (into, *over), out


def _over(
    ways: tuple[int, ...], point: int, runs: Runs
) -> Iterator[tuple[tuple[Directed, ...], int]]:
    """Yield the way over all via ways that begins at a point, in their order or from the last."""
    for order in {ways, ways[::-1]}:
        path: tuple[Directed, ...] = ()
        at: int | None = point
        for way in order:
            whole = runs.get(way, [])
            led = whole[0].through(at) if len(whole) == 1 and at is not None else None
            path, at = (path + led[0], led[1]) if led else (path, None)
        if at is not None:
            yield path, at
