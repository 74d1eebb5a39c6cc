"""Areas from GeoJSON files as municipalities publish them."""

import json
from typing import Any

import pytest

from narvaro.directory.importing.geo_areas import import_areas
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import Source
from narvaro.directory.models import Area
from tests.make import NIGHT, World

SQUARE = {"type": "Polygon", "coordinates": [[[18, 59], [18.01, 59], [18.01, 59.01], [18, 59]]]}
POINT = {"type": "Point", "coordinates": [18.005, 59.005]}


def feature(geometry: object, **properties: object) -> dict[str, Any]:
    """Return one feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def bring(
    world: World, *features: object, name: str = "areas.geojson", keep: bool = False
) -> ImportReport:
    """Import features."""
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    source = Source(name=name, data=data, keep_good=keep)
    return import_areas(world.tenant, source, by="test", at=NIGHT)


def test_points_and_polygons_come_in_with_their_kind(world: World) -> None:
    """The kind is said by the feature, else by the file's name."""
    report = bring(
        world, feature(SQUARE, name="Stortorget", kind="square"), feature(POINT, Namn="Stadsparken"),
        name="parks-town.geojson",
    )  # fmt: skip
    assert (report.kept, report.written) == (2, True)
    assert dict(Area.objects.values_list("name", "kind")) == {
        "Stortorget": "square", "Stadsparken": "park"
    }  # fmt: skip
    assert Area.objects.get(name="Stadsparken").border_wkt == ""


def test_a_police_class_can_be_nothing_else(world: World) -> None:
    """Whatever the feature calls itself: the police's word makes it context."""
    bring(world, feature(SQUARE, NAMN="Övre staden", KATEGORI="Utsatt område", kind="square"))
    assert Area.objects.get().kind == Area.Kind.POLICE_CLASS


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (feature(POINT), "name"),
        (feature(None, name="Ingenstans"), "geometry"),
        (feature({"type": "Point", "coordinates": [6_500_000, 650_000]}, name="Meter"), "geometry"),
        (feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, name="Knut"),
         "geometry"),
        (feature({"type": "Point", "coordinates": [10**400, 59]}, name="Långt"), "geometry"),
        ("inget", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_and_holds_back_the_file(
    world: World, bad: object, column: str
) -> None:
    """By its number, with what to do; the good ones come in where that is asked for."""
    report = bring(world, feature(POINT, name="Torget"), bad)
    assert not report.written
    assert (report.refused[0].line, report.refused[0].reasons[0].column) == (2, column)
    assert bring(world, feature(POINT, name="Torget"), bad, keep=True).written
    assert Area.objects.count() == 1


def test_the_same_area_again_is_changed_not_doubled(world: World) -> None:
    """By kind and name."""
    bring(world, feature(POINT, name="Torget", kind="square"))
    bring(world, feature(SQUARE, name="Torget", kind="square"))
    assert Area.objects.get().border_wkt.startswith("POLYGON")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"features": 3}', b"\xff\xfe", b"9" * 5000, b"[" * 100_000]
)
def test_a_file_that_is_no_geojson_is_refused(world: World, data: bytes) -> None:
    """Whatever its bytes."""
    report = import_areas(world.tenant, Source(name="x", data=data), by="test", at=NIGHT)
    assert not report.written
    assert report.refused


def test_what_no_database_keeps_is_taken_out(world: World) -> None:
    """NUL, halves of characters; a number of inhabitants that nobody has is none."""
    bring(world, feature(POINT, name="Tor\0get\ud800", inhabitants=2**31))
    assert Area.objects.values_list("name", "inhabitants").get() == ("Torget", None)
