"""Plans: proposed with reasons, changed by hand within the rules, published by the shift leader."""

import itertools
from collections.abc import Callable
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest

from narvaro.core.permits import Permit, find_cover, read_area
from narvaro.plan import actions, loading, visits
from narvaro.plan.actions import Wanted
from narvaro.plan.models import PatrolPlan
from narvaro.plan.queries import own_visits
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from tests.make import (
    crew_of,
    make_closure,
    make_decision,
    make_focus,
    make_permit,
    make_viewer,
)
from tests.plan.evening import ZONE, Harm, Night, in_order, local, refusal, state_of
from tests.plan.test_loading import SOUTH
from tests.roads import at_km

MINUTE = timedelta(minutes=1)


# ---- proposed ------------------------------------------------------------------------------------


def test_a_proposal_has_visits_with_windows_and_reasons(night: Night) -> None:
    night.unit("V1")
    plan = night.propose()
    assert (plan.state, plan.seed, plan.made_at) == ("proposed", 1, local("15:00"))
    rows = in_order(plan)
    assert len(rows) > 20
    for one in rows:
        assert 600 <= one.dwell_s <= 900
        assert one.window_from <= one.arrive_at <= one.window_until
        assert one.window_until - one.window_from <= 30 * MINUTE
        assert plan.starts_at <= one.window_from
        assert one.window_until + timedelta(seconds=one.dwell_s) <= plan.ends_at
        assert one.reasons
    facts = plan.facts
    assert 0 < facts["prevented"] < facts["expected"]
    assert facts["units"][0]["base"] == "Skola 2"
    assert len(facts["units"][0]["rests"]) == 2


def test_the_same_seed_is_the_same_plan_and_another_one_another(night: Night) -> None:
    night.unit("V1")
    first, again, other = (
        [(one.site_id, one.window_from) for one in in_order(night.propose(seed=seed))]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert [one.state for one in PatrolPlan.objects.order_by("pk")] == [
        "superseded", "superseded", "proposed",
    ]  # fmt: skip


def test_no_visit_of_an_officer_is_ever_outside_a_permit(night: Night) -> None:
    """From the window's first second to leaving after its last, by the judge that dispatch asks."""
    row = make_permit(night.world, SOUTH)
    row.hours_from, row.hours_until = (
        local("20:00").astimezone(ZONE).time(),
        local("02:30").astimezone(ZONE).time(),
    )
    row.save()
    officers = {
        night.unit("OV1", ("18:00", "22:00"), role="public_order_officer"),
        night.unit("OV2", ("22:00", "06:00"), role="public_order_officer", travel="foot"),
    }
    permit = Permit(
        row.decision_no, read_area(row.area_wkt), row.valid_from, row.valid_until,
        frozenset(row.weekdays), row.hours_from, row.hours_until,
    )  # fmt: skip
    seen = set()
    for seed in range(6):
        for one in in_order(night.propose(seed=seed)):
            if one.unit not in officers:
                continue
            seen.add(one.unit)
            assert one.site is not None
            assert one.site.lat is not None
            assert one.site.lon is not None
            last = one.window_until + timedelta(seconds=one.dwell_s - 1)
            for at in (one.window_from, one.arrive_at, last):
                judged = find_cover([permit], one.site.lat, one.site.lon, at.astimezone(ZONE))
                assert judged.covered, (seed, one.unit.call_sign, at)
    assert seen == officers


def test_those_who_walk_and_those_who_drive_stay_apart(night: Night) -> None:
    """Half an hour between any two drawn visits at a place, whoever makes them."""
    night.unit("V1")
    night.unit("OV1", travel="foot")
    rows = in_order(night.propose())
    assert {one.unit.call_sign for one in rows} == {"V1", "OV1"}
    for site in night.schools:
        there = [one for one in rows if one.site_id == site.pk]
        for one, following in itertools.pairwise(there):
            gap = following.arrive_at - one.arrive_at - timedelta(seconds=one.dwell_s)
            assert gap >= 30 * MINUTE


def test_without_a_forecast_only_what_was_asked_for_is_planned(
    night: Night, expect: Callable[[Harm | None], None]
) -> None:
    expect(None)
    night.unit("V1")
    make_focus(make_decision(night.world, night.schools[4]))
    plan = night.propose()
    rows = in_order(plan)
    assert [one.place_name for one in rows] == ["Skola 4"] * 4
    assert all(one.reasons[0]["code"] == "asked" for one in rows)
    assert (plan.facts["expected"], plan.facts["usual"]) == (0, None)


def test_a_forecast_that_is_replaced_meanwhile_is_planned_on_anew(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forecast of before is gone when the plan is to be kept: nothing may refer to it."""
    night.unit("V1")
    forecasts = iter([uuid7(), uuid7(), None, uuid7()])
    load = loading.load

    def load_with(*given: Any, **named: Any) -> loading.Loaded:
        loaded = load(*given, **named)
        kept: Any = loaded.kept  # the test's own namespace
        kept.forecast_id = next(forecasts)
        return loaded

    monkeypatch.setattr(actions, "load", load_with)
    assert night.propose().forecast_id is None
    forecasts = iter([uuid7()] * 10)
    assert refusal(night.propose) == "forecast_changes"
    assert PatrolPlan.objects.count() == 1


def test_what_was_asked_for_is_kept_before_the_lottery(night: Night) -> None:
    night.unit("V1")
    make_focus(make_decision(night.world, night.schools[0], hours=(time(19), time(23))))
    make_focus(make_decision(night.world, night.schools[1], "talk", hours=(time(21), time(22))))
    plan = night.propose()
    announced = [one for one in in_order(plan) if one.is_announced]
    assert [(one.window_from, one.window_until, one.dwell_s) for one in announced] == [
        (local("21:00"), local("21:00"), 1800)
    ]
    asked = [one for one in in_order(plan) if one.reasons[0]["code"] == "asked"]
    assert [one.place_name for one in asked] == ["Skola 0", "Skola 0"]
    assert all(local("19:00") <= one.window_from for one in asked)
    assert plan.facts["left_out"] == []


def test_what_is_left_out_says_why(night: Night) -> None:
    night.unit("V1", ("18:00", "19:00"))
    make_focus(make_decision(night.world, night.schools[0], hours=(time(22), time(23))))
    left_out = night.propose().facts["left_out"]
    assert left_out[0]["place"] == "Skola 0"
    assert left_out[0]["why"] in {"past_shift_end", "outside_shift"}
    assert left_out[0]["asked"] == "be_seen"


def test_nobody_is_planned_to_the_other_side_of_a_closed_road(night: Night) -> None:
    """Between the second and the third of five schools; what was decided beyond it is left out, and why."""
    night.unit("V1")
    line = {"a": (at_km(1.5), 17.99), "b": (at_km(1.5), 18.005)}
    make_closure(night.world, **line, closed_at=local("14:00"))
    plan = night.propose()
    rows = in_order(plan)
    assert {one.site.name for one in rows if one.site} == {"Skola 2", "Skola 3", "Skola 4"}
    assert {"code": "closed_roads", "n": 1} in plan.facts["notes"]
    given: dict[str, Any] = {"unit": rows[0].unit_id, "not_before": local("22:00")}
    assert (
        refusal(lambda: change(plan, place=night.schools[1].pk, new_id=uuid7(), **given))
        == "rule.no_road"
    )
    change(plan, place=night.schools[4].pk, new_id=uuid7(), **given)
    why = {one["place"]: one["why"] for one in plan.facts["left_out"]}
    assert (why["Skola 0"], why["Skola 1"]) == ("no_road", "no_road")


def test_where_closed_roads_make_islands_one_of_them_is_planned(night: Night) -> None:
    """A school on each: the plan is that of one school, and it says that roads are closed."""
    night.unit("V1")
    for km in (0.5, 1.5, 2.5, 3.5):
        make_closure(night.world, (at_km(km), 17.99), (at_km(km), 18.005), closed_at=local("14:00"))
    plan = night.propose()
    assert len({one.site_id for one in in_order(plan)}) == 1
    assert {"code": "closed_roads", "n": 4} in plan.facts["notes"]


def test_a_night_that_is_over_is_not_planned(night: Night) -> None:
    night.unit("V1")
    assert refusal(lambda: night.propose(at="07:00")) == "night_over"


# ---- changed and published -----------------------------------------------------------------------


def change(plan: PatrolPlan, at: str = "15:30", **wanted: Any) -> PatrolPlan:
    """Change a plan by hand."""
    given = {"why": "Möte på skolan"} | wanted
    return actions.change_visit(plan=plan, wanted=Wanted(**given), by="test", at=local(at))


def test_a_visit_is_taken_out_with_a_reason(night: Night) -> None:
    night.unit("V1")
    plan = night.propose()
    first, *rest = in_order(plan)
    assert refusal(lambda: change(plan, visit=first, why="  ")) == "no_why"
    changed = change(plan, visit=first)
    assert [one.pk for one in in_order(changed)] == [one.pk for one in rest]
    assert [one.arrive_at for one in in_order(changed)] == [one.arrive_at for one in rest]
    [entry] = changed.facts["changes"]
    assert (entry["what"], entry["place"], entry["why"]) == (
        "taken_out", first.place_name, "Möte på skolan",
    )  # fmt: skip
    assert entry["prevented"] < 0


def test_a_visit_is_put_in_and_the_drawn_ones_make_room(night: Night) -> None:
    unit = night.unit("V1")
    plan = night.propose()
    before = len(in_order(plan))
    given: dict[str, Any] = {
        "unit": unit.pk, "place": night.schools[0].pk, "not_before": local("22:00"),
        "new_id": uuid7(),
    }  # fmt: skip
    changed = change(plan, **given)
    rows = in_order(changed)
    mine = next(one for one in rows if one.pk == given["new_id"])
    assert mine.arrive_at >= mine.window_from >= local("22:00")
    assert (mine.place_name, mine.changed_because) == ("Skola 0", "Möte på skolan")
    assert {"code": "by_hand"} in mine.reasons
    [entry] = changed.facts["changes"]
    assert 1 <= len(entry["left_out"]) <= 3
    assert len(rows) == before + 1 - len(entry["left_out"])
    assert change(changed, **given).facts["changes"] == [entry]  # sent twice, it is one


def test_a_visit_moves_to_another_unit_also_from_foot_to_car(night: Night) -> None:
    walker, driver = (
        night.unit("OV1", ("18:00", "23:00"), travel="foot"),
        night.unit("V1", ("23:00", "05:00")),
    )
    plan = night.propose()
    visit = in_order(plan, walker)[1]
    change(plan, visit=visit, unit=driver.pk, not_before=local("01:00"))
    visit.refresh_from_db()
    assert visit.unit == driver
    assert visit.arrive_at >= visit.window_from >= local("01:00")


def test_a_rule_refuses_by_its_code(night: Night) -> None:
    make_permit(night.world, SOUTH)
    officer = night.unit("OV1", role="public_order_officer")
    unit = night.unit("V1", ("18:00", "22:00"))
    plan = night.propose()
    visit = in_order(plan, unit)[0]
    north = partial(change, plan, unit=officer.pk, place=night.schools[4].pk)
    later = partial(change, plan, visit=visit, unit=unit.pk)
    assert refusal(partial(north, not_before=local("20:00"))) == "rule.no_permit"
    assert refusal(partial(later, not_before=local("23:00"))) == "no_shift_then"
    code = refusal(partial(later, not_before=local("21:55")))
    assert code in {"rule.outside_shift", "rule.past_shift_end"}
    assert plan.facts["changes"] == []


def test_only_one_plan_holds_and_what_had_begun_stays(night: Night) -> None:
    unit = night.unit("V1")
    plan = night.publish(night.propose())
    first = in_order(plan)[0]
    visits.start(visit=first, by="test", at=first.arrive_at)
    later = night.publish(night.propose(at="19:00", seed=7), at="19:01")
    plan.refresh_from_db()
    assert (plan.state, later.state) == ("superseded", "published")
    assert all(one.arrive_at >= local("19:00") for one in in_order(later))
    guard = make_viewer(crew_of(unit))
    mine = list(own_visits(guard, local("19:05")))
    assert mine[0] == first
    assert {one.plan_id for one in mine[1:]} == {later.pk}
    code = refusal(lambda: visits.start(visit=in_order(plan)[3], by="test", at=local("19:05")))
    assert code == "plan_superseded"
    assert refusal(lambda: night.publish(plan)) == "plan_superseded"
    assert night.publish(later).published_at == local("19:01")


def test_a_running_plan_is_changed_only_from_now_on(night: Night) -> None:
    unit = night.unit("V1")
    plan = night.publish(night.propose())
    first, second, *_ = in_order(plan)
    visits.start(visit=first, by="test", at=first.arrive_at)
    visits.finish(visit=first, by="test", at=first.arrive_at + 12 * MINUTE)
    at = (second.arrive_at - MINUTE).astimezone(ZONE).strftime("%H:%M")
    assert refusal(lambda: change(plan, at=at, visit=first)) == "visit_begun"
    changed = change(plan, at=at, unit=unit.pk, place=night.schools[0].pk, new_id=uuid7())
    assert state_of(first) == ("done", "")
    made = [one for one in in_order(changed) if {"code": "by_hand"} in one.reasons]
    assert all(one.arrive_at >= second.arrive_at - MINUTE for one in made)
    told = Event.objects.filter(kind="visit.changed").order_by("-position").first()
    assert told is not None
    assert "put_in" in (told.payload or "")


def test_a_plan_that_no_longer_fits_says_so(night: Night) -> None:
    unit = night.unit("V1")
    plan = night.propose()
    unit.shifts.update(ends_at=local("19:00"))
    assert refusal(lambda: change(plan, visit=in_order(plan)[0])) == "night_changed"
