"""A closed road changes the ranking and the way at once, and the reason says so."""

from datetime import timedelta
from pathlib import Path

import pytest

from narvaro.access.models import Role
from narvaro.directory.actions import import_roads
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import rank_now
from narvaro.dispatch.ways import list_legs, list_units_to_show
from narvaro.situation.models import Case
from narvaro.web.labels import say
from narvaro.web.ranking_words import REASON, reasons_of
from tests.conftest import Running
from tests.directory.extracts import CROSS, STREET, ignore, write_extract
from tests.dispatch.offered import accept, fresh, open_case
from tests.make import (
    NIGHT,
    World,
    make_closure,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    send_signal,
)

SECOND = timedelta(seconds=1)
RING = [([4, 1, 2], STREET), ([4, 3, 2], STREET)]  # south to north, straight and round by the east


@pytest.fixture
def ring(world: World, tmp_path: Path) -> World:
    """Give the world a map where each place is reached by two ways."""
    pbf = write_extract(tmp_path / "ring.osm.pbf", RING)
    import_roads(tenant=world.tenant, pbf=pbf, progress=ignore, by="test", at=NIGHT)
    return world


def case_in_the_middle(world: World) -> Case:
    """Let the panel of a site in the middle of the ring open a case."""
    site = make_site(world, lat=60.0, lon=18.0)
    make_plan(site, offer="manual")
    signal = send_signal(make_transmitter(site), "BA", at=NIGHT)
    assert signal is not None
    assert signal.case is not None
    return signal.case


def lines(world: World, case: Case) -> dict[str, dict[str, object]]:
    """Rank for a dispatcher, now."""
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    return {str(one["call_sign"]): one for one in rank_now(viewer, case, NIGHT).lines}


def test_closing_a_bridge_turns_the_order_and_says_why(ring: World) -> None:
    """V1 stands 556 m south of the case, V2 834 m north: between V1 and the case the road closes."""
    case = case_in_the_middle(ring)
    make_unit(ring, "V1", lat=59.995, lon=18.0)
    make_unit(ring, "V2", lat=60.0075, lon=18.0)
    before = lines(ring, case)
    assert (before["V1"]["rank"], before["V2"]["rank"]) == (1, 2)
    assert "longer_s" not in before["V1"]
    make_closure(ring, (59.997, 17.999), (59.997, 18.001))
    after = lines(ring, case)
    assert (after["V1"]["rank"], after["V2"]["rank"]) == (2, 1)
    longer = float(str(after["V1"]["travel_s"])) - float(str(before["V1"]["travel_s"]))
    assert after["V1"]["longer_s"] == pytest.approx(longer)
    whole = round(longer)
    assert f"{whole // 60}:{whole % 60:02}" in reasons_of(after["V1"])[-1]
    assert reasons_of(after["V2"]) == reasons_of({**after["V2"], "longer_s": None})


def test_a_unit_behind_closed_roads_is_asked_last_and_is_told_why(street: World) -> None:
    """The barrier is often tape: whoever stands at it may let a guard through."""
    case = open_case(street, offer="manual")
    make_unit(street, "V1", lat=59.01)
    make_unit(street, "V2", lat=59.09)
    make_closure(street)
    found = lines(street, case)
    assert found["V1"]["rank"] == 1
    assert (found["V2"]["rank"], found["V2"]["travel_s"]) == (2, None)
    assert found["V2"]["reasons"] == ["closed_off"]
    assert found["V2"]["details"] == {"closed_off": "Storgatan"}
    assert reasons_of({**found["V2"], "details": {}}) == (say(REASON, "closed_off"),)


def test_the_one_who_is_inside_what_is_closed_is_sent(street: World) -> None:
    case = open_case(street, offer="manual")
    make_unit(street, "V1", lat=59.002)
    make_unit(street, "V2", lat=59.05)
    make_closure(street, (59.004, 17.999), (59.004, 18.001))
    found = lines(street, case)
    assert (found["V1"]["rank"], found["V2"]["rank"]) == (1, 2)
    assert "longer_s" not in found["V1"]


def test_no_way_is_shown_of_who_has_left_or_whose_position_is_old(
    street: World, running: Running
) -> None:
    crew = make_unit(street, "V1", lat=59.01)
    case = open_case(street)
    running.settle()
    response = accept(Offer.objects.get())
    viewer = make_viewer(make_member(street, Role.DISPATCHER))
    assert list_units_to_show(viewer, fresh(case), NIGHT) == [(crew.unit, None)]
    assert list_legs(case, crew.unit, NIGHT)
    assert list_legs(case, crew.unit, NIGHT + timedelta(minutes=10)) == ()  # an old position
    for state in (
        Response.State.ROLLING, Response.State.ON_SCENE, Response.State.SECURED, Response.State.LEFT,
    ):  # fmt: skip
        responses.step(response=response, state=state, by="member:test", at=NIGHT)
    assert list_units_to_show(viewer, fresh(case), NIGHT) == []
    crew.shift.delete()
    assert list_legs(case, crew.unit, NIGHT) == ()


def test_the_way_goes_round_what_is_closed(ring: World, running: Running) -> None:
    case = case_in_the_middle(ring)
    crew = make_unit(ring, "V1", lat=59.995, lon=18.0)
    running.settle()
    viewer = make_viewer(make_member(ring, Role.DISPATCHER))
    assert list_units_to_show(viewer, case, NIGHT) == [(crew.unit, None)]
    [straight] = list_legs(case, crew.unit, NIGHT)
    make_closure(ring, (59.997, 17.999), (59.997, 18.001))
    [round_about] = list_legs(case, crew.unit, NIGHT + SECOND)
    assert straight is not None
    assert round_about is not None
    assert round_about.seconds > straight.seconds
    east = CROSS[3][1]
    assert max(lon for _, lon in round_about.shape.tolist()) == pytest.approx(east, abs=1e-6)


def test_without_a_position_or_a_map_there_is_no_way(world: World, running: Running) -> None:
    case = open_case(world, offer="manual")
    lost = make_unit(world, "V1", lat=None)
    known = make_unit(world, "V2")
    running.settle()
    assert list_legs(case, lost.unit, NIGHT) == ()
    assert list_legs(case, known.unit, NIGHT) == ()
