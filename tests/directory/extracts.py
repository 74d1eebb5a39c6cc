"""Tiny OpenStreetMap extracts, written as real `.osm.pbf` files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

Tags = Mapping[str, str]
Ways = Sequence[tuple[Sequence[int], Tags]]

STREET: Tags = {"highway": "residential", "maxspeed": "36"}  # ten metres a second
# a cross of streets: 1 in the middle, 2 north, 3 east, 4 south, 5 west, each 1,112 or 556 m away
CROSS: dict[int, tuple[float, float]] = {
    1: (60.0, 18.0), 2: (60.01, 18.0), 3: (60.0, 18.01), 4: (59.99, 18.0), 5: (60.0, 17.99),
}  # fmt: skip


def write_extract(
    path: Path,
    ways: Ways,
    *,
    points: Mapping[int, tuple[float, float]] = CROSS,
    point_tags: Mapping[int, Tags] | None = None,
    relations: Sequence[tuple[Sequence[tuple[str, int, str]], Tags]] = (),
) -> Path:
    """Write points, ways (numbered from 100) and relations (from 900); return the path."""
    writer = osmium.SimpleWriter(str(path))
    tags = point_tags or {}
    for key, (lat, lon) in sorted(points.items()):
        writer.add_node(Node(id=key, location=(lon, lat), tags=dict(tags.get(key, {}))))
    for number, (refs, way_tags) in enumerate(ways, start=100):
        writer.add_way(Way(id=number, nodes=list(refs), tags=dict(way_tags)))
    for number, (members, relation_tags) in enumerate(relations, start=900):
        writer.add_relation(Relation(id=number, members=list(members), tags=dict(relation_tags)))
    writer.close()
    return path


def ignore(_step: str, _share: float) -> None:
    """Hear of progress and do nothing."""
