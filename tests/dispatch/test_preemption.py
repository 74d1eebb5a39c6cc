"""A graver case takes a unit from a lesser one where a rule allows, and another is sought for that."""

import pytest

from narvaro.dispatch.models import Offer, Response
from narvaro.plan.models import Shift
from narvaro.situation.models import Case, UnitStatus
from narvaro.web.ranking_words import reasons_of
from tests.conftest import Running
from tests.dispatch.offered import SECOND, accept, asked, fresh, open_case
from tests.make import NIGHT, World, make_unit
from tests.roads import LON, at_km


@pytest.fixture
def busy(street: World, running: Running) -> Response:
    """Return V1, 3 km away, out on a case of priority 4; V2, on a break 9 km away, could not go."""
    make_unit(street, "V1", lat=at_km(3), lon=LON)
    case = open_case(street, priority=4)
    running.settle()
    return accept(Offer.objects.get(case=case))


def graver(street: World, running: Running, priority: int) -> Case:
    """Let another site's alarm come in."""
    case = open_case(street, at=NIGHT + SECOND, priority=priority)
    running.at(NIGHT + SECOND)
    return case


def test_danger_to_life_takes_the_nearest_from_its_work_when_it_accepts(
    street: World, busy: Response, running: Running
) -> None:
    """Until it says yes it stays on its case; then that case is offered to the next."""
    make_unit(street, "V2", lat=at_km(9), lon=LON)
    case = graver(street, running, priority=1)
    assert asked(case) == [("V1", "waiting")]
    offer = Offer.objects.get(case=case)
    said = reasons_of(offer.ranking.lines[0])
    assert any(str(busy.case.number) in one for one in said)
    busy.refresh_from_db()
    assert busy.state == Response.State.ACCEPTED
    accept(offer, at=NIGHT + 5 * SECOND)
    busy.refresh_from_db()
    assert busy.state == Response.State.REASSIGNED
    assert asked(busy.case)[-1] == ("V2", "waiting")
    assert fresh(busy.case).state == Case.State.OFFERED
    status = UnitStatus.objects.get(unit=busy.unit)
    assert (status.state, status.case_id) == (UnitStatus.State.BUSY, case.pk)


def test_a_free_unit_further_away_goes_where_no_life_is_in_danger(
    street: World, busy: Response, running: Running
) -> None:
    """Who would leave a case comes last."""
    make_unit(street, "V2", lat=at_km(9), lon=LON)
    case = graver(street, running, priority=2)
    assert asked(case) == [("V2", "waiting")]
    lines = Offer.objects.get(case=case).ranking.lines
    assert [(one["call_sign"], one.get("rank")) for one in lines] == [("V2", 1), ("V1", 2)]


def test_danger_to_life_needs_one_step_alone(street: World, running: Running) -> None:
    """An arrest next door to a break-in."""
    make_unit(street, "V1", lat=at_km(3), lon=LON)
    case = open_case(street, priority=2)
    running.settle()
    accept(Offer.objects.get(case=case))
    assert asked(graver(street, running, priority=1)) == [("V1", "waiting")]


def test_one_step_graver_takes_nobody(street: World, busy: Response, running: Running) -> None:
    """By two steps of priority at least."""
    case = graver(street, running, priority=3)
    line = next(iter(fresh_lines(case)))
    assert asked(case) == []
    assert (line["left_out"], line["detail"]) == ("busy", str(busy.case.number))


def fresh_lines(case: Case) -> list[dict[str, object]]:
    """Return the newest ranking's lines."""
    return list(case.rankings.latest("made_at").lines)


def test_an_offer_that_nobody_has_answered_gives_way_at_once(
    street: World, running: Running
) -> None:
    """The lesser case looks on for another unit."""
    make_unit(street, "V1", lat=at_km(3), lon=LON)
    lesser = open_case(street, priority=4)
    running.settle()
    make_unit(street, "V2", lat=at_km(9), lon=LON)
    case = graver(street, running, priority=1)
    assert asked(case) == [("V1", "waiting")]
    assert asked(lesser) == [("V1", "withdrawn"), ("V2", "waiting")]


def test_a_case_that_lost_its_only_unit_says_that_nobody_has_it(
    street: World, busy: Response, running: Running
) -> None:
    """Nobody else is on a shift."""
    assert Shift.objects.count() == 1
    case = graver(street, running, priority=1)
    accept(Offer.objects.get(case=case), at=NIGHT + 5 * SECOND)
    lost = fresh(busy.case)
    assert lost.state == Case.State.OPEN
    assert lost.unanswered_at is not None
