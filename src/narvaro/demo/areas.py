"""Named areas: a drawn town, or real streets, in; squares, parks, yards and housing areas out."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Point, mapping
from shapely.geometry.base import BaseGeometry

from narvaro.demo.draft import Draft
from narvaro.demo.frame import Frame, Metres
from narvaro.demo.ground import read_plan
from narvaro.demo.network import Network

HOUSING = {"old", "villa", "row", "flats"}
DISTRICTS = {"housing", "district"}
# The kinds that the file tells apart; the rest is "other".
KINDS = {"square", "park", "yard", "housing"}
# People who live in a building of the kind; scaled so that the town has its number.
LIVE_IN = {"house": 2.6, "terrace": 5.0, "apartments": 34.0, "yes": 9.0}


@dataclass(frozen=True, slots=True)
class Area:
    """A named area: square, park, yard, housing, district (without dwellings) or station.

    `shape` is in metres of the town's frame.
    """

    name: str
    kind: str
    district: str
    shape: BaseGeometry
    inhabitants: int | None = None


def drawn_areas(draft: Draft) -> tuple[Area, ...]:
    """List the squares, parks, school yards and districts of a drawn town."""
    out = [
        Area(p.name, p.kind, p.lattice.district.name, p.area)
        for p in draft.plots
        if p.kind in {"square", "park"}
    ]
    out += [
        Area(f"{p.name}, skolgård", "yard", p.lattice.district.name, p.area)
        for p in draft.plots
        if p.kind == "school"
    ]
    living = _inhabitants(draft)
    for district in draft.ground.districts:
        parts = [outline for d, outline in draft.outlines if d.name == district.name]
        shape = shapely.union_all(parts)
        kind = "housing" if district.kind in HOUSING else "district"
        out.append(Area(district.name, kind, district.name, shape, living.get(district.name)))
    station = Point(draft.ground.plan["railway"]["station"])
    where = district_at(tuple(out), (station.x, station.y))
    out.append(Area("Älvhamra station", "station", where, station.buffer(60.0)))
    return tuple(out)


def _inhabitants(draft: Draft) -> dict[str, int]:
    """Share the town's inhabitants out by the houses that stand in each district."""
    tree = shapely.STRtree(shapely.centroid([b.area for b in draft.buildings]))
    weights: dict[str, float] = {}
    for district, outline in draft.outlines:
        inside = tree.query(outline, predicate="contains").tolist()
        weight = sum(LIVE_IN.get(draft.buildings[k].tags["building"], 0.0) for k in inside)
        weights[district.name] = weights.get(district.name, 0.0) + weight
    each = draft.ground.plan["town"]["inhabitants"] / sum(weights.values())
    return {name: round(each * weight) for name, weight in weights.items() if weight}


def areas_on_streets(network: Network, rng: Random) -> tuple[Area, ...]:
    """Lay the plan's districts as circles that do not touch on real streets, with squares and parks."""
    districts = read_plan()["district"]
    middles = _spread([network.points[n] for w in network.ways if w.name for n in w.nodes], rng)
    if len(middles) < len(districts):
        raise ValueError(f"the extract has room for {len(middles)} districts; give a larger one")
    out: list[Area] = []
    for district, at in zip(districts, middles, strict=False):
        gap = min(Point(at).distance(Point(o)) for o in middles if o != at)
        circle = Point(at).buffer(max(20.0, min(350.0, gap / 2 - 5)))
        kind = "housing" if district["kind"] in HOUSING else "district"
        out.append(Area(district["name"], kind, district["name"], circle))
        for k, name in enumerate(district.get("squares", [])):
            beside = Point(at[0] + 40.0 * k, at[1])
            out.append(Area(name, "square", district["name"], beside.buffer(18.0)))
    return tuple(out)


def _spread(points: list[Metres], rng: Random, count: int = 40) -> list[Metres]:
    """Choose points far apart: each the farthest, among a sample, from those chosen before."""
    sample = sorted(set(points))
    rng.shuffle(sample)
    sample = sample[:1500]
    chosen = sample[:1]
    gaps = [Point(p).distance(Point(chosen[0])) for p in sample]
    while chosen and len(chosen) < count and max(gaps) > 0:
        best = sample[gaps.index(max(gaps))]
        chosen.append(best)
        gaps = [min(g, Point(p).distance(Point(best))) for g, p in zip(gaps, sample, strict=True)]
    rng.shuffle(chosen)
    return chosen


def write_areas(path: Path, frame: Frame, areas: tuple[Area, ...]) -> None:
    """Write areas.geojson in WGS 84; a ring has a corner about every other metre at most."""
    features = []
    for area in areas:
        plain = area.shape.simplify(2.0)
        kind = area.kind if area.kind in KINDS else "other"
        properties = {"name": area.name, "kind": kind, "district": area.district}
        living = {} if area.inhabitants is None else {"inhabitants": area.inhabitants}
        geometry = mapping(_in_degrees(plain, frame))
        features.append(
            {"type": "Feature", "properties": properties | living, "geometry": geometry}
        )
    content = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _in_degrees(shape: BaseGeometry, frame: Frame) -> BaseGeometry:
    def turned(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.array([frame.degrees(x, y)[::-1] for x, y in corners])

    return shapely.transform(shape, turned)


def district_at(areas: tuple[Area, ...], at: Metres) -> str:
    """Name the district that a point lies in, or the nearest one."""
    districts = [a for a in areas if a.kind in DISTRICTS]
    return min(districts, key=lambda a: a.shape.distance(Point(at))).district
