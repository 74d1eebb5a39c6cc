"""What is stored about me: all of it, mine alone, and when it goes."""

from datetime import timedelta

from narvaro.access.models import Role
from narvaro.dispatch import responses
from narvaro.dispatch.models import Offer
from narvaro.followup.own_record import rows_naming
from narvaro.situation.report_facts import Where
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.web.own_record_words import NAMED
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    make_damage,
    make_member,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    put_position,
    send_signal,
)
from tests.web.test_phone import browser_of, shown

HOUR = timedelta(hours=1)


def test_every_table_that_names_a_member_has_its_words(db: None) -> None:
    """A new model that names somebody must be shown to him."""
    assert set(rows_naming(uuid7())) == set(NAMED)


def test_a_position_that_came_late_goes_72_hours_after_its_own_time(
    world: World, running: Running
) -> None:
    crew = make_unit(world)
    late = put_position(crew.unit, NIGHT - HOUR, 59.0, 18.0)
    late.received_at = NIGHT
    late.save()
    page = shown(browser_of(crew.member), "/me/")
    assert "2026-11-27 01:00" in page
    assert "2026-11-27 02:00" not in page


def test_a_guard_sees_his_shift_positions_reports_and_answers(
    world: World, running: Running
) -> None:
    crew = make_unit(world)
    site = make_site(world)
    make_plan(site)
    send_signal(make_transmitter(site))
    running.at(NIGHT + timedelta(seconds=1))
    responses.accept(
        offer=Offer.objects.get(state="waiting"), response_id=uuid7(), member_id=crew.member.pk,
        by="test", at=NIGHT,
    )  # fmt: skip
    make_damage(crew.member, Where(place="Torget"), text="Två rutor")
    put_position(crew.unit, NIGHT - 2 * HOUR, 59.0, 18.0)
    put_position(crew.unit, NIGHT - 20 * HOUR, 59.5, 18.5)  # before his shift: another crew's
    client = browser_of(crew.member)
    page = shown(client, "/me/")
    assert "<b>2</b>kept now" in page
    assert "2026-11-24 00:00" in page  # the oldest of his
    assert "2026-11-27 00:00" in page  # 72 hours later it is gone
    assert "Trasten skola" in page
    assert "leda enheter till larm" in page
    assert "Any ranking or sum per guard." in page
    file = client.get("/me/data.json")
    assert (
        file["Content-Disposition"] == f'attachment; filename="{crew.member.service_number}.json"'
    )
    found = file.json()
    assert [one["lat"] for one in found["raw_positions"]] == [59.0, 59.01]
    assert [one["text"] for one in found["reports"]] == ["Två rutor"]
    assert [one["case"] for one in found["responses"]] == [1]
    assert [one["unit"] for one in found["shifts"]] == ["V1"]
    assert found["records_that_name_you"]["situation.Damage.reported_by"] == 1
    assert found["competences"][0]["kind"] == "guard"


def test_nothing_of_anybody_else_is_in_it(world: World, hands: Hands) -> None:
    mine, theirs = make_unit(world), make_unit(world, "V2")
    make_damage(theirs.member, Where(place="Ett annat fynd"))
    found = browser_of(mine.member).get("/me/data.json").content.decode()
    assert "Ett annat fynd" not in found
    assert theirs.member.service_number not in found
    assert str(theirs.unit.pk) not in found


def test_a_shift_of_long_ago_is_not_listed(world: World, hands: Hands) -> None:
    crew = make_unit(world, "VÄKT 1")
    client = browser_of(crew.member)
    assert "VÄKT 1" in shown(client, "/me/")
    hands.advance(91 * 86400)
    assert "VÄKT 1" not in shown(client, "/me/")
    assert "None are kept now." in shown(client, "/me/")


def test_who_reports_nothing_has_no_way_to_reports(world: World) -> None:
    office = browser_of(make_member(world, Role.CONTRACT_MANAGER))
    page = shown(office, "/me/")
    assert 'href="/reports/"' not in page
    assert 'href="/me/"' in page
