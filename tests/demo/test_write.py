"""The written town: the same every time, whole, dry, and on its roads."""

import csv
import hashlib
import io
import tomllib
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import osmium
import pytest
import shapely
from shapely.geometry import LineString, Point

from narvaro.demo.frame import Frame
from narvaro.demo.history.files import DAMAGES, INCIDENTS
from narvaro.demo.history.truth import read_truth
from narvaro.demo.town import Town
from narvaro.demo.write import write_town, write_town_on
from tests.demo.conftest import SEED, TODAY

DRIVABLE = {
    "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service",
}  # fmt: skip
HEADERS = {
    "sites": "Objektnummer;Objekt;Typ;Fastighetsbeteckning;Adress;Latitud;Longitud;Larmklass",
    "units": "Enhet;Organisation;Roll;Färdmedel;Utrustning;Spårare",
    "members": "Tjänstenummer;Organisation;Roll;Från;Till;Kompetens;Kompetens från;Kompetens till",
    "permits": "Beslut;Organisation;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;Klockan till;Antal;Villkor",
    "transmitters": "Konto;Objektnummer;Nyckel;Nyckelform;Avfrågning s;Operatör",
    "roster": "Enhet;Från;Till;Tjänstenummer",
    "aeds": "Hjärtstartare;Namn;Placering;Latitud;Longitud;Öppettider;Stängt;Kontrollerad;Ur bruk",
    "agreements": "Avtalsnummer;Organisation;Ärenden;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;Klockan till",
    "keys": "Nyckelbricka;Objektnummer;Nyckelskåp",
}
OSM_FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "osm"


def _rows(town: Town, name: str) -> list[dict[str, str]]:
    encoding = "cp1252" if name == "sites" else "utf-8-sig"
    text = (town.folder / f"{name}.csv").read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def _digests(folder: Path) -> dict[str, str]:
    files = (f for f in folder.rglob("*") if f.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _ways(town: Town) -> list[tuple[dict[str, str], list[tuple[int, float, float]]]]:
    reader = osmium.FileProcessor(str(town.folder / "town.osm.pbf")).with_locations()
    return [
        (dict(item.tags), [(n.ref, n.lat, n.lon) for n in item.nodes])
        for item in reader
        if isinstance(item, osmium.osm.Way)
    ]


def test_same_seed_and_day_give_the_same_bytes(town: Town, tmp_path: Path) -> None:
    """A town is a function of its seed and day, map included."""
    write_town(tmp_path, seed=SEED, today=TODAY)
    assert _digests(tmp_path) == _digests(town.folder)


def test_another_seed_gives_another_town(town: Town, tmp_path: Path) -> None:
    """The seed matters for the map and for the keys."""
    other = write_town(tmp_path, seed=SEED + 1, today=TODAY)
    mine, theirs = _digests(town.folder), _digests(tmp_path)
    assert mine["town.osm.pbf"] != theirs["town.osm.pbf"]
    assert mine["transmitters.csv"] != theirs["transmitters.csv"]
    assert other.get_site("S-014").name == "Trasten skola"


def test_has_about_ten_thousand_junctions_in_one_piece(town: Town) -> None:
    """Count crossings and street ends in the file itself, and reach all from one."""
    near: dict[int, list[int]] = {}
    for tags, nodes in _ways(town):
        if tags.get("highway") in DRIVABLE:
            for (a, *_), (b, *_) in pairwise(nodes):
                near.setdefault(a, []).append(b)
                near.setdefault(b, []).append(a)
    junctions = sum(1 for n in near.values() if len(n) != 2)
    assert 8_000 <= junctions <= 12_000
    seen: set[int] = set()
    stack = [next(iter(near))]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += near[node]
    assert len(seen) == len(near)


def test_every_site_is_within_60_m_of_a_drivable_road_and_in_the_map(town: Town) -> None:
    """A guard's car gets to each of the 120 sites."""
    frame = Frame(58.6, 19.5)
    lines = [
        LineString([frame.metres(lat, lon) for _, lat, lon in nodes])
        for tags, nodes in _ways(town)
        if tags.get("highway") in DRIVABLE
    ]
    tree = shapely.STRtree(lines)
    assert len(town.sites) == 120
    assert len({s.code for s in town.sites}) == len({s.premises for s in town.sites}) == 120
    for site in town.sites:
        _, metres = tree.query_nearest(
            Point(frame.metres(site.lat, site.lon)), return_distance=True
        )
        assert metres[0] <= 60, site


def test_no_site_lies_in_water(town: Town) -> None:
    """The bay, the river and the lakes hold no school."""
    factory = osmium.geom.WKBFactory()
    file = str(town.folder / "town.osm.pbf")
    water = shapely.union_all(
        [
            shapely.from_wkb(factory.create_multipolygon(item))
            for item in osmium.FileProcessor(file).with_areas()
            if isinstance(item, osmium.osm.Area) and item.tags.get("natural") == "water"
        ]
    )
    assert water.area > 0
    assert not [s.name for s in town.sites if water.intersects(Point(s.lon, s.lat))]


def test_every_site_can_be_driven_to_and_from_despite_one_way_streets(town: Town) -> None:
    """From a unit's place to each site, and on to another unit's place."""
    roads = town.roads
    start = roads.nearest(town.units[0].lat, town.units[0].lon)
    times = roads.travel_s(start)
    for site in town.sites:
        stop = roads.nearest(site.lat, site.lon)
        assert times[stop] < 1500
    assert start in roads.travel_s(roads.nearest(town.sites[0].lat, town.sites[0].lon))


def test_history_and_first_day_are_written_beside_the_registers(town: Town) -> None:
    """Clean lists, the truth, four ugly files; each list's rows as wide as its header."""
    assert len(list((town.folder / "first-day").glob("*.xlsx"))) == 4
    truth = read_truth(town.folder / "history" / "truth.npz")
    assert set(truth.rates.places) == {p.code for p in town.places}
    for name, header in (("incidents", INCIDENTS), ("damage", DAMAGES)):
        rows = _rows(town, f"history/{name}")
        assert ";".join(rows[0]) == header
        assert len(rows) > 1500
        assert not [r for r in rows if None in r or None in r.values()]


@pytest.mark.parametrize("name", HEADERS)
def test_registers_have_the_agreed_headers_and_rows(town: Town, name: str) -> None:
    """The CSV files parse, with every row as wide as its header."""
    rows = _rows(town, name)
    assert rows
    assert ";".join(rows[0]) == HEADERS[name]
    assert not [r for r in rows if None in r or None in r.values()]


def test_papers_are_toml_and_agree_with_the_registers(town: Town) -> None:
    """Every plan is of a site; Trasten skola has version 7 and key 114, which no step gives away."""
    plans = tomllib.loads((town.folder / "response-plans.toml").read_text("utf-8"))["plan"]
    assert {p["site"] for p in plans} == {r["Objektnummer"] for r in _rows(town, "sites")}
    trasten = next(p for p in plans if p["site"] == "S-014")
    assert (trasten["name"], trasten["version"], trasten["key"]) == ("Trasten skola", 7, "114")
    assert not [p["site"] for p in plans if any(p["key"] in s for s in p["steps"])]
    installation = tomllib.loads((town.folder / "installation.toml").read_text("utf-8"))
    organisations = {o["name"] for o in installation["organisation"]}
    assert {
        r["Organisation"] for n in ("units", "members", "permits") for r in _rows(town, n)
    } <= organisations


def test_contract_runs_from_the_october_before_last_with_two_adjacent_options(town: Town) -> None:
    """2+1+1 years without a gap, prices in kronor, terms with time points."""
    paper = tomllib.loads((town.folder / "contract.toml").read_text("utf-8"))
    assert paper["starts_on"].isoformat() == "2025-10-01"
    assert paper["ends_on"].isoformat() == "2027-09-30"
    ends = [paper["ends_on"], *[o["ends_on"] for o in paper["option"]]]
    starts = [o["starts_on"] for o in paper["option"]]
    assert [s - timedelta(days=1) for s in starts] == ends[:2]
    assert len(paper["price"]) > 10
    assert {t["stop"] for t in paper["response_term"]} == {"on_scene"}


def test_permits_are_valid_polygons_in_the_town_today(town: Town) -> None:
    """The centre is covered, no permit is longer than three years, Trasten skola lies outside."""
    rows = _rows(town, "permits")
    trasten, square = town.get_site("S-014"), Point(19.497, 58.596)
    areas = [shapely.from_wkt(r["Område"]) for r in rows]
    assert all(a.is_valid and a.geom_type == "Polygon" and a.area > 0 for a in areas)
    assert areas[0].contains(square)
    assert not any(a.contains(Point(trasten.lon, trasten.lat)) for a in areas)
    for row in rows:
        since, until = (
            datetime.fromisoformat(row[k]).date() for k in ("Giltigt från", "Giltigt till")
        )
        assert since <= TODAY <= until
        assert (until - since).days < 3 * 365 + 1


def test_units_are_on_duty_at_any_hour_with_valid_competence(town: Town) -> None:
    """Four cars are rostered each hour of the fortnight, by members who exist and may guard."""
    numbers = {m.service_number: m for m in town.members}
    start = datetime.combine(TODAY, datetime.min.time())
    for hour in range(14 * 24):
        at = start + timedelta(hours=hour)
        crews = {u.call_sign: town.list_crew(u.call_sign, at) for u in town.units}
        assert all(crews[v] for v in ("V1", "V2", "V3", "V4")), at
        on_duty = [n for crew in crews.values() for n in crew]
        assert len(on_duty) == len(set(on_duty)), at
        for n in on_duty:
            assert numbers[n].competences[0][1] <= at.date() <= numbers[n].competences[0][2]


def test_staff_has_every_role_and_one_expired_competence(town: Town) -> None:
    """Every role in its organisation; two reporters, for the schools and for leisure."""
    roles = {(m.role, m.organisation) for m in town.members}
    ours, company = "Älvhamra kommun", "Ekvakt i Älvhamra AB"
    assert roles == {
        ("dispatcher", ours), ("coordinator", ours), ("contract_manager", ours),
        ("property_manager", ours), ("camera_operator", ours), ("reporter", ours),
        ("police_guest", "Lokalpolisområde Älvhamra"),
        ("contract_manager", company), ("shift_leader", company), ("guard", company),
    }  # fmt: skip
    assert [m.service_number for m in town.members if m.role == "reporter"] == ["K601", "K602"]
    expired = [m for m in town.members for _, _, until in m.competences if until < TODAY]
    assert len(expired) == 1


def test_about_eighty_sites_have_a_transmitter_most_with_keys(town: Town) -> None:
    """Keys are of AES lengths; a few panels are plain; Trasten skola's is not."""
    assert 65 <= len(town.accounts) <= 95
    lengths = [len(a.key_bytes) for a in town.accounts]
    assert set(lengths) == {0, 16, 32}
    assert 1 <= lengths.count(0) <= 15
    assert len(town.get_account("S-014").key_bytes) in {16, 32}


def test_an_osm_extract_takes_the_same_municipality(town: Town, tmp_path: Path) -> None:
    """Any extract does; here the town's own map stands in for one."""
    other = write_town_on(tmp_path, town.folder / "town.osm.pbf", seed=SEED, today=TODAY)
    assert (tmp_path / "town.osm.pbf").read_bytes() == (town.folder / "town.osm.pbf").read_bytes()
    assert len(other.sites) == 120
    assert other.get_site("S-014").name == "Trasten skola"
    mapped = {
        f"{o.tags['addr:street']} {o.tags['addr:housenumber']}"
        for o in osmium.FileProcessor(str(town.folder / "town.osm.pbf"))
        if "addr:street" in o.tags
    }
    assert not mapped & {s.address for s in other.sites}
    assert not other.mapped
    assert (tmp_path / "first-day").is_dir()
    assert other.roads.track(
        (other.units[0].lat, other.units[0].lon), (other.sites[0].lat, other.sites[0].lon)
    )


def test_a_missing_extract_is_named(tmp_path: Path) -> None:
    """The error says which file."""
    with pytest.raises(FileNotFoundError, match=r"gone\.osm\.pbf"):
        write_town_on(tmp_path, tmp_path / "gone.osm.pbf", seed=1, today=TODAY)


@pytest.mark.slow
@pytest.mark.real_data
def test_real_streets_take_120_sites(tmp_path: Path) -> None:
    """On the streets of eastern Oslo."""
    osm = OSM_FOLDER / "oslo-east-filtered.osm.pbf"
    if not osm.is_file():
        pytest.skip(f"{osm.name} is not in the data folder beside the checkout")
    town = write_town_on(tmp_path, osm, seed=SEED, today=TODAY)
    assert len({(s.lat, s.lon) for s in town.sites}) == 120
    assert all(s.address for s in town.sites)
    assert len(list((tmp_path / "first-day").iterdir())) == 4
