"""Story 8's end: the meeting's decisions are published at 10:05, the plan is drafted, changed, published.

And what story 3 asks of it: 10–15-minute stays at the decided schools, rotating at random times.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from narvaro.access.models import Role
from narvaro.directory.models import Site
from narvaro.plan import actions
from narvaro.plan.actions import Wanted
from narvaro.plan.following import PLAN
from narvaro.plan.models import Focus, PatrolPlan, Shift, Visit
from narvaro.plan.queries import own_visits
from narvaro.plan.running import list_due, propose_due
from narvaro.situation import pictures
from narvaro.situation.models import Decision
from narvaro.spine import events
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from tests.make import World, make_member, make_site, make_unit, make_viewer
from tests.roads import LON, at_km

ZONE = ZoneInfo("Europe/Stockholm")
MONDAY = date(2026, 11, 23)
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=number) for number in (1, 2, 4))


def local(clock: str, day: date) -> datetime:
    """Return a local time."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZONE)


@pytest.fixture
def schools(street: World) -> list[Site]:
    """Return six schools along the street, and a car that works each night of the week."""
    crewed = make_unit(street, "V1", at=local("23:00", MONDAY), lat=None, lon=None)
    Shift.objects.all().delete()
    for number in range(1, 9):
        day = MONDAY + timedelta(days=number)
        shift = Shift.objects.create(
            tenant=street.tenant, unit=crewed.unit, starts_at=local("18:00", day),
            ends_at=local("02:00", day + timedelta(days=1)),
        )  # fmt: skip
        shift.crew.add(crewed.member)
    return [make_site(street, f"Skola {one}", lat=at_km(one), lon=LON) for one in range(6)]


def hold_the_meeting(world: World, places: list[Site], hands: Hands) -> None:
    """Freeze, decide on evenings from Friday to Sunday, publish at 10:05."""
    coordinator = make_member(world, Role.COORDINATOR)
    by = make_viewer(coordinator).signature
    picture = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY)
    pictures.freeze(picture=picture, by=by, at=local("13:00", MONDAY))
    focus = pictures.Focus(
        Decision.Focus.BE_SEEN, weekdays=(4, 5, 6), hours_from=time(19), hours_until=time(23),
        why="Samma klotter på tre skolor",
    )  # fmt: skip
    for place in places:
        pictures.decide_place(
            decision_id=uuid7(), picture=picture, place=place, focus=focus,
            member_id=coordinator.pk, at=local("09:30", TUESDAY),
        )  # fmt: skip
    pictures.mark_decided(picture=picture, by=by, at=local("09:45", TUESDAY))
    hands.move_to(local("10:05", TUESDAY))
    pictures.publish(picture=picture, by=by, at=hands.now())
    events.advance(PLAN, world.tenant.pk)


def plan_of(day: date) -> PatrolPlan:
    """Return what holds for a night."""
    plans = PatrolPlan.objects.filter(starts_at=local("18:00", day))
    return plans.exclude(state="superseded").get()


def visits_of(plan: PatrolPlan) -> list[Visit]:
    """List a plan's visits in order."""
    return list(plan.visits.select_related("site", "unit").order_by("arrive_at"))


def test_the_meeting_moves_the_focus_and_the_company_publishes(
    street: World, schools: list[Site], hands: Hands
) -> None:
    """Drafts for Wed–Tue at 10:10; two stops are changed with a reason; published at 11:00."""
    decided = schools[:4]
    hold_the_meeting(street, decided, hands)
    assert {(one.starts_on, one.ends_on) for one in Focus.objects.all()} == {
        (WEDNESDAY, WEDNESDAY + timedelta(days=7))
    }

    hands.move_to(local("10:10", TUESDAY))
    assert propose_due() == 7
    assert not list(list_due(hands.now()))
    nights = [one.starts_at.astimezone(ZONE).date() for one in PatrolPlan.objects.all()]
    assert sorted(nights) == [WEDNESDAY + timedelta(days=number) for number in range(7)]

    friday = plan_of(FRIDAY)
    rows = visits_of(friday)
    assert sorted(one.place_name for one in rows) == sorted(2 * [one.name for one in decided])
    for one in rows:
        assert local("19:00", FRIDAY) <= one.window_from <= one.window_until
        assert one.window_until + timedelta(seconds=one.dwell_s) <= local("23:00", FRIDAY)
        assert 600 <= one.dwell_s <= 900
        assert one.reasons[0]["focus"] == "be_seen"
    saturday = visits_of(plan_of(FRIDAY + timedelta(days=1)))
    assert [one.arrive_at - timedelta(days=1) for one in saturday] != [
        one.arrive_at for one in rows
    ]
    assert visits_of(plan_of(WEDNESDAY)) == []  # no forecast, and no decision about that evening

    leader = make_member(street, Role.SHIFT_LEADER)
    by = make_viewer(leader).signature
    moved, dropped = rows[2], rows[5]
    for minute, wanted in (
        (40, Wanted("Skolan har kvällskurs till 21", visit=moved, unit=moved.unit_id,
                    not_before=max(moved.arrive_at, local("21:00", FRIDAY)))),
        (45, Wanted("Stängt av vattenläcka", visit=dropped)),
    ):  # fmt: skip
        hands.move_to(local(f"10:{minute}", TUESDAY))
        friday = actions.change_visit(plan=plan_of(FRIDAY), wanted=wanted, by=by, at=hands.now())
    assert [one["why"] for one in friday.facts["changes"]] == [
        "Skolan har kvällskurs till 21", "Stängt av vattenläcka",
    ]  # fmt: skip
    assert len(visits_of(friday)) == len(rows) - 1

    guard = make_viewer(Shift.objects.filter(starts_at=local("18:00", FRIDAY)).get().crew.get())
    hands.move_to(local("11:00", TUESDAY))
    assert not own_visits(guard, local("18:30", FRIDAY))
    actions.publish(plan=friday, member_id=leader.pk, by=by, at=hands.now())
    seen = list(own_visits(guard, local("18:30", FRIDAY)))
    assert seen == visits_of(friday)
    moved.refresh_from_db()
    assert moved.changed_because == "Skolan har kvällskurs till 21"
    assert moved.window_from >= local("21:00", FRIDAY)

    hands.move_to(local("15:00", FRIDAY))
    propose_due()
    assert plan_of(FRIDAY) == friday, "what the leader published is left alone"
