"""The same streets on foot. In: a road graph. Out: walking times per arc, one-ways included.

Paths are not in a road graph for cars, so this is an upper bound of what a walker needs.
"""

import numpy as np

from narvaro.core.jit import I32
from narvaro.core.roads.graph import RoadGraph

WALKING_M_S = 1.4  # usual planning value for an adult on level ground
M_PER_DEGREE = 111_195.0  # mean Earth radius 6 371 009 m


def walking_ms(graph: RoadGraph) -> I32:
    """Return milliseconds on foot for each arc, int32 [arcs]; 0 for arcs without a road piece."""
    lat, lon = graph.point_lat * 1e-7, graph.point_lon * 1e-7
    north_m = np.diff(lat) * M_PER_DEGREE
    east_m = np.diff(lon) * M_PER_DEGREE * np.cos(np.radians(lat[:-1]))
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(north_m, east_m))])
    first, last = graph.piece_first[:-1], graph.piece_first[1:] - 1
    piece_m = along_m[last] - along_m[first]
    arc_m = np.where(graph.arc_piece >= 0, piece_m[np.maximum(graph.arc_piece, 0)], 0.0)
    return np.rint(arc_m / WALKING_M_S * 1000).astype(np.int32)
