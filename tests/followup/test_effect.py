"""Did it help: which weeks and reports are counted, and who may ask."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from narvaro.access.models import Member, Role
from narvaro.access.viewer import Viewer
from narvaro.core.effect import Seen, Verdict, Why
from narvaro.directory.models import Area, Site
from narvaro.followup.effect import PlaceEffect, list_effects
from narvaro.situation.models import Damage, Decision, Incident, Measure, Picture
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_area, make_decision, make_member, make_site, make_viewer

MONDAY = date(2026, 8, 31)
PUBLISHED = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
SINCE = date(2026, 9, 2)
BEFORE = (date(2026, 6, 3), date(2026, 7, 29))  # eight weeks that end five weeks before
DAY = timedelta(days=1)


@pytest.fixture
def coordinator(world: World) -> Member:
    """Return the one who asks."""
    return make_member(world, Role.COORDINATOR)


@pytest.fixture
def viewer(coordinator: Member) -> Viewer:
    """Return the coordinator as the policy sees him."""
    return make_viewer(coordinator)


@pytest.fixture
def school(world: World) -> Site:
    """Return the place that was decided on."""
    return make_site(world)


def publish(world: World, place: Site | Area, monday: date = MONDAY) -> Decision:
    """Publish a week that names a place."""
    decision = make_decision(world, place, monday=monday)
    at = datetime.combine(monday + DAY, time(14), UTC)
    Picture.objects.filter(pk=decision.picture_id).update(state="published", published_at=at)
    return decision


def damaged(world: World, place: Site | None, day: date, number: int = 1, **fields: Any) -> None:
    """Let a file tell of damage at noon of a day."""
    at = datetime.combine(day, time(10), UTC)
    for _ in range(number):
        Damage.objects.create(
            tenant=world.tenant, site=place, occurred_from=at, occurred_until=at, reported_at=at,
            batch=world.batch, **{"kind": "glass", **fields},
        )  # fmt: skip


def known_throughout(world: World) -> None:
    """Let something be known elsewhere from January until today, so that every day is known."""
    elsewhere = make_site(world, "Någon annanstans")
    for day in (date(2026, 1, 1), NIGHT.date() - DAY):
        damaged(world, elsewhere, day)


def the_only(viewer: Viewer, now: datetime = NIGHT) -> PlaceEffect:
    """Return the only place's effect."""
    [found] = list_effects(viewer, now)
    return found


def test_eight_weeks_before_the_choice_against_the_weeks_since(
    world: World, school: Site, viewer: Viewer
) -> None:
    """The first and last day of each side count; the weeks that the meeting saw count on none."""
    publish(world, school)
    known_throughout(world)
    for day in (BEFORE[0], BEFORE[1] - DAY):
        damaged(world, school, day, 10)
    for day in (BEFORE[0] - DAY, BEFORE[1], SINCE - DAY):
        damaged(world, school, day, 100)
    look = SINCE + timedelta(weeks=8)
    damaged(world, school, SINCE, 2)
    damaged(world, school, look, 50)  # after the last look, before the next one
    found = the_only(viewer)
    assert (found.since, found.until, found.place) == (SINCE, look, school)
    assert (found.looked, found.next_look) == (look, SINCE + timedelta(weeks=16))
    assert found.effect.before == Seen(20, 8)
    assert found.effect.after == Seen(2, 8)
    assert found.effect.verdict == Verdict.FEWER


def test_what_patrols_find_and_what_is_no_deed_is_not_counted(
    world: World, school: Site, viewer: Viewer
) -> None:
    """Nor water, nor alarms without cause; an incident that nobody on patrol found is."""
    publish(world, school)
    known_throughout(world)
    damaged(world, school, SINCE, 5, by_patrol=True)
    damaged(world, school, SINCE, 5, kind="water")
    at = datetime.combine(SINCE, time(10), UTC)
    for category, by_patrol in (("unwarranted", False), ("theft", True), ("theft", False)):
        Incident.objects.create(
            tenant=world.tenant, site=school, category=category, by_patrol=by_patrol,
            occurred_from=at, occurred_until=at, reported_at=at, batch=world.batch,
        )  # fmt: skip
    elsewhere = make_site(world)
    for day in (date(2026, 1, 1), NIGHT.date()):
        Incident.objects.create(
            tenant=world.tenant,
            site=elsewhere,
            category="theft",
            batch=world.batch,
            **dict.fromkeys(
                ("occurred_from", "occurred_until", "reported_at"),
                datetime.combine(day, time(10), UTC),
            ),
        )
    assert the_only(viewer).effect.after.count == 1


def test_before_the_first_look_nothing_is_said(world: World, school: Site, viewer: Viewer) -> None:
    """The counts so far are shown; whoever judges them every week is fooled twice as often."""
    publish(world, school)
    known_throughout(world)
    damaged(world, school, BEFORE[0], 40)
    damaged(world, make_site(world), SINCE + timedelta(days=48))
    found = the_only(viewer, datetime.combine(SINCE + timedelta(weeks=7), time(10), UTC))
    assert (found.effect.before, found.effect.after) == (Seen(40, 8), Seen(0, 7))
    assert (found.effect.verdict, found.effect.why) == (Verdict.CANNOT_TELL, Why.TOO_SHORT)
    assert (found.looked, found.next_look) == (None, SINCE + timedelta(weeks=8))


def test_days_that_no_file_tells_of_are_not_calm(
    world: World, school: Site, viewer: Viewer
) -> None:
    """The file ends a fortnight after the choice: two weeks are known, not twelve."""
    publish(world, school)
    damaged(world, make_site(world), date(2026, 7, 1))
    damaged(world, school, date(2026, 7, 10), 30)
    damaged(world, make_site(world), SINCE + timedelta(days=14))
    found = the_only(viewer)
    assert found.effect.before.weeks == pytest.approx(27 / 7)  # from the day after the first report
    assert found.effect.after == Seen(0, 2)
    assert (found.effect.verdict, found.effect.why) == (Verdict.CANNOT_TELL, Why.TOO_SHORT)


def test_without_any_report_nothing_is_said(world: World, school: Site, viewer: Viewer) -> None:
    """A town without files is not a calm town."""
    publish(world, school)
    assert the_only(viewer).effect.why == Why.TOO_SHORT


def test_an_area_has_what_lies_within_its_border(world: World, viewer: Viewer) -> None:
    """A report at a site in the park counts to the park; one outside does not."""
    park = make_area(
        world, "Parken", "POLYGON((17.9 58.9, 18.1 58.9, 18.1 59.1, 17.9 59.1, 17.9 58.9))"
    )
    publish(world, park)
    known_throughout(world)
    inside, outside = make_site(world, "Paviljongen"), make_site(world, "Torget", lat=59.5)
    damaged(world, inside, SINCE, 3, lat=59.0, lon=18.0)
    damaged(world, outside, SINCE, 3, lat=59.5, lon=18.0)
    damaged(world, None, SINCE, 2, lat=59.01, lon=18.01)
    assert the_only(viewer).effect.after.count == 5


def test_decisions_near_each_other_are_one_effort_and_the_latest_effort_counts(
    world: World, school: Site, viewer: Viewer
) -> None:
    """Named in March, and again from August on, twice: the effort began in August."""
    known_throughout(world)
    for monday in (date(2026, 3, 2), MONDAY, MONDAY + timedelta(weeks=1)):
        decision = publish(world, school, monday)
        Measure.objects.create(
            tenant=world.tenant, picture=decision.picture, text=f"{monday}", nature="situational",
            owner=world.municipality, due_on=monday,
        )  # fmt: skip
    found = the_only(viewer)
    assert (found.since, found.weeks_named) == (SINCE, 2)
    assert [one.text for one in found.measures] == ["2026-08-31", "2026-09-07"]


def test_after_half_a_year_it_is_another_season(world: World, school: Site, viewer: Viewer) -> None:
    """Twenty-six weeks at most."""
    publish(world, school, date(2026, 2, 2))
    damaged(world, make_site(world), date(2025, 1, 1))
    damaged(world, make_site(world), NIGHT.date())
    assert the_only(viewer).effect.after.weeks == 26


def test_a_week_that_is_not_published_is_nobodys_effort(
    world: World, school: Site, viewer: Viewer
) -> None:
    """Decided is not yet done."""
    make_decision(world, school, monday=MONDAY)
    assert list_effects(viewer, NIGHT) == []


def test_it_is_for_the_municipalitys_own(world: World, school: Site) -> None:
    """Those who read published pictures alone are told that there is none."""
    publish(world, school)
    manager = make_member(world, Role.CONTRACT_MANAGER, organisation=world.municipality)
    assert len(list_effects(make_viewer(manager), NIGHT)) == 1
    for role, organisation in (
        (Role.CONTRACT_MANAGER, world.company), (Role.SHIFT_LEADER, world.company),
        (Role.PROPERTY_MANAGER, world.municipality), (Role.GUARD, world.company),
    ):  # fmt: skip
        with pytest.raises(Missing):
            list_effects(make_viewer(make_member(world, role, organisation)), NIGHT)
