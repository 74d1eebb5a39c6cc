"""The console's form for a call: what it gives back, and what it shows while one writes."""

from datetime import timedelta

from narvaro.access.models import Role
from narvaro.situation.models import Case
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


def test_a_refused_call_gives_its_place_back(world: World) -> None:
    desk = browser_of(make_member(world, Role.DISPATCHER))
    given = {"id": "1", "kind": "fire", "place": "Bron vid ån", "note": "Rök"}
    answer = desk.post("/console/new/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Bron vid ån"' in page
    assert "Rök" in page
    assert "data-refused" in page


def test_a_highest_case_is_seen_while_a_call_is_typed_in(world: World, running: Running) -> None:
    desk = browser_of(make_member(world, Role.DISPATCHER))
    page = shown(desk, "/console/new/")
    assert "data-live-after" in page
    assert 'class="bar"' not in page
    for name, priority in (("Trasten skola", 1), ("Hasselns skola", 3)):
        site = make_site(world, name)
        make_plan(site, priority=priority, confirmed_priority=priority)
        send_signal(make_transmitter(site))
    running.at(NIGHT + timedelta(seconds=1))
    urgent = Case.objects.get(priority=1)
    bar = shown(desk, "/console/new/", fragment=True)
    assert f'id="urgent-{urgent.pk}"' in bar
    assert "Trasten skola" in bar
    assert "Hasselns skola" not in bar
    assert "<form" not in bar


def test_the_ranking_names_each_units_role(world: World, running: Running) -> None:
    desk = browser_of(make_member(world, Role.DISPATCHER))
    make_unit(world)
    site = make_site(world)
    make_plan(site)
    send_signal(make_transmitter(site))
    running.at(NIGHT + timedelta(seconds=1))
    panel = shown(desk, f"/console/cases/{Case.objects.get().pk}/", fragment=True)
    assert '<span class="soft small">Guard</span>' in panel
    assert "signed speeds" in panel
