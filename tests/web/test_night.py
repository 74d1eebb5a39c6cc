"""The shift leader's night: what is open first, what is owed after it, and how the system is."""

import pytest

from narvaro.access.models import Role
from narvaro.dispatch.models import Offer, Ranking, Response
from narvaro.situation.models import Case
from narvaro.situation.troubles import raise_trouble
from narvaro.web.night import REPORTS_SHOWN
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    send_signal,
)
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def case(world: World, running: Running) -> Case:
    """Return an open case of a site, offered to a unit of the company."""
    make_unit(world, "V0")
    site = make_site(world, "Trasten skola")
    make_plan(site)
    send_signal(make_transmitter(site))
    running.at(NIGHT)
    return Case.objects.get()


def leave(world: World, case: Case, count: int) -> None:
    """Let so many units have left the case without a report."""
    ranking = Ranking.objects.create(
        tenant=world.tenant, case=case, made_at=NIGHT, map_sha256="", lines={}
    )
    for number in range(count):
        crew = make_unit(world, f"V{number + 1}")
        offer = Offer.objects.create(
            tenant=world.tenant, case=case, unit=crew.unit, ranking=ranking, state="accepted",
            offered_at=NIGHT, expires_at=NIGHT, answered_at=NIGHT, by_rule=True,
        )  # fmt: skip
        Response.objects.create(
            tenant=world.tenant, case=case, organisation=world.company, unit=crew.unit,
            offer=offer, member=crew.member, state="left", accepted_at=NIGHT,
        )  # fmt: skip


def night(world: World, *, fragment: bool = True) -> str:
    """Return the page as the shift leader sees it."""
    leader = browser_of(make_member(world, Role.SHIFT_LEADER, world.company))
    return shown(leader, "/night/", fragment=fragment)


def test_what_files_told_of_is_owed_by_nobody(world: World, case: Case) -> None:
    row = Response.objects.create(
        tenant=world.tenant, case=case, organisation=world.company, batch=world.batch,
        row_key="r1", unit_as_stated="B", state="left", accepted_at=NIGHT,
    )  # fmt: skip
    assert row in Response.objects.filter(state="left")
    assert "Reports missing" not in night(world)


def test_open_cases_stand_before_the_first_missing_reports(world: World, case: Case) -> None:
    leave(world, case, REPORTS_SHOWN + 2)
    page = night(world)
    assert page.index(f"night-{case.pk}") < page.index("Reports missing")
    missing = page.partition('id="night-reports"')[2].partition("</section>")[0]
    assert missing.count("<li><b>") == REPORTS_SHOWN
    assert "and 2 more</li>" in page
    assert "<b>12</b>reports missing" in page


def test_ten_missing_reports_are_all(world: World, case: Case) -> None:
    leave(world, case, REPORTS_SHOWN)
    assert "more</li>" not in night(world)


def test_the_systems_gravest_trouble_stands_on_top(world: World) -> None:
    assert 'id="trouble-' not in night(world)
    raise_trouble(kind="promotion_lag", about="main", facts={"lag_s": 9}, at=NIGHT)
    for fragment in (True, False):
        page = night(world, fragment=fragment)
        assert 'data-announce="Alarms wait to be shown"' in page
        assert page.index("Alarms wait") < page.index("Units on duty")
