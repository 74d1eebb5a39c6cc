"""The product against the letter of the map. In: an extract, positions. Out: answers that differ.

`choose` draws positions in the middle of stretches, half of them beside turn restrictions; the
product answers; `python -m benchmarks.roads_literal FILE.osm.pbf DUMP.npz`, a process of its own that
reads the extract again with `benchmarks/check/literal_roads.py`, judges what was dumped.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.check.literal_roads import (
    Answer,
    Relation,
    Rules,
    Streets,
    Where,
    apply,
    connected,
    read,
    search,
)
from narvaro.core.geo import METRES_PER_DEGREE, distance_of_two_m

Array = npt.NDArray[Any]
DEGREE = 1e-7
SHORTEST_M = 8.0
APART_M = 1.0
ROUNDING_S = 0.0005
"""Half a millisecond: what rounding may add to or take from each stretch between junctions."""


class Spot(NamedTuple):
    """The middle of the road between two points of a way."""

    way: int
    one: int
    other: int


class Asked(NamedTuple):
    """Positions, the answers to be judged, and where those who answered let one turn round."""

    sources: list[Spot]
    targets: list[Spot]
    seconds: Array  # [S, T]
    turning: set[Where]


class Choice(NamedTuple):
    """Positions for a question: spots by the letter, and degrees [n, 2] for the product."""

    spots: list[Spot]
    degrees: Array


def choose(pbf: Path, turning: set[Where], counts: tuple[int, int], seed: int) -> list[Choice]:
    """Choose sources and targets where each is reached from each, half beside restrictions."""
    streets, relations = read(pbf)
    rules = apply(streets, relations)
    inside = {k for k, _ in connected(streets, rules, turning_points(streets, turning))}
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(len(rules.rules))
    before = [rules.rules[k].path[0] for k in numbers]
    after = [k for number in numbers for k in sorted(rules.rules[number].last)]
    field = _Field(streets)
    chosen = []
    for count, beside in zip(counts, (before, after), strict=True):
        others = rng.permutation(sorted(inside)).tolist()
        kept: dict[int, None] = {}
        for pool, most in ((beside, count // 2), (others, count)):
            for k in pool:
                if len(kept) == most:
                    break
                if k in inside and streets.twin[k] not in kept and field.stands_alone(k):
                    kept[k] = None
        spots = [Spot(streets.way[k], streets.tail[k], streets.head[k]) for k in kept]
        chosen.append(Choice(spots, np.array([field.middle(k) for k in kept]).reshape(-1, 2)))
    return chosen


def turning_points(streets: Streets, turning: set[Where]) -> set[int]:
    """Return the points that stand where one may turn round."""
    return {point for point, where in streets.where.items() if where in turning}


class _Field:
    """All stretches on a plane, to see which ones no other crosses in the middle."""

    def __init__(self, streets: Streets) -> None:
        self._ends = np.array(
            [
                [*streets.where[a], *streets.where[b]]
                for a, b in zip(streets.tail, streets.head, strict=True)
            ]
        )
        self._twin = streets.twin

    def middle(self, stretch: int) -> tuple[float, float]:
        """Return latitude and longitude of the middle of a stretch."""
        lat_a, lon_a, lat_b, lon_b = (self._ends[stretch] * DEGREE).tolist()
        return (lat_a + lat_b) / 2, (lon_a + lon_b) / 2

    def stands_alone(self, stretch: int) -> bool:
        """Tell whether a stretch is long enough and no other road is at its middle."""
        if distance_of_two_m(*(self._ends[stretch] * DEGREE).tolist()) < SHORTEST_M:
            return False
        lat, lon = self.middle(stretch)
        size = np.array([METRES_PER_DEGREE, METRES_PER_DEGREE * np.cos(np.radians(lat))])
        at, margin = np.array([lat, lon]), APART_M / size
        a, b = self._ends[:, :2] * DEGREE, self._ends[:, 2:] * DEGREE
        boxed = (np.minimum(a, b) <= at + margin) & (np.maximum(a, b) >= at - margin)
        near = np.asarray(boxed.all(axis=1))
        near[[stretch, max(stretch, self._twin[stretch])]] = False
        begin, along = (a[near] - at) * size, (b[near] - a[near]) * size
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(-(begin * along).sum(axis=1) / length, 0, 1)[:, None]
        return bool((np.hypot(*(begin + share * along).T) > APART_M).all())


def judge(streets: Streets, relations: Sequence[Relation], asked: Asked) -> dict[str, Any]:
    """Return how many answers differ from the ways by the letter, and by how much the others do."""
    rules = apply(streets, relations)
    turning = turning_points(streets, asked.turning)
    inside = connected(streets, rules, turning)
    targets = [stretches_of(streets, spot) for spot in asked.targets]
    wrong: list[tuple[int, int, float, float]] = []
    largest_s, changed, unreached = 0.0, 0, 0
    for s, spot in enumerate(asked.sources):
        here = stretches_of(streets, spot)
        found = search(streets, rules, turning, here, inside)
        free = search(streets, Rules(), turning, here)
        for t, there in enumerate(targets):
            true = arrival(streets, found, here, there)
            said = float(asked.seconds[s, t])
            changed += arrival(streets, free, here, there).seconds < true.seconds - ROUNDING_S
            unreached += not np.isfinite(true.seconds)
            off = 0.0 if true.seconds == said else abs(true.seconds - said)
            if off > ROUNDING_S * (true.stretches + 2):
                wrong.append((s, t, true.seconds, said))
            else:
                largest_s = max(largest_s, off)
    return {
        "pairs": len(asked.sources) * len(targets),
        "mismatches": len(wrong),
        "largest_deviation_s": round(largest_s, 6),
        "changed_by_restrictions": changed,
        "unreached": unreached,
        "restrictions": len(relations),
        "applied": len(rules.applied),
        "not_applied": Counter(rules.not_applied.values()),
        "first_wrong": [(*asked.sources[s], *asked.targets[t], *rest) for s, t, *rest in wrong[:5]],
    }


def stretches_of(streets: Streets, spot: Spot) -> list[int]:
    """Return the stretches, one for each direction, of the road between two points of a way."""
    return [
        k
        for k in streets.forth[spot.way] + streets.back[spot.way]
        if {streets.tail[k], streets.head[k]} == {spot.one, spot.other}
    ]


def arrival(
    streets: Streets, found: dict[int, Answer], here: Sequence[int], there: Sequence[int]
) -> Answer:
    """Return when the middle of the target's road is reached."""
    if set(here) == set(there):
        return Answer(0.0, 0)
    ways = [
        Answer(found[k].seconds - streets.wait_s[k] - streets.seconds[k] / 2, found[k].stretches)
        for k in there
        if k in found
    ]
    return min(ways, default=Answer(np.inf, 0))


def main(pbf: Path, dump: Path) -> None:
    """Judge a dump; print JSON."""
    with np.load(dump) as held:
        sources, targets = (
            [Spot(*row) for row in held[key].tolist()] for key in ("source", "target")
        )
        turning = {(int(lat), int(lon)) for lat, lon in held["turning"]}
        asked = Asked(sources, targets, held["seconds"], turning)
    print(json.dumps(judge(*read(pbf), asked)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
