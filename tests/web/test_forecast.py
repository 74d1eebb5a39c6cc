"""The page of expected harm: places first, why, its score, and who may turn it off."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.test import Client

from narvaro.access.models import Member, Role
from narvaro.forecast.actions import make_forecast, score_due
from narvaro.forecast.models import Forecast, Score
from narvaro.forecast.queries import is_in_plans
from narvaro.situation.models import Category
from narvaro.spine.clock import Hands
from tests.conftest import Standing
from tests.forecast.town import draw_year, make_schools, put_damage, put_incident
from tests.make import NIGHT, World, make_member, make_world
from tests.web.test_phone import browser_of

DAY = timedelta(days=1)


def make_town() -> World:
    """Fill a year, and make tonight's forecast."""
    world = make_world("Staden")
    schools = make_schools(world)
    draw_year(world, schools)
    for number in range(7):
        put_incident(world, schools[0], NIGHT - number * DAY, category=Category.YOUTH_GATHERING)
    make_forecast(tenant=world.tenant, at=NIGHT)
    return world


@pytest.fixture(scope="module")
def made_town(standing: Standing) -> World:
    """Make it once."""
    made: World = standing(make_town)
    return made


@pytest.fixture
def town(db: None, hands: Hands, made_town: World) -> World:
    """Return it as it was made."""
    return deepcopy(made_town)


def page(client: Client) -> str:
    """Return the page as English text."""
    client.cookies["narvaro_language"] = "en"
    answer = client.get("/risk/")
    assert answer.status_code == 200
    return answer.content.decode()


def coordinator(world: World) -> Member:
    """Make the municipality's coordinator."""
    return make_member(world, Role.COORDINATOR)


def test_the_list_comes_first_with_cost_hours_and_why(town: World) -> None:
    """The dearest place first; each says why; every hour stands in a table too."""
    text = page(browser_of(coordinator(town)))
    places = [text.index(f">Skola {number}<") for number in (0, 1, 2)]
    assert places == sorted(places)
    assert text.index(">Skola 0<") < text.index("How good is it?")
    assert "much has happened here over the years" in text
    assert "times the mean of all places" in text
    assert "The hours in figures" in text
    assert "about one such night in" in text
    assert " kr" in text


def test_it_says_what_it_is_made_of_and_what_was_left_out_and_why(town: World) -> None:
    """Inputs with counts; the youth contacts are named, and why they are none."""
    text = page(browser_of(coordinator(town)))
    assert "damage in the owner" in text
    assert "young people gathering" in text
    assert "contacts with young people are not harm" in text
    assert "no classification of an area goes into it" in text


def test_the_shift_leader_sees_places_and_no_costs_and_no_switch(town: World) -> None:
    """What damage costs is the municipality's; whether plans use the forecast too."""
    text = page(browser_of(make_member(town, Role.SHIFT_LEADER)))
    assert "Skola 0" in text
    assert " kr" not in text
    assert "Turn the forecast off" not in text
    assert "coordinator decides" in text


def test_the_coordinator_turns_it_off_in_plans_and_on_again(town: World) -> None:
    """The page says so; nobody else may."""
    client = browser_of(coordinator(town))
    assert "Turn the forecast off in plans" in page(client)
    assert client.post("/risk/use/", {"in_plans": "no"}).status_code == 303
    assert not is_in_plans(town.tenant.pk)
    assert "Plans do not use this forecast now" in page(client)
    assert client.post("/risk/use/", {"in_plans": "perhaps"}).status_code == 422
    for role in (Role.SHIFT_LEADER, Role.CONTRACT_MANAGER):
        other = browser_of(
            make_member(town, role, town.municipality if role != Role.SHIFT_LEADER else None)
        )
        assert other.post("/risk/use/", {"in_plans": "yes"}).status_code == 404
    assert not is_in_plans(town.tenant.pk)
    client.post("/risk/use/", {"in_plans": "yes"})
    assert is_in_plans(town.tenant.pk)


def test_without_a_forecast_the_page_says_why(world: World) -> None:
    """And shows no empty tables."""
    text = page(browser_of(coordinator(world)))
    assert "There is no forecast yet" in text
    assert "What it is made of" not in text
    assert "Too little has been scored" in text


def put_scores(world: World, *, ahead: bool, hits_5: float = 10, weeks: int = 4) -> None:
    """Let forecasts have been scored for some weeks, better or worse than the naive map."""
    for number in range(1, weeks + 1):
        at = NIGHT - number * 7 * DAY
        made = Forecast.objects.create(
            tenant=world.tenant, made_at=at, checked_at=at, until=at, starts_at=at, hours=48,
            engine="test", events=1, values=b"",
        )  # fmt: skip
        ours, theirs = (-70.0, -80.0) if ahead else (-80.0, -70.0)
        Score.objects.create(
            tenant=world.tenant, forecast=made, scored_at=at, final=number > 1, hours=48, events=20,
            outside=5, cells=100, expected=19, hits_1=5, hits_5=hits_5, log_likelihood=ours,
            naive_expected=20, naive_hits_1=4, naive_hits_5=12, naive_log_likelihood=theirs,
        )  # fmt: skip


def test_a_forecast_that_loses_is_said_to_in_plain_words(world: World) -> None:
    """Beside the naive map, week by week, and that it can be turned off."""
    put_scores(world, ahead=False)
    text = page(browser_of(coordinator(world)))
    assert "did not beat last year&#x27;s map" in text
    assert "it can be turned off" in text
    assert "40 %" in text  # 10 of 25
    assert "48 %" in text
    assert "−0.50" in text
    assert text.count("provisional: late reports may come") == 1


def test_a_forecast_that_wins_is_said_to(world: World) -> None:
    """With how many weeks and events that rests on."""
    put_scores(world, ahead=True, hits_5=13)
    text = page(browser_of(coordinator(world)))
    assert "Over 4 weeks and 100 events the forecast was better" in text
    assert "it was +0.50 to +0.50 nats per event ahead (95 % range over weeks)" in text


def test_the_range_decides_whether_it_is_better(world: World) -> None:
    """Ahead in sum because of one lucky week alone is not better; the page says the range."""
    put_scores(world, ahead=False, hits_5=13)
    lucky = Score.objects.order_by("-scored_at")[:1].get()
    lucky.log_likelihood = -10
    lucky.save()
    text = page(browser_of(coordinator(world)))
    assert "neither was clearly better: the forecast was −0.50 to " in text


def test_three_weeks_are_too_few_whatever_their_events(world: World) -> None:
    """Sixty events inside, 75 in all: what the threshold counts is what is shown."""
    put_scores(world, ahead=True, hits_5=13, weeks=3)
    text = page(browser_of(coordinator(world)))
    assert "60 events in its squares in 3 weeks; 50 in 4 weeks are needed" in text


def test_a_forecast_that_is_ahead_in_one_way_only_is_said_to(world: World) -> None:
    """Nearer in numbers, but with fewer hits: neither is clearly better."""
    put_scores(world, ahead=True)
    assert "neither was clearly better" in page(browser_of(coordinator(world)))


def test_a_forecast_that_was_really_scored_shows(town: World, hands: Hands) -> None:
    """From damage that came after it, through the score, to the page: too few to say."""
    put_damage(town, None, NIGHT + DAY, lat=59.0, lon=18.0)
    put_damage(town, None, NIGHT + 2.5 * DAY, lat=59.0, lon=18.0)
    hands.move_to(NIGHT + 3 * DAY)
    assert score_due(tenant=town.tenant, at=NIGHT + 3 * DAY) == 1
    text = page(browser_of(coordinator(town)))
    assert "Too little has been scored" in text
    assert "1 events in its squares in 1 weeks; 50 in 4 weeks are needed" in text
    assert "too few for shares" in text
