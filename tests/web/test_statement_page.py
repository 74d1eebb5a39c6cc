"""The statement's pages: who says when a unit came, responses of files, first on scene, presence."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.contract.models import Contract
from narvaro.dispatch import responses
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.models import DeliveredHours
from narvaro.situation.models import Case, Category, Incident
from narvaro.situation.reports import report_incident
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Refused
from tests.conftest import Running
from tests.followup.test_presence import make_visit, stay
from tests.followup.test_statement import make_response
from tests.make import NIGHT, World, make_contract, make_member, make_site, make_unit
from tests.web.test_phone import browser_of, shown

STATED = {("received", "centre"): 0, ("on_scene", "stated"): 600}


@pytest.fixture
def contract(world: World) -> Contract:
    """Return the contract."""
    return make_contract(world)


@pytest.fixture
def browser(world: World) -> Client:
    """Return the buyer's browser."""
    return browser_of(
        make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality)
    )  # fmt: skip


def month_of(contract: Contract) -> str:
    """Return the statement's address."""
    return f"/contract/{contract.pk}/statement/2026-11/"


def test_each_line_says_who_says_so_and_the_summary_counts_what_is_stated_alone(
    world: World, contract: Contract, browser: Client
) -> None:
    make_response(world, STATED)
    make_response(world, {**STATED, ("on_scene", "centre"): 700})
    make_response(world)
    page = shown(browser, month_of(contract))
    assert "1 of the measured is known from the supplier's own list alone" in page
    for source in ("own list</span>", "the alarm centre&#x27;s journal", "the guard&#x27;s phone"):
        assert source in page


def test_a_response_of_a_file_opens_and_tells_what_was_not_counted(
    world: World, contract: Contract, browser: Client
) -> None:
    case = Case.objects.create(
        tenant=world.tenant, number=77, kind="intruder", born="file", priority=2, place="Trasten",
        received_at=NIGHT, last_signal_at=NIGHT, state="closed", batch=world.batch,
    )  # fmt: skip
    made = Response.objects.create(
        tenant=world.tenant, case=case, organisation=world.company, unit_as_stated="",
        state="left", accepted_at=NIGHT, batch=world.batch,
    )  # fmt: skip
    for point, source, minutes in (
        ("received", "centre", 0), ("on_scene", "stated", 9), ("on_scene", "centre", 12),
    ):  # fmt: skip
        at = NIGHT + timedelta(minutes=minutes)
        TimePoint.objects.create(response=made, point=point, source=source, at=at)
    page = shown(browser, f"{month_of(contract)}{made.pk}/")
    assert "<b>12:00</b>" in page
    assert "On scene: 02:09:00 by the supplier&#x27;s own list" in page
    assert "No events that you may see." in page


def test_first_on_scene_is_told_with_what_first_responders_are(
    world: World, contract: Contract, browser: Client
) -> None:
    made = make_response(world, kind="fire")
    Incident.objects.create(
        tenant=world.tenant, case=made.case, category="fire", occurred_from=NIGHT,
        occurred_until=NIGHT, reported_at=NIGHT, others_arrived_at=NIGHT + timedelta(minutes=14),
    )  # fmt: skip
    for page in (
        shown(browser, month_of(contract)), shown(browser, f"{month_of(contract)}{made.pk}/")
    ):  # fmt: skip
        assert "First responders complement 112, ambulance and fire service" in page
    assert "First on scene 1 time of 1" in shown(browser, month_of(contract))
    assert "On scene 4 minutes before the ambulance" in page


def test_presence_and_hours_are_a_page_of_their_own(
    world: World, contract: Contract, browser: Client
) -> None:
    unit, site = make_unit(world).unit, make_site(world, "Trasten")
    make_visit(unit, site, "done")
    make_visit(unit, site, "missed", cause="weather", at=NIGHT - timedelta(hours=3))
    stay(world.company, site, minutes=90)
    DeliveredHours.objects.create(
        tenant=world.tenant, organisation=world.company, activity="patrol", day=NIGHT.date(),
        hours="7.5", batch=world.batch,
    )  # fmt: skip
    where = f"/contract/{contract.pk}/presence/2026-11/"
    assert f'href="{where}"' in shown(browser, month_of(contract))
    page = shown(browser, where)
    assert "Not made – Weather: 1" in page
    assert "stated by the supplier" in page
    assert "Ordered hours are not kept yet" in page
    assert "7.5" in page
    office = browser_of(make_member(world, Role.CONTRACT_MANAGER))
    mine, theirs = (
        text.partition("<h1>")[2].partition("</main>")[0] for text in (page, shown(office, where))
    )
    assert mine == theirs
    assert unit.call_sign not in mine
    assert browser.get(where.replace("2026-11", "2026-13")).status_code == 404


def cleared(world: World, kind: str, at: datetime = NIGHT) -> tuple[Response, Client]:
    """Make a response that has left, and its guard's browser."""
    made = make_response(world, at=at, kind=kind)
    crew = make_unit(world, "V9", at=at)
    made.unit, made.member, made.state = crew.unit, crew.member, Response.State.LEFT
    made.save()
    return made, browser_of(crew.member)


@pytest.mark.parametrize(
    ("received", "typed", "came"),
    [
        ("2026-11-24T01:00:20+00:00", "02:07", "2026-11-24T01:07:00+00:00"),
        ("2026-11-24T01:00:20+00:00", "02:00", "2026-11-24T01:00:00+00:00"),  # in the same minute
        ("2026-11-23T22:55:00+00:00", "00:10", "2026-11-23T23:10:00+00:00"),  # past midnight
        ("2026-10-25T00:50:00+00:00", "02:10", "2026-10-25T01:10:00+00:00"),  # the hour comes twice
        ("2026-11-24T01:00:20+00:00", "", None),
    ],
)
def test_the_guard_types_when_the_others_came(
    world: World, running: Running, received: str, typed: str, came: str | None
) -> None:
    """The first such time of the local clock after the alarm."""
    at = datetime.fromisoformat(received)
    made, phone = cleared(world, "medical", at)
    running.hands.move_to(max(NIGHT, at) + timedelta(hours=1))
    address = f"/phone/responses/{made.pk}/report/"
    assert 'name="others_arrived"' in shown(phone, address)
    answer = phone.post(address, {"finding": "other", "others_arrived": typed})
    assert answer.status_code == 303, answer.content.decode()
    expected = datetime.fromisoformat(came) if came else None
    assert Incident.objects.get(case=made.case).others_arrived_at == expected


@pytest.mark.parametrize("typed", ["01:58", "03:30", "15:00", "nyss", "25:00"])
def test_a_time_that_cannot_be_is_refused_and_kept_in_the_form(
    world: World, running: Running, typed: str
) -> None:
    """Before the alarm is the next day's, and that is more than 12 hours on; so is what lies ahead."""
    made, phone = cleared(world, "fire")
    running.hands.move_to(NIGHT + timedelta(hours=1))
    answer = phone.post(
        f"/phone/responses/{made.pk}/report/", {"finding": "fire", "others_arrived": typed}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "came after the alarm, within 12 hours" in page
    assert f'value="{typed}"' in page
    assert not Incident.objects.exists()


def test_of_a_break_in_nobody_is_asked(world: World, running: Running) -> None:
    """No ambulance comes to it; a time that is sent anyway is not kept."""
    made, phone = cleared(world, "intruder")
    address = f"/phone/responses/{made.pk}/report/"
    assert 'name="others_arrived"' not in shown(phone, address)
    assert phone.post(address, {"finding": "other", "others_arrived": "02:07"}).status_code == 303
    assert Incident.objects.get().others_arrived_at is None


def test_the_action_refuses_it_for_other_kinds(world: World) -> None:
    made, _phone = cleared(world, "intruder")
    assert made.member is not None
    given: dict[str, Any] = {
        "category": Category.OTHER, "text": "", "police_reference": "", "member": made.member,
        "at": NIGHT + timedelta(hours=1), "others_arrived_at": NIGHT + timedelta(minutes=5),
    }  # fmt: skip
    with pytest.raises(Refused):
        report_incident(incident_id=uuid7(), case=made.case, unit=None, **given)
    with pytest.raises(Refused):
        responses.report(response=made, incident_id=uuid7(), **given)
