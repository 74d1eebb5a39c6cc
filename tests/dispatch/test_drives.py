"""Drives become samples that name nobody; what was no drive does not."""

from datetime import timedelta

import pytest

from narvaro.directory.models import DriveMark, DriveSample, RoadMap
from narvaro.dispatch import responses
from narvaro.dispatch.drives import note_drives
from narvaro.dispatch.models import Offer, Response, TimePoint
from tests.conftest import Running
from tests.dispatch.offered import accept, open_case
from tests.make import NIGHT, Crewed, World, make_unit, put_position
from tests.roads import LON, at_km

SECOND = timedelta(seconds=1)
NEXT_DAY = NIGHT + timedelta(hours=9)
State = Response.State


@pytest.fixture
def unit(street: World) -> Crewed:
    """Return a unit 5 km up the street from the case."""
    return make_unit(street, "V1", lat=at_km(5), lon=LON)


def drive(
    world: World,
    running: Running,
    seconds: float | None,
    *,
    positioned: bool = True,
    tapped: bool = True,
) -> Response:
    """Let the unit take a case, half a minute before it rolls, and be there after so many seconds, or never."""
    open_case(world, offer="auto")
    running.settle()
    response = accept(Offer.objects.get(state="waiting"), at=NIGHT + 30 * SECOND)
    rolling = NIGHT + 60 * SECOND
    if positioned:
        put_position(response.sent_unit, rolling - 20 * SECOND, at_km(5), LON)
        put_position(response.sent_unit, rolling + 50 * SECOND, at_km(4), LON)
    if tapped:
        responses.step(response=response, state=State.ROLLING, by="member:test", at=rolling)
    if seconds is not None:
        responses.step(
            response=response, state=State.ON_SCENE, by="member:test", at=rolling + seconds * SECOND
        )
    return response


def test_a_drive_is_noted_once_without_unit_person_or_place(
    street: World, unit: Crewed, running: Running
) -> None:
    """5 km at 60 km/h on a main road: 300 s by the map, 400 in truth; 02:00 is 03:00 or 04:00 there."""
    made = drive(street, running, 400)
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 1
    assert note_drives(tenant=street.tenant, at=NEXT_DAY + timedelta(hours=1)) == 0
    sample = DriveSample.objects.get()
    assert sample.parts_s == [0.0, 300.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert (sample.actual_s, sample.profile, sample.condition) == (400.0, "car", "")
    assert sample.map_sha256 == RoadMap.objects.get(tenant=street.tenant).sha256
    assert made.offer is not None
    assert sample.told_s == made.offer.travel_s
    held = {field.name for field in DriveSample._meta.get_fields()}
    assert held == {
        "id", "tenant", "day", "hour", "profile", "condition", "map_sha256", "parts_s", "told_s",
        "actual_s",
    }  # fmt: skip


def test_where_it_stayed_is_better_than_the_tap(
    street: World, unit: Crewed, running: Running
) -> None:
    made = drive(street, running, 400)
    TimePoint.objects.create(
        response=made, point="on_scene", at=NIGHT + 60 * SECOND + 380 * SECOND,
        source=TimePoint.Source.POSITION,
    )  # fmt: skip
    note_drives(tenant=street.tenant, at=NEXT_DAY)
    assert DriveSample.objects.get().actual_s == 380.0


def test_without_a_position_at_the_start_only_the_offer_is_judged(
    street: World, running: Running
) -> None:
    """The position that the offer was made on is five minutes old by then."""
    put = make_unit(street, "V1", lat=None, lon=None).unit
    put_position(put, NIGHT - timedelta(minutes=4), at_km(5), LON)
    drive(street, running, 400, positioned=False)
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 1
    sample = DriveSample.objects.get()
    assert sample.parts_s == []
    assert sample.told_s == pytest.approx(300, abs=1)


def test_without_a_tap_a_drive_begins_where_the_unit_last_stood(
    street: World, unit: Crewed, running: Running
) -> None:
    """Accepted at 30 s; it stands until 90 s, by positions that jump 20 m, and is 300 m on at 105 s."""
    for seconds, km in ((45, 5.0), (60, 5.02), (75, 4.99), (90, 5.0), (105, 4.7), (120, 4.5)):
        put_position(unit.unit, NIGHT + seconds * SECOND, at_km(km), LON)
    drive(street, running, 400, positioned=False, tapped=False)
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 1
    sample = DriveSample.objects.get()
    assert sample.parts_s == [0.0, 300.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert sample.actual_s == 370.0


@pytest.mark.parametrize(
    "put", [[(45, 5.0), (200, 5.0), (400, 5.02)], [(45, 5.0), (110, 4.5)], [(20, 5.0), (35, 4.7)]]
)
def test_without_a_tap_and_without_seen_movement_only_the_offer_is_judged(
    street: World, unit: Crewed, running: Running, put: list[tuple[float, float]]
) -> None:
    """It never moved; it moved in a gap of more than a minute; one place only since the acceptance."""
    for seconds, km in put:
        put_position(unit.unit, NIGHT + seconds * SECOND, at_km(km), LON)
    drive(street, running, 400, positioned=False, tapped=False)
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 1
    sample = DriveSample.objects.get()
    assert (sample.parts_s, sample.actual_s) == ([], 430.0)
    assert sample.told_s == pytest.approx(300, abs=40)


@pytest.mark.parametrize("seconds", [None, 30, 4 * 3600])
def test_who_never_came_or_was_there_already_is_no_drive(
    street: World, unit: Crewed, running: Running, seconds: float | None
) -> None:
    drive(street, running, seconds)
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 0
    assert DriveMark.objects.get().accepted_until == NEXT_DAY - timedelta(hours=6)


def test_a_drive_that_may_still_run_waits_for_the_next_night(
    street: World, unit: Crewed, running: Running
) -> None:
    drive(street, running, 400)
    assert note_drives(tenant=street.tenant, at=NIGHT + timedelta(hours=5)) == 0
    assert note_drives(tenant=street.tenant, at=NEXT_DAY) == 1
