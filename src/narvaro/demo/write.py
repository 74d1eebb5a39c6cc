"""Write a whole made-up town to a folder: seed and day in, the files a municipality brings out."""

import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random

from shapely.geometry import Point

from narvaro.demo import papers, registers
from narvaro.demo.areas import Area, areas_on_streets, district_at, drawn_areas, write_areas
from narvaro.demo.draft import Draft
from narvaro.demo.drawing import draw_town
from narvaro.demo.driving import Roads
from narvaro.demo.first_day.write import write_first_day
from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data, read_plan
from narvaro.demo.history.files import write_history
from narvaro.demo.history.made import make_history
from narvaro.demo.network import Network
from narvaro.demo.pbf import write_pbf
from narvaro.demo.people import make_members, make_roster, make_units
from narvaro.demo.places import drawn_places, places_on_streets
from narvaro.demo.police import write_police_events
from narvaro.demo.real_streets import place_sites, read_streets
from narvaro.demo.town import Town, TownPlace, TownSite

TIMEZONE = "Europe/Stockholm"


@dataclass(frozen=True, slots=True)
class _Made:
    """A town before its registers are written."""

    frame: Frame
    network: Network
    sites: tuple[TownSite, ...]
    areas: tuple[Area, ...]
    places: tuple[TownPlace, ...]
    mapped: bool


def write_town(folder: Path, *, seed: int, today: date) -> Town:
    """Write Älvhamra to `folder`; the same seed and day give the same bytes."""
    draft = draw_town(seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_pbf(folder / "town.osm.pbf", draft)
    sites, areas = _sites(draft, Random(f"sites {seed}")), drawn_areas(draft)
    places = drawn_places(draft, areas, sites, Random(f"places {seed}"))
    made = _Made(draft.ground.frame, draft.network, sites, areas, places, mapped=True)
    return _write_files(folder, made, seed=seed, today=today)


def write_town_on(folder: Path, osm: Path, *, seed: int, today: date) -> Town:
    """Write the same made-up municipality on the streets of an OSM extract."""
    streets = read_streets(osm)
    frame, network = streets.frame, streets.network
    areas = areas_on_streets(network, Random(f"areas {seed}"))
    sites = tuple(
        replace(s, district=district_at(areas, frame.metres(s.lat, s.lon)))
        for s in place_sites(streets, Random(f"sites {seed}"))
    )
    places = places_on_streets(frame, network, areas, sites, Random(f"places {seed}"))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(osm, folder / "town.osm.pbf")
    made = _Made(frame, network, sites, areas, places, mapped=False)
    return _write_files(folder, made, seed=seed, today=today)


def _write_files(folder: Path, made: _Made, *, seed: int, today: date) -> Town:
    rng = Random(f"papers {seed}")
    frame, sites = made.frame, made.sites
    staff, name = read_data("staff.toml"), read_plan()["town"]["name"]
    scale = _scale(frame, sites)
    town = Town(
        name, folder, TIMEZONE, sites, make_units(rng, frame, scale), make_members(rng, today),
        make_roster(today), registers.make_accounts(sites, rng), Roads(frame, made.network),
        made.places, seed, made.mapped,
    )  # fmt: skip
    registers.write_sites(folder / "sites.csv", sites)
    registers.write_units(folder / "units.csv", town.units, staff["company"])
    registers.write_members(folder / "members.csv", town.members)
    registers.write_contacts(folder / "contacts.csv")
    registers.write_permits(folder / "permits.csv", frame, staff["company"], today, scale)
    registers.write_agreements(folder / "agreements.csv", frame, today, scale)
    registers.write_aeds(folder / "aeds.csv", sites, today, Random(f"aeds {seed}"))
    registers.write_keys(folder / "keys.csv", sites)
    registers.write_accounts(folder / "transmitters.csv", town.accounts)
    registers.write_roster(folder / "roster.csv", town.shifts)
    write_areas(folder / "areas.geojson", frame, made.areas)
    write_police_events(folder / "police-events.json", frame, today, Random(f"police {seed}"))
    history = make_history(town, today)
    write_history(folder / "history", history, {s.code: s.premises for s in sites})
    write_first_day(folder / "first-day", town, today, history=history)
    for file, content in (
        ("response-plans.toml", papers.response_plans(sites, rng)),
        ("contract.toml", papers.contract(today)),
        ("installation.toml", papers.installation(name, TIMEZONE, today)),
    ):
        (folder / file).write_text(content, encoding="utf-8")
    return town


def _scale(frame: Frame, sites: tuple[TownSite, ...]) -> float:
    """Give the size of the map beside the drawn town, whose sites reach 4,500 metres out."""
    reach = max(Point(frame.metres(s.lat, s.lon)).distance(Point(0, 0)) for s in sites)
    return min(1.0, round(reach / 4500, 2)) if reach < 3800 else 1.0


def _sites(draft: Draft, rng: Random) -> tuple[TownSite, ...]:
    """Number the sites in no order of kind; Trasten skola is S-014."""
    plots = [p for p in draft.plots if p.building is not None]
    rng.shuffle(plots)
    trasten = next(k for k, p in enumerate(plots) if p.name == "Trasten skola")
    plots[13], plots[trasten] = plots[trasten], plots[13]
    out = []
    for n, plot in enumerate(plots, 1):
        assert plot.building is not None
        middle = plot.building.representative_point()
        lat, lon = draft.ground.frame.degrees(middle.x, middle.y)
        grade = 2 if n == 14 else registers.draw_grade(plot.kind, rng)
        out.append(
            TownSite(
                f"S-{n:03d}",
                plot.name,
                plot.kind,
                plot.premises,
                plot.address,
                lat,
                lon,
                grade,
                plot.lattice.district.name,
            )
        )
    return tuple(out)
