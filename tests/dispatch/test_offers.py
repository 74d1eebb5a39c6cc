"""Offers: who is asked when, what silence and a no lead to, and what no person may overrule."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from narvaro.directory.models import Competence, Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import close_case, decline, offer_next, offer_to
from narvaro.dispatch.models import Offer, Ranking, Response
from narvaro.dispatch.queries import find_waiting_offer, get_offer
from narvaro.plan.models import Shift
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event, Timer
from narvaro.spine.refusal import Missing, Refused
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    crew_of,
    make_permit,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    make_world,
    send_signal,
)
from tests.roads import LON, at_km

SECOND = timedelta(seconds=1)
AROUND = "POLYGON ((17 58, 19 58, 19 60, 17 60, 17 58))"
ELSEWHERE = "POLYGON ((10 50, 11 50, 11 51, 10 51, 10 50))"


def open_case(world: World, at: datetime = NIGHT, **plan: Any) -> Case:
    """Let a school's panel open a case; by its plan it is offered by rule."""
    site = make_site(world, lat=at_km(0), lon=LON)
    make_plan(site, **plan)
    signal = send_signal(make_transmitter(site), "BA", at=at)
    assert signal is not None
    assert signal.case is not None
    return signal.case


def asked(case: Case) -> list[tuple[str, str]]:
    """Return who was asked and what became of it."""
    offers = Offer.objects.filter(case=case).order_by("offered_at", "unit__call_sign")
    return [(one.unit.call_sign, one.state) for one in offers]


def fresh(case: Case) -> Case:
    """Return a case as it stands now."""
    return Case.objects.get(pk=case.pk)


def accept(offer: Offer, at: datetime = NIGHT) -> Response:
    """Take an offer."""
    return responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew_of(offer.unit).pk, by="member:test", at=at
    )


def refusal(case: Case, unit: Unit) -> tuple[str, str]:
    """Return why a person may not offer a case to a unit."""
    with pytest.raises(Refused) as no:
        offer_to(case=case, unit_id=unit.pk, by="member:test", at=NIGHT)
    return no.value.code, no.value.detail


@pytest.mark.parametrize(
    ("mode", "offer", "outcome"),
    [
        ("manned", "auto", "offered"),
        ("manned", "manual", "waits"),
        ("unmanned", "auto", "offered"),
        ("unmanned", "manual", "unanswered"),
        ("follow_up", "auto", "waits"),
        ("follow_up", "manual", "waits"),
    ],
)
def test_the_mode_and_the_plan_say_whether_an_offer_goes_out(
    world: World, running: Running, mode: str, offer: str, outcome: str
) -> None:
    """With nobody at the desk, a case that no rule offers is said to be unanswered at once."""
    world.tenant.mode = mode
    world.tenant.save()
    make_unit(world, "V1")
    case = open_case(world, offer=offer)
    running.settle()
    assert asked(case) == ([("V1", "waiting")] if outcome == "offered" else [])
    assert (fresh(case).unanswered_at is not None) is (outcome == "unanswered")
    assert Timer.objects.filter(kind="case.red").exists() is (mode != "follow_up")


def test_silence_and_a_no_go_to_the_next_until_nobody_is_left(
    world: World, running: Running
) -> None:
    """V1 says no, V2 is silent, V3 too: then the case says that nobody answers, once."""
    for name in ("V1", "V2", "V3"):
        make_unit(world, name)
    case = open_case(world)
    running.settle()
    decline(offer=Offer.objects.get(), by="member:test", at=NIGHT)
    decline(offer=Offer.objects.get(unit__call_sign="V1"), by="member:test", at=NIGHT)
    assert asked(case) == [("V1", "declined"), ("V2", "waiting")]
    running.at(NIGHT + 59 * SECOND)
    assert asked(case)[-1] == ("V2", "waiting")
    running.at(NIGHT + 60 * SECOND)
    assert asked(case)[1:] == [("V2", "expired"), ("V3", "waiting")]
    running.at(NIGHT + 120 * SECOND)
    assert (fresh(case).state, fresh(case).unanswered_at) == ("open", NIGHT + 120 * SECOND)
    running.at(NIGHT + 500 * SECOND)
    marks = Event.objects.filter(kind="case.changed", payload__contains='"unanswered"')
    assert marks.count() == 1
    assert len(asked(case)) == 3


def test_a_deadline_that_passed_while_nothing_ran_counts_from_the_restart(
    world: World, running: Running
) -> None:
    """After an hour's stop the first is expired and the next has its full minute."""
    make_unit(world, "V1")
    make_unit(world, "V2")
    case = open_case(world)
    running.settle()
    later = NIGHT + timedelta(hours=1)
    running.at(later)
    assert asked(case) == [("V1", "expired"), ("V2", "waiting")]
    assert Offer.objects.get(state="waiting").expires_at == later + 60 * SECOND


def test_an_offer_is_accepted_once_and_its_timer_falls_silent(
    world: World, running: Running
) -> None:
    """Two taps on a slow line are one response."""
    guard = make_unit(world, "V1")
    case = open_case(world)
    running.settle()
    offer = Offer.objects.get()
    first, second = accept(offer), accept(offer, NIGHT + SECOND)
    assert first == second
    assert fresh(case).state == "accepted"
    assert UnitStatus.objects.get(unit=guard.unit).state == "busy"
    running.at(NIGHT + 61 * SECOND)
    assert asked(case) == [("V1", "accepted")]
    with pytest.raises(Refused, match="over"):
        decline(offer=offer, by="member:test", at=NIGHT)


def test_an_offer_that_ended_cannot_be_accepted(world: World, running: Running) -> None:
    """Too late, declined, or withdrawn: the guard reads that it is over, and nobody drives twice."""
    make_unit(world, "V1")
    make_unit(world, "V2")
    case = open_case(world)
    running.settle()
    expired = Offer.objects.get()
    running.at(NIGHT + 60 * SECOND)
    withdrawn = Offer.objects.get(state="waiting")
    close_case(case=case, by="member:test", at=NIGHT + 70 * SECOND)
    for offer in (expired, withdrawn):
        with pytest.raises(Refused) as no:
            accept(offer, NIGHT + 80 * SECOND)
        assert no.value.code == "offer_over"
    assert not Response.objects.exists()


def test_an_id_that_another_response_holds_is_refused(world: World, running: Running) -> None:
    """Ids are keys of one record: the same one for a second case is an answer, not a crash."""
    for name in ("V1", "V2"):
        make_unit(world, name)
    one, two = open_case(world), open_case(world)
    running.settle()
    first = accept(Offer.objects.get(case=one))
    assert first.member_id is not None
    with pytest.raises(Refused) as no:
        responses.accept(
            offer=Offer.objects.get(case=two),
            response_id=first.pk,
            member_id=first.member_id,
            by="member:test",
            at=NIGHT,
        )
    assert no.value.code == "id_taken"
    assert asked(two) == [("V2", "waiting")]


def test_a_unit_is_asked_about_one_case_at_a_time(world: World, running: Running) -> None:
    """While it is asked, and while it is out, it counts as busy for the next case."""
    guard = make_unit(world, "V1")
    one, two = open_case(world), open_case(world)
    running.settle()
    assert (asked(one), asked(two)) == ([("V1", "waiting")], [])
    assert refusal(two, guard.unit) == ("left_out.busy", "")
    accept(Offer.objects.get())
    assert refusal(two, guard.unit) == ("left_out.busy", "")


def test_a_unit_that_is_out_stays_busy_over_its_change_of_shift(
    world: World, running: Running
) -> None:
    """At 06 the new shift begins while the car stands at a school: it is not sent elsewhere."""
    guard = make_unit(world, "V1")
    open_case(world)
    running.settle()
    accept(Offer.objects.get())
    change = guard.shift.ends_at
    next_shift = Shift.objects.create(
        tenant=world.tenant, unit=guard.unit, starts_at=change, ends_at=change + timedelta(hours=8)
    )
    next_shift.crew.add(guard.member)
    running.hands.move_to(change + SECOND)
    case = open_case(world, at=change + SECOND)
    running.settle()
    assert asked(case) == []
    assert fresh(case).unanswered_at is not None


def test_a_break_ends_with_its_shift(world: World, running: Running) -> None:
    """A break that somebody forgot to end yesterday does not keep the car at home tonight."""
    guard = make_unit(world, "V1")
    UnitStatus.objects.create(
        unit=guard.unit, state="break", since=guard.shift.starts_at - timedelta(hours=9)
    )
    case = open_case(world)
    running.settle()
    assert asked(case) == [("V1", "waiting")]


def test_shifts_that_overlap_at_a_hand_over_are_one_unit(world: World, running: Running) -> None:
    """For a quarter of an hour both crews are in the car: it stands once in the ranking."""
    guard = make_unit(world, "V1")
    relief = Shift.objects.create(
        tenant=world.tenant, unit=guard.unit, starts_at=NIGHT, ends_at=NIGHT + timedelta(hours=9)
    )
    relief.crew.add(make_unit(world, "V2", competences=("dog",)).member)
    Shift.objects.filter(unit__call_sign="V2").delete()
    case = open_case(world, needs=["guard", "dog"])
    running.settle()
    assert [line["call_sign"] for line in Ranking.objects.latest("made_at").lines] == ["V1"]
    assert asked(case) == [("V1", "waiting")]


def test_no_person_may_overrule_permit_competence_break_or_roster(
    world: World, running: Running
) -> None:
    """The desk is told which rule stands in the way; nothing is written."""
    case = open_case(world, offer="manual")
    officer = make_unit(world, "OV1", role="public_order_officer").unit
    assert refusal(case, officer) == ("left_out.no_permit", "outside_area:")
    make_permit(world, ELSEWHERE)
    assert refusal(case, officer) == ("left_out.no_permit", "outside_area:")
    permit = make_permit(world, AROUND, hours=(time(3), time(22)))
    no_permit = ("left_out.no_permit", f"outside_hours:{permit.decision_no}")
    assert refusal(case, officer) == no_permit
    trainee = make_unit(world, "V2", competences=("cpr",)).unit
    assert refusal(case, trainee) == ("left_out.lacks_competence", "guard")
    resting = make_unit(world, "V3").unit
    responses.set_own_state(unit=resting, state=UnitStatus.State.BREAK, by="member:test", at=NIGHT)
    assert refusal(case, resting) == ("left_out.on_break", "")
    home = make_unit(world, "V4", at=NIGHT - timedelta(days=1)).unit
    assert refusal(case, home) == ("left_out.off_duty", "")
    stranger = make_unit(make_world("Annanstad"), "V9").unit
    assert refusal(case, stranger) == ("left_out.off_duty", "")
    assert asked(case) == []
    assert fresh(case).state == "open"


def test_an_officer_with_a_permit_is_asked_and_the_ranking_names_it(
    world: World, running: Running
) -> None:
    """02:00 on a Tuesday inside the area and the hours."""
    permit = make_permit(world, AROUND, hours=(time(22), time(4)))
    officer = make_unit(world, "OV1", role="public_order_officer")
    case = open_case(world, offer="manual")
    offer_to(case=case, unit_id=officer.unit.pk, by="member:test", at=NIGHT)
    [line] = Ranking.objects.get().lines
    assert (line["permit"], "permit_covers" in line["reasons"]) == (permit.decision_no, True)


def test_an_officer_is_not_sent_to_a_place_that_nobody_knows(world: World) -> None:
    """A permit covers a place; words without a point are none."""
    make_permit(world, AROUND)
    officer = make_unit(world, "OV1", role="public_order_officer").unit
    typed = Typed(kind=Case.Kind.DISTURBANCE, priority=2, text="Stök", place="vid kiosken")
    case = type_in_case(
        case_id=uuid7(), tenant_id=world.tenant.pk, typed=typed, by="member:test", at=NIGHT
    )
    assert refusal(case, officer)[0] == "left_out.no_permit"


def test_competences_and_memberships_hold_on_their_days(world: World, running: Running) -> None:
    """A guard whose training ended yesterday is not sent to what needs it."""
    guard = make_unit(world, "V1")
    Competence.objects.filter(member=guard.member).update(valid_until=NIGHT.date())
    case = open_case(world)
    running.settle()
    assert asked(case) == []
    Competence.objects.filter(member=guard.member).update(
        valid_until=NIGHT.date() + timedelta(days=1)
    )
    assert offer_to(case=case, unit_id=guard.unit.pk, by="member:test", at=NIGHT).unit == guard.unit


def test_two_tabs_make_one_offer_and_another_choice_withdraws_it(
    world: World, running: Running
) -> None:
    """Pressed twice it is the same offer; pressed on V2, V1 is let go and may be asked again."""
    one, two = make_unit(world, "V1").unit, make_unit(world, "V2").unit
    case = open_case(world, offer="manual")

    def offer(unit: Unit, seconds: int) -> Offer:
        at = NIGHT + seconds * SECOND
        return offer_to(case=case, unit_id=unit.pk, by="member:test", at=at)

    first = offer(one, 0)
    assert offer(one, 1) == first
    offer(two, 2)
    assert asked(case) == [("V1", "withdrawn"), ("V2", "waiting")]
    with pytest.raises(Refused, match="over"):
        accept(first)
    again = offer(one, 3)
    assert asked(case) == [("V1", "withdrawn"), ("V2", "withdrawn"), ("V1", "waiting")]
    accept(again)
    with pytest.raises(Refused) as no:
        offer(two, 4)
    assert no.value.code == "case_taken"
    assert offer_next(case=case, by="member:test", at=NIGHT) is None


def test_nobody_is_sent_to_a_fault_of_a_carrier(world: World, running: Running) -> None:
    """Neither by a person nor by the rule, nor by a yes to what was offered before it became one."""
    one, two = make_unit(world, "V1").unit, make_unit(world, "V2").unit
    case = open_case(world, offer="manual")
    before = offer_to(case=case, unit_id=one.pk, by="member:test", at=NIGHT)
    Case.objects.update(site=None, carrier="Nätbolaget", kind="path", born="watch")
    for refused in (
        lambda: accept(before),
        lambda: offer_to(case=case, unit_id=two.pk, by="member:test", at=NIGHT),
    ):
        with pytest.raises(Refused) as no:
            refused()
        assert no.value.code == "carrier_fault"
    running.at(NIGHT + 90 * SECOND)
    case.refresh_from_db()
    assert (asked(case), case.state) == ([("V1", "expired")], "open")
    assert offer_next(case=case, by="member:test", at=NIGHT) is None


def test_a_unit_that_was_let_go_for_another_is_asked_when_that_one_is_silent(
    world: World, running: Running
) -> None:
    """V1 never said no: the case is not unanswered while V1 stands there."""
    make_unit(world, "V1")
    two = make_unit(world, "V2").unit
    case = open_case(world)
    running.settle()
    running.at(NIGHT + SECOND)
    offer_to(case=case, unit_id=two.pk, by="member:test", at=NIGHT + SECOND)
    running.at(NIGHT + 61 * SECOND)
    assert asked(case) == [("V1", "withdrawn"), ("V2", "expired"), ("V1", "waiting")]
    assert fresh(case).unanswered_at is None


def test_a_case_with_a_unit_out_is_not_closed_and_an_idle_one_is(
    world: World, running: Running
) -> None:
    """Closing withdraws what waits; closing twice changes nothing."""
    make_unit(world, "V1")
    case = open_case(world)
    running.settle()
    close_case(case=case, by="member:test", at=NIGHT)
    close_case(case=case, by="member:test", at=NIGHT + SECOND)
    assert (asked(case), fresh(case).closed_at) == ([("V1", "withdrawn")], NIGHT)
    running.at(NIGHT + timedelta(hours=1))
    assert (len(asked(case)), fresh(case).red_at) == (1, None)
    other = open_case(world, at=running.hands.now())
    running.settle()
    accept(Offer.objects.get(state="waiting"), running.hands.now())
    with pytest.raises(Refused) as no:
        close_case(case=other, by="member:test", at=running.hands.now())
    assert no.value.code == "unit_out"


def test_only_the_crew_that_is_asked_finds_the_offer(world: World, running: Running) -> None:
    """V2's guard is told that there is no such offer."""
    one, two = make_unit(world, "V1"), make_unit(world, "V2")
    open_case(world)
    running.settle()
    offer = Offer.objects.get()
    assert find_waiting_offer(make_viewer(one.member), NIGHT) == offer
    assert find_waiting_offer(make_viewer(two.member), NIGHT) is None
    with pytest.raises(Missing):
        get_offer(make_viewer(two.member), offer.pk, NIGHT)
    with pytest.raises(Missing):
        get_offer(make_viewer(one.member), offer.pk, one.shift.ends_at)
