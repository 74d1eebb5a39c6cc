"""Damage in a browser: reported from a case, priced, changed, summed, and seen as others see it."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from narvaro.access.models import Member, Role
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.models import Damage, Photo
from narvaro.situation.report_facts import Where
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from tests.conftest import Running
from tests.make import (
    NIGHT,
    Crewed,
    World,
    make_damage,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    send_signal,
)
from tests.web.test_phone import browser_of, shown

DOUBTFUL = "Klotter. En kille från Ronna sprang."


def entry(**given: str) -> dict[str, str]:
    """Return the fields of one damage as a browser sends them."""
    base = {
        "id": str(uuid7()), "kind": "glass", "where": "Bron vid ån", "when": "night",
        "part": "Entrén", "text": "Två rutor", "police_reference": "",
    }  # fmt: skip
    return {f"0-{name}": value for name, value in (base | given).items()}


@pytest.fixture
def crew(world: World) -> Crewed:
    """Return the one unit on duty."""
    return make_unit(world)


@pytest.fixture
def manager(world: World) -> Member:
    """Return the municipality's property manager."""
    return make_member(world, Role.PROPERTY_MANAGER, world.municipality)


@pytest.fixture
def photos(settings: Any, tmp_path: Path) -> Path:
    """Give photos a home of their own."""
    settings.HOME = replace(settings.HOME, path=tmp_path)
    return tmp_path / "photos"


def jpeg(colour: str = "green") -> SimpleUploadedFile:
    """Return a photo as a browser sends it."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(out, "JPEG")
    return SimpleUploadedFile("foto.jpg", out.getvalue(), "image/jpeg")


def on_scene(world: World, crew: Crewed, running: Running) -> Response:
    """Let the unit take an alarm and arrive."""
    site = make_site(world)
    make_plan(site)
    send_signal(make_transmitter(site))
    running.at(NIGHT + timedelta(seconds=1))
    offer = Offer.objects.get(state="waiting")
    response = responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew.member.pk, by="test", at=NIGHT
    )
    return responses.step(response=response, state=Response.State.ON_SCENE, by="test", at=NIGHT)


def test_damage_found_on_a_case_belongs_to_it_and_is_no_patrols_find(
    world: World, crew: Crewed, running: Running, photos: Path
) -> None:
    """The school's broken window of story 1, with two photos."""
    response = on_scene(world, crew, running)
    client = browser_of(crew.member)
    page = shown(client, f"/damage/new/?response={response.pk}")
    assert "Found on case 1" in page
    assert re.search(r'name="0-where"[^>]* value="Trasten skola \(S-002\)"', page)
    given: dict[str, Any] = entry(where="Trasten skola (S-002)") | {
        "response": str(response.pk), "0-photos": [jpeg(), jpeg("red")],
    }  # fmt: skip
    answer = client.post("/damage/new/", given)
    assert answer.status_code == 303
    row = Damage.objects.get()
    assert (row.case, row.by_patrol, row.premises) == (response.case, False, "Trasten 2")
    assert Photo.objects.filter(subject=row.pk).count() == 2
    assert "Broken glass, Trasten skola: received 02:00" in shown(client, answer["Location"])


def test_a_response_of_another_unit_cannot_be_named(
    world: World, crew: Crewed, running: Running
) -> None:
    response = on_scene(world, crew, running)
    other = browser_of(make_unit(world, "V2").member)
    assert other.get(f"/damage/new/?response={response.pk}").status_code == 404
    sent = entry() | {"response": str(response.pk)}
    assert other.post("/damage/new/", sent).status_code == 404
    assert other.get("/damage/new/?response=1").status_code == 404
    assert not Damage.objects.exists()


def test_costs_are_typed_and_seen_by_who_pays_alone(
    world: World, crew: Crewed, manager: Member
) -> None:
    guard, payer = browser_of(crew.member), browser_of(manager)
    assert "Estimated cost" not in shown(guard, "/damage/new/")
    guard.post("/damage/new/", entry(estimate="999"))
    payer.post("/damage/new/", entry(estimate="12 500,50", cost_centre="4711"))
    found, own = Damage.objects.order_by("pk")
    assert (found.estimate_sek, own.estimate_sek) == (None, Decimal("12500.50"))
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    make_damage(crew.member, Where(place="Torget"), estimate=77_345)
    assert "77,345" in shown(payer, "/damage/")
    assert "77,345" not in shown(leader, "/damage/")


def test_a_senseless_cost_is_refused_with_the_form_kept(manager: Member) -> None:
    answer = browser_of(manager).post("/damage/new/", entry(estimate="mycket"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Write the cost in kronor" in page
    assert "Två rutor" in page
    assert not Damage.objects.exists()


def test_a_repair_is_followed_from_report_to_final_cost(
    world: World, crew: Crewed, manager: Member
) -> None:
    row = make_damage(crew.member, Where(site=make_site(world)))
    client, where = browser_of(manager), f"/damage/{row.pk}/"
    given = {"state": "ordered", "work_order": "AO 17", "estimate": "4200", "offensive": "yes"}
    assert client.post(where, given).status_code == 303
    assert client.post(where, {"state": "closed", "estimate": "4200"}).status_code == 422
    page = client.post(where, {"state": "closed"}).content.decode()
    assert "Write what it cost, 0 if nothing" in page
    given = {"state": "closed", "final": "3900,00", "police_reference": "0201-K1-26"}
    assert client.post(where, given).status_code == 303
    row.refresh_from_db()
    assert (row.state, row.final_sek, row.offensive) == ("closed", Decimal(3900), False)
    assert row.police_reference == "0201-K1-26"
    mine = shown(browser_of(crew.member), "/reports/")
    assert "It is repaired, and the cost is settled." in mine
    assert not re.search(r">[^<]*3.?900", mine)


def test_a_change_that_is_refused_is_said_to_programs_too(crew: Crewed, manager: Member) -> None:
    row = make_damage(crew.member, Where(place="Torget"))
    answer = browser_of(manager).post(
        f"/damage/{row.pk}/", {"state": "closed"}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:narvaro:invalid")


def test_only_who_handles_damage_changes_it(world: World, crew: Crewed) -> None:
    row = make_damage(crew.member, Where(place="Torget"))
    for member in (crew.member, make_member(world, Role.SHIFT_LEADER)):
        page = shown(browser_of(member), f"/damage/{row.pk}/")
        assert 'name="final"' not in page
        assert browser_of(member).post(f"/damage/{row.pk}/", {"state": "closed"}).status_code == 404
    row.refresh_from_db()
    assert row.state == "reported"


def test_reading_another_organisations_words_leaves_a_trace_that_it_can_see(
    world: World, crew: Crewed, manager: Member
) -> None:
    """Once for each showing; one's own words, and a damage without words, leave none."""
    row = make_damage(crew.member, Where(place="Torget"), text="Rutan mot gården är krossad")
    silent = make_damage(crew.member, Where(place="Torget"))
    shown(browser_of(crew.member), f"/damage/{row.pk}/")
    shown(browser_of(manager), f"/damage/{silent.pk}/")
    assert not Event.objects.filter(kind="words.read").exists()
    assert "krossad" in shown(browser_of(manager), f"/damage/{row.pk}/")
    trace = Event.objects.get(kind="words.read")
    assert str(crew.member.organisation_id) in trace.audience


def test_photos_are_put_to_a_damage_by_who_reported_or_handles_it(
    world: World, crew: Crewed, manager: Member, photos: Path
) -> None:
    row = make_damage(crew.member, Where(place="Torget"))
    where = f"/damage/{row.pk}/"
    for number, (member, status) in enumerate(
        ((crew.member, 303), (manager, 303), (make_member(world, Role.SHIFT_LEADER), 404))
    ):
        sent = {"add_photos": "1", "photos": [jpeg(f"#{number * 90:02x}0000")]}
        assert browser_of(member).post(where, sent).status_code == status
    assert Photo.objects.filter(subject=row.pk).count() == 2
    bad = SimpleUploadedFile("x.jpg", b"no", "image/jpeg")
    answer = browser_of(manager).post(where, {"add_photos": "1", "photos": [bad]})
    assert answer.status_code == 422
    assert "Photo 1 was not kept." in answer.content.decode()


def test_the_list_is_filtered_and_sums_what_it_lists(
    world: World, crew: Crewed, manager: Member
) -> None:
    school, hall = make_site(world, "Trasten skola"), make_site(world, "Sporthallen")
    make_damage(crew.member, Where(site=school), estimate=1000)
    make_damage(crew.member, Where(site=hall), kind=Damage.Kind.GLASS, estimate=250)
    make_damage(crew.member, Where(site=hall), at=NIGHT - timedelta(days=500), estimate=90000)
    client = browser_of(manager)
    page = shown(client, "/damage/")
    assert "SEK 1,250" in page
    assert "90,000" not in page
    page = shown(client, f"/damage/?site={hall.code}&kind=glass&state=reported")
    assert "SEK 250" in page
    assert 'href="/damage/' in page
    assert "1,000" not in page
    older = shown(client, "/damage/?since=2025-01-01&until=2025-12-31")
    assert "SEK 90,000" in older
    for wrong, said in (
        ("site=Ingenting", "No site is called that"),
        ("since=igår", "Write the day"),
        ("since=0001-01-01", "Write the day"),
        ("until=9999-12-31", "Write the day"),
        ("kind=x", "Choose kind"),
    ):
        answer = client.get(f"/damage/?{wrong}")
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_graffiti_that_should_be_gone_is_marked_late(
    world: World, crew: Crewed, manager: Member, running: Running
) -> None:
    make_damage(crew.member, Where(place="Torget"), offensive=True)
    client = browser_of(manager)
    assert "remove by 11-25 02:00" in shown(client, "/damage/")
    assert 'class="small late"' not in shown(client, "/damage/")
    running.hands.advance(25 * 3600)
    assert 'class="small late"' in shown(client, "/damage/")


def test_a_damage_can_be_looked_at_as_somebody_else_and_shows_no_more_than_both_see(
    world: World, crew: Crewed, manager: Member
) -> None:
    row = make_damage(crew.member, Where(place="Torget"), text=DOUBTFUL, estimate=4242)
    client, where = browser_of(manager), f"/damage/{row.pk}/"
    page = shown(client, where)
    assert "It is shown when the organisation that wrote it has settled" in page
    assert DOUBTFUL not in page
    leader = shown(client, f"{where}?as=shift_leader@guarding_company")
    assert "As seen by: Shift leader, Provköping bevakning" in leader
    assert "They see what their own organisation reported." in leader
    assert "4,242" not in leader
    assert DOUBTFUL not in leader
    assert 'name="final"' not in leader
    police = shown(client, f"{where}?as=police_guest@police")
    assert "for them this page does not exist" in police
    assert (
        "Torget" not in police.partition("<main")[2].partition("See as")[0].partition("</nav>")[2]
    )
    desk = shown(client, f"{where}?as=nobody@nowhere")
    assert "As seen by" not in desk
    assert "See as" not in shown(browser_of(make_member(world, Role.SHIFT_LEADER)), where)


def test_a_wave_at_schools_is_shown_with_how_seldom_chance_does_that(
    world: World, crew: Crewed, manager: Member
) -> None:
    schools = [make_site(world, name) for name in ("Trasten", "Hasseln", "Björken")]
    day = timedelta(days=1)
    for ago in (300, 200, 100):
        make_damage(crew.member, Where(site=schools[0]), at=NIGHT - ago * day)
    client = browser_of(manager)
    assert "Suggestion:" not in shown(client, "/damage/")
    for number, school in enumerate(schools):
        make_damage(crew.member, Where(site=school), at=NIGHT - (number + 1) * day)
    page = shown(client, "/damage/")
    assert "School: 3 damages in seven days" in page
    assert "Usual in a week: less than 0.1." in page
    assert "By chance alone" in page
    assert "Björken, Hasseln, Trasten" in page


@pytest.fixture
def client(crew: Crewed) -> Client:
    """Return the guard's browser."""
    return browser_of(crew.member)


def test_the_guards_list_holds_his_own(world: World, crew: Crewed, client: Client) -> None:
    make_damage(crew.member, Where(place="Mitt fynd"))
    make_damage(make_member(world), Where(place="Ett annat"))
    page = shown(client, "/damage/")
    assert "You see what you reported yourself." in page
    assert "Mitt fynd" in page
    assert "Ett annat" not in page
