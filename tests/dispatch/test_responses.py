"""The response: taps in order, arrival by position, eleven time points, the report that closes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from narvaro.access.models import Role
from narvaro.dispatch import responses
from narvaro.dispatch.actions import close_case, offer_to
from narvaro.dispatch.models import Offer, Response, TimePoint
from narvaro.dispatch.queries import find_own_response, get_response, list_reports_due
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case, Category, Incident, UnitStatus
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.conftest import Running
from tests.make import (
    NIGHT,
    Crewed,
    World,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    put_position,
    send_signal,
)
from tests.roads import LON, at_km

SECOND = timedelta(seconds=1)
State = Response.State


def at(seconds: float) -> datetime:
    """Return a time so many seconds into the case."""
    return NIGHT + seconds * SECOND


@pytest.fixture
def crew(world: World) -> Crewed:
    """Return the one unit on duty."""
    return make_unit(world, "V1", lat=at_km(5), lon=LON)


@pytest.fixture
def response(world: World, crew: Crewed, running: Running) -> Response:
    """Return an accepted response to a school's alarm of a second ago, offered by rule."""
    site = make_site(world, lat=at_km(0), lon=LON)
    make_plan(site)
    send_signal(make_transmitter(site), "BA", at=at(0))
    running.at(at(1))
    return responses.accept(
        offer=Offer.objects.get(),
        response_id=uuid7(),
        member_id=crew.member.pk,
        by="member:test",
        at=at(20),
    )


def tap(response: Response, state: Response.State, seconds: float) -> Response:
    """Tap a step on the phone."""
    return responses.step(response=response, state=state, by="member:test", at=at(seconds))


def send_report(response: Response, crew: Crewed, seconds: float = 900, **given: Any) -> Incident:
    """Send the report."""
    plain: dict[str, Any] = {
        "incident_id": uuid7(), "category": Category.BREAK_IN, "text": " Krossat fönster. ",
        "police_reference": "", "member": crew.member,
    }  # fmt: skip
    return responses.report(response=response, at=at(seconds), **plain | given)


def points(response: Response) -> dict[tuple[str, str], datetime]:
    """Return the time points by name and source."""
    found = TimePoint.objects.filter(response=response)
    return {(one.point, one.source): one.at for one in found}


def refused(act: Callable[[], object]) -> str:
    """Return the code of an action's no."""
    with pytest.raises(Refused) as no:
        act()
    return no.value.code


def test_the_way_here_has_its_sources_and_events(response: Response) -> None:
    """Panel, receiver, rule and phone each vouch for their own points; each opens to its event."""
    send = response.offer
    assert send is not None
    assert send.ranking.made_at == send.offered_at == at(1)
    assert points(response) == {
        ("received", "receiver"): at(0),
        ("triggered", "panel"): at(0),
        ("acknowledged", "system"): at(0),
        ("decided", "system"): at(1),
        ("offered", "system"): at(1),
        ("accepted", "phone"): at(20),
    }
    kinds = {
        one.point: Event.objects.get(position=one.event_position or 0).kind
        for one in response.time_points.all()
    }
    assert kinds == {
        "triggered": "case.opened", "received": "case.opened", "acknowledged": "case.opened",
        "decided": "offer.made", "offered": "offer.made", "accepted": "offer.answered",
    }  # fmt: skip


def test_a_typed_case_offered_by_a_person_says_so(world: World, crew: Crewed) -> None:
    """No panel, no receiver: typed and decided by the dispatcher."""
    typed = Typed(
        kind=Case.Kind.OTHER, priority=2, text="Skrik", place="Torget", lat=59.0, lon=18.0
    )
    case = type_in_case(case_id=uuid7(), tenant_id=world.tenant.pk, typed=typed, by="x", at=at(0))
    offer = offer_to(case=case, unit_id=crew.unit.pk, by="member:test", at=at(5))
    made = responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew.member.pk, by="member:test", at=at(9)
    )
    sources = dict(points(made).keys())
    assert sources == {
        "received": "typed", "acknowledged": "system", "decided": "dispatcher",
        "offered": "dispatcher", "accepted": "phone",
    }  # fmt: skip


def test_the_steps_go_forward_and_free_the_unit(response: Response, crew: Crewed) -> None:
    """Accept, rolling, on scene, secured, left: case and unit follow."""
    case = response.case
    seen = []
    for number, state in enumerate((State.ROLLING, State.ON_SCENE, State.SECURED, State.LEFT)):
        tap(response, state, 100 + number)
        case.refresh_from_db()
        seen.append((case.state, UnitStatus.objects.get(unit=crew.unit).state))
    assert seen == [
        ("accepted", "busy"), ("on_scene", "busy"), ("on_scene", "busy"), ("cleared", "available"),
    ]  # fmt: skip
    phone = {point: moment for (point, source), moment in points(response).items()
             if source == "phone"}  # fmt: skip
    assert phone == {
        "accepted": at(20), "rolling": at(100), "on_scene": at(101), "secured": at(102),
        "left": at(103),
    }  # fmt: skip


def test_a_step_counts_once_and_none_goes_back(response: Response) -> None:
    """The phone sends again from a basement: the first time stands."""
    tap(response, State.ON_SCENE, 100)
    events = Event.objects.count()
    tap(response, State.ON_SCENE, 200)
    assert Event.objects.count() == events
    assert points(response)["on_scene", "phone"] == at(100)
    assert refused(lambda: tap(response, State.ROLLING, 201)) == "step_back"
    assert refused(lambda: tap(response, State.ACCEPTED, 201)) == "step_back"


@pytest.mark.parametrize("before", [None, State.ROLLING])
@pytest.mark.parametrize("step", [State.SECURED, State.LEFT])
def test_who_was_never_on_scene_neither_secures_nor_clears(
    response: Response, before: Response.State | None, step: Response.State
) -> None:
    """Else the response would be done without an arrival, and its time never measured."""
    if before:
        tap(response, before, 50)
    assert refused(lambda: tap(response, step, 100)) == "not_on_scene"
    assert refused(lambda: tap(response, State.REPORTED, 100)) in {"report_first", "not_on_scene"}
    tap(response, State.ON_SCENE, 110)
    assert tap(response, step, 120).state == step


def test_break_and_busy(response: Response, crew: Crewed, running: Running) -> None:
    """Who is out takes no break; who has cleared may, and is not asked until he is back."""

    def say(state: UnitStatus.State) -> None:
        responses.set_own_state(unit=crew.unit, state=state, by="member:test", at=at(300))

    assert refused(lambda: say(UnitStatus.State.BREAK)) == "unit_out"
    assert refused(lambda: say(UnitStatus.State.AVAILABLE)) == "unit_out"
    tap(response, State.ON_SCENE, 100)
    tap(response, State.LEFT, 200)
    say(UnitStatus.State.BREAK)
    site = make_site(running.world, "Ugglan")
    make_plan(site)
    send_signal(make_transmitter(site), "BA", at=at(310))
    running.at(at(311))
    assert not Offer.objects.filter(state="waiting").exists()
    say(UnitStatus.State.AVAILABLE)
    case = Case.objects.latest("number")
    assert (
        offer_to(case=case, unit_id=crew.unit.pk, by="member:test", at=at(320)).state == "waiting"
    )


def test_arrival_by_position_within_75_metres_once(response: Response, crew: Crewed) -> None:
    """76 m is not there; 20 s inside are, from the first of them on; driving past is not."""

    def drive(metres: float, seconds: float) -> int:
        return responses.note_arrivals(
            [put_position(crew.unit, at(seconds), at_km(metres / 1000), LON)]
        )

    assert [drive(5000, 22), drive(70, 24), drive(900, 40), drive(76, 45)] == [0, 0, 0, 0]
    assert [drive(74, 50), drive(1, 60), drive(2, 71), drive(3, 95)] == [0, 0, 1, 0]
    response.refresh_from_db()
    assert response.state == "accepted"  # the guard says himself that he is there
    assert points(response)["on_scene", "position"] == at(50)
    tap(response, State.ON_SCENE, 90)
    assert points(response)["on_scene", "phone"] == at(90)


def test_positions_before_the_acceptance_or_after_the_arrival_are_none(
    world: World, response: Response, crew: Crewed
) -> None:
    """A car that had passed the school before it took the case has not arrived."""
    early = put_position(crew.unit, at(19), at_km(0), LON)
    assert responses.note_arrivals([early]) == 0
    other = put_position(make_unit(world, "V2", lat=None).unit, at(40), at_km(0), LON)
    assert responses.note_arrivals([other]) == 0
    tap(response, State.ON_SCENE, 100)
    assert responses.note_arrivals([put_position(crew.unit, at(110), at_km(0), LON)]) == 0
    assert ("on_scene", "position") not in points(response)


def test_a_tap_far_away_is_overruled_by_the_positions(response: Response, crew: Crewed) -> None:
    """Tapped at 30 s five kilometres off; there by position from 600 s on: both stand, 600 counts."""
    put_position(crew.unit, at(25), at_km(5), LON)
    tap(response, State.ON_SCENE, 30)
    put_position(crew.unit, at(600), at_km(0), LON)
    assert responses.note_arrivals([put_position(crew.unit, at(630), at_km(0), LON)]) == 1
    found = points(response)
    assert (found["on_scene", "phone"], found["on_scene", "position"]) == (at(30), at(600))


def test_a_position_after_hours_indoors_does_not_move_an_honest_tap(
    response: Response, crew: Crewed
) -> None:
    """Tapped at 100 s beside the school, no position indoors: the one at 3000 s is no arrival."""
    put_position(crew.unit, at(95), at_km(0.1), LON)
    tap(response, State.ON_SCENE, 100)
    put_position(crew.unit, at(3000), at_km(0), LON)
    assert responses.note_arrivals([put_position(crew.unit, at(3030), at_km(0), LON)]) == 0


def test_the_report_closes_the_case(response: Response, crew: Crewed) -> None:
    """Not before the clear; once; its words stripped; the same id again is the same report."""
    guard = make_viewer(crew.member)
    assert refused(lambda: send_report(response, crew)) == "not_cleared"
    tap(response, State.ON_SCENE, 100)
    assert refused(lambda: send_report(response, crew)) == "not_cleared"
    assert find_own_response(guard, at(150)) == response
    tap(response, State.LEFT, 200)
    assert find_own_response(guard, at(250)) is None
    assert list_reports_due(guard, at(250)) == [response]
    incident = send_report(response, crew)
    response.refresh_from_db()
    assert (response.state, response.case.state, incident.text) == (
        "reported", "closed", "Krossat fönster.",
    )  # fmt: skip
    assert points(response)["reported", "phone"] == at(900)
    assert list_reports_due(guard, at(950)) == []
    events = Event.objects.count()
    assert send_report(response, crew, 950, incident_id=incident.pk) == incident
    assert Event.objects.count() == events
    assert refused(lambda: send_report(response, crew, 950)) == "reported"


def test_the_id_of_another_cases_report_is_refused(
    world: World, response: Response, crew: Crewed, running: Running
) -> None:
    """An id is one record's; a second case under it is an answer, not a crash."""

    def finish(one: Response) -> Response:
        tap(one, State.ON_SCENE, 100)
        return tap(one, State.LEFT, 200)

    first = send_report(finish(response), crew)
    site = make_site(world, "Ugglan")
    make_plan(site)
    send_signal(make_transmitter(site), "BA", at=at(300))
    running.at(at(301))
    offer = Offer.objects.get(state="waiting")
    second = responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew.member.pk, by="member:test", at=at(302)
    )
    finish(second)
    code = refused(lambda: send_report(second, crew, incident_id=first.pk))
    assert code == "id_taken"
    assert Incident.objects.count() == 1


def test_a_report_after_the_desk_has_closed_keeps_the_time_of_closing(
    response: Response, crew: Crewed
) -> None:
    """Closed at 300 by a person; the report at 900 is added to it."""
    tap(response, State.ON_SCENE, 100)
    tap(response, State.LEFT, 200)
    close_case(case=response.case, by="member:test", at=at(300))
    send_report(response, crew)
    response.refresh_from_db()
    assert (response.state, response.case.closed_at) == ("reported", at(300))


@pytest.mark.parametrize("there", ["nobody", "tap", "position", "closed"])
def test_a_case_turns_red_when_nobody_is_there_in_time(
    response: Response, crew: Crewed, running: Running, there: str
) -> None:
    """Ten minutes after the signal, whether or not somebody accepted; once, and not when done."""
    if there == "tap":
        tap(response, State.ON_SCENE, 599)
    elif there == "position":
        put_position(crew.unit, at(570), at_km(0), LON)
        responses.note_arrivals([put_position(crew.unit, at(599), at_km(0), LON)])
    elif there == "closed":
        tap(response, State.ON_SCENE, 100)
        tap(response, State.LEFT, 200)
        TimePoint.objects.filter(point="on_scene").delete()
    running.at(at(599))
    assert Case.objects.get().red_at is None
    running.at(at(600))
    assert Case.objects.get().red_at == (at(600) if there == "nobody" else None)
    running.at(at(2000))
    reds = Event.objects.filter(kind="case.changed", payload__contains='"red"')
    assert reds.count() == (1 if there == "nobody" else 0)


def test_a_guard_sees_no_other_units_response(world: World, response: Response) -> None:
    """V2's guard has nothing out; the dispatcher sees the case's."""
    other = make_viewer(make_unit(world, "V2").member)
    assert find_own_response(other, at(30)) is None
    dispatcher = make_viewer(make_member(world, Role.DISPATCHER))
    assert get_response(dispatcher, response.pk, at(30)) == response
    with pytest.raises(Missing):
        get_response(other, response.pk, at(30))
