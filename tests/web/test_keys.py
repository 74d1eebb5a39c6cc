"""Keys on the shift leader's page: what is out, a form that hands out, refusals in words."""

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.directory.models import Key
from narvaro.plan import keys
from narvaro.plan.models import KeyReceipt
from tests.aids import make_desk, make_key
from tests.make import NIGHT, Crewed, World, make_member, make_unit
from tests.web.test_phone import browser_of, shown

JSON = {"Accept": "application/json"}


@pytest.fixture
def leader(world: World) -> Client:
    """Return a shift leader's browser."""
    return browser_of(make_member(world, Role.SHIFT_LEADER, world.company))


@pytest.fixture
def crew(world: World) -> Crewed:
    """Return a unit on duty."""
    return make_unit(world)


def give(world: World, key: Key, crew: Crewed) -> None:
    """Hand a key out."""
    keys.hand_out(make_desk(world), key.pk, crew.unit, NIGHT)


def test_without_keys_there_is_no_section(leader: Client) -> None:
    assert "Keys to sites" not in shown(leader, "/night/")


def test_a_key_goes_out_and_comes_back(leader: Client, world: World, crew: Crewed) -> None:
    key = make_key(world)
    page = shown(leader, "/night/")
    assert "1 key, in its cabinet." in page
    assert f'value="{key.pk}">N-014: Trasten skola<' in page
    given = {"key": str(key.pk), "unit": str(crew.unit.pk)}
    assert leader.post("/night/keys/hand-out/", given).status_code == 303
    page = shown(leader, "/night/", fragment=True)
    assert f"/night/keys/{key.pk}/take-back/" in page
    assert f'value="{key.pk}"' not in shown(leader, "/night/?hand-out")
    assert leader.post(f"/night/keys/{key.pk}/take-back/").status_code == 303
    assert KeyReceipt.objects.get().back_at is not None


def test_one_that_is_missing_stands_first(leader: Client, world: World, crew: Crewed) -> None:
    out, gone = make_key(world, "N-001"), make_key(world, "N-002")
    give(world, out, crew)
    give(world, gone, crew)
    assert leader.post(f"/night/keys/{gone.pk}/lost/").status_code == 303
    page = shown(leader, "/night/", fragment=True)
    assert page.index("N-002</th>") < page.index("N-001</th>")
    assert "V1 had it" in page
    assert f"/night/keys/{gone.pk}/lost/" not in page


def test_the_units_list_says_which_keys_a_unit_has(world: World, crew: Crewed) -> None:
    give(world, make_key(world), crew)
    desk = browser_of(make_member(world, Role.DISPATCHER))
    assert "N-014" in shown(desk, "/console/units/")


def test_no_is_said_in_words(leader: Client, world: World, crew: Crewed) -> None:
    key, other = make_key(world), make_unit(world, "V2")
    give(world, key, crew)
    asked = {"key": str(key.pk), "unit": str(other.unit.pk)}
    answer = leader.post("/night/keys/hand-out/", asked, headers=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (409, f"Another unit has {key.code}.")
    answer = leader.post("/night/keys/hand-out/", {"key": "", "unit": ""}, headers=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (422, "Choose a key.")
    page = leader.post(f"/night/keys/{make_key(world, 'N-2').pk}/take-back/")
    assert page.status_code == 409
    assert "The key is in its cabinet" in page.content.decode()


def test_nobody_hands_out_to_another_companys_unit(
    leader: Client, world: World, crew: Crewed
) -> None:
    key = make_key(world)
    crew.unit.organisation = world.municipality
    crew.unit.save()
    given = {"key": str(key.pk), "unit": str(crew.unit.pk)}
    assert leader.post("/night/keys/hand-out/", given).status_code == 404
    assert not KeyReceipt.objects.exists()
