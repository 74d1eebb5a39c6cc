"""A forecast is made once, kept whole, made anew with new data, and scored beside the naive map."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from narvaro.directory.models import ImportBatch, Site
from narvaro.forecast.actions import make_forecast, score_due, use_in_plans
from narvaro.forecast.kept import Kept
from narvaro.forecast.models import Forecast, Score
from narvaro.forecast.queries import is_due, is_in_plans, list_to_score, open_kept
from narvaro.plan.models import PatrolPlan
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from tests.forecast.town import draw_year, make_schools, put_damage
from tests.make import NIGHT, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
QUARTER = NIGHT + timedelta(minutes=15)


def make(world: World, at: datetime = QUARTER) -> Forecast:
    """Make a world's forecast."""
    return make_forecast(tenant=world.tenant, at=at)


def events_of(kind: str) -> int:
    """Count the events of a kind in the log."""
    return Event.objects.filter(kind=kind).count()


def test_a_forecast_is_of_the_48_hours_from_the_next_full_hour_on(world: World) -> None:
    """What it is made with, and of, is kept with it; arrays come back as they were."""
    draw_year(world, make_schools(world))
    made = make(world)
    assert (made.starts_at, made.hours, made.until) == (NIGHT + HOUR, 48, QUARTER)
    assert made.made_of["used"] == {"damage": made.events}
    kept = open_kept(made)
    assert kept.expected.shape == (48, 8) == kept.naive_expected.shape
    assert kept.expected.min() > 0
    assert kept.hours == 48
    total = float(kept.expected.sum())
    assert total == pytest.approx(6, rel=0.25)  # three a night
    assert sum(sum(kept.explain(n, slice(None)).values()) for n in range(8)) == pytest.approx(total)
    assert (kept.low <= kept.expected.sum(axis=0)).all()
    assert (kept.high >= kept.low).all()
    assert np.allclose(kept.cost_each_sek, 1000)
    assert Kept.of(kept.to_bytes(), made.grid, made.settings["of_core"]).rate.tolist() == (
        kept.rate.tolist()
    )
    assert events_of("forecast.made") == 1


def test_the_same_data_give_the_same_row(world: World) -> None:
    """Asked twice, it is made once."""
    draw_year(world, make_schools(world), days=60)
    first = make(world)
    again = make(world, QUARTER + timedelta(minutes=5))
    assert (again.pk, again.checked_at) == (first.pk, QUARTER + timedelta(minutes=5))
    assert Forecast.objects.count() == 1


def test_new_data_make_it_anew_until_it_begins_or_a_plan_stands_on_it(world: World) -> None:
    """A plan's forecast is never changed under it."""
    schools = make_schools(world)
    draw_year(world, schools, days=60)
    first = make(world)
    put_damage(world, schools[7], NIGHT - HOUR)
    second = make(world)
    assert second.pk != first.pk
    assert Forecast.objects.get().events == first.events + 1
    PatrolPlan.objects.create(
        tenant=world.tenant, organisation=world.company, starts_at=NIGHT, ends_at=NIGHT + 9 * HOUR,
        made_at=NIGHT, seed=1, forecast=second,
    )  # fmt: skip
    put_damage(world, schools[7], NIGHT - 2 * HOUR)
    assert make(world).pk == second.pk


def test_weights_are_learned_once_a_day_from_data_that_changed(world: World) -> None:
    """Or at once when there is much more to learn from."""
    schools = make_schools(world)
    draw_year(world, schools, days=100)

    def learned(at: datetime) -> str:
        return str(make(world, at).settings["learned_at"])

    first = learned(QUARTER)
    assert learned(QUARTER + 30 * HOUR) == first  # nothing new
    put_damage(world, schools[0], NIGHT - HOUR)
    assert learned(QUARTER + 31 * HOUR) != first  # a day old, and something new
    second = learned(QUARTER + 32 * HOUR)
    put_damage(world, schools[0], NIGHT - 2 * HOUR)
    assert learned(QUARTER + 33 * HOUR) == second
    draw_year(world, schools, days=20, seed=2)
    assert learned(QUARTER + 34 * HOUR) != second


def test_without_anything_to_learn_from_it_is_refused(world: World) -> None:
    """Sites alone are no reason to expect harm."""
    make_schools(world)
    with pytest.raises(Refused, match="import some first"):
        make(world)


def test_a_forecast_is_due_at_noon_and_when_a_file_came_in(world: World) -> None:
    """Local noon: the night to come and the one after lie in its 48 hours."""
    schools = make_schools(world)
    assert not is_due(world.tenant, NIGHT)
    draw_year(world, schools, days=30)
    assert is_due(world.tenant, NIGHT)
    make(world)
    assert not is_due(world.tenant, NIGHT + 9 * HOUR)
    noon = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert is_due(world.tenant, noon)
    make(world, noon)
    assert not is_due(world.tenant, noon + 20 * HOUR)
    world.batch.published_at = noon + HOUR
    world.batch.save()
    assert is_due(world.tenant, noon + HOUR)


def test_a_score_waits_for_the_period_and_is_final_after_late_reports(world: World) -> None:
    """Provisional from the period's end, anew each day, final a week later; told once."""
    schools = make_schools(world)
    draw_year(world, schools)
    made = make(world)
    ends = NIGHT + 49 * HOUR
    put_damage(world, schools[0], NIGHT + 5 * HOUR)
    put_damage(world, schools[7], NIGHT + 40 * HOUR)
    for number in range(5, 19):  # the register goes on
        put_damage(world, schools[1], NIGHT + number * 12 * HOUR)
    assert score_due(tenant=world.tenant, at=ends - HOUR) == 0
    assert score_due(tenant=world.tenant, at=ends) == 1
    score = Score.objects.get(forecast=made)
    assert (score.final, score.hours, score.events, score.outside) == (False, 48, 2, 0)
    assert score_due(tenant=world.tenant, at=ends + HOUR) == 0
    put_damage(world, None, NIGHT + 6 * HOUR, lat=59.2, lon=18.2)
    assert score_due(tenant=world.tenant, at=ends + DAY) == 1
    assert score_due(tenant=world.tenant, at=ends + 7 * DAY) == 1
    score.refresh_from_db()
    assert (score.final, score.events, score.outside, score.cells) == (True, 2, 1, 8)
    assert 0 < score.hits_1 <= score.events
    assert score.naive_expected == pytest.approx(6, rel=0.2)
    assert list_to_score(world.tenant, ends + 30 * DAY) == []
    assert events_of("forecast.scored") == 1


def put_file(world: World, site: Site, first: datetime, days: int, at: datetime) -> None:
    """Let a file tell of three damages a night."""
    batch = ImportBatch.objects.create(
        tenant=world.tenant, kind="damage", file_name="skador.csv", sha256="7" * 64, started_at=at,
        published_at=at,
    )  # fmt: skip
    for number in range(days * 3):
        put_damage(world, site, first + number * 8 * HOUR, batch=batch, row_key=f"{first} {number}")


def test_a_period_after_the_registers_end_is_not_scored_until_a_file_reaches_it(
    world: World,
) -> None:
    """No row since the file's end is no calm; what comes later by file is scored, and final."""
    schools = make_schools(world)
    draw_year(world, schools, until=NIGHT - 21 * DAY)
    made = make(world)
    assert made.until < NIGHT - 20 * DAY
    for days in (3, 10, 40):
        assert list_to_score(world.tenant, NIGHT + days * DAY) == []
        assert score_due(tenant=world.tenant, at=NIGHT + days * DAY) == 0
    assert not Score.objects.exists()
    later = NIGHT + 41 * DAY
    put_file(world, schools[0], NIGHT - 20 * DAY, 60, later - HOUR)
    make(world, later)
    assert score_due(tenant=world.tenant, at=later) == 1
    score = Score.objects.get(forecast=made)
    assert (score.final, score.events) == (True, 6)


def test_a_score_that_rests_on_silence_is_taken_back(world: World) -> None:
    """Two days after the file's end nothing tells yet that it ended; a week later it is plain."""
    schools = make_schools(world)
    draw_year(world, schools, a_night=0.5, seed=3)
    first = make(world)
    assert score_due(tenant=world.tenant, at=NIGHT + 50 * HOUR) == 1
    make(world, NIGHT + 12 * DAY)
    assert not Score.objects.filter(forecast=first).exists()
    assert list_to_score(world.tenant, NIGHT + 12 * DAY) == []


def test_a_final_score_is_opened_again_by_a_file_of_its_days(world: World) -> None:
    """And by no other: what came before it was scored, or lies elsewhere in time, changes nothing."""
    schools = make_schools(world)
    draw_year(world, schools)
    made = make(world)
    for number in range(1, 30):
        put_damage(world, schools[1], NIGHT + number * 12 * HOUR)
    at = NIGHT + 14 * DAY
    assert score_due(tenant=world.tenant, at=at) == 1
    score = Score.objects.get(forecast=made)
    assert (score.final, score.events) == (True, 4)
    make(world, at)
    put_file(world, schools[0], NIGHT + 4 * DAY, 2, at + HOUR)
    make(world, at + 2 * HOUR)
    assert Score.objects.get(pk=score.pk).final
    put_file(world, schools[0], NIGHT + HOUR, 2, at + 3 * HOUR)
    make(world, at + 4 * HOUR)
    assert not Score.objects.get(pk=score.pk).final
    assert score_due(tenant=world.tenant, at=at + 5 * HOUR) == 1
    score.refresh_from_db()
    assert (score.final, score.events) == (True, 10)


def test_each_hour_is_scored_once_by_the_forecast_that_was_newest(world: World) -> None:
    """Two forecasts that overlap share no hour, and an open hour counts in shares."""
    schools = make_schools(world)
    draw_year(world, schools, days=60)
    first = make(world)
    second = make(world, QUARTER + 10 * HOUR)
    put_damage(
        world,
        schools[0],
        NIGHT + 9 * HOUR,
        occurred_until=NIGHT + 13 * HOUR,
        estimate_sek=Decimal(5),
    )
    assert score_due(tenant=world.tenant, at=NIGHT + 60 * HOUR) == 2
    assert Score.objects.get(forecast=first).hours == 10
    assert Score.objects.get(forecast=first).events == pytest.approx(0.5)
    assert Score.objects.get(forecast=second).events == pytest.approx(0.5)


def test_a_forecast_knows_nothing_of_what_came_after_it(world: World) -> None:
    """What happens after it was made changes nothing in it."""
    schools = make_schools(world)
    draw_year(world, schools, days=60)
    made = bytes(make(world).values)
    Forecast.objects.all().delete()
    put_damage(world, schools[7], NIGHT + HOUR)
    assert bytes(make(world).values) == made


def test_the_switch_is_told_and_asked_for(world: World) -> None:
    """On until somebody turns it off; turned off twice, it is told once."""
    assert is_in_plans(world.tenant.pk)
    for _ in range(2):
        use_in_plans(tenant_id=world.tenant.pk, in_plans=False, by="member:1", at=NIGHT)
    assert not is_in_plans(world.tenant.pk)
    assert events_of("forecast.switched") == 1


def test_where_the_clock_changes_the_period_is_48_local_hours(world: World) -> None:
    """In the autumn night the 48 local hours are 49 hours long."""
    draw_year(world, make_schools(world), days=300)
    before = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
    made = make(world, before)
    from zoneinfo import ZoneInfo

    assert made.ends_at(ZoneInfo("Europe/Stockholm")) - made.starts_at == timedelta(hours=49)
