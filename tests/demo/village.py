"""A town that was never drawn: every kind of place around the plan's districts, in a moment."""

from datetime import date
from math import cos, sin
from pathlib import Path
from random import Random

from narvaro.demo.driving import Roads
from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data, read_plan
from narvaro.demo.names import Names
from narvaro.demo.network import Network
from narvaro.demo.people import make_units
from narvaro.demo.plots import wanted_sites
from narvaro.demo.registers import make_accounts
from narvaro.demo.town import Town, TownPlace, TownSite

TODAY = date(2026, 11, 23)
SEED = 5
FRAME = Frame(58.6, 19.5)
LETTER = {"square": "T", "park": "P", "street": "G", "station": "J"}


def make_village(seed: int = SEED) -> Town:
    """Make the plan's sites, squares, a park and six addresses in each district; no map, no files."""
    rng = Random(seed)
    names = Names(read_data("words.toml"), set(), rng)
    sites: list[TownSite] = []
    open_air: list[TownPlace] = []
    for district in read_plan()["district"]:
        (x, y), where = district["at"], district["name"]

        def at(n: int, x: float = x, y: float = y) -> tuple[float, float]:
            return FRAME.degrees(x + 70 * n * cos(2.4 * n), y + 70 * n * sin(2.4 * n))

        for kind, title in wanted_sites(district["sites"]):
            premises, name = names.site(district["theme"], kind, title)
            code, n = f"S-{len(sites) + 1:03d}", len(sites) % 7
            address = f"{names.street(district['theme'])} {3 + 2 * n}"
            sites.append(TownSite(code, name, kind, premises, address, *at(n), 2, where))
        around = [(s, "square") for s in district.get("squares", [])]
        around += [(names.park(district["theme"]), "park")]
        around += [(f"{names.street(district['theme'])} {n + 1}", "street") for n in range(6)]
        around += [("Älvhamra station", "station")] if where == "Centrum" else []
        for n, (name, kind) in enumerate(around):
            code = f"{LETTER[kind]}-{len(open_air):03d}"
            open_air.append(TownPlace(code, name, kind, where, *at(n + 1)))
    places = [TownPlace(s.code, s.name, s.kind, s.district, s.lat, s.lon) for s in sites]
    return Town(
        "Älvhamra", Path(), "Europe/Stockholm", tuple(sites), make_units(rng, FRAME), (), (),
        make_accounts(tuple(sites), rng), Roads(FRAME, Network()), (*places, *open_air), seed,
    )  # fmt: skip
