"""Draw the whole town: plan and seed in, a finished Draft out."""

from random import Random

from narvaro.demo.addresses import number_houses
from narvaro.demo.districts import open_gates, outline_districts
from narvaro.demo.draft import Draft
from narvaro.demo.driving import free_trapped
from narvaro.demo.greens import lay_greens, lay_paths
from narvaro.demo.ground import lay_ground, read_data, read_plan
from narvaro.demo.houses import build_houses
from narvaro.demo.lattice import Edge, Lattice, bend_lattice, put_on_network, thin_out
from narvaro.demo.main_roads import lay_main_roads, open_roundabouts
from narvaro.demo.names import Names, name_streets
from narvaro.demo.network import Way
from narvaro.demo.plots import build_on_plots, reserve_plots
from narvaro.demo.yards import drive_to_plots, lay_drives, lay_yards

SPEEDS = {"centre": 30, "old": 30, "villa": 30, "row": 30, "flats": 40, "industry": 50}


def draw_town(seed: int) -> Draft:
    """Draw Älvhamra; the same seed gives the same town."""
    rng = Random(seed)
    draft = Draft(lay_ground(read_plan(), rng), rng)
    lay_main_roads(draft.ground, draft.network)
    open_roundabouts(draft.ground, draft.network)
    draft.outlines = outline_districts(draft.ground, draft.network, rng)
    draft.lattices = [bend_lattice(d, outline, rng) for d, outline in draft.outlines]
    reserve_plots(draft)
    build_on_plots(draft)
    _lay_streets(draft)
    drive_to_plots(draft)
    _name_plots(draft)
    lay_yards(draft)
    build_houses(draft)
    number_houses(draft)
    lay_drives(draft)
    free_trapped(draft.network, draft.network.ways[0].nodes[0])
    lay_paths(draft)
    lay_greens(draft)
    return draft


def _lay_streets(draft: Draft) -> None:
    """Thin, place, join and name the streets of every district."""
    for lattice in draft.lattices:
        plots = [p for p in draft.plots if p.lattice is lattice and p.kind != "park"]
        must_stay: set[Edge] = {s for p in plots for s in p.sides[:2]}
        thin_out(lattice, must_stay, draft.rng)
        put_on_network(lattice, draft.network)
    taken = {w.name for w in draft.network.ways}
    gates = open_gates(draft.ground, draft.network, draft.lattices)
    names = Names(read_data("words.toml"), taken, draft.rng)
    for lattice in draft.lattices:
        named = name_streets(lattice, names)
        for edges, name in _runs(named):
            nodes = lattice.edges[edges[0]] + [n for e in edges[1:] for n in lattice.edges[e][1:]]
            draft.network.ways.append(_street(lattice, nodes, name, draft))
        for _, cell, nodes in [g for g in gates if g[0] is lattice]:
            name = next(named[e] for e in sorted(named) if cell in e)
            draft.network.ways.append(_street(lattice, nodes, name, draft))


def _runs(named: dict[Edge, str]) -> list[tuple[list[Edge], str]]:
    by_name: dict[str, list[Edge]] = {}
    for edge, name in named.items():
        by_name.setdefault(name, []).append(edge)
    return [(edges, name) for name, edges in by_name.items()]


def _street(lattice: Lattice, nodes: list[int], name: str, draft: Draft) -> Way:
    kind = lattice.district.kind
    oneway = kind in {"centre", "old"} and draft.rng.random() < 0.22 and len(nodes) > 4
    highway = "unclassified" if kind == "industry" else "residential"
    return Way(nodes, highway, name, SPEEDS[kind], oneway, district=lattice.district.name)


def _name_plots(draft: Draft) -> None:
    """Give each site its premises, its name after the block, and the street of its drive; name the parks."""
    names = Names(read_data("words.toml"), set(), draft.rng)
    street_of = {n: w.name for w in draft.network.ways if w.name for n in w.nodes}
    drives = [w for w in draft.network.ways if w.highway == "service"]
    plots = [p for p in draft.plots if p.building is not None]
    for plot, drive in zip(plots, drives, strict=True):
        plot.premises, plot.name = names.site(plot.lattice.district.theme, plot.kind, plot.name)
        plot.street = street_of[drive.nodes[0]]
    for plot in draft.plots:
        if plot.kind == "park":
            plot.name = names.park(plot.lattice.district.theme)
