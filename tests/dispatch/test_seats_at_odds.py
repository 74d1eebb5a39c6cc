"""Several units in odd orders: nobody is lost, nothing loops, one report is owed."""

from datetime import timedelta

import pytest

from narvaro.directory.models import Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import RETRY, call_support, decline, offer_to
from narvaro.dispatch.models import FETCHING, Offer, Response
from narvaro.dispatch.queries import list_reports_due
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.models import Timer
from narvaro.spine.refusal import Refused
from narvaro.web.sent import count_short
from tests.conftest import Running
from tests.dispatch.offered import SECOND, accept, asked, fresh, open_case
from tests.dispatch.test_fetching import aed, arrest
from tests.dispatch.test_seats import answer, go, seats, send_report
from tests.make import NIGHT, World, make_unit, make_viewer
from tests.roads import LON, at_km


def put(world: World, *km: float) -> None:
    """Put V1, V2 … so many kilometres up the street."""
    for number, one in enumerate(km, 1):
        make_unit(world, f"V{number}", lat=at_km(one), lon=LON)


def unit(call_sign: str) -> Unit:
    """Return a unit."""
    return Unit.objects.get(call_sign=call_sign)


def later(world: World, running: Running, seconds: int, priority: int) -> Case:
    """Let another case come so much later."""
    case = open_case(world, at=NIGHT + seconds * SECOND, priority=priority)
    running.at(NIGHT + seconds * SECOND)
    return case


def test_a_unit_on_one_case_and_asked_about_another_is_as_bound_as_by_the_graver(
    street: World, running: Running
) -> None:
    """A third case between the two takes it from neither."""
    put(street, 3)
    first = open_case(street, priority=4)
    running.settle()
    answer(first, "V1")
    gravest = later(street, running, 1, priority=1)
    between = later(street, running, 2, priority=2)
    assert (asked(gravest), asked(between)) == ([("V1", "waiting")], [])
    with pytest.raises(Refused) as no:
        offer_to(case=fresh(between), unit_id=unit("V1").pk, by="member:test", at=NIGHT)
    assert no.value.code == "left_out.busy"


def test_who_went_on_a_break_while_asked_is_not_asked_about_a_graver_case(
    street: World, running: Running
) -> None:
    """A break is no work that a rule may take one from."""
    put(street, 3)
    open_case(street, priority=4)
    running.settle()
    responses.set_own_state(unit=unit("V1"), state=UnitStatus.State.BREAK, by="test", at=NIGHT)
    assert asked(later(street, running, 1, priority=1)) == []


def test_a_case_that_only_the_fetcher_took_says_that_nobody_leads(
    street: World, running: Running
) -> None:
    """Then the desk may let the fetcher lead."""
    put(street, 2, 3)
    aed(street, "A", 1)
    case = arrest(street)
    Case.objects.filter(pk=case.pk).update(offer_by_rule=False)
    for call_sign in ("V1", "V2"):
        offer_to(case=fresh(case), unit_id=unit(call_sign).pk, by="member:test", at=NIGHT)
    assert seats(case) == {"V1": 1, "V2": FETCHING}
    decline(offer=Offer.objects.get(unit__call_sign="V1"), by="test", at=NIGHT)
    lead = offer_to(case=fresh(case), unit_id=unit("V2").pk, by="member:test", at=NIGHT)
    assert lead.seat == 1
    assert seats(case) == {"V2": 1}


def test_a_lone_fetcher_leaves_the_case_unanswered_and_short(
    street: World, running: Running
) -> None:
    put(street, 2, 3)
    aed(street, "A", 1)
    case = arrest(street)
    running.settle()
    answer(case, "V2")
    decline(offer=Offer.objects.get(unit__call_sign="V1"), by="test", at=NIGHT)
    now = fresh(case)
    assert now.unanswered_at is not None
    assert count_short(now, list(now.offers.all())) == 1


def test_who_fetches_does_not_cost_the_case_a_unit(street: World, running: Running) -> None:
    """Two wanted and an AED: three units, where there are three."""
    put(street, 2, 3, 6)
    aed(street, "A", 1)
    case = arrest(street)
    Case.objects.filter(pk=case.pk).update(units=2)
    running.settle()
    assert seats(case) == {"V1": 1, "V2": FETCHING, "V3": 2}


def test_support_said_twice_counts_once_and_one_timer_looks_on(
    street: World, running: Running
) -> None:
    """A tap that is sent again wants no third unit; nobody free leaves one timer, and no pile of lists."""
    put(street, 3)
    case = open_case(street)
    running.settle()
    answer(case, "V1")
    for _ in range(4):
        call_support(case=fresh(case), wanted=2, by="test", at=NIGHT)
    assert fresh(case).units == 2
    waiting = Timer.objects.filter(kind=RETRY, fired_at=None, cancelled_at=None)
    assert waiting.count() == 1
    before = case.rankings.count()
    running.at(NIGHT + timedelta(minutes=10))
    assert case.rankings.count() == before
    assert waiting.count() == 1
    responses.end_case(case=fresh(case), by="member:test", at=NIGHT + timedelta(minutes=11))
    assert waiting.count() == 0


def test_a_case_whose_last_unit_is_taken_is_over_once_it_is_reported(
    street: World, running: Running
) -> None:
    """Who led has left and reported; who supported goes to a graver case."""
    put(street, 3, 6)
    case = open_case(street, priority=4, units=2)
    running.settle()
    leads = answer(case, "V1")
    answer(case, "V2")
    go(leads, "on_scene", "left")
    send_report(leads)
    responses.set_own_state(unit=leads.sent_unit, state=UnitStatus.State.BREAK, by="test", at=NIGHT)
    graver = later(street, running, 700, priority=1)
    accept(Offer.objects.get(case=graver), at=NIGHT + 701 * SECOND)
    assert fresh(case).state == Case.State.CLOSED


def owing(case: Case) -> list[str]:
    """Return who owes the report of a case."""
    found = Response.objects.filter(case=case, owes_report=True, state="left")
    return [one.call_sign for one in found]


def test_a_report_by_who_supports_is_the_report(street: World, running: Running) -> None:
    """Nobody owes a second one, which would be refused."""
    put(street, 2, 3)
    case = open_case(street, units=2)
    running.settle()
    leads, supports = answer(case, "V1"), answer(case, "V2")
    go(supports, "on_scene", "left")
    send_report(supports)
    go(leads, "on_scene", "left")
    assert owing(case) == []
    assert fresh(case).state == Case.State.CLOSED
    crew = leads.sent_unit.shifts.get().crew.get()
    assert list_reports_due(make_viewer(crew), NIGHT + timedelta(minutes=20)) == []


def test_the_desk_ends_a_case_that_a_unit_was_on_and_its_report_is_owed(
    street: World, running: Running
) -> None:
    """Who leads is recalled; who was there writes."""
    put(street, 2, 3)
    case = open_case(street, units=2)
    running.settle()
    answer(case, "V1")
    supports = answer(case, "V2")
    go(supports, "on_scene", "left")
    responses.end_case(case=fresh(case), by="member:test", at=NIGHT + timedelta(minutes=9))
    assert owing(case) == ["V2"]
