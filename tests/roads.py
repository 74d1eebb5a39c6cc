"""Small streets for tests, written as a real `.osm.pbf`."""

from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

LAT, LON = 59.0, 18.0
LAT_PER_KM = 1 / 111.195  # the mean Earth radius, as the core measures
LENGTH_KM = 20


def at_km(north_km: float) -> float:
    """Return the latitude so many kilometres up the street."""
    return LAT + north_km * LAT_PER_KM


def write_street(file: Path, name: str = "Storgatan") -> Path:
    """Write a two-way street of 20 km at 60 km/h with a loop at each kilometre."""
    writer = osmium.SimpleWriter(str(file), overwrite=True)
    main = []
    for km in range(LENGTH_KM + 1):
        main.append(km + 1)
        writer.add_node(Node(id=km + 1, location=(LON, at_km(km))))
        writer.add_node(Node(id=km + 1001, location=(LON + 0.01, at_km(km))))
    tags = {"highway": "secondary", "maxspeed": "60", "name": name}
    writer.add_way(Way(id=1, nodes=main, tags=tags))
    side = {"highway": "residential", "maxspeed": "30", "name": "Sidogatan"}
    for km in range(LENGTH_KM + 1):
        writer.add_way(Way(id=10 + km, nodes=[km + 1, km + 1001], tags=side))
    writer.close()
    return file
