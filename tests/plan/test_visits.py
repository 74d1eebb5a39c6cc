"""What becomes of a visit: who sees it, what a guard says of it, what counts as presence."""

import json
from datetime import datetime, timedelta

import pytest

from narvaro.access.models import Role
from narvaro.plan import visits
from narvaro.plan.models import Visit
from narvaro.plan.queries import count_visits, get_own_visit, list_plans_of_night, own_visits
from narvaro.situation.models import Presence
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing
from tests.make import crew_of, make_member, make_viewer, put_position
from tests.plan.evening import Night, in_order, local, refusal, state_of
from tests.roads import LON, at_km

MINUTE = timedelta(minutes=1)


# ---- seen ----------------------------------------------------------------------------------------


def test_a_guard_sees_his_units_visits_once_they_are_published(night: Night) -> None:
    unit, other = night.unit("V1"), night.unit("V2")
    plan = night.propose()
    guard, now = make_viewer(crew_of(unit)), local("20:00")
    assert not own_visits(guard, now)
    night.publish(plan)
    assert list(own_visits(guard, now)) == in_order(plan, unit)
    theirs = in_order(plan, other)
    if theirs:
        with pytest.raises(Missing):
            get_own_visit(guard, theirs[0].pk, now)
    assert not own_visits(guard, local("08:00"))
    assert list_plans_of_night(guard, night.world.company.pk, plan.starts_at) == []


def test_events_say_nothing_of_places_or_times(night: Night) -> None:
    unit = night.unit("V1")
    plan = night.publish(night.propose())
    visits.start(visit=in_order(plan)[0], by="test", at=local("18:05"))
    told = Event.objects.filter(record_class="patrol_plan").order_by("position")
    assert [one.kind for one in told] == [
        "plan.proposed", "plan.published", "visit.changed", "visit.changed",
    ]  # fmt: skip
    audience = {str(night.world.company.pk), str(night.world.municipality.pk)}
    for one in told:
        assert "Skola" not in (one.payload or "")
        assert set(json.loads(one.audience)) == audience
    assert str(unit.pk) in (told[2].payload or "")


# ---- what became of it ---------------------------------------------------------------------------


@pytest.fixture
def first(night: Night) -> Visit:
    """Return the first visit of a published plan."""
    night.unit("V1")
    return in_order(night.publish(night.propose()))[0]


def stand(visit: Visit, begins: datetime, minutes: int, km: float | None = None) -> None:
    """Let the unit's device say every minute where it is, by default at the place."""
    assert visit.site is not None
    assert visit.site.lat is not None
    lat = visit.site.lat if km is None else at_km(km)
    for number in range(minutes + 1):
        put_position(visit.unit, begins + number * MINUTE, lat, LON)


def test_a_stay_is_presence_by_tap_or_by_positions(night: Night, first: Visit) -> None:
    second = in_order(first.plan)[1]
    at = first.arrive_at
    visits.start(visit=first, by="test", at=at)
    for _twice in range(2):
        visits.finish(visit=first, by="test", at=at + 12 * MINUTE)
    stand(second, second.arrive_at + MINUTE, 9)
    visits.start(visit=second, by="test", at=second.arrive_at)
    visits.finish(visit=second, by="test", at=second.arrive_at + 12 * MINUTE)
    assert state_of(first) == state_of(second) == ("done", "")
    tap, position = Presence.objects.order_by("starts_at")
    assert (tap.grade, tap.starts_at, tap.ends_at) == ("tap", at, at + 12 * MINUTE)
    assert (position.grade, position.site) == ("position", second.site)
    assert position.starts_at == second.arrive_at + MINUTE
    assert position.ends_at == second.arrive_at + 10 * MINUTE


def test_positions_elsewhere_prove_no_presence(first: Visit) -> None:
    stand(first, first.arrive_at, 12, km=9)
    visits.start(visit=first, by="test", at=first.arrive_at)
    visits.finish(visit=first, by="test", at=first.arrive_at + 12 * MINUTE)
    assert state_of(first) == ("done", "")
    assert not Presence.objects.exists()


def test_a_forgotten_arrival_is_read_from_positions_or_asked_for(first: Visit) -> None:
    left = first.arrive_at + 12 * MINUTE
    assert refusal(lambda: visits.finish(visit=first, by="test", at=left)) == "not_arrived"
    stand(first, first.arrive_at, 12)
    visits.finish(visit=first, by="test", at=left)
    first.refresh_from_db()
    assert (first.state, first.arrived_at, first.left_at) == ("done", first.arrive_at, left)


def test_what_is_said_afterwards_counts_from_positions_else_by_word_alone(first: Visit) -> None:
    second = in_order(first.plan)[1]
    stand(first, first.arrive_at, 12)
    later = second.window_until + 20 * MINUTE
    put_position(first.unit, first.arrive_at + 14 * MINUTE, at_km(9), LON)
    for one in (first, second):
        visits.finish(visit=one, by="test", at=later)
        one.refresh_from_db()
        assert one.state == "done"
    assert (first.arrived_at, first.left_at) == (first.arrive_at, first.arrive_at + 12 * MINUTE)
    assert (second.arrived_at, second.left_at) == (None, None)
    assert [one.site for one in Presence.objects.all()] == [first.site]


def test_a_short_stay_needs_its_reason(first: Visit) -> None:
    visits.start(visit=first, by="test", at=first.arrive_at)
    soon = first.arrive_at + timedelta(seconds=299)
    assert refusal(lambda: visits.finish(visit=first, by="test", at=soon)) == "short_needs_cause"
    assert (
        refusal(lambda: visits.finish(visit=first, cause="tired", by="test", at=soon)) == "no_cause"
    )
    visits.finish(visit=first, cause="weather", by="test", at=soon)
    assert state_of(first) == ("short", "weather")
    assert Presence.objects.get().grade == "tap"


def test_a_missed_visit_needs_its_reason(first: Visit) -> None:
    at = first.window_until
    assert refusal(lambda: visits.miss(visit=first, cause="", by="test", at=at)) == "no_cause"
    for _twice in range(2):
        visits.miss(visit=first, cause="blocked", by="test", at=at)
    assert state_of(first) == ("missed", "blocked")
    assert refusal(lambda: visits.start(visit=first, by="test", at=at)) == "visit_over"
    assert not Presence.objects.exists()


def test_a_unit_is_at_one_place_at_a_time(first: Visit) -> None:
    second = in_order(first.plan)[1]
    for _twice in range(2):
        visits.start(visit=first, by="test", at=first.arrive_at)
    assert (
        refusal(lambda: visits.start(visit=second, by="test", at=second.arrive_at))
        == "other_started"
    )
    assert (
        refusal(lambda: visits.miss(visit=first, cause="alarm", by="test", at=local("19:00")))
        == "visit_started"
    )


def test_a_proposal_is_nobodys_to_answer(night: Night) -> None:
    night.unit("V1")
    visit = in_order(night.propose())[0]
    assert (
        refusal(lambda: visits.start(visit=visit, by="test", at=local("18:05")))
        == "plan_superseded"
    )


def test_visits_are_counted_by_place_and_never_by_unit(night: Night, first: Visit) -> None:
    visits.miss(visit=first, cause="alarm", by="test", at=first.window_until)
    leader = make_viewer(make_member(night.world, Role.SHIFT_LEADER))
    coordinator = make_viewer(make_member(night.world, Role.COORDINATOR))
    guard = make_viewer(crew_of(first.unit))
    span = (first.plan.starts_at, first.plan.ends_at)
    counts = count_visits(leader, *span)
    assert counts == count_visits(coordinator, *span)
    assert count_visits(guard, *span) == []
    assert sum(one.planned for one in counts) == first.plan.visits.count()
    mine = next(one for one in counts if one.place == first.place_name)
    assert mine.states["missed"] == 1
