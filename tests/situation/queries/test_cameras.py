"""Who sees what cameras saw, in what order, and who may decide on it."""

from datetime import timedelta

import pytest

from narvaro.access.models import OrganisationKind, Role
from narvaro.situation.cameras import dismiss
from narvaro.situation.models import CameraEvent
from narvaro.situation.queries import (
    get_camera_event,
    list_decided_camera_events,
    list_new_camera_events,
)
from narvaro.spine.refusal import Missing
from tests.make import (
    NIGHT,
    World,
    make_camera,
    make_member,
    make_site,
    make_viewer,
    make_world,
    observe,
)


def test_the_newest_stands_first_and_nothing_crosses_tenants(world: World) -> None:
    camera = make_camera(make_site(world))
    observe(make_camera(make_site(make_world("Beta")), code="B-1"))
    for minutes in (0, 20, 40):
        observe(camera, at=NIGHT + timedelta(minutes=minutes))
    viewer = make_viewer(make_member(world, Role.CAMERA_OPERATOR, world.municipality))
    found = [one.began_at - NIGHT for one in list_new_camera_events(viewer)]
    assert found == [timedelta(minutes=one) for one in (40, 20, 0)]


def test_a_camera_that_lost_its_papers_is_not_shown(world: World) -> None:
    camera = make_camera(make_site(world))
    observe(camera)
    camera.balancing_reference = ""
    camera.save()
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    assert not list_new_camera_events(viewer)


def test_decided_ones_stay_for_a_while(world: World) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    viewer = make_viewer(make_member(world, Role.COORDINATOR))
    assert not list_decided_camera_events(viewer, NIGHT)
    dismiss(event=event, reason=CameraEvent.Reason.ANIMAL, number="K1", by="test", at=NIGHT)
    assert list(list_decided_camera_events(viewer, NIGHT)) == [event]
    assert not list_new_camera_events(viewer)
    observe(event.camera, at=event.began_at + timedelta(seconds=30), began=False)
    assert not list_decided_camera_events(viewer, NIGHT + timedelta(minutes=5))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.REPORTER, Role.PROPERTY_MANAGER])
def test_who_only_reads_decides_nothing(world: World, role: Role) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    with pytest.raises(Missing):
        get_camera_event(make_viewer(make_member(world, role, world.municipality)), event.pk)


def test_a_guarding_company_sees_none(world: World) -> None:
    observe(make_camera(make_site(world)))
    assert world.company.kind == OrganisationKind.GUARDING_COMPANY
    for role in (Role.SHIFT_LEADER, Role.GUARD, Role.CONTRACT_MANAGER):
        assert not list_new_camera_events(make_viewer(make_member(world, role, world.company)))
