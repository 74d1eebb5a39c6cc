"""Offers: who is asked when, and what silence, a no and a withdrawal lead to."""

from datetime import timedelta

import pytest

from narvaro.directory.models import Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import close_case, decline, offer_next, offer_to
from narvaro.dispatch.models import Offer, Response
from narvaro.dispatch.queries import find_waiting_offer, get_offer
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.models import Event, Timer
from narvaro.spine.refusal import Missing, Refused
from tests.conftest import Running
from tests.dispatch.offered import SECOND, accept, asked, fresh, open_case
from tests.make import NIGHT, World, make_unit, make_viewer


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
