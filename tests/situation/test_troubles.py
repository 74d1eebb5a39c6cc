"""The installation's troubles: raised once, told in every tenant's log to whom it concerns."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind, Role
from narvaro.situation.queries import list_open_troubles, list_troubles
from narvaro.situation.troubles import end_trouble, note_clock_accepted, raise_trouble
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event, Trouble
from narvaro.spine.refusal import Missing
from narvaro.web.live import find_notice
from tests.make import NIGHT, World, make_contract, make_member, make_viewer, make_world


def told(world: World, kind: str = "system.trouble") -> list[str]:
    """Return what a tenant's log tells of troubles, in order."""
    log = Event.objects.filter(tenant=world.tenant, kind=kind).order_by("position")
    return [json.loads(one.payload or "{}").get("state", "") for one in log]


def test_a_trouble_is_raised_once_and_every_tenant_is_told(world: World) -> None:
    """The second time its facts are brought up to date, and nobody is told again."""
    other = make_world("Annanstad")
    assert raise_trouble(kind="promotion_lag", about="main", facts={"lag_s": 6}, at=NIGHT)
    assert not raise_trouble(kind="promotion_lag", about="main", facts={"lag_s": 9}, at=NIGHT)
    assert raise_trouble(kind="promotion_lag", about="second", facts={}, at=NIGHT)
    assert Trouble.objects.get(about="main").facts == {"lag_s": 9}
    for one in (world, other):
        assert told(one) == ["raised", "raised"]
    assert end_trouble(kind="promotion_lag", about="main", at=NIGHT)
    assert not end_trouble(kind="promotion_lag", about="main", at=NIGHT)
    assert told(other) == ["raised", "raised", "ended"]
    assert raise_trouble(kind="promotion_lag", about="main", facts={}, at=NIGHT)


def test_a_trouble_of_one_tenant_is_told_to_no_other(world: World, hands: Hands) -> None:
    other = make_world("Annanstad")
    mine = {"kind": "not_passed_on", "about": "17", "at": NIGHT, "tenant_id": world.tenant.pk}
    assert raise_trouble(facts={"case": 3}, **mine)  # type: ignore[arg-type]
    assert (told(world), told(other)) == (["raised"], [])
    see, blind = (
        make_viewer(make_member(one, Role.DISPATCHER)) for one in (world, other)
    )  # fmt: skip
    assert [len(list_open_troubles(one)) for one in (see, blind)] == [1, 0]
    assert end_trouble(**mine)  # type: ignore[arg-type]
    assert (told(world), told(other)) == (["raised", "ended"], [])
    assert [len(list_troubles(one)) for one in (see, blind)] == [1, 0]


def test_two_tenants_and_the_installation_have_the_same_trouble_each_for_itself(
    world: World, hands: Hands
) -> None:
    """Neither is taken for the other's, and what its facts say opens it to nobody."""
    other = make_world("Annanstad")
    same = {"kind": "not_passed_on", "about": "17", "at": NIGHT}
    owners = [world.tenant.pk, other.tenant.pk, None]
    for tenant_id in owners:
        facts = {"tenant": str(other.tenant.pk)}
        assert raise_trouble(facts=facts, tenant_id=tenant_id, **same)  # type: ignore[arg-type]
        assert not raise_trouble(facts=facts, tenant_id=tenant_id, **same)  # type: ignore[arg-type]
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    assert {one.tenant_id for one in list_open_troubles(viewer)} == {world.tenant.pk, None}
    assert end_trouble(tenant_id=other.tenant.pk, **same)  # type: ignore[arg-type]
    assert len(list_open_troubles(viewer)) == 2


@pytest.mark.parametrize("is_mine", [True, False])
def test_the_database_keeps_no_trouble_twice_at_a_time(world: World, is_mine: bool) -> None:
    tenant = world.tenant if is_mine else None
    Trouble.objects.create(tenant=tenant, kind="disk_space", raised_at=NIGHT, ended_at=NIGHT)
    Trouble.objects.create(tenant=tenant, kind="disk_space", raised_at=NIGHT)
    with pytest.raises(IntegrityError):
        Trouble.objects.create(tenant=tenant, kind="disk_space", raised_at=NIGHT)


def test_it_is_told_to_the_municipality_the_alarm_centre_and_the_suppliers(world: World) -> None:
    """A company without a contract in force is not told; nor is a guard of the one that is."""
    make_contract(world)
    centre = add_organisation(
        tenant=world.tenant, name="larmcentral", kind=OrganisationKind.ALARM_CENTRE, by="test",
        at=NIGHT,
    )  # fmt: skip
    rival = add_organisation(
        tenant=world.tenant, name="rival", kind=OrganisationKind.GUARDING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    raise_trouble(kind="disk_space", facts={}, at=NIGHT)
    event = Event.objects.get(kind="system.trouble")
    hearing = {
        (role, organisation.name): find_notice(
            make_viewer(make_member(world, role, organisation)), event
        ) is not None
        for role, organisation in (
            (Role.DISPATCHER, world.municipality), (Role.DISPATCHER, centre),
            (Role.SHIFT_LEADER, world.company), (Role.SHIFT_LEADER, rival),
            (Role.GUARD, world.company), (Role.REPORTER, world.municipality),
        )
    }  # fmt: skip
    assert [key for key, hears in hearing.items() if hears] == [
        ("dispatcher", world.municipality.name), ("dispatcher", "larmcentral"),
        ("shift_leader", world.company.name),
    ]  # fmt: skip


def test_open_ones_are_listed_first_and_ended_ones_for_a_week(world: World, hands: Hands) -> None:
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    for kind in ("disk_space", "certificate", "clock_step"):
        raise_trouble(kind=kind, facts={}, at=hands.now())
        hands.advance(60)
    end_trouble(kind="certificate", at=hands.now())
    assert [one.kind for one in list_troubles(viewer)] == [
        "clock_step", "disk_space", "certificate",
    ]  # fmt: skip
    assert [one.kind for one in list_open_troubles(viewer)] == ["clock_step", "disk_space"]
    hands.advance(timedelta(days=8).total_seconds())
    assert [one.kind for one in list_troubles(viewer)] == ["clock_step", "disk_space"]


def test_who_is_not_named_is_told_nothing(world: World) -> None:
    raise_trouble(kind="disk_space", facts={}, at=NIGHT)
    guard = make_viewer(make_member(world, Role.GUARD))
    assert list_open_troubles(guard) == []
    with pytest.raises(Missing):
        list_troubles(guard)


def test_an_accepted_clock_stands_in_the_audit_and_in_the_troubles_facts(world: World) -> None:
    """By whom; what the trouble said before stays."""
    raise_trouble(kind="clock_step", facts={"step_s": 3600.0}, at=NIGHT)
    note_clock_accepted(step_s=3600.04, accepted_by="shell:drift", at=NIGHT)
    event = Event.objects.get(tenant=world.tenant, kind="clock.accepted")
    assert (event.record_class, event.actor) == ("audit", "shell:drift")
    assert json.loads(event.payload or "")["step_s"] == 3600.0
    facts = Trouble.objects.get().facts
    assert (facts["step_s"], facts["accepted_by"]) == (3600.0, "shell:drift")
