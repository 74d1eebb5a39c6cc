"""Real streets: an OpenStreetMap extract through import, alarm and ranking, checked by another search."""

from math import isfinite

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from narvaro.core.jit import I64
from narvaro.core.roads import CLOSED_MS, RoadGraph
from narvaro.directory.actions import import_roads
from narvaro.directory.maps import find_open_map
from narvaro.dispatch.models import Ranking
from tests.conftest import DATA, Running
from tests.make import NIGHT, World, make_plan, make_site, make_transmitter, make_unit, send_signal

OSLO = DATA / "osm" / "oslo-east-filtered.osm.pbf"


def backwards(graph: RoadGraph) -> csr_matrix:
    """Return the arcs turned round; of parallel arcs the fastest (a sparse matrix would add them)."""
    fastest = np.argsort(graph.travel_ms(), kind="stable")
    fastest = fastest[graph.travel_ms()[fastest] < CLOSED_MS]
    pairs = np.stack([graph.arc_head, graph.arc_tail], axis=1)[fastest]
    _, first = np.unique(pairs, axis=0, return_index=True)
    kept = fastest[first]
    weights = graph.travel_ms()[kept].astype(float)
    shape = (graph.nodes, graph.nodes)
    return csr_matrix((weights, (graph.arc_head[kept], graph.arc_tail[kept])), shape=shape)


def whole_junctions(graph: RoadGraph) -> I64:
    """Return the junctions of cars that are not split: the others stand at one place as several."""
    places = np.stack([graph.node_lat, graph.node_lon], axis=1)
    _, first, count = np.unique(places, axis=0, return_index=True, return_counts=True)
    cars = graph.arc_tail[graph.travel_ms() < CLOSED_MS]
    return np.intersect1d(first[count == 1], cars)


@pytest.mark.real_data
@pytest.mark.skipif(not OSLO.exists(), reason=f"{OSLO.name} is not beside the checkout")
def test_an_alarm_in_oslo_goes_to_the_nearest_by_road(world: World, running: Running) -> None:
    """Ten units at random junctions: the ranking's order and times are those of Dijkstra's search."""
    import_roads(
        tenant=world.tenant, pbf=OSLO, progress=lambda _step, _share: None, by="test", at=NIGHT
    )
    ground = find_open_map(world.tenant.pk)
    assert ground is not None
    graph = ground.roads.graph
    nodes = np.random.default_rng(7).choice(whole_junctions(graph), 11, replace=False)
    place, *units = (int(one) for one in nodes)
    site = make_site(
        world, "Skolen", lat=float(graph.node_lat[place]), lon=float(graph.node_lon[place])
    )
    make_plan(site)
    for number, node in enumerate(units, 1):
        make_unit(
            world, f"V{number}", lat=float(graph.node_lat[node]), lon=float(graph.node_lon[node])
        )
    send_signal(make_transmitter(site))
    running.settle()

    oracle_s = dijkstra(backwards(graph), indices=place)[units] / 1000
    lines = Ranking.objects.get().lines
    ranked = {one["call_sign"]: one["travel_s"] for one in lines if "rank" in one}
    assert len(ranked) == sum(isfinite(one) for one in oracle_s) > 5
    for number, expected in enumerate(oracle_s, 1):
        # A junction may be snapped to either of its roads' ends: a few centimetres, not a street.
        assert ranked[f"V{number}"] == pytest.approx(expected, abs=0.5)
    assert list(ranked.values()) == sorted(ranked.values())
