"""Working alone, from the phone: begin, a sign of life, end; what was kept without net; shifts."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from narvaro.dispatch import checkin
from narvaro.dispatch.models import Watch
from narvaro.plan.models import Shift
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from tests.conftest import Running
from tests.make import NIGHT, Crewed, World, make_member, make_unit
from tests.web.test_phone import browser_of, shown

MINUTE = timedelta(minutes=1)


@pytest.fixture
def crew(world: World) -> Crewed:
    return make_unit(world)


@pytest.fixture
def phone(crew: Crewed) -> Client:
    return browser_of(crew.member)


def start(phone: Client, interval_s: int = 900) -> None:
    answer = phone.post("/phone/watch/start/", {"interval_s": interval_s})
    assert (answer.status_code, answer["Location"]) == (303, "/phone/")


def tap(phone: Client, what: str, written_at: datetime | None = None) -> None:
    given = {"written_at": written_at.isoformat()} if written_at else {}
    assert phone.post(f"/phone/watch/{what}/", given).status_code == 303


def facts(phone: Client) -> dict[str, object] | None:
    found: dict[str, object] | None = phone.get("/phone/state/").json()["watch"]
    return found


def test_a_guard_begins_gives_signs_and_ends_without_a_script(
    phone: Client, crew: Crewed, hands: Hands
) -> None:
    page = shown(phone, "/phone/")
    for minutes in (15, 30, 45, 60):
        assert f'value="{60 * minutes}"' in page
    assert facts(phone) is None
    start(phone)
    page = shown(phone, "/phone/", fragment=True)
    assert "02:15:00" in page
    assert "I am all right" in page
    due = {"due_at": (NIGHT + 15 * MINUTE).isoformat(), "interval_s": 900, "missed": False}
    assert facts(phone) == due
    hands.advance(600)
    tap(phone, "here")
    assert "02:25:00" in shown(phone, "/phone/")
    tap(phone, "end")
    assert facts(phone) is None
    assert Watch.objects.get().member_id == crew.member.pk
    assert 'name="interval_s"' in shown(phone, "/phone/")


def test_a_missed_sign_is_said_in_red_and_answered_by_the_same_button(
    phone: Client, running: Running
) -> None:
    """The case stays: the page says so until a person has closed it."""
    start(phone)
    running.at(NIGHT + 15 * MINUTE)
    page = shown(phone, "/phone/")
    assert 'data-state="missed"' in page
    assert "We have heard nothing from you since 02:00: help is being called." in page
    assert "I am all right" in page
    found = facts(phone)
    assert found is not None
    assert found["missed"] is True
    running.hands.advance(60)
    tap(phone, "here")
    page = shown(phone, "/phone/")
    assert 'data-state="running"' in page
    assert "Case 1 is still open" in page
    Case.objects.update(state="closed")
    assert "Case 1" not in shown(phone, "/phone/")


@pytest.mark.parametrize("given", ["", "1", "-900", "901", "9" * 30, "²"])
def test_another_interval_is_refused(phone: Client, given: str) -> None:
    answer = phone.post("/phone/watch/start/", {"interval_s": given})
    assert answer.status_code == 422
    assert "15, 30, 45 or 60" in answer.content.decode()
    assert not Watch.objects.exists()


def test_a_sign_kept_without_net_counts_from_when_it_was_given(phone: Client, hands: Hands) -> None:
    """Tapped 02:05, heard 02:12: the next is due 02:20, not 02:27."""
    start(phone)
    hands.move_to(NIGHT + 12 * MINUTE)
    tap(phone, "here", NIGHT + 5 * MINUTE)
    assert Watch.objects.get().due_at == NIGHT + 20 * MINUTE
    tap(phone, "here", NIGHT + 3 * MINUTE)  # one that was overtaken moves nothing back
    assert Watch.objects.get().due_at == NIGHT + 20 * MINUTE


def test_a_sign_that_comes_too_late_says_nothing_of_now(phone: Client, running: Running) -> None:
    """Tapped 02:14, heard 02:40: he has been silent for longer than he may; the alarm stands."""
    start(phone)
    running.at(NIGHT + 15 * MINUTE)
    running.hands.move_to(NIGHT + 40 * MINUTE)
    tap(phone, "here", NIGHT + 14 * MINUTE)
    assert Watch.objects.get().missed_at == NIGHT + 15 * MINUTE
    tap(phone, "here", NIGHT + 39 * MINUTE)
    assert Watch.objects.get().missed_at is None


def test_an_end_kept_without_net_ends_no_later_watch(phone: Client, hands: Hands) -> None:
    hands.advance(600)
    start(phone)
    tap(phone, "end", NIGHT + 5 * MINUTE)
    assert Watch.objects.get().ended_at is None


def test_a_watch_goes_on_after_the_shift_and_is_still_his(
    phone: Client, crew: Crewed, running: Running
) -> None:
    """Who is late home is just who must be missed; off shift he can answer and end, not begin."""
    start(phone, 3600)
    Shift.objects.filter(pk=crew.shift.pk).update(ends_at=NIGHT + 10 * MINUTE)
    running.hands.advance(1800)
    page = shown(phone, "/phone/")
    assert "No unit" in page
    assert "I am all right" in page
    running.at(NIGHT + 60 * MINUTE)
    assert Case.objects.get().born == "watch"
    tap(phone, "here")
    assert Watch.objects.get().missed_at is None
    tap(phone, "end")
    assert Watch.objects.get().ended_at is not None
    assert phone.post("/phone/watch/start/", {"interval_s": 900}).status_code == 404
    assert "watch" not in shown(phone, "/phone/")


def test_the_next_crew_cannot_answer_for_who_is_missing(
    phone: Client, crew: Crewed, world: World, hands: Hands
) -> None:
    """He sees that the one before is waited for; he may end it, and only then begin his own."""
    start(phone, 3600)
    change = NIGHT + 30 * MINUTE
    Shift.objects.filter(pk=crew.shift.pk).update(ends_at=change)
    shift = Shift.objects.create(
        tenant=world.tenant, unit=crew.unit, starts_at=change, ends_at=change + timedelta(hours=8)
    )
    shift.crew.add(make_member(world))
    hands.move_to(change + MINUTE)
    following = browser_of(shift.crew.get())
    page = shown(following, "/phone/")
    assert 'data-state="left"' in page
    assert crew.member.service_number in page
    assert "I am all right" not in page
    tap(following, "here")
    assert Watch.objects.get().seen_at == NIGHT
    answer = following.post("/phone/watch/start/", {"interval_s": 900})
    assert answer.status_code == 409
    assert facts(following) is None
    tap(following, "end")
    start(following)
    assert Watch.objects.filter(ended_at=None).get().member == shift.crew.get()


def test_another_unit_and_another_company_reach_nothing(
    phone: Client, crew: Crewed, world: World
) -> None:
    start(phone)
    other = browser_of(make_unit(world, "V2").member)
    for what in ("here", "end"):
        tap(other, what)
    assert facts(other) is None
    watch = Watch.objects.get()
    assert (watch.unit, watch.seen_at, watch.ended_at) == (crew.unit, NIGHT, None)


def test_a_crew_of_two_shares_the_watch(phone: Client, crew: Crewed, world: World) -> None:
    second = make_member(world)
    crew.shift.crew.add(second)
    start(phone)
    assert "I am all right" in shown(browser_of(second), "/phone/")
    tap(browser_of(second), "end")
    assert not checkin.end_watch(unit_id=crew.unit.pk, by="test", at=NIGHT)
