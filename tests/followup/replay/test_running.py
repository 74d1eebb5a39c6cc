"""A tenant's own town, played: what is loaded, what differs, what is refused."""

from datetime import date, time, timedelta
from itertools import pairwise
from math import isnan
from typing import Any

import numpy as np
import pytest

from narvaro.contract.models import ResponseTerm
from narvaro.core.replay import Policy, Rule
from narvaro.directory.models import Area, Site
from narvaro.dispatch.ahead import count_known
from narvaro.followup.replay.demand import DAY_S, HOUR_S, rates_of, stay_of
from narvaro.followup.replay.loading import Loaded, load
from narvaro.followup.replay.running import Stopped, run
from narvaro.followup.replay.scenario import Answer, Asked, Scenario
from narvaro.plan.models import Shift, Visit
from narvaro.situation.models import Case
from narvaro.spine.refusal import Refused
from tests.followup.replay.town import DAYS, KMS, MIDNIGHT, make_town
from tests.make import NIGHT, World, make_closure, make_permit, make_plan, make_unit, make_visit


def loaded(world: World, b: Scenario | None = None, **asked: Any) -> Loaded:
    given = {"days": 7, "runs": 4} | asked
    return load(world.tenant, Asked(Scenario(), b or Scenario(), **given), NIGHT)


def played(world: World, b: Scenario | None = None, **asked: Any) -> Answer:
    return run(loaded(world, b, **asked), lambda _share: None)


def codes(answer: Answer | Loaded) -> set[str]:
    return {one.code for one in answer.notes}


def test_a_against_a_differs_in_nothing(street: World) -> None:
    make_town(street)
    for real in (False, True):
        answer = played(street, real=real)
        for row in answer.rows:
            assert row.difference == 0 or isnan(row.difference), row
        assert answer.a_s == answer.b_s


def test_it_stands_on_the_rows(street: World) -> None:
    make_town(street)
    answer = played(street)
    on = answer.stands_on
    assert (on["cases"], on["days_known"], on["units"], on["places"]) == (90, DAYS, 2, len(KMS))
    assert on["units_on_duty"] == pytest.approx(1.0)
    assert answer.limit_s == 20 * 60
    drawn = answer.row("all_incidents").a
    assert abs(drawn - 21) < 4 * (21 / 4) ** 0.5
    assert codes(answer) >= {
        "rates_smoothed",
        "stays_measured",
        "roster_repeated",
        "visits_made_up",
    }
    assert all(share in answer.shares for share in (0.5, 0.9))
    assert answer.a_s == tuple(sorted(answer.a_s))


AHEAD = Scenario("ahead")


def test_the_look_ahead_is_played_where_enough_is_known(street: World) -> None:
    """As the product plays it: under 200 cases the nearest goes, and that is said."""
    make_town(street)
    with pytest.raises(Refused) as no:
        loaded(street, AHEAD)
    assert (no.value.code, "90 are known" in str(no.value.detail)) == ("few_cases_ahead", True)
    few = load(street.tenant, Asked(AHEAD, AHEAD, 7, 4), NIGHT)
    assert (few.expected, few.a.policy) == (None, Policy())
    assert "not_ahead" in codes(few)
    assert repr(run(few, lambda _share: None).rows) == repr(played(street).rows)


def test_the_look_ahead_is_played_from_200_cases_on(street: World) -> None:
    make_town(street, a_day=7)
    town = loaded(street, AHEAD)
    assert town.expected is not None
    assert (town.a.policy.rule, town.b.policy.rule) == (Rule.NEAREST, Rule.AHEAD)
    assert ("not_ahead" in codes(town), "ahead_alike" in codes(town)) == (False, True)
    answer = run(town, lambda _share: None)
    assert answer.row("all_incidents").a == answer.row("all_incidents").b > 0


def test_the_look_ahead_is_played_only_where_the_product_looks_ahead(street: World) -> None:
    """Cases that lie at no site tell it nothing, and without agreed times nothing is in time."""
    make_town(street, a_day=7)
    beside = Case.objects.order_by("received_at").values_list("pk", flat=True)[:20]
    Case.objects.filter(pk__in=list(beside)).update(site=None)
    with pytest.raises(Refused) as no:
        loaded(street, AHEAD)
    assert no.value.code == "few_cases_ahead"
    assert f"{count_known(street.tenant.pk, NIGHT)} are known" in str(no.value.detail)
    ResponseTerm.objects.all().delete()
    with pytest.raises(Refused) as no:
        loaded(street, AHEAD)
    assert no.value.code == "no_term_ahead"
    assert load(street.tenant, Asked(AHEAD, AHEAD, 7, 4), NIGHT).expected is None


def test_readiness_asks_each_site_for_what_its_plan_needs(street: World) -> None:
    """A dog is needed at one site, nobody has one, and no case has asked for one yet."""
    make_town(street)
    before = loaded(street)
    assert (len(set(before.ready.needs.tolist())), set(before.ready.limit_s)) == (1, {1200.0})
    ready = played(street).row("readiness_share").a
    site = Site.objects.get(name="Plats 4")
    make_plan(site, needs=["guard", "dog"])
    after = loaded(street)
    at = after.ground.find(site.code)
    assert at is not None
    others = [one for n, one in enumerate(after.ready.needs.tolist()) if n != at]
    assert others == [one for n, one in enumerate(before.ready.needs.tolist()) if n != at]
    assert after.ready.needs[at] & ~others[0]
    assert played(street).row("readiness_share").a < ready


def test_the_same_seed_gives_the_same_answer(street: World) -> None:
    make_town(street)
    b = Scenario("reserve", more_units=1)
    assert repr(played(street, b)) == repr(played(street, b))
    assert repr(played(street, b, seed=2).rows) != repr(played(street, b).rows)


def test_more_units_another_base_other_hours(street: World) -> None:
    make_town(street)
    code = Site.objects.order_by("lat").last()
    assert code is not None
    more = loaded(street, Scenario(more_units=2, base=code.code, shift=(time(18), time(2))))
    staff = more.lay(more.b, more.first, 7)
    added = [n for n, crew in enumerate(staff.crews) if crew.added]
    assert len(added) == 2
    assert {more.ground.spots[staff.units.base[n]].code for n in added} == {code.code}
    hours = staff.units.shifts
    mine = np.isin(hours.unit, added)
    # seven evenings of two, and what the evening before left after midnight
    assert sorted((hours.until_s - hours.from_s)[mine] / HOUR_S) == [2.0, 2.0, *[8.0] * 14]
    visits = staff.visits
    assert "added_patrol" in codes(more)
    of_each = [int((visits.unit == n).sum()) for n in added]
    assert of_each[0] == of_each[1] > 7 * 8
    of_a = more.lay(more.a, more.first, 7).visits
    theirs = ~np.isin(visits.unit, added)
    assert (
        visits.place[theirs].tolist() == of_a.place.tolist()
    )  # the others' visits stay as they were
    elsewhere = loaded(street, Scenario(base=code.code, shift=(time(8), time(16))))
    staff = elsewhere.lay(elsewhere.b, elsewhere.first, 7)
    assert {elsewhere.ground.spots[n].code for n in staff.units.base} == {code.code}
    assert set((staff.units.shifts.from_s % DAY_S / HOUR_S).tolist()) == {8.0}


def test_a_roster_is_of_whole_days(street: World) -> None:
    """Whatever the clock is when it is asked: a roster known for long ahead is not cut within a day."""
    make_town(street)
    Shift.objects.all().delete()
    car = make_unit(street, "V7")
    car.shift.delete()
    for day in range(60):
        begins = MIDNIGHT + timedelta(days=day, hours=6)
        shift = Shift.objects.create(
            tenant=street.tenant, unit=car.unit, starts_at=begins,
            ends_at=begins + timedelta(hours=8),
        )  # fmt: skip
        shift.crew.add(car.member)
    asked = Asked(Scenario(), Scenario(), 7, 4)
    early, late = (load(street.tenant, asked, MIDNIGHT + timedelta(hours=h)) for h in (5, 7))
    assert (early.first, early.stands_on) == (late.first, late.stands_on)


def test_one_works_at_a_time_of_a_unit_with_two_crews(street: World) -> None:
    make_town(street)
    other = make_unit(street, "V9", competences=("guard", "cpr"))
    last = Shift.objects.filter(unit__call_sign="V1").order_by("starts_at").last()
    assert last is not None
    last.crew.set([other.member])
    Shift.objects.filter(unit=other.unit).delete()
    town = loaded(street)
    staff = town.lay(town.a, town.first, 28)
    of_v1 = [n for n, crew in enumerate(staff.crews) if crew.call_sign == "V1"]
    assert {staff.crews[n].holds for n in of_v1} == {("guard",), ("cpr", "guard")}
    shifts = staff.units.shifts
    rows = sorted(
        (a, b)
        for u, a, b in zip(shifts.unit, shifts.from_s, shifts.until_s, strict=True)
        if u in of_v1
    )
    assert all(before[1] <= after[0] for before, after in pairwise(rows))


def test_officers_are_played_only_within_their_permits(street: World) -> None:
    make_town(street)
    box = "POLYGON((17.9 59.0,18.1 59.0,18.1 59.05,17.9 59.05,17.9 59.0))"
    make_permit(street, box, (time(18), time(2)))
    officer = make_unit(street, "OV1", role="public_order_officer").unit
    Shift.objects.filter(unit=officer).update(
        starts_at=NIGHT - timedelta(hours=9), ends_at=NIGHT + timedelta(hours=1)
    )
    town = loaded(street)
    staff = town.lay(town.a, town.first, 7)
    number = next(n for n, crew in enumerate(staff.crews) if crew.call_sign == "OV1")
    assert staff.units.needs_permit.tolist() == [n == number for n in range(len(staff.crews))]
    inside = [one.lat < 59.05 for one in town.ground.spots]
    assert staff.units.covers[number].tolist() == inside
    mine = staff.units.windows.unit == number
    begins = staff.units.windows.from_s[mine] % DAY_S
    assert len(begins)
    assert all(one >= 18 * HOUR_S or one < 2 * HOUR_S for one in begins)


def test_published_plans_are_repeated(street: World) -> None:
    make_town(street)
    unit = Shift.objects.filter(unit__call_sign="V1").first()
    site = Site.objects.first()
    assert unit is not None
    assert site is not None
    for day in range(2, 6):
        at = MIDNIGHT - timedelta(days=day) + timedelta(hours=20)
        make_visit(unit.unit, site, at=at)
    assert Visit.objects.count() == 4
    town = loaded(street)
    assert "visits_of_plans" in codes(town)
    assert len(town.lay(town.a, town.first, 28).visits) == 4
    assert len(town.lay(town.a, town.first, 56).visits) == 8
    more = loaded(street, Scenario(more_units=1))
    staff = more.lay(more.b, more.first, 28)
    added = [n for n, crew in enumerate(staff.crews) if crew.added]
    assert len(staff.visits) == 4 + np.isin(staff.visits.unit, added).sum() > 28 * 8


def test_nobody_is_sent_to_faults_and_tests(street: World) -> None:
    make_town(street)
    for number, change in enumerate(
        ({"kind": "technical"}, {"kind": "path"}, {"cause": "test"}, {"cause": "cancelled"}), 1
    ):
        Case.objects.filter(number=number).update(**change)
    town = loaded(street)
    told = next(one for one in town.notes if one.code == "cases_left_out")
    assert told.facts == {"not_sent": 3, "cancelled": 1}
    assert len(town.calls.rows) == 86


def test_real_days_are_held_against_what_was(street: World) -> None:
    make_town(street)
    answer = played(street, days=14, real=True)
    assert answer.row("all_incidents").runs == 2
    real = answer.calibration
    assert real is not None
    assert 35 <= real.cases <= 42
    assert 4 * 60 <= real.received_p50_s <= 12 * 60
    assert real.accepted_p50_s == real.received_p50_s - 60
    assert "real_days" in codes(answer)


def test_a_closed_road_and_what_lies_off_the_map_are_told(street: World) -> None:
    make_town(street)
    make_closure(street)
    Site.objects.filter(name="Plats 1").update(lat=60.5)
    answer = played(street)
    assert codes(answer) >= {"closures_as_now", "off_map"}


def test_it_tells_how_far_it_is_and_can_be_stopped(street: World) -> None:
    make_town(street)
    town = loaded(street)
    told: list[float] = []
    run(town, told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]
    with pytest.raises(Stopped):
        run(town, told.append, lambda: len(told) < 6)
    assert told[4:] == [0.25, 0.5]


def test_what_is_missing_is_said_and_what_to_do(street: World) -> None:
    with pytest.raises(Refused, match="import the roster") as no:
        loaded(street)
    assert no.value.code == "no_roster"
    make_town(street, days=3)
    with pytest.raises(Refused, match="needs a week"):
        loaded(street)
    Case.objects.update(cause="test")
    with pytest.raises(Refused, match="import an alarm journal"):
        loaded(street)
    Case.objects.update(cause="")
    Case.objects.filter(number=1).update(received_at=NIGHT - timedelta(days=60))
    with pytest.raises(Refused, match="No site on the map has the code X"):
        loaded(street, Scenario(base="X"))
    Site.objects.update(lat=0.0)
    with pytest.raises(Refused, match="No site or area lies on the map"):
        loaded(street)


def test_without_a_map_nothing_is_played(world: World) -> None:
    make_town(world)
    with pytest.raises(Refused, match="import roads first"):
        loaded(world)


def test_rates_keep_the_number_of_calls(street: World) -> None:
    make_town(street)
    town = loaded(street)
    assert town.rates.shape == (len(KMS), 24)
    assert town.rates.sum() * town.calls.days == pytest.approx(len(town.calls.rows))
    assert rates_of(town.calls, np.full(len(town.calls.rows), -1), 2).sum() == 0


def test_stays_of_few_are_what_is_usual() -> None:
    assert stay_of([60.0] * 4) == (1500.0, 2.0)
    assert stay_of([60.0] * 5) == (60.0, 10.0)


def test_only_so_many_places_are_kept(street: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_town(street)
    monkeypatch.setattr("narvaro.followup.replay.places.PLACES_AT_MOST", 3)
    town = loaded(street, Scenario(base=Site.objects.order_by("code").last().code))  # type: ignore[union-attr]
    assert len(town.ground.spots) == 3
    told = next(one for one in town.notes if one.code == "places_thinned")
    assert told.facts["kept"] == 3
    assert told.facts["moved"] > 0  # type: ignore[operator]
    assert town.rates.sum() * town.calls.days == pytest.approx(90)
    assert Area.objects.count() == 0
    assert town.first >= date(2026, 10, 1)
