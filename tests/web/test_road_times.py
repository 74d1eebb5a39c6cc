"""Winter and the errors of travel times on the page of closed roads, and what a ranking says of them."""

from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import RoadCalibration, RoadCondition
from narvaro.directory.weights import make_calibration
from tests.conftest import Running
from tests.directory.test_weights import make_samples
from tests.dispatch.offered import open_case
from tests.make import NIGHT, World, make_member, make_unit
from tests.roads import at_km
from tests.web.test_phone import browser_of, shown

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(street: World) -> Client:
    """Return a dispatcher's browser."""
    return browser_of(make_member(street, Role.DISPATCHER))


def test_winter_is_set_told_and_ended(desk: Client) -> None:
    page = shown(desk, "/closures/")
    assert "The roads are as usual." in page
    assert 'value="" required checked' in page
    assert desk.post("/closures/winter/", {"state": "snow", "until": "12"}).status_code == 303
    made = RoadCondition.objects.get()
    assert (made.state, made.until_at) == ("snow", made.since_at + 12 * HOUR)
    page = shown(desk, "/closures/")
    assert "Winter roads (snow) since" in page
    assert "They end" in page
    assert 'value="snow" required checked' in page
    assert desk.post("/closures/winter/", {"state": "ice", "until": ""}).status_code == 303
    assert "Nobody has set an end." in shown(desk, "/closures/")
    assert desk.post("/closures/winter/", {"state": "", "until": "6"}).status_code == 303
    assert "The roads are as usual." in shown(desk, "/closures/")


@pytest.mark.parametrize(
    "given", [{"state": "fog", "until": "6"}, {"state": "snow", "until": "7"}, {"until": "6"}]
)
def test_what_is_no_winter_is_refused(desk: Client, given: dict[str, str]) -> None:
    assert desk.post("/closures/winter/", given).status_code == 422
    assert not RoadCondition.objects.exists()


def test_a_ranking_says_that_winter_lay_on_the_roads(
    street: World, desk: Client, running: Running
) -> None:
    make_unit(street, "V1", lat=at_km(3))
    case = open_case(street, offer="manual")
    running.settle()
    assert "Winter roads" not in shown(desk, f"/console/cases/{case.pk}/")
    desk.post("/closures/winter/", {"state": "ice", "until": "6"})
    page = shown(desk, f"/console/cases/{case.pk}/")
    assert "Winter roads (ice) since" in page
    assert "4:03" in page  # 3 km of a main road: 180 s, and 35 % longer


def test_before_any_drive_nothing_can_be_told(street: World, desk: Client) -> None:
    assert "cannot tell yet, 0 drives" in shown(desk, "/closures/")
    make_samples(street, 20, 1.5)
    make_calibration(tenant_id=street.tenant.pk, at=NIGHT)
    page = shown(desk, "/closures/")
    assert "Cannot tell yet: 20 drives, 50 needed." in page
    assert "Use these weights" not in page


def test_the_errors_of_winter_drives_stand_apart(street: World, desk: Client) -> None:
    make_samples(street, 20, 1.0)
    make_samples(street, 15, 2.0, condition="ice")
    make_calibration(tenant_id=street.tenant.pk, at=NIGHT)
    page = " ".join(shown(desk, "/closures/").split())
    assert "Cannot tell yet: 20 drives, 50 needed." in page
    assert 'Winter roads: ice</th><td class="num">15</td> <td class="num">' in page
    assert 'Winter roads: snow</th><td class="num">0</td> <td class="soft" colspan="3">' in page


def test_errors_are_told_by_the_hour_and_a_person_decides(street: World, desk: Client) -> None:
    make_samples(street, 120, 1.5)
    made = make_calibration(tenant_id=street.tenant.pk, at=NIGHT)
    assert made is not None
    page = shown(desk, "/closures/")
    assert "With own drives the times would be nearer to the truth." in page
    assert '<th scope="row">12</th><td class="num">120</td>' in page
    assert "What offers said: half of 120 drives were within" in page
    assert "Main roads" in page
    assert "Winter roads: snow</th>" in page
    assert "change none of the factors" in page
    assert desk.post(f"/closures/times/{made.pk}/").status_code == 303
    assert RoadCalibration.objects.get().used_from is not None
    page = shown(desk, "/closures/")
    assert "Travel times follow own drives since" in page
    assert "Use these weights" not in page
    assert desk.post("/closures/times/").status_code == 303
    page = shown(desk, "/closures/")
    assert "Travel times are the map&#x27;s own." in page or "the map's own" in page


def test_reach_and_readiness_say_that_winter_is_counted(street: World, desk: Client) -> None:
    """In the words of the ranking; the page that holds the switch names the roads."""
    unit = make_unit(street, "V1", lat=at_km(3)).unit
    reach = f"/console/units/{unit.pk}/reach/"
    assert "Winter roads" not in shown(desk, reach, fragment=True)
    desk.post("/closures/winter/", {"state": "snow", "until": ""})
    assert "Winter roads (snow) since" in shown(desk, reach, fragment=True)
    assert "Winter roads (snow) since" in shown(desk, "/console/units/")
    case = open_case(street, offer="manual")
    address = f"/console/cases/{case.pk}/reach/"
    assert "Winter roads (snow) since" in shown(desk, address, fragment=True)
    assert "<h1>Roads now</h1>" in shown(desk, "/closures/")
    assert "Roads now</a>" in shown(desk, "/console/")


def test_without_a_map_no_winter_is_counted(world: World) -> None:
    make_unit(world, "V1")
    browser = browser_of(make_member(world, Role.DISPATCHER))
    browser.post("/closures/winter/", {"state": "snow", "until": ""})
    assert "Winter roads" not in shown(browser, "/console/units/")
