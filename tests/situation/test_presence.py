"""Positions become presence, presence becomes exposure; repeated, late and missing things change nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from narvaro.directory.models import ImportBatch, Site, Unit
from narvaro.plan.chances import planned_chances
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.situation.actions import drop_old_positions
from narvaro.situation.models import Exposure, Position, Presence
from narvaro.situation.presence import note_everywhere, note_presence
from narvaro.situation.queries.presence import without_worse
from narvaro.spine.clock import Hands
from tests.make import (
    NIGHT,
    World,
    make_site,
    make_unit,
    make_world,
    put_position,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Grade = Presence.Grade


def no_plan(
    _tenant: UUID, _since: datetime, _until: datetime
) -> dict[tuple[UUID, datetime], float]:
    """Say that no plan was drawn by lot."""
    return {}


def note(world: World, at: datetime) -> bool:
    """Let a run happen."""
    return note_presence(tenant=world.tenant, planned=no_plan, at=at)


def settle(world: World, at: datetime) -> None:
    """Let runs happen until nothing is left to do."""
    for _ in range(300):
        if not note(world, at):
            return
    raise AssertionError("it never settles")


def make_quiet_unit(world: World, call_sign: str = "V1") -> Unit:
    """Make a unit that has sent no position yet."""
    return make_unit(world, call_sign, lat=None, lon=None).unit


def stay(
    unit: Unit, site: Site, since: datetime, minutes: int, *, late: datetime | None = None
) -> None:
    """Let a unit send a position every half minute from a site."""
    assert site.lat is not None
    assert site.lon is not None
    for half in range(2 * minutes + 1):
        at = since + half * timedelta(seconds=30)
        one = put_position(unit, at, site.lat + 0.0001, site.lon)
        if late:
            Position.objects.filter(pk=one.pk).update(received_at=late)


def state(
    world: World, site: Site, since: datetime, minutes: int, unit: Unit | None = None, **fields: object
) -> Presence:  # fmt: skip
    """Let the supplier's list say that somebody was there."""
    given = {"grade": Grade.STATED, "organisation": world.company} | fields
    return Presence.objects.create(
        tenant=world.tenant, unit=unit, site=site, place=site.name, starts_at=since,
        ends_at=since + minutes * MINUTE, **given,
    )  # fmt: skip


def spans() -> list[tuple[str, datetime, datetime, str]]:
    """Return who was where."""
    rows = Presence.objects.select_related("site").order_by("starts_at", "pk")
    return [
        (one.site.name if one.site else "", one.starts_at, one.ends_at, one.grade) for one in rows
    ]


def test_positions_at_a_site_become_presence(world: World) -> None:
    """From the first position within 75 m to the last; further away, or too short, is none."""
    school, other = make_site(world), make_site(world, "Andra skolan", 59.01)
    unit = make_quiet_unit(world)
    stay(unit, school, NIGHT, 12)
    put_position(unit, NIGHT + 14 * MINUTE, 59.005, 18.0)
    put_position(unit, NIGHT + 16 * MINUTE, 59.0101, 18.0)
    put_position(unit, NIGHT + 16 * MINUTE + timedelta(seconds=10), 59.0101, 18.0)
    put_position(unit, NIGHT + 17 * MINUTE, 59.02, 18.0)
    note(world, NIGHT + 20 * MINUTE)
    row = Presence.objects.get()
    assert (row.site, row.starts_at, row.ends_at) == (school, NIGHT, NIGHT + 12 * MINUTE)
    assert (row.grade, row.unit, row.organisation) == (Grade.POSITION, unit, world.company)
    assert (row.place, row.lat) == (school.name, school.lat)
    assert not Presence.objects.filter(site=other).exists()


def test_a_stay_that_goes_on_is_one_row_however_often_it_is_looked_at(world: World) -> None:
    """Each run lengthens it; a run repeated changes nothing."""
    school, unit = make_site(world), make_quiet_unit(world)
    for part in range(4):
        stay(unit, school, NIGHT + part * 3 * MINUTE + timedelta(seconds=part), 2)
        note(world, NIGHT + part * 3 * MINUTE + 2 * MINUTE)
    row = Presence.objects.get()
    assert row.ends_at == NIGHT + 11 * MINUTE + timedelta(seconds=3)
    note(world, NIGHT + 30 * MINUTE)
    assert Presence.objects.get().pk == row.pk


def test_positions_that_come_late_give_what_they_would_have_given(world: World) -> None:
    """A phone without net sends its night in the morning: the two ends become one stay."""
    school, unit = make_site(world), make_quiet_unit(world)
    stay(unit, school, NIGHT, 2)
    stay(unit, school, NIGHT + 10 * MINUTE, 2)
    note(world, NIGHT + 15 * MINUTE)
    assert len(spans()) == 2
    morning = NIGHT + 5 * HOUR
    stay(unit, school, NIGHT + 3 * MINUTE, 6, late=morning)
    settle(world, morning)
    assert spans() == [(school.name, NIGHT, NIGHT + 12 * MINUTE, Grade.POSITION)]
    assert Exposure.objects.get().present_s == 12 * 60


def test_flagged_positions_and_units_elsewhere_prove_nothing(world: World) -> None:
    """A position that is doubtful is no proof, and one with a poor accuracy neither."""
    school, unit = make_site(world), make_quiet_unit(world)
    stay(unit, school, NIGHT, 5)
    Position.objects.update(flag="off_map")
    stay(unit, school, NIGHT + 10 * MINUTE, 5)
    Position.objects.filter(flag="").update(accuracy_m=200)
    note(world, NIGHT + HOUR)
    assert spans() == []


def test_presence_outlives_the_positions_that_it_was_made_of(world: World) -> None:
    """Raw positions go after 72 hours; what was made of them stays, and is not taken back."""
    school, unit = make_site(world), make_quiet_unit(world)
    stay(unit, school, NIGHT, 5)
    settle(world, NIGHT + 6 * MINUTE)
    later = NIGHT + 73 * HOUR
    assert drop_old_positions(at=later) == 11
    put_position(unit, later, 59.3, 18.0)
    settle(world, later)
    too_late = put_position(unit, NIGHT + 2 * MINUTE, 59.3, 18.0)
    Position.objects.filter(pk=too_late.pk).update(received_at=later)
    settle(world, later + MINUTE)
    assert spans() == [(school.name, NIGHT, NIGHT + 5 * MINUTE, Grade.POSITION)]


def test_exposure_is_of_finished_hours_and_counts_an_hour_once(world: World) -> None:
    """Two units at once are one presence and twice the unit time; a stay over the hour is split."""
    school = make_site(world)
    begin = NIGHT + 50 * MINUTE
    stay(make_quiet_unit(world, "V1"), school, begin, 20)
    stay(make_quiet_unit(world, "V2"), school, begin, 20)
    note(world, NIGHT + 75 * MINUTE)
    assert [(one.hour, one.present_s, one.unit_s) for one in Exposure.objects.all()] == [
        (NIGHT, 600, 1200)
    ]
    note(world, NIGHT + 2 * HOUR)
    rows = Exposure.objects.order_by("hour").values_list(
        "hour", "present_s", "unit_s", "probability"
    )
    assert list(rows) == [(NIGHT, 600, 1200, None), (NIGHT + HOUR, 600, 1200, None)]


def test_stated_visits_expose_too_and_give_way_to_better_proof(world: World) -> None:
    """The supplier says half an hour, the positions ten minutes of it: ten minutes count."""
    school, unit = make_site(world), make_quiet_unit(world)
    state(world, school, NIGHT, 30)
    state(world, school, NIGHT + 3 * HOUR, 15, unit)
    stay(unit, school, NIGHT + 5 * MINUTE, 10)
    settle(world, NIGHT + 5 * HOUR)
    rows = Exposure.objects.order_by("hour").values_list("hour", "present_s")
    assert list(rows) == [(NIGHT, 600), (NIGHT + 3 * HOUR, 900)]


def test_a_file_of_visits_is_exposed_when_it_shows_a_week_at_a_time(world: World) -> None:
    """Rows that are still coming in are not seen; a year of them is done in many short runs."""
    school = make_site(world)
    now = NIGHT + 9 * HOUR
    settle(world, now)
    batch = ImportBatch.objects.create(
        tenant=world.tenant, kind="visits", file_name="v.csv", sha256="2" * 64, started_at=now
    )
    for week in range(5):
        state(world, school, NIGHT - week * 7 * DAY, 15, batch=batch, row_key=str(week))
    settle(world, now + 2 * MINUTE)
    assert not Exposure.objects.exists()
    batch.published_at = now + 3 * MINUTE
    batch.save()
    runs = 1
    while note(world, now + 5 * MINUTE):
        runs += 1
    assert runs == 5
    assert [one.present_s for one in Exposure.objects.all()] == [900] * 5


def test_a_stay_that_was_tapped_is_exposed_too(world: World, hands: Hands) -> None:
    """A tap that came in late is found by when it was made."""
    school, unit = make_site(world), make_quiet_unit(world)
    settle(world, NIGHT + 3 * HOUR)
    hands.move_to(NIGHT + 3 * HOUR)
    row = state(world, school, NIGHT + HOUR, 10, unit, grade=Grade.TAP)
    settle(world, NIGHT + 3 * HOUR + 2 * MINUTE)
    assert Exposure.objects.get().present_s == 600
    assert row.unit == unit


def test_what_is_taken_back_is_exposed_no_more(world: World, hands: Hands) -> None:
    """Where hours are made anew, those in which nobody was are gone."""
    school = make_site(world)
    wrong = state(world, school, NIGHT, 30)
    settle(world, NIGHT + HOUR)
    assert Exposure.objects.count() == 1
    wrong.delete()
    hands.move_to(NIGHT + 2 * HOUR)
    state(world, school, NIGHT, 10, grade=Grade.TAP)
    settle(world, NIGHT + 3 * HOUR)
    assert Exposure.objects.get().present_s == 600


def test_a_plan_drawn_by_lot_says_how_probable_presence_was(world: World, hands: Hands) -> None:
    """Kept also where nobody came: that is what corrects for where guards look."""
    school, other = make_site(world), make_site(world, "Andra skolan", 59.01)
    unit = make_quiet_unit(world)
    plan = PatrolPlan.objects.create(
        tenant=world.tenant, organisation=world.company, starts_at=NIGHT, ends_at=NIGHT + 8 * HOUR,
        made_at=NIGHT, seed=1, state="published",
    )  # fmt: skip
    for site, minute, probability in (
        (school, 5, 0.5), (school, 45, 0.5), (other, 70, 0.3), (other, 10, None),
    ):  # fmt: skip
        Visit.objects.create(
            tenant=world.tenant, plan=plan, unit=unit, site=site, dwell_s=720,
            window_from=NIGHT, window_until=NIGHT + HOUR, arrive_at=NIGHT + minute * MINUTE,
            probability=probability,
        )  # fmt: skip
    stay(unit, school, NIGHT + 5 * MINUTE, 12)
    hands.move_to(NIGHT + 2 * HOUR)
    assert not note_everywhere(planned_chances)
    first, second = Exposure.objects.order_by("hour")
    assert (first.site, first.hour, first.present_s) == (school, NIGHT, 720)
    assert (second.site, second.hour, second.present_s) == (other, NIGHT + HOUR, 0)
    assert first.probability == pytest.approx(0.75)
    assert second.probability == pytest.approx(0.3)


def test_a_stay_that_is_known_twice_counts_once_with_its_best_proof(world: World) -> None:
    """What the list states at longer length is not added; what only the list knows counts."""
    school, unit = make_site(world), make_quiet_unit(world)
    stay(unit, school, NIGHT + 50 * MINUTE, 20)
    state(world, school, NIGHT + 45 * MINUTE, 40, unit)
    state(world, school, NIGHT + 5 * HOUR, 15)
    settle(world, NIGHT + 8 * HOUR)
    assert [(one.hour, one.present_s) for one in Exposure.objects.order_by("hour")] == [
        (NIGHT, 600), (NIGHT + HOUR, 600), (NIGHT + 5 * HOUR, 900)
    ]  # fmt: skip


def test_two_units_are_two_stays_and_one_unknown_is_the_known(world: World) -> None:
    """A stated visit of another unit stands; one without a unit is borne out by any of the company's."""
    school, first, second = make_site(world), make_quiet_unit(world), make_quiet_unit(world, "V2")
    proven = state(world, school, NIGHT, 10, first, grade=Grade.POSITION)
    other = state(world, school, NIGHT, 10, second)
    state(world, school, NIGHT, 10)
    assert {one.pk for one in without_worse(Presence.objects.all())} == {proven.pk, other.pk}


def test_one_tenants_fault_costs_no_other_its_presence(
    world: World, monkeypatch: pytest.MonkeyPatch, hands: Hands
) -> None:
    """It is said, and the others go on."""
    second = make_world("Andra")
    unit = make_quiet_unit(second)
    stay(unit, make_site(second), NIGHT, 5)

    def broken(
        tenant: UUID, since: datetime, until: datetime
    ) -> dict[tuple[UUID, datetime], float]:
        if tenant == world.tenant.pk:
            raise RuntimeError("broken")
        return no_plan(tenant, since, until)

    state(world, make_site(world), NIGHT - HOUR, 10)
    hands.move_to(NIGHT + HOUR)
    note_everywhere(broken)
    assert Presence.objects.filter(tenant=second.tenant, grade=Grade.POSITION).count() == 1
