"""Readiness decides between those who are in time, where enough is known, and says what it costs."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from narvaro.contract.models import ResponseTerm
from narvaro.core.choice import look_ahead
from narvaro.directory.models import Site, Unit
from narvaro.dispatch import ahead
from narvaro.dispatch.actions import offer_next, offer_to
from narvaro.dispatch.loading import load_field
from narvaro.dispatch.seats import propose
from narvaro.situation.models import Case, UnitStatus
from narvaro.web.ranking_words import reasons_of
from tests.make import NIGHT, World, make_contract, make_site, make_unit
from tests.roads import LON, at_km

FIVE_MINUTES_S = 300
site_at = partial(make_site, lon=LON)


@pytest.fixture(autouse=True)
def _anew() -> None:
    ahead.forget()


def case_at(world: World, site: Site, **facts: object) -> Case:
    """Return a case at a site, received now unless said otherwise, that is not kept yet."""
    given = {
        "kind": "intruder", "priority": 2, "received_at": NIGHT, "last_signal_at": NIGHT,
        "state": "open",
    } | facts  # fmt: skip
    return Case(
        tenant=world.tenant, number=1000 + world.next_serial(), born="typed", site=site,
        place=site.name, lat=site.lat, lon=site.lon, **given,
    )  # fmt: skip


def open_at(world: World, site: Site, **facts: object) -> Case:
    """Open a case at a site."""
    case = case_at(world, site, **facts)
    case.save()
    return case


def past(world: World, site: Site, count: int) -> None:
    """Let a site have had cases on the nights of the last year, at this hour."""
    nights = (NIGHT - timedelta(days=1 + number % 360) for number in range(count))
    Case.objects.bulk_create(
        case_at(world, site, received_at=at, last_signal_at=at, state="closed", closed_at=at)
        for at in nights
    )


@pytest.fixture
def town(street: World) -> World:
    """V1 stands between the school and where most happens; V2 beyond the school, both in time."""
    look(street)
    make_contract(street, target_s=FIVE_MINUTES_S)
    make_unit(street, "V1", lat=at_km(5), lon=LON)
    make_unit(street, "V2", lat=at_km(1), lon=LON)
    past(street, site_at(street, "Centrum", lat=at_km(9.5)), 20 * ahead.ENOUGH)
    return street


def look(world: World, *, ahead: bool = True) -> None:
    """Let the tenant choose whether readiness decides."""
    world.tenant.looks_ahead = ahead
    world.tenant.save()


def order(case: Case) -> list[str]:
    """Rank, now."""
    lines = propose(case, NIGHT, (1,)).ranking.lines
    return [str(one["call_sign"]) for one in lines if "rank" in one]


def school(world: World) -> Site:
    """Make a school 1 km from V1, 3 km from V2."""
    return site_at(world, "Skolan", lat=at_km(4))


def test_who_is_missed_least_goes_and_the_ranking_says_what_it_costs(town: World) -> None:
    """Without V1 nobody reaches the centre in five minutes; V2 takes two minutes longer here."""
    case = open_at(town, school(town))
    assert order(case) == ["V2", "V1"]
    line = propose(case, NIGHT, (1,)).ranking.lines[0]
    assert "readiness" in str(line["reasons"])
    assert "2:0" in reasons_of(line)[0]


def test_the_same_case_gives_the_same_order(town: World) -> None:
    """The futures are drawn by the case's own number."""
    case = open_at(town, school(town))
    assert {tuple(order(case)) for _ in range(3)} == {("V2", "V1")}


@pytest.mark.parametrize(
    "facts", [{"priority": 1}, {"kind": "duress"}], ids=["priority 1", "duress"]
)
def test_the_nearest_goes_where_life_is_in_danger(town: World, facts: dict[str, object]) -> None:
    """Whatever else is left without anybody."""
    assert order(open_at(town, school(town), **facts)) == ["V1", "V2"]


def test_the_nearest_goes_where_the_other_would_be_late(town: World) -> None:
    """V2 would be there after three minutes; one and a half are left."""
    received = NIGHT - timedelta(seconds=FIVE_MINUTES_S - 90)
    assert order(open_at(town, school(town), received_at=received)) == ["V1", "V2"]


def test_the_nearest_goes_where_no_terms_say_what_in_time_is(town: World) -> None:
    """A disturbance has none here."""
    assert order(open_at(town, school(town), kind="disturbance")) == ["V1", "V2"]


def test_the_nearest_goes_unless_the_tenant_has_chosen_otherwise(town: World) -> None:
    """A replay of its own town is to show a gain first."""
    look(town, ahead=False)
    assert order(open_at(town, school(town))) == ["V1", "V2"]


def test_a_unit_that_would_be_in_time_only_without_a_hitch_is_not_weighed(town: World) -> None:
    """V2 needs three minutes, and time to answer, and may drive slower than signed."""
    received = NIGHT - timedelta(seconds=FIVE_MINUTES_S - 270)
    assert order(open_at(town, school(town), received_at=received)) == ["V1", "V2"]


def test_a_panel_whose_clock_runs_ahead_gives_nobody_more_time(town: World) -> None:
    """What was agreed is the most that is left; the case is offered all the same."""
    ResponseTerm.objects.update(start="triggered")
    case = open_at(town, school(town), triggered_at=NIGHT + timedelta(minutes=30))
    assert set(order(case)) == {"V1", "V2"}
    assert load_field(case, NIGHT).demand.limit_s == FIVE_MINUTES_S


def test_only_who_may_go_and_stays_on_duty_counts_as_cover(town: World) -> None:
    """An officer without a permit beside the centre, and a car that goes home in two minutes, change nothing."""
    make_unit(town, "OV1", role="public_order_officer", lat=at_km(9), lon=LON)
    leaving = make_unit(town, "V9", lat=at_km(9), lon=LON)
    leaving.shift.ends_at = NIGHT + timedelta(minutes=2)
    leaving.shift.save()
    UnitStatus.objects.create(unit=leaving.unit, state="break", since=NIGHT)
    assert order(open_at(town, school(town))) == ["V2", "V1"]


def test_a_person_may_choose_another_while_the_first_is_asked(town: World) -> None:
    """Who is asked about this very case is free for it, not busy with it."""
    case = open_at(town, school(town))
    offer = offer_next(case=case, by="test", at=NIGHT)
    assert offer is not None
    assert offer.unit.call_sign == "V2"
    anew = propose(case, NIGHT, (1,), again=True).ranking.lines
    assert [one["call_sign"] for one in anew] == ["V2", "V1"]
    other = Unit.objects.get(call_sign="V1")
    assert offer_to(case=case, unit_id=other.pk, by="test", at=NIGHT).unit == other


def test_who_walks_is_not_weighed(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On foot in time to this case, and to hardly another: a walker is in nobody's stead."""
    walker = make_unit(town, "F1", lat=at_km(4.1), lon=LON).unit
    walker.travel = Unit.Travel.FOOT
    walker.save()
    weighed: list[int] = []

    def watched(world: Any, options: Any, *rest: Any, **more: Any) -> Any:
        weighed.append(len(options))
        return look_ahead(world, options, *rest, **more)

    monkeypatch.setattr(ahead, "look_ahead", watched)
    assert order(open_at(town, school(town)))[0] == "V2"
    assert weighed == [2]


def test_the_nearest_goes_where_too_little_is_known(street: World) -> None:
    """Below the number of cases that is asked for, nothing is weighed."""
    look(street)
    make_contract(street, target_s=FIVE_MINUTES_S)
    make_unit(street, "V1", lat=at_km(5), lon=LON)
    make_unit(street, "V2", lat=at_km(1), lon=LON)
    past(street, site_at(street, "Centrum", lat=at_km(9.5)), ahead.ENOUGH - 1)
    assert order(open_at(street, school(street))) == ["V1", "V2"]
