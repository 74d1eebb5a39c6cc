"""Who may be asked: what makes a unit no candidate, and what no person may overrule."""

from datetime import time, timedelta

from narvaro.directory.models import Competence
from narvaro.dispatch import responses
from narvaro.dispatch.actions import offer_to
from narvaro.dispatch.models import Offer, Ranking
from narvaro.plan.models import Shift
from narvaro.situation.actions import Typed, type_in_case
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.ids import uuid7
from tests.conftest import Running
from tests.dispatch.offered import SECOND, accept, asked, fresh, open_case, refusal
from tests.make import NIGHT, World, make_permit, make_unit, make_world

AROUND = "POLYGON ((17 58, 19 58, 19 60, 17 60, 17 58))"
ELSEWHERE = "POLYGON ((10 50, 11 50, 11 51, 10 51, 10 50))"


def test_a_unit_is_asked_about_one_case_at_a_time(world: World, running: Running) -> None:
    """While it is asked, and while it is out, it counts as busy for the next case."""
    guard = make_unit(world, "V1")
    one, two = open_case(world), open_case(world)
    running.settle()
    assert (asked(one), asked(two)) == ([("V1", "waiting")], [])
    assert refusal(two, guard.unit) == ("left_out.busy", "1")
    accept(Offer.objects.get())
    assert refusal(two, guard.unit) == ("left_out.busy", "1")


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
