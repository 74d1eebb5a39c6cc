"""What the patrol benchmark is played on. In: a map extract, a size, a seed. Out: an instance.

A *model* is what the peers know: visits with a window and a prize, each at most once, units with
shifts and a base. An *instance* adds the expected harm that the real objective counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from narvaro.core.geo import distance_m
from narvaro.core.jit import F64, I64
from narvaro.core.patrol import BIN_S
from narvaro.core.roads import Roads
from narvaro.directory.roads_file import read_roads

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
HOUR = 3600
NIGHT_S = 8 * HOUR
DWELL_S = 720
WINDOWS = 5
UNITS = {40: 4, 60: 6, 80: 6, 120: 8}
SHAPES = ((0, 8), (0, 5), (3, 8), (1, 7))  # hours from the first shift's start


@dataclass(frozen=True, slots=True)
class City:
    """An extract, and the circle in it from which places are drawn."""

    name: str
    file: str
    lat: float
    lon: float
    radius_m: float


CITIES = {
    "oslo": City("oslo", "oslo-east-filtered.osm.pbf", 59.905, 10.765, 8_000),
    "porto": City("porto", "porto_portugal.osm.pbf", 41.155, -8.625, 7_000),
}


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """Visits (n) with windows and prizes, units (K), whole seconds of travel [P, P]."""

    travel: I64
    place: I64  # [n]
    opens: I64  # [n] earliest beginning
    closes: I64  # [n] latest beginning
    dwell: I64  # [n]
    prize: F64  # [n]
    units: I64  # [K, 3] base, start, end


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    """A city's places (the last two are bases) with prizes by window and harm by bin."""

    name: str
    model: Model
    harm: F64  # [P, bins]


class Towns:
    """Road networks, read once each."""

    def __init__(self) -> None:
        self._roads: dict[str, Roads] = {}

    def draw(self, city: City, spots: int, seed: int) -> Instance:
        """Draw an instance; the same for the same city, size and seed."""
        draw = np.random.default_rng([seed, spots, sum(city.name.encode())])
        travel = self._travel(city, spots + 2, draw)
        units = np.array(
            [
                (spots + k % 2, SHAPES[k % 4][0] * HOUR, SHAPES[k % 4][1] * HOUR)
                for k in range(UNITS.get(spots, max(1, spots // 13)))
            ]
        )
        base = draw.gamma(0.7, size=spots)
        base /= base.max()
        worth = base[:, None] * draw.uniform(0.3, 1.0, (spots, WINDOWS))
        prize = 1.0 + np.rint(99.0 * worth / worth.max())
        slot_s = NIGHT_S // WINDOWS
        opens = np.tile(np.arange(WINDOWS) * slot_s, spots)
        model = Model(
            travel=travel,
            place=np.repeat(np.arange(spots), WINDOWS),
            opens=opens,
            closes=opens + slot_s - DWELL_S,
            dwell=np.full(spots * WINDOWS, DWELL_S),
            prize=prize.ravel(),
            units=units,
        )
        peak_s = draw.uniform(0, NIGHT_S, spots)
        return Instance(f"{city.name}-{spots}-{seed}", model, _harm(base, peak_s))

    def _travel(self, city: City, count: int, draw: np.random.Generator) -> I64:
        if city.name not in self._roads:
            path = DATA / "osm" / city.file
            if not path.exists():
                raise SystemExit(
                    f"The extract {path} is missing. The patrol benchmark needs the data folder "
                    "beside the checkout."
                )
            graph, _facts = read_roads(path, lambda _step, _share: None)
            self._roads[city.name] = Roads.build(graph)
        roads = self._roads[city.name]
        lat, lon = roads.graph.node_lat, roads.graph.node_lon
        near = np.flatnonzero(distance_m(lat, lon, city.lat, city.lon) < city.radius_m)
        chosen = draw.choice(near, count, replace=False)
        places = roads.place(lat[chosen], lon[chosen])
        return np.ceil(roads.travel_s(places, places)).astype(np.int64)


def _harm(base: F64, peak_s: F64) -> F64:
    """Return each place's expected harm, swelling around its peak, [P, bins], with two harmless bases."""
    middle_s = BIN_S * (np.arange((NIGHT_S + 3 * HOUR) // BIN_S) + 0.5)
    bump = np.exp(-(((middle_s - peak_s[:, None]) / (1.9 * HOUR)) ** 2) / 2)
    harm = 100 / 30 * base[:, None] * (0.4 + 0.6 * bump)
    return np.vstack([harm, np.zeros((2, harm.shape[1]))])


def slot_models(instance: Instance, half_life_s: int) -> Iterator[tuple[str, Model]]:
    """Yield what peers can be given of the real objective: slots of four lengths, two prizes."""
    for minutes in (45, 60, 75, 90):
        for whole in (True, False):
            name = f"{minutes} min, {'whole decay' if whole else 'cut at the slot'}"
            yield name, _slot_model(instance, minutes * 60, half_life_s, whole=whole)


def _slot_model(instance: Instance, slot_s: int, half_life_s: int, *, whole: bool) -> Model:
    old, spots = instance.model, len(instance.harm) - 2
    starts = np.arange(0, NIGHT_S, slot_s)
    bins = instance.harm.shape[1]
    middle_s = BIN_S * (np.arange(bins) + 0.5)
    prevents = np.zeros((len(starts), bins))
    for row, start in zip(prevents, starts, strict=True):
        arrive = start + slot_s / 2
        row[:] = np.minimum(1.0, 0.5 ** ((middle_s - arrive - DWELL_S) / half_life_s))
        row[middle_s < arrive] = 0.0
        if not whole:
            row[middle_s >= start + slot_s] = 0.0
    prize = instance.harm[:spots] @ prevents.T
    opens = np.tile(starts, spots)
    return Model(
        travel=old.travel,
        place=np.repeat(np.arange(spots), len(starts)),
        opens=opens,
        closes=np.minimum(opens + slot_s - 1, NIGHT_S - DWELL_S),
        dwell=np.full(len(opens), DWELL_S),
        prize=prize.ravel(),
        units=old.units,
    )


def read_toptw(path: Path, units: int) -> Model:
    """Read a team orienteering file; times in tenths (Solomon) or hundredths (Cordeau) of a unit."""
    lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
    rows = [[float(cell) for cell in line] for line in lines[2:]]
    scale = 100 if path.stem.startswith("pr") else 10
    xy = np.array([row[1:3] for row in rows])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    travel: npt.NDArray[np.int64] = np.floor(apart * scale + 1e-9).astype(np.int64)
    window = np.rint(np.array([row[-2:] for row in rows]) * scale).astype(np.int64)
    many = np.arange(1, len(rows))
    return Model(
        travel=travel,
        place=many,
        opens=window[many, 0],
        closes=window[many, 1],
        dwell=np.rint(np.array([row[3] for row in rows])[many] * scale).astype(np.int64),
        prize=np.array([row[4] for row in rows])[many],
        units=np.array([(0, window[0, 0], window[0, 1])] * units),
    )
