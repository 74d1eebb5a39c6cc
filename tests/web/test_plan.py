"""The plan room and the phone's visits: who sees what, proposed, changed, published, answered."""

import re
from datetime import time, timedelta
from html import unescape

import pytest
from django.test import Client

from narvaro.access.models import Member, OrganisationKind, Role
from narvaro.plan import visits
from narvaro.plan.following import PLAN
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.situation.actions import set_unit_state
from narvaro.situation.models import Presence, UnitStatus
from narvaro.spine import events
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from tests.make import crew_of, make_area, make_decision, make_focus, make_member, make_permit
from tests.plan.conftest import expect, night  # noqa: F401 - fixtures
from tests.plan.evening import DAY, ZONE, Night, in_order, local, state_of
from tests.plan.test_loading import SOUTH
from tests.roads import at_km
from tests.web.test_phone import browser_of, shown

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("expect")


@pytest.fixture
def evening(night: Night) -> Night:  # noqa: F811 - a fixture
    """Return a night with a car and a decided place."""
    night.unit("V1")
    make_focus(make_decision(night.world, night.schools[3], hours=(time(20), time(22))))
    return night


def plain(page: str) -> str:
    """Return a page's words without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def leader(night: Night) -> Client:  # noqa: F811 - a fixture
    """Return the shift leader's browser."""
    return browser_of(night.leader)


def newest() -> PatrolPlan:
    """Return the plan that was made last."""
    return PatrolPlan.objects.order_by("-made_at", "-pk")[0]


# ---- the room ------------------------------------------------------------------------------------


def test_a_leader_proposes_looks_and_publishes(evening: Night, hands: Hands) -> None:
    client = leader(evening)
    assert "No plan is proposed yet" in shown(client, "/plan/")
    answer = client.post("/plan/propose/", {"night": str(DAY)})
    assert (answer.status_code, answer["Location"]) == (303, f"/plan/?night={DAY}&proposal=1")
    page = shown(client, answer["Location"])
    words = plain(page)
    assert "Proposal" in words
    assert "the guards see nothing of it" in words
    assert "% of the night's harm risk" in words
    assert "Prioritised place this week: be seen" in words
    assert "Nothing is recorded of the same night last week" in words
    assert "the middle of the places it may go to (Skola 2)" in words
    hands.advance(60)
    answer = client.post(f"/plan/{newest().pk}/publish/")
    assert answer.status_code == 303
    page = shown(client, "/plan/")
    assert "Publish to the guards" not in page
    assert newest().published_by == evening.leader


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "2201-01-01"])
def test_a_night_of_no_year_that_is_meant_is_a_missing_page(evening: Night, day: str) -> None:
    """Its neighbours may lie outside the calendar."""
    client = leader(evening)
    assert client.get(f"/plan/?night={day}").status_code == 404
    assert client.post("/plan/propose/", {"night": day}).status_code == 404


def test_the_list_holds_windows_and_never_the_drawn_minute(evening: Night) -> None:
    plan = evening.propose()
    page = shown(leader(evening), f"/plan/?night={DAY}")
    windows = re.findall(r'<span class="nowrap">(\d\d:\d\d)–(\d\d:\d\d)</span>', page)
    assert len(windows) == plan.visits.count()


def test_announced_presence_is_marked_as_such(evening: Night) -> None:
    square = make_area(evening.world, "Torget", lat=at_km(2))
    make_focus(make_decision(evening.world, square, "talk", hours=(time(21), time(22))))
    evening.propose()
    words = plain(shown(leader(evening), f"/plan/?night={DAY}"))
    assert "21:00 30 min Torget Announced Announced: people there know the time." in words


def test_permits_and_what_is_left_out_are_said(evening: Night) -> None:
    evening.unit("OV1", role="public_order_officer")
    make_focus(make_decision(evening.world, evening.schools[0], hours=(time(5), time(6, 50))))
    evening.world.company.units.get(call_sign="V1").shifts.update(ends_at=local("23:00"))
    evening.propose()
    words = plain(shown(leader(evening), f"/plan/?night={DAY}"))
    assert "OV1: public order officers, and no permit covers any place tonight." in words
    assert "No visits for OV1." in words
    assert "Left out, and why" in words
    assert "Nobody who may go is on shift then Skola 0 (Be seen 05:00–06:50)" in words


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.COORDINATOR, True), (Role.CONTRACT_MANAGER, True), (Role.GUARD, False),
        (Role.DISPATCHER, False), (Role.PROPERTY_MANAGER, False), (Role.REPORTER, False),
    ],
)  # fmt: skip
def test_who_sees_the_plan(evening: Night, role: Role, sees: bool) -> None:
    """The municipality sees it whole and changes nothing; nobody else of it, nor a guard."""
    plan = evening.propose()
    at_company = role == Role.GUARD
    where = evening.world.company if at_company else evening.world.municipality
    client = browser_of(make_member(evening.world, role, where))
    answer = client.get("/plan/")
    assert answer.status_code == (200 if sees else 404)
    page = answer.content.decode()
    assert ("Skola 4" in page) == sees
    assert ('href="/plan/"' in page) == sees
    visit = in_order(plan)[0]
    for address in (
        f"/plan/{plan.pk}/publish/",
        f"/plan/{plan.pk}/add/",
        f"/plan/visits/{visit.pk}/",
        "/plan/propose/",
    ):
        assert address not in page
        assert client.post(address, {"night": str(DAY)}).status_code == 404
    assert newest().state == "proposed"


def test_a_rival_company_sees_nothing(evening: Night) -> None:
    plan = evening.publish(evening.propose())
    rival = type(evening.world.company).objects.create(
        tenant=evening.world.tenant, name="Rival", kind=OrganisationKind.GUARDING_COMPANY
    )
    client = browser_of(make_member(evening.world, Role.SHIFT_LEADER, rival))
    page = shown(client, "/plan/")
    assert "Skola" not in page
    assert "No visit's time has passed yet." in page
    for address in (f"/plan/{plan.pk}/add/", f"/plan/visits/{in_order(plan)[0].pk}/"):
        assert client.get(address).status_code == 404


def test_a_refusal_is_said_in_words(evening: Night) -> None:
    for site in evening.schools:
        site.lat = site.lon = None
        site.save()
    answer = leader(evening).post("/plan/propose/", {"night": str(DAY)})
    assert answer.status_code == 409
    assert "No place has a position on the map" in answer.content.decode()
    assert leader(evening).get("/plan/?night=yesterday").status_code == 404


# ---- changed by hand -----------------------------------------------------------------------------


def test_a_visit_is_moved_with_its_reason(evening: Night) -> None:
    client, plan = leader(evening), evening.propose()
    visit = in_order(plan)[2]
    address = f"/plan/visits/{visit.pk}/"
    form = shown(client, address)
    assert f'<option value="{visit.unit_id}" selected>V1</option>' in form
    given = {"unit": str(visit.unit_id), "not_before": "23:30", "what": "put"}
    refused = client.post(address, {**given, "why": ""})
    assert refused.status_code == 422
    assert "Write why: the guards read it." in refused.content.decode()
    assert 'value="23:30"' in refused.content.decode()
    assert client.post(address, {**given, "why": "Kvällskurs i skolan"}).status_code == 303
    visit.refresh_from_db()
    assert visit.window_from >= local("23:30")
    words = plain(shown(client, f"/plan/?night={DAY}"))
    assert f"{visit.place_name} was moved, to V1" in words
    assert "The shift leader: Kvällskurs i skolan" in words
    assert "harm risk covered: " in words


def test_a_visit_is_taken_out_and_another_put_in(evening: Night) -> None:
    client, plan = leader(evening), evening.propose()
    first = in_order(plan)[0]
    given = {"what": "take_out", "why": "Stängt"}
    assert client.post(f"/plan/visits/{first.pk}/", given).status_code == 303
    assert not Visit.objects.filter(pk=first.pk).exists()
    form = shown(client, f"/plan/{plan.pk}/add/")
    assert f'<option value="{evening.schools[0].pk}">Skola 0</option>' in form
    made = {
        "id": str(uuid7()), "place": str(evening.schools[0].pk), "unit": str(first.unit_id),
        "not_before": "18:00", "why": "Anmält av rektor",
    }  # fmt: skip
    for _twice in range(2):
        assert client.post(f"/plan/{plan.pk}/add/", made).status_code == 303
    assert Visit.objects.get(pk=made["id"]).changed_because == "Anmält av rektor"
    assert len(newest().facts["changes"]) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"not_before": "12:00"}, "The time is not in this night."),
        ({"not_before": "x"}, "Write a time as 22:30."),
        ({"place": ""}, "Choose a place."),
        ({"place": str(uuid7())}, "Choose a place."),
        ({"unit": "officer"}, "No permit lets the unit be there then: Skola 4"),
    ],
)
def test_what_cannot_be_put_in_says_why(
    evening: Night, change: dict[str, str], said: str
) -> None:  # fmt: skip
    make_permit(evening.world, SOUTH)
    officer = evening.unit("OV1", role="public_order_officer")
    plan = evening.propose()
    unit = evening.world.company.units.get(call_sign="V1")
    given = {
        "id": str(uuid7()), "place": str(evening.schools[4].pk), "unit": str(unit.pk),
        "not_before": "20:00", "why": "Bråk",
    } | change  # fmt: skip
    given["unit"] = str(officer.pk) if given["unit"] == "officer" else given["unit"]
    answer = leader(evening).post(f"/plan/{plan.pk}/add/", given)
    assert answer.status_code in {409, 422}
    assert said in plain(answer.content.decode())


# ---- the phone -----------------------------------------------------------------------------------


@pytest.fixture
def guard(evening: Night, hands: Hands) -> Member:
    """Return the guard of V1, at the beginning of a published night."""
    plan = evening.publish(evening.propose())
    hands.move_to(in_order(plan)[0].arrive_at)
    return crew_of(evening.world.company.units.get(call_sign="V1"))


def own() -> list[Visit]:
    """List the published visits."""
    return in_order(PatrolPlan.objects.get(state="published"))


def tap(client: Client, visit: Visit, code: str, **given: str) -> str:
    """Tap a button of a visit; return what the phone is told where it is refused."""
    answer = client.post(
        f"/phone/visits/{visit.pk}/{code}/", given, headers={"accept": "application/json"}
    )
    if answer.status_code == 200:
        return ""
    return str(answer.json()["detail"])


def test_the_phone_shows_the_next_visit_with_its_reason(guard: Member) -> None:
    first, second, *_ = own()
    words = plain(shown(browser_of(guard), "/phone/", fragment=True))
    assert "Tonight's visits Next" in words
    assert f"Next {first.place_name}" in words
    assert "Begin between" in words
    assert "Nobody has been there before tonight" in words
    assert f"After that {second.window_from.astimezone(ZONE):%H:%M}–" in words
    assert "I am there" in words


def test_a_visit_is_answered_in_two_taps(guard: Member, hands: Hands) -> None:
    first, second, *_ = own()
    client = browser_of(guard)
    assert tap(client, first, "start") == ""
    assert "There now since" in plain(shown(client, "/phone/"))
    hands.advance(120)
    said = tap(client, first, "done")
    assert said == "Under five minutes counts as cut short: say why."
    assert tap(client, first, "short") == "Say why."
    hands.advance(600)
    assert tap(client, first, "done") == ""
    assert state_of(first) == ("done", "")
    assert Presence.objects.get().grade == "tap"
    assert f"Next {second.place_name}" in plain(shown(client, "/phone/"))


def test_a_short_and_a_missed_visit_have_their_reason(guard: Member, hands: Hands) -> None:
    first, second, *_ = own()
    client = browser_of(guard)
    tap(client, first, "start")
    assert tap(client, first, "short", cause="alarm") == ""
    assert tap(client, second, "missed", cause="rain") == "Say why."
    assert tap(client, second, "missed", cause="weather") == ""
    assert (state_of(first), state_of(second)) == (("short", "alarm"), ("missed", "weather"))


def test_what_nobody_said_is_asked_for(guard: Member, hands: Hands) -> None:
    first = own()[0]
    hands.move_to(first.window_until + 16 * MINUTE)
    words = plain(shown(browser_of(guard), "/phone/"))
    assert f"What happened here? {first.place_name}" in words
    assert "It was made" in words


def test_a_unit_on_a_case_is_asked_nothing(guard: Member, hands: Hands) -> None:
    """And a started visit that was long enough is done, by the log."""
    first = own()[0]
    visits.start(visit=first, by="test", at=hands.now())
    set_unit_state(
        unit=first.unit, state=UnitStatus.State.BUSY, case=None, by="test",
        at=hands.now() + 10 * MINUTE,
    )  # fmt: skip
    events.advance(PLAN, first.tenant_id)
    assert state_of(first) == ("done", "")


def test_another_units_visit_is_not_there(evening: Night, guard: Member) -> None:
    evening.unit("V2")
    other = crew_of(evening.world.company.units.get(call_sign="V2"))
    client, first = browser_of(other), own()[0]
    assert client.post(f"/phone/visits/{first.pk}/start/").status_code == 404
    assert client.post(f"/phone/visits/{first.pk}/dance/").status_code == 404
    assert state_of(first) == ("planned", "")
    assert "Tonight's visits" not in shown(client, "/phone/")


def test_planned_and_done_are_counted_by_place(evening: Night, guard: Member, hands: Hands) -> None:
    first = own()[0]
    client = browser_of(guard)
    tap(client, first, "missed", cause="safety")
    hands.move_to(local("06:59"))
    page = plain(shown(leader(evening), "/plan/"))
    row = page[page.index("Planned and done") :]
    assert re.search(rf"{first.place_name} \d+ 0 0 1 0 \d+", row)
    assert "V1" not in row
