"""A ranking without a road time says because of what, in both languages."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from narvaro.access.models import Role
from narvaro.directory import roads_now
from narvaro.directory.actions import import_roads
from narvaro.directory.maps import _open
from narvaro.directory.models import RoadMap, Unit
from narvaro.dispatch.queries import rank_now
from narvaro.situation.models import Case
from narvaro.web.ranking_words import reasons_of
from tests.directory.extracts import CROSS, STREET, ignore, write_extract
from tests.dispatch.offered import open_case
from tests.make import NIGHT, World, make_closure, make_member, make_unit, make_viewer, put_position
from tests.roads import LON, at_km


def said(world: World, case: Case) -> dict[str, str]:
    """Rank for a dispatcher now; return the reasons by call sign, in English."""
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    with translation.override("en"):
        return {
            str(one["call_sign"]): "; ".join(reasons_of(one))
            for one in rank_now(viewer, case, NIGHT).lines
        }


def test_a_unit_off_the_map_is_ranked_last_and_told_how_far(street: World) -> None:
    case = open_case(street, offer="manual")
    near, far = make_unit(street, "V1", lat=None).unit, make_unit(street, "V2", lat=None).unit
    make_unit(street, "V3", lat=at_km(2))
    put_position(near, NIGHT, at_km(-5), LON)
    put_position(far, NIGHT, 55.0, LON)
    found = said(street, case)
    assert list(found) == ["V3", "V1", "V2"]
    assert "It is 5.0 km from any road on the map" in found["V1"]
    assert "more than 50 km from any road" in found["V2"]


def test_closed_roads_are_named_on_the_way_that_would_be_taken(street: World) -> None:
    case = open_case(street, offer="manual")
    make_unit(street, "V1", lat=at_km(8))
    walker = make_unit(street, "V2", lat=at_km(3)).unit
    Unit.objects.filter(pk=walker.pk).update(travel="foot")
    make_closure(street, (at_km(5), 17.99), (at_km(5), 18.005))
    make_closure(street, (at_km(15), 17.99), (at_km(15), 18.005)).save()
    beside = make_closure(street, (at_km(7), 17.99), (at_km(7), 18.005), walkers_pass=False)
    beside.street = "Norra bron"
    beside.save()
    found = said(street, case)
    assert "(Storgatan, Norra bron): no time" in found["V1"]
    assert "Closed roads" not in found["V2"]


@pytest.fixture
def parks(world: World, tmp_path: Path) -> World:
    """Give the world streets in a cross, and a path that leads two kilometres on to the south."""
    points = {**CROSS, 6: (59.97, 18.0)}
    ways = [([5, 1, 3], STREET), ([2, 1, 4], STREET), ([4, 6], {"highway": "path"})]
    pbf = write_extract(tmp_path / "parks.osm.pbf", ways, points=points)
    import_roads(tenant=world.tenant, pbf=pbf, progress=ignore, by="test", at=NIGHT)
    return world


def test_where_only_paths_lead_it_is_said_who_cannot_drive_there(parks: World) -> None:
    """By the case and by the unit: those on foot have their times."""
    case = open_case(parks, offer="manual")
    Case.objects.filter(pk=case.pk).update(lat=59.9701, lon=18.0)
    make_unit(parks, "V1", lat=60.0)
    walker = make_unit(parks, "V2", lat=60.0).unit
    Unit.objects.filter(pk=walker.pk).update(travel="foot")
    found = said(parks, Case.objects.get(pk=case.pk))
    assert list(found) == ["V2", "V1"]
    assert found["V1"].startswith("Only paths lead to the place")
    assert "no time" not in found["V2"]
    Case.objects.filter(pk=case.pk).update(lat=60.0)
    put_position(Unit.objects.get(call_sign="V1"), NIGHT, 59.9701, 18.0)
    found = said(parks, Case.objects.get(pk=case.pk))
    assert found["V1"].startswith("Only paths lead to where it is")


@pytest.mark.parametrize(
    ("lat", "words"),
    [(58.9, "The place is 11.1 km from any road on the map"), (50.0, "more than 50 km from any")],
)
def test_a_place_off_the_map_is_said_with_how_far(street: World, lat: float, words: str) -> None:
    case = open_case(street, offer="manual")
    Case.objects.filter(pk=case.pk).update(lat=lat)
    make_unit(street, "V1", lat=at_km(2))
    assert words in said(street, Case.objects.get(pk=case.pk))["V1"]


def test_a_map_that_is_gone_while_running_stops_no_ranking(street: World) -> None:
    """The folder is moved away: units are still listed, and the screen says that no map is in use."""
    case = open_case(street, offer="manual")
    make_unit(street, "V1", lat=at_km(2))
    assert "Road time" in said(street, case)["V1"]
    folder = settings.HOME.maps / RoadMap.objects.get().sha256
    away = folder.with_name("away")
    folder.rename(away)
    try:
        for kept in (_open, roads_now._cut, roads_now._paced):
            kept.cache_clear()
        assert said(street, case) == {"V1": "No map is in use: no time can be given"}
    finally:
        away.rename(folder)
    assert "Road time" in said(street, case)["V1"]


def test_a_map_that_is_gone_is_read_on_by_who_has_it_open(street: World) -> None:
    """What is mapped stays readable on this machine; a copy is put back afterwards."""
    case = open_case(street, offer="manual")
    make_unit(street, "V1", lat=at_km(2))
    before = said(street, case)
    folder = settings.HOME.maps / RoadMap.objects.get().sha256
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    try:
        shutil.rmtree(folder)
        assert said(street, case) == before
        make_closure(street, (at_km(1), 17.99), (at_km(1), 18.005))
        assert "Storgatan" in said(street, case)["V1"]
    finally:
        copy.rename(folder)


def test_a_ranking_keeps_the_code_and_not_the_words(street: World) -> None:
    case = open_case(street, offer="manual")
    unit = make_unit(street, "V1", lat=None).unit
    put_position(unit, NIGHT - timedelta(minutes=1), at_km(-5), LON)
    viewer = make_viewer(make_member(street, Role.DISPATCHER))
    [line] = rank_now(viewer, case, NIGHT).lines
    assert line["details"] == {"off_map": "5000"}
