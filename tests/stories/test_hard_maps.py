"""Maps and positions at their worst, through the screens: each time a clear answer, and units stay listed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory import roads_now
from narvaro.directory.actions import import_roads
from narvaro.directory.maps import _open
from narvaro.directory.models import RoadMap
from narvaro.dispatch.actions import offer_next
from narvaro.situation.models import Case
from tests.conftest import Running
from tests.directory.extracts import CROSS, STREET, ignore, write_extract
from tests.dispatch.offered import asked, fresh, open_case
from tests.make import NIGHT, World, make_closure, make_member, make_unit, put_position
from tests.roads import LON, at_km, write_street
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def desk(world: World) -> Client:
    """Return a dispatcher's browser."""
    return browser_of(make_member(world, Role.DISPATCHER))


def panel_of(desk: Client, case: Case) -> str:
    """Return the open case as the console shows it."""
    return shown(desk, f"/console/cases/{case.pk}/", fragment=True)


def test_a_unit_on_another_island_is_listed_without_a_time_and_told_why(
    world: World, desk: Client, tmp_path: Path, running: Running
) -> None:
    """Two towns 22 km apart without a bridge: the larger is the map's."""
    far = {6: (60.2, 18.0), 7: (60.201, 18.0), 8: (60.201, 18.001)}
    ways = [([4, 1, 2], STREET), ([5, 1, 3], STREET), ([6, 7, 8], STREET)]
    pbf = write_extract(tmp_path / "islands.osm.pbf", ways, points={**CROSS, **far})
    import_roads(tenant=world.tenant, pbf=pbf, progress=ignore, by="test", at=NIGHT)
    case = open_case(world, offer="manual")
    Case.objects.filter(pk=case.pk).update(lat=60.0, lon=18.0)
    make_unit(world, "V1", lat=60.2, lon=18.0)
    make_unit(world, "V2", lat=60.005, lon=18.0)
    running.settle()
    page = panel_of(desk, case)
    assert "It is 21.1 km from any road on the map: no time can be given" in page
    assert page.index("Offer to V2") < page.index("Offer to V1")
    Case.objects.filter(pk=case.pk).update(lat=60.2, lon=18.0)
    assert "The place is 21.1 km from any road on the map" in panel_of(desk, case)


@pytest.mark.parametrize(
    ("lat", "lon"), [(90.0, 0.0), (-90.0, 180.0), (59.0, 180.0), (59.0, -180.0), (0.0, 0.0)]
)
def test_units_at_the_ends_of_the_earth_stay_listed(
    street: World, desk: Client, running: Running, lat: float, lon: float
) -> None:
    case = open_case(street, offer="manual")
    lost = make_unit(street, "V1", lat=lat, lon=lon).unit
    make_unit(street, "V2", lat=at_km(3))
    running.settle()
    page = panel_of(desk, case)
    assert "It is more than 50 km from any road on the map: no time can be given" in page
    assert page.index("Offer to V2") < page.index("Offer to V1")
    assert "no road on the map within 50 km" in shown(
        desk, f"/console/units/{lost.pk}/reach/", fragment=True
    )
    assert "V1" in shown(desk, "/console/")


def test_where_all_units_are_barred_the_case_says_so_and_asks_for_a_person(
    street: World, desk: Client, running: Running
) -> None:
    """None holds the competence that the plan asks for: nobody is offered, each is named with why."""
    make_unit(street, "V1", lat=at_km(1), competences=())
    make_unit(street, "V2", lat=at_km(2), competences=())
    case = open_case(street)
    running.settle()
    assert asked(case) == []
    assert offer_next(case=fresh(case), by="system", at=NIGHT) is None
    assert fresh(case).state == Case.State.OPEN
    page = panel_of(desk, case)
    assert "No unit on duty may be sent now; the reasons stand below." in page
    assert page.count("Lacks: ") == 2
    assert "Offer to" not in page
    assert "No unit" in shown(desk, "/console/")


def test_where_every_unit_is_closed_off_they_are_asked_all_the_same(
    street: World, desk: Client, running: Running
) -> None:
    """Roads are closed around the case: the order is that of the call signs, and each says why."""
    make_closure(street, (at_km(0.5), 17.99), (at_km(0.5), 18.005))
    for km, call_sign in ((3, "V2"), (5, "V1")):
        make_unit(street, call_sign, lat=at_km(km))
    case = open_case(street)
    running.settle()
    assert asked(case) == [("V1", "waiting")]
    page = panel_of(desk, case)
    assert page.count("Closed roads leave it no way on the map (Storgatan)") == 2
    way = json.loads(shown(desk, f"/console/cases/{case.pk}/way/"))
    assert way["features"] == []


@pytest.fixture
def lost_map(world: World, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Give a way to take the map's folder away while everything runs, as a fresh process finds it.

    The map is this test's own: tests beside it have theirs in the same home.
    """
    pbf = write_street(tmp_path / "lost.osm.pbf", name="Tappade gatan")
    import_roads(tenant=world.tenant, pbf=pbf, progress=ignore, by="test", at=NIGHT)
    folder = settings.HOME.maps / RoadMap.objects.get().sha256

    def lose() -> None:
        folder.rename(folder.with_name(f"{folder.name}-away"))
        for kept in (_open, roads_now._cut, roads_now._paced, roads_now._crossings):
            kept.cache_clear()

    yield lose
    away = folder.with_name(f"{folder.name}-away")
    if away.exists():
        away.rename(folder)


def test_a_map_that_vanishes_leaves_every_screen_standing(
    world: World, desk: Client, running: Running, lost_map: Callable[[], None]
) -> None:
    """Units are asked, the console and the closures are shown, tiles are missing, and it is said."""
    unit = make_unit(world, "V1", lat=at_km(2)).unit
    made = make_closure(world, (at_km(9), 17.99), (at_km(9), 18.005))
    sha256 = RoadMap.objects.get().sha256
    assert desk.get(f"/tiles/{sha256}/14/9011/4760.mvt").status_code in {200, 204}
    lost_map()
    case = open_case(world)
    running.settle()
    assert asked(case) == [("V1", "waiting")]
    assert "No map is in use: no time can be given" in panel_of(desk, case)
    assert "No map: no travel time is known." in shown(desk, "/console/")
    for what in (f"units/{unit.pk}", f"cases/{case.pk}"):
        assert "No map: no travel time is known." in shown(
            desk, f"/console/{what}/reach/", fragment=True
        )
    assert json.loads(shown(desk, f"/console/cases/{case.pk}/way/"))["features"] == []
    assert "Storgatan" in shown(desk, "/closures/")
    drawn = {"first": "59.05,17.999", "second": "59.05,18.001", "kind": "accident", "until": "8"}
    refused = desk.post("/closures/close/", drawn)
    assert refused.status_code == 422
    assert desk.post(f"/closures/{made.pk}/open/").status_code == 303
    assert desk.get(f"/tiles/{sha256}/14/9011/4760.mvt").status_code == 404


def test_a_truncated_map_changes_nothing_while_units_are_asked(
    street: World, street_file: Path, tmp_path: Path, running: Running
) -> None:
    """The map before stays in use: times are those of before."""
    unit = make_unit(street, "V1", lat=None).unit
    put_position(unit, NIGHT, at_km(2), LON)
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(street_file.read_bytes()[:-40])
    before = RoadMap.objects.values().get()
    with pytest.raises(Exception, match=r"half\.osm\.pbf"):
        import_roads(tenant=street.tenant, pbf=half, progress=ignore, by="test", at=NIGHT)
    assert RoadMap.objects.values().get() == before
    case = open_case(street)
    running.settle()
    [line] = case.offers.get().ranking.lines
    assert line["travel_s"] == pytest.approx(120, abs=1)
