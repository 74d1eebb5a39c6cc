"""Story 1: a school is broken into at 02:13:07 on a Tuesday. The clock times are the story's."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.access.models import Role
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import find_ranking, find_waiting_offer
from narvaro.followup.queries import get_statement
from narvaro.situation.models import Case, Category, UnitStatus
from narvaro.spine.ids import uuid7
from tests.conftest import Running
from tests.make import (
    Crewed,
    World,
    make_contract,
    make_member,
    make_permit,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    put_position,
    send_signal,
)
from tests.roads import LON, at_km

ELSEWHERE = "POLYGON ((18.5 59.5, 18.6 59.5, 18.6 59.6, 18.5 59.6, 18.5 59.5))"


def local(clock: str) -> datetime:
    """Return a time of the story's night, Stockholm time, in UTC."""
    moment = datetime.combine(date(2026, 11, 24), time.fromisoformat(clock))
    return moment.replace(tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)


def unit_at(world: World, call_sign: str, km: float, role: str = "guard") -> Crewed:
    """Put a unit so many minutes up the street (60 km/h), with a fresh position."""
    made = make_unit(world, call_sign, role=role, lat=None, lon=None)
    put_position(made.unit, local("02:12:50"), at_km(km), LON)
    return made


def test_the_school_break_in(street: World, running: Running) -> None:  # noqa: PLR0915 - a story
    """From the panel's signal to the line in the statement, second by second."""
    make_contract(street)
    site = make_site(street, "Trasten skola", lat=at_km(0), lon=LON)
    plan = make_plan(site)
    panel = make_transmitter(site)
    v1, v2 = unit_at(street, "V1", 6), unit_at(street, "V2", 4)
    unit_at(street, "OV1", 3, role="public_order_officer")
    make_permit(street, ELSEWHERE)
    UnitStatus.objects.create(unit=v2.unit, state="busy", since=local("01:50:00"))
    dispatcher = make_viewer(make_member(street, Role.DISPATCHER))
    guard = make_viewer(v1.member)

    running.at(local("02:13:07"))
    send_signal(panel, "BA", zone="3", at=local("02:13:07"))
    running.at(local("02:13:15"))
    send_signal(panel, "TA", zone="8", at=local("02:13:15"))

    case = Case.objects.get(tenant=street.tenant)
    assert (case.priority, case.confirmed, case.plan) == (1, True, plan)
    ranking = find_ranking(dispatcher, case)
    assert ranking is not None
    first, *left_out = ranking.lines
    assert first["call_sign"] == "V1"
    assert 358 <= first["travel_s"] <= 362
    assert {one["call_sign"]: one["left_out"] for one in left_out} == {
        "OV1": "no_permit", "V2": "busy",
    }  # fmt: skip

    running.at(local("02:13:41"))
    offer = find_waiting_offer(guard, running.hands.now())
    assert offer is not None
    assert offer.unit == v1.unit
    response = responses.accept(
        offer=offer, response_id=uuid7(), member_id=v1.member.pk, by=guard.signature,
        at=running.hands.now(),
    )  # fmt: skip
    put_position(v1.unit, local("02:19:50"), at_km(0.03), LON)
    running.at(local("02:20:12"))
    arrival = put_position(v1.unit, local("02:20:12"), at_km(0.02), LON)
    assert responses.note_arrivals([arrival]) == 1
    running.at(local("02:20:31"))
    responses.step(response=response, state=Response.State.ON_SCENE, by=guard.signature,
                   at=running.hands.now())  # fmt: skip
    running.at(local("02:23:07"))
    case.refresh_from_db()
    assert case.red_at is None

    running.at(local("03:05:00"))
    responses.step(response=response, state=Response.State.LEFT, by=guard.signature,
                   at=running.hands.now())  # fmt: skip
    running.at(local("03:22:00"))
    _report(response, v1, running)
    coordinator = make_viewer(make_member(street, Role.COORDINATOR))
    [line] = get_statement(coordinator, _contract_id(coordinator), date(2026, 11, 1)).lines
    assert line.measurement is not None
    assert line.measurement.seconds == 6 * 60 + 43
    assert (line.late, line.penalty_sek) == (False, Decimal(0))
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED


def _report(response: Response, crew: Crewed, running: Running) -> None:
    responses.report(
        response=response, incident_id=uuid7(), category=Category.BREAK_IN,
        text="Krossat fönster mot norr. Invändig kontroll utan anmärkning.", police_reference="",
        member=crew.member, at=running.hands.now(),
    )  # fmt: skip


def _contract_id(viewer: object) -> UUID:
    from narvaro.contract.models import Contract

    return Contract.objects.values_list("pk", flat=True).get()


def test_silence_goes_to_the_next_unit_and_nobody_there_turns_red(
    street: World, running: Running
) -> None:
    """No answer in 60 s: the next unit, and the leader is told; at 02:23 without arrival: red."""
    site = make_site(street, "Trasten skola", lat=at_km(0), lon=LON)
    make_plan(site)
    panel = make_transmitter(site)
    unit_at(street, "V1", 6)
    unit_at(street, "V2", 9)
    running.at(local("02:13:07"))
    send_signal(panel, "BA", at=local("02:13:07"))
    running.settle()
    case = Case.objects.get(tenant=street.tenant)

    running.at(local("02:14:06"))
    assert _asked(case) == [("V1", "waiting")]
    running.at(local("02:14:07"))
    assert _asked(case) == [("V1", "expired"), ("V2", "waiting")]
    running.at(local("02:15:08"))
    assert _asked(case) == [("V1", "expired"), ("V2", "expired")]
    case.refresh_from_db()
    assert case.unanswered_at is not None
    assert case.state == Case.State.OPEN

    running.at(local("02:23:06"))
    case.refresh_from_db()
    assert case.red_at is None
    running.at(local("02:23:08"))
    case.refresh_from_db()
    assert case.red_at is not None


def _asked(case: Case) -> list[tuple[str, str]]:
    offers = Offer.objects.filter(case=case).order_by("offered_at", "unit__call_sign")
    return [(one.unit.call_sign, one.state) for one in offers]
