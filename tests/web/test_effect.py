"""The page of effects: what may be said, in words, and what may not."""

from datetime import date, timedelta

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.situation.models import Measure
from tests.followup.test_effect import BEFORE, SINCE, damaged, known_throughout, publish
from tests.make import World, make_member, make_site
from tests.web.test_phone import browser_of, shown

HERE = "/effect/"


@pytest.fixture
def browser(world: World) -> Client:
    """Return the coordinator's browser."""
    return browser_of(make_member(world, Role.COORDINATOR))


def test_before_any_published_week_the_page_says_what_will_come(browser: Client) -> None:
    page = shown(browser, HERE)
    assert "No week with prioritised places has been published yet." in page
    assert "There are no comparison places yet" in page


def test_too_few_reports_give_no_verdict(world: World, browser: Client) -> None:
    """Three before and one after: the counts are shown, and that they say nothing."""
    site = make_site(world, "Trasten")
    publish(world, site)
    known_throughout(world)
    damaged(world, site, BEFORE[0], 3)
    damaged(world, site, SINCE)
    page = shown(browser, HERE)
    assert "Trasten" in page
    assert "Cannot tell yet: 4 reports in all; a verdict needs at least 10." in page
    assert "Fewer than before" not in page


def test_fewer_is_said_with_its_range_and_not_called_help(world: World, browser: Client) -> None:
    """Rounded, not cut: 4 in 8 weeks after 26 in 8 is 0.1538; and when it was looked at."""
    site = make_site(world, "Hasseln")
    decision = publish(world, site)
    Measure.objects.create(
        tenant=world.tenant, picture=decision.picture, text="Klipp buskarna", nature="situational",
        owner=world.municipality, due_on=SINCE,
    )  # fmt: skip
    known_throughout(world)
    damaged(world, site, BEFORE[0], 26)
    damaged(world, site, SINCE + timedelta(days=3), 4)
    page = shown(browser, HERE)
    assert "Fewer than before. Whether the work did it cannot be told yet." in page
    assert "until 2026-10-28. Next look: 2026-12-23." in page
    assert "0.15" in page
    assert "0.04 – 0.44" in page
    assert "Klipp buskarna" in page
    assert "Of them with a verdict: 1; chance alone would give 0.1." in " ".join(page.split())


def test_before_the_first_look_the_page_says_when_it_is(world: World, browser: Client) -> None:
    site = make_site(world, "Linden")
    publish(world, site, date(2026, 11, 2))
    known_throughout(world)
    damaged(world, site, date(2026, 8, 20), 30)
    page = shown(browser, HERE)
    assert "Cannot tell yet: the first look needs what is known until 2026-12-30." in page


def test_nothing_before_has_no_ratio_and_no_upper_bound(world: World, browser: Client) -> None:
    site = make_site(world, "Björken")
    publish(world, site)
    known_throughout(world)
    damaged(world, site, SINCE, 15)
    page = shown(browser, HERE)
    assert "More than before." in page
    assert "no upper bound" in page


def test_it_is_in_the_menu_of_those_who_may_read_it_alone(world: World, browser: Client) -> None:
    assert f'href="{HERE}"' in shown(browser, "/week/")
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    assert f'href="{HERE}"' not in shown(leader, "/week/")
    assert leader.get(HERE).status_code == 404
