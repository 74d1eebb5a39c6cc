"""What a plan weighs its places with, and what the page shows of each place."""

from copy import deepcopy
from datetime import datetime, timedelta

import numpy as np
import pytest

from narvaro.access.models import Role
from narvaro.directory.models import Site
from narvaro.forecast.actions import make_forecast, use_in_plans
from narvaro.forecast.models import Forecast
from narvaro.forecast.places import GROUP_OF, RiskView, find_risk, speaking
from narvaro.forecast.queries import KeptHarm, find_harm, open_kept
from narvaro.spine.clock import Hands
from narvaro.spine.refusal import Missing
from tests.conftest import Standing
from tests.forecast.town import draw_year, make_schools, put_damage, put_incident
from tests.make import NIGHT, World, make_area, make_member, make_viewer, make_world

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVENING = NIGHT + 16 * HOUR  # 18:00 local


def make_town() -> World:
    """Make a world of schools with a year of damage, and the forecast from 02:00 on."""
    world = make_world()
    draw_year(world, make_schools(world))
    make_forecast(tenant=world.tenant, at=NIGHT)
    return world


@pytest.fixture(scope="module")
def town(standing: Standing) -> World:
    """Make it once."""
    made: World = standing(make_town)
    return made


@pytest.fixture
def world(db: None, hands: Hands, town: World) -> World:
    """Return it as it was made."""
    return deepcopy(town)


@pytest.fixture
def schools(world: World) -> list[Site]:
    """Return its schools, northwards."""
    return list(Site.objects.filter(tenant=world.tenant).order_by("lat"))


def harm_at(
    world: World, sites: list[Site], *, at: datetime = EVENING, bins: int = 30, bin_s: int = 120
) -> KeptHarm:
    """Return the harm at sites."""
    lats, lons = np.array([one.lat for one in sites]), np.array([one.lon for one in sites])
    found = find_harm(world.tenant.pk, lats, lons, at, bins, bin_s)
    assert found is not None
    return found


def test_harm_is_the_cells_expected_cost_by_bin(world: World, schools: list[Site]) -> None:
    """One hour's bins sum to the hour's count × the mean cost there."""
    found, row = harm_at(world, schools), Forecast.objects.get()
    kept = open_kept(row)
    assert (found.forecast_id, found.made_at, found.currency, found.is_naive) == (
        row.pk, NIGHT, "SEK", False
    )  # fmt: skip
    assert found.sek.shape == (8, 30)
    assert found.sek.sum() == pytest.approx(kept.expected[16].sum() * 1000, rel=1e-5)
    assert (np.diff(found.sek.sum(axis=1)[:4]) < 0).all()  # the first schools have most


def test_places_that_share_a_cell_share_its_harm(world: World, schools: list[Site]) -> None:
    """Their sum is the cell's, whoever is asked for."""
    alone = harm_at(world, schools[:1])
    together = harm_at(world, [schools[0], schools[0]])
    assert np.allclose(together.sek * 2, alone.sek)


def test_a_place_where_nothing_is_known_has_none(world: World, schools: list[Site]) -> None:
    """Beyond the grid, and in cells without a site or an event."""
    lats, lons = np.array([59.0, 59.0045, 10.0]), np.array([18.0, 18.0, 10.0])
    found = find_harm(world.tenant.pk, lats, lons, EVENING, 10)
    assert found is not None
    assert (found.sek.sum(axis=1) > 0).tolist() == [True, False, False]
    assert schools


def test_switched_off_the_naive_map_is_given(world: World, schools: list[Site]) -> None:
    """The same at every hour: last year's counts."""
    use_in_plans(tenant_id=world.tenant.pk, in_plans=False, by="test", at=NIGHT)
    found = harm_at(world, schools, bins=24, bin_s=3600)
    assert found.is_naive
    assert np.allclose(found.sek, found.sek[:, :1])
    assert found.sek.sum() == pytest.approx(3 * 1000, rel=0.2)


def test_without_any_cost_harm_is_counted_in_events(db: None, hands: Hands) -> None:
    """And says so."""
    world = make_world("Andra")
    school = make_schools(world, 1)[0]
    for day in range(30):
        put_incident(world, school, NIGHT - day * DAY)
    make_forecast(tenant=world.tenant, at=NIGHT)
    found = harm_at(world, [school], bins=24, bin_s=3600)
    assert found.currency == "events"
    assert 0 < found.sek.sum() < 10


def test_bins_past_the_forecast_take_the_same_hour_of_the_nearest_day(
    world: World, schools: list[Site]
) -> None:
    """A plan that begins before it, or ends after it, still has every hour."""
    found = harm_at(world, schools, at=NIGHT - 5 * HOUR, bins=60, bin_s=3600)
    assert np.allclose(found.sek[:, :5], found.sek[:, 24:29])
    assert np.allclose(found.sek[:, 53:60], found.sek[:, 29:36])
    assert found.sek.min() > 0


def test_no_forecast_no_harm(world: World, schools: list[Site]) -> None:
    """None where nothing covers the time; the newest of those that do."""
    lats, lons = np.array([59.0]), np.array([18.0])
    assert find_harm(world.tenant.pk, lats, lons, NIGHT + 3 * DAY, 10) is None
    assert find_harm(make_world("Andra").tenant.pk, lats, lons, NIGHT, 10) is None
    put_damage(world, schools[0], NIGHT - HOUR)
    newer = make_forecast(tenant=world.tenant, at=NIGHT + 3 * HOUR)
    assert harm_at(world, schools).forecast_id == newer.pk
    assert harm_at(world, schools, at=NIGHT).forecast_id != newer.pk


def risk(world: World, at: datetime = NIGHT + 10 * HOUR) -> RiskView:
    """Return what the coordinator's page is made of."""
    found = find_risk(make_viewer(make_member(world, Role.COORDINATOR)), at)
    assert found is not None
    return found


def test_places_are_listed_with_their_nights_and_parts(world: World, schools: list[Site]) -> None:
    """Tonight 18 to 07, tomorrow night, all; parts sum to one; places and elsewhere to the whole."""
    make_area(world, "Torget", lat=59.0)
    found = risk(world)
    assert [one.code for one in found.periods] == ["tonight", "tomorrow", "all"]
    assert (found.periods[0].begins, found.periods[0].ends) == (EVENING, EVENING + 13 * HOUR)
    assert [one.name for one in found.places[:2]] != [
        "Skola 0",
        "Skola 1",
    ]  # shared with the square
    first = next(one for one in found.places if one.name == "Skola 0")
    assert (first.shared_by, first.kind, len(first.per_hour)) == (2, "school", 13)
    for place in found.places:
        assert sum(place.parts.values()) == pytest.approx(1)
        assert set(place.parts) == set(GROUP_OF.values())
        assert place.spans[0].low <= place.spans[0].expected <= place.spans[0].high + 1
    for number in range(3):
        listed = sum(one.spans[number].expected for one in found.places)
        assert listed + found.elsewhere[number].expected == pytest.approx(
            found.whole[number].expected
        )
    assert found.whole[2].expected == pytest.approx(6, rel=0.25)


def test_the_night_that_runs_is_tonight(world: World, schools: list[Site]) -> None:
    """At three in the morning the list is of this night, as far as the forecast reaches."""
    found = risk(world, NIGHT + HOUR)
    assert (found.periods[0].begins, found.periods[0].ends) == (NIGHT, NIGHT + 5 * HOUR)
    assert len(found.hours) == len(found.places[0].per_hour) == 5
    assert schools


def test_who_has_no_forecast_gets_the_missing_answer(world: World, schools: list[Site]) -> None:
    """A guard is not shown where harm is expected; his visits say why they are."""
    with pytest.raises(Missing):
        find_risk(make_viewer(make_member(world)), NIGHT)
    assert schools


def test_what_stands_out_is_named_before_what_is_large() -> None:
    """A burst nearby says more than years that all places have."""
    usual = {"long_run": 0.7, "near_repeat": 0.1, "lately": 0.2}
    assert speaking({"long_run": 0.6, "near_repeat": 0.3, "lately": 0.1}, usual) == (
        "near_repeat", "long_run"
    )  # fmt: skip
    assert speaking(usual, usual) == ("long_run",)
