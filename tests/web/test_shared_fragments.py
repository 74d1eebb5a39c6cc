"""Shared fragments: who may share with whom, how old they may be, and that one is made for many."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, product
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.access.policy import POLICY, Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.situation.actions import share_case
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event
from narvaro.web import console, ground
from narvaro.web.live import Listener, _notices_for, find_notice
from narvaro.web.shared_fragments import (
    FRAGMENTS,
    Fragments,
    Key,
    find_sight,
    without_name,
)
from tests.access.scene import client_of, make_scene
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    make_member,
    make_site,
    make_transmitter,
    make_unit,
    make_viewer,
    put_position,
    send_signal,
)
from tests.web.test_phone import browser_of, shown

SHARED = {
    "/console/cases/": console._case_list,
    "/console/units/": console._unit_list,
    "/map/features/": ground._features,
}
LANGUAGES = ("sv", "en")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Begin and end with an empty store."""
    FRAGMENTS._places.clear()
    yield
    FRAGMENTS._places.clear()


def a_viewer(**facts: Any) -> Viewer:
    """Return a viewer of no database."""
    desk: dict[str, Any] = {
        "tenant_id": uuid4(), "timezone": "Europe/Stockholm", "member_id": uuid4(),
        "service_number": "K101", "role": "dispatcher", "organisation_id": uuid4(),
        "organisation_name": "Alfa", "organisation_kind": "municipality",
    }  # fmt: skip
    return Viewer(**desk | facts)


def a_key(viewer: Viewer, name: str = "cases", language: str = "sv") -> Key:
    """Return the key of a viewer who shares."""
    sight = find_sight(viewer)
    assert sight is not None
    return Key(name, sight, language)


places = st.sampled_from([(str(role), str(kind)) for role in Role for kind in OrganisationKind])
TENANTS, ORGANISATIONS = [uuid4(), uuid4()], [uuid4(), uuid4()]
viewers = st.builds(
    lambda place, tenant, organisation, zone: a_viewer(
        role=place[0], organisation_kind=place[1], tenant_id=tenant, organisation_id=organisation,
        timezone=zone,
    ),
    places, st.sampled_from(TENANTS), st.sampled_from(ORGANISATIONS),
    st.sampled_from(["Europe/Stockholm", "Europe/Helsinki"]),
)  # fmt: skip


@given(viewers, viewers)
def test_viewers_share_only_where_all_that_decides_what_they_see_is_equal(
    one: Viewer, other: Viewer
) -> None:
    """Equal sight: same tenant, organisation, zone, and every grant of every class the same."""
    mine, theirs = find_sight(one), find_sight(other)
    if mine is None or mine != theirs:
        return
    assert (one.tenant_id, one.organisation_id, one.timezone, one.organisation_kind) == (
        other.tenant_id, other.organisation_id, other.timezone, other.organisation_kind,
    )  # fmt: skip
    assert all(one.find_grant(record) == other.find_grant(record) for record in Record)


@given(viewers)
def test_who_reads_only_his_own_of_anything_shares_with_nobody(viewer: Viewer) -> None:
    grants = [viewer.find_grant(record) for record in Record]
    has_own = any(one is not None and one.scope == Scope.OWN for one in grants)
    assert (find_sight(viewer) is None) == has_own


@given(viewers)
def test_what_is_made_for_many_is_made_for_nobody_with_the_same_rights(viewer: Viewer) -> None:
    nobody = without_name(viewer)
    assert (nobody.member_id.int, nobody.service_number) == (0, "")
    assert find_sight(nobody) == find_sight(viewer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant_id", uuid4()),
        ("organisation_id", uuid4()),
        ("organisation_kind", "guarding_company"),
        ("timezone", "Europe/Helsinki"),
        ("role", "coordinator"),
        ("role", "shift_leader"),
    ],
)
def test_another_tenant_organisation_or_role_is_another_sight(field: str, value: Any) -> None:
    viewer = a_viewer()
    assert find_sight(replace(viewer, **{field: value})) != find_sight(viewer)


def test_a_grant_that_is_changed_is_another_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key holds what the policy grants, not the name of the role."""
    viewer = a_viewer()
    before = find_sight(viewer)
    place = (viewer.role, viewer.organisation_kind)
    unit = replace(POLICY[place][Record.UNIT], fields=frozenset[str]())
    monkeypatch.setitem(POLICY, place, {**POLICY[place], Record.UNIT: unit})
    assert find_sight(viewer) != before


class Maker:
    """Counts how often a fragment was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, viewer: Viewer) -> str:
        self.made += 1
        return f"{viewer.organisation_name} {self.made}"


def test_a_fragment_is_made_anew_for_a_later_position_or_after_a_second(hands: Hands) -> None:
    kept, make, viewer = Fragments(), Maker(), a_viewer()
    key = a_key(viewer)
    assert kept.get(key, 7, viewer, make).body == b"Alfa 1"
    assert kept.get(key, 7, viewer, make).body == b"Alfa 1"
    assert kept.get(key, 6, viewer, make).body == b"Alfa 1"  # newer than what is asked for
    assert kept.get(key, 8, viewer, make).body == b"Alfa 2"
    hands.move_to(NIGHT + timedelta(seconds=0.9))
    assert kept.get(key, 8, viewer, make).body == b"Alfa 2"
    hands.move_to(NIGHT + timedelta(seconds=1.1))
    assert kept.get(key, 8, viewer, make).body == b"Alfa 3"


def test_the_least_used_is_dropped(hands: Hands) -> None:
    kept, make, viewer = Fragments(at_most=3), Maker(), a_viewer()
    for number in range(10):
        kept.get(a_key(viewer, str(number)), 1, viewer, make)
        kept.get(a_key(viewer, "0"), 1, viewer, make)
    assert len(kept) == 3
    assert make.made == 10


def test_of_many_who_ask_at_once_one_makes_it(hands: Hands) -> None:
    kept, viewer, begun, go_on = Fragments(), a_viewer(), threading.Event(), threading.Event()
    key, made, got = a_key(viewer), Maker(), list[bytes]()

    def slowly(nobody: Viewer) -> str:
        begun.set()
        assert go_on.wait(5)
        return made(nobody)

    threads = [
        threading.Thread(target=lambda: got.append(kept.get(key, 1, viewer, slowly).body))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    assert begun.wait(5)
    go_on.set()
    for one in threads:
        one.join(5)
    assert got == [b"Alfa 1"] * 8


def test_a_fault_is_of_the_one_who_met_it(hands: Hands) -> None:
    kept, viewer, make = Fragments(), a_viewer(), Maker()

    def faulty(_viewer: Viewer) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kept.get(a_key(viewer), 1, viewer, faulty)
    assert kept.get(a_key(viewer), 1, viewer, make).body == b"Alfa 1"


SENSELESS = (str(Role.DISPATCHER), str(OrganisationKind.POLICE))  # granted nothing


def _everybody(world: World) -> list[Member]:
    """Make two members of every role that is granted anything, a senseless one, and two rivals."""
    usual = {"municipality": world.municipality, "guarding_company": world.company}
    rivals = (("shift_leader", "guarding_company"), ("dispatcher", "alarm_centre"))
    found: list[Member] = []
    for number, (role, kind) in enumerate((*POLICY, SENSELESS, *rivals)):
        home = usual.get(kind) if number <= len(POLICY) else None
        home = home or Organisation.objects.create(
            tenant=world.tenant, name=f"{kind} {number}", kind=kind
        )
        found += [make_member(world, Role(role), home) for _ in range(2)]
    one_case = Case.objects.get(tenant=world.tenant, number=2)
    share_case(case=one_case, organisation_id=found[-1].organisation_id)  # the last rival sees more
    return found


def test_equal_keys_are_equal_fragments_to_the_byte(db: None, hands: Hands) -> None:
    """Of every two viewers of two tenants: who share get what each would get, made for himself."""
    everyone = [
        make_viewer(one) for name in ("Alfa", "Beta") for one in _everybody(make_scene(name).world)
    ]
    sharing = [one for one in everyone if find_sight(one) is not None]
    made: dict[Key, set[str]] = defaultdict(set)
    for viewer, language, name in product(sharing, LANGUAGES, SHARED):
        with translation.override(language):
            made[a_key(viewer, name, language)] |= {
                SHARED[name](viewer), SHARED[name](without_name(viewer))
            }  # fmt: skip
    assert all(len(bodies) == 1 for bodies in made.values())
    assert len(sharing) > len({find_sight(one) for one in sharing}) > 2
    assert not any("csrf" in body for bodies in made.values() for body in bodies)


def ask(client: Client, path: str, **headers: str) -> tuple[int, bytes]:
    """Fetch a fragment as the page does."""
    answer = client.get(path, headers={"HX-Request": "true", **headers})
    return answer.status_code, answer.content


def test_a_full_store_gives_everybody_what_an_empty_one_gives(db: None, hands: Hands) -> None:
    """All who share, of two tenants, in both languages by turns, one after the other, twice: the same."""
    members = [one for name in ("Alfa", "Beta") for one in _everybody(make_scene(name).world)]
    clients = [client_of(one) for one in members if find_sight(make_viewer(one)) is not None]
    asked, alone = list[tuple[Client, str, str]](), list[tuple[int, bytes]]()
    for (client, path), language in zip(product(clients, SHARED), cycle(LANGUAGES)):
        FRAGMENTS._places.clear()
        answer = ask(client, path, **{"Accept-Language": language})
        if answer[0] == 200:
            asked.append((client, language, path))
            alone.append(answer)
    FRAGMENTS._places.clear()
    for _ in range(2):
        for (client, language, path), before in zip(asked, alone, strict=True):
            assert ask(client, path, **{"Accept-Language": language}) == before
    assert len(FRAGMENTS) > 0


def test_two_dispatchers_of_one_desk_share_and_another_organisation_does_not(
    world: World, running: Running
) -> None:
    desk = [make_member(world, Role.DISPATCHER) for _ in range(2)]
    send_signal(make_transmitter(make_site(world, "Trasten skola")))
    running.at(NIGHT + timedelta(seconds=1))
    centre = Organisation.objects.create(  # after the case: it is not shared with it
        tenant=world.tenant, name="LC", kind=OrganisationKind.ALARM_CENTRE
    )
    stranger = make_member(world, Role.DISPATCHER, centre)
    for one in desk:
        assert "Trasten skola" in shown(browser_of(one), "/console/cases/", fragment=True)
    assert len(FRAGMENTS) == 1
    assert "Trasten skola" not in shown(browser_of(stranger), "/console/cases/", fragment=True)
    assert len(FRAGMENTS) == 2


def test_who_has_left_gets_nothing_of_what_is_kept(world: World, running: Running) -> None:
    """The fragment is there and fresh; the membership that ended, or the session, opens nothing."""
    stays, leaves = (make_member(world, Role.DISPATCHER) for _ in range(2))
    both = [client_of(stays), client_of(leaves)]
    assert [ask(one, "/console/cases/")[0] for one in both] == [200, 200]
    leaves.valid_until = NIGHT.date() - timedelta(days=1)
    leaves.save()
    assert ask(both[0], "/console/cases/")[0] == 200
    assert ask(both[1], "/console/cases/") == (401, b"")
    both[0].logout()
    assert ask(both[0], "/console/cases/") == (401, b"")


def test_a_change_is_seen_at_once_and_a_position_within_a_second(
    world: World, running: Running
) -> None:
    """What is in the log is never late; what is in no log is late by a second at most."""
    crew = make_unit(world)
    client = browser_of(make_member(world, Role.DISPATCHER))
    assert "Trasten skola" not in shown(client, "/console/cases/", fragment=True)
    before = shown(client, "/console/units/", fragment=True)
    send_signal(make_transmitter(make_site(world, "Trasten skola")))
    assert "Trasten skola" in shown(client, "/console/cases/", fragment=True)
    put_position(crew.unit, NIGHT, 59.2, 17.6)
    running.hands.move_to(NIGHT + timedelta(seconds=1.1))
    assert shown(client, "/console/units/", fragment=True) != before


def test_who_has_it_already_is_told_so(world: World, running: Running) -> None:
    client = browser_of(make_member(world, Role.DISPATCHER))
    for path in SHARED:
        first = client.get(path)
        tag = first.headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "no-store"
    send_signal(make_transmitter(make_site(world)))
    running.at(NIGHT + timedelta(seconds=1))
    tag = client.get("/console/cases/").headers["ETag"]
    other = client.get("/console/units/", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_a_stream_tells_its_listeners_what_each_would_be_told_alone(db: None, hands: Hands) -> None:
    """Grouped by sight or not: every role of two tenants hears the same of the whole log."""
    worlds = [make_scene(name).world for name in ("Alfa", "Beta")]
    viewers = [make_viewer(one) for world in worlds for one in _everybody(world)]
    log = list(Event.objects.order_by("tenant", "position"))
    listeners = [Listener(one, "") for one in viewers]
    for listener, told in _notices_for(listeners, log):
        alone = [find_notice(listener.viewer, event) for event in log]
        assert told == [one for one in alone if one is not None]
    assert any(one.sight is None for one in listeners)
