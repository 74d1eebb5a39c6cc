"""The page of closed roads, and the way on the console's map."""

import json

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import RoadClosure
from tests.conftest import Running
from tests.dispatch.offered import open_case
from tests.make import World, make_closure, make_member, make_unit
from tests.web.test_phone import browser_of, shown

GIVEN = {"first": "59.05,17.999", "second": "59.05, 18.001", "kind": "accident", "until": "8"}


@pytest.fixture
def desk(street: World) -> Client:
    """Return a dispatcher's browser."""
    return browser_of(make_member(street, Role.DISPATCHER))


def test_a_drawn_line_closes_a_road_and_a_button_opens_it(desk: Client) -> None:
    assert "No road is closed." in shown(desk, "/closures/")
    assert desk.post("/closures/close/", GIVEN).status_code == 302
    made = RoadClosure.objects.get()
    assert (made.kind, made.street, made.walkers_pass) == ("accident", "Storgatan", True)
    page = shown(desk, "/closures/")
    assert "Storgatan" in page
    assert "Accident" in page
    features = json.loads(shown(desk, "/map/features/"))["features"]
    [closed] = [one for one in features if one["properties"]["layer"] == "closure"]
    assert closed["geometry"]["coordinates"] == [[17.999, 59.05], [18.001, 59.05]]
    assert desk.post(f"/closures/{made.pk}/open/").status_code == 303
    assert "No road is closed." in shown(desk, "/closures/")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": ""}, "both ends"),
        ({"second": "north"}, "both ends"),
        ({"first": "nan,18"}, "no place on earth"),
        ({"kind": "whim"}, "why and for how long"),
        ({"until": "9"}, "why and for how long"),
        ({"second": "59.05,17.9991"}, "crosses no road"),
    ],
)
def test_what_cannot_be_drawn_is_said_and_kept_in_the_form(
    desk: Client, change: dict[str, str], said: str
) -> None:
    answer = desk.post("/closures/close/", GIVEN | change)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{(GIVEN | change)["first"]}"' in answer.content.decode()
    assert not RoadClosure.objects.exists()


def test_the_console_draws_the_way_of_the_first(
    street: World, desk: Client, running: Running
) -> None:
    make_unit(street, "V1", lat=59.02)
    case = open_case(street, offer="manual")
    running.settle()
    [way] = json.loads(shown(desk, f"/console/cases/{case.pk}/way/"))["features"]
    assert way["properties"] | {"id": ""} == {"layer": "way", "id": "", "name": "V1"}
    assert way["geometry"]["coordinates"][0] == [18.0, 59.02]
    make_closure(street, (59.01, 17.999), (59.01, 18.001))
    assert json.loads(shown(desk, f"/console/cases/{case.pk}/way/"))["features"] == []
