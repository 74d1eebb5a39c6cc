"""Roads that are closed and opened again, and the roads that follow."""

from datetime import timedelta

import numpy as np
import pytest

from narvaro.access.models import Role
from narvaro.directory.actions import Drawn, close_road, open_road
from narvaro.directory.models import RoadClosure
from narvaro.directory.queries import get_closure, have_roads_changed, list_closures
from narvaro.directory.roads_now import find_roads_now
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.make import NIGHT, World, make_closure, make_member, make_viewer, make_world

HOUR = timedelta(hours=1)
ACROSS = (59.05, 17.999), (59.05, 18.001)
WORK = RoadClosure.Kind.ROADWORK


def seconds(world: World, *, walking: bool = False, hours: float = 0) -> float:
    """Return the seconds from one kilometre up the street to ten."""
    now = find_roads_now(world.tenant.pk, NIGHT + hours * HOUR)
    assert now is not None
    roads = now.walking if walking else now.roads
    return float(roads.travel_s(roads.place(59.01, 18.0), roads.place(59.09, 18.0))[0, 0])


def test_a_road_is_closed_at_once_for_cars_and_opened_again(street: World) -> None:
    before = seconds(street)
    made = close_road(
        tenant_id=street.tenant.pk,
        drawn=Drawn(ACROSS, WORK),
        number="K101",
        by="member:test",
        at=NIGHT,
    )
    assert (made.street, made.closed_by) == ("Storgatan", "K101")
    assert np.isinf(seconds(street))
    assert seconds(street, walking=True) == pytest.approx(before * (60 / 3.6) / 1.4, rel=0.01)
    open_road(closure=made, number="K101", by="member:test", at=NIGHT + HOUR)
    open_road(closure=made, number="K102", by="member:other", at=NIGHT + 2 * HOUR)
    assert seconds(street, hours=1) == before
    told = Event.objects.filter(kind__startswith="road.").order_by("position")
    assert [one.kind for one in told] == ["road.closed", "road.opened"]


def test_a_closure_ends_at_its_time_and_may_hold_for_walkers(street: World) -> None:
    drawn = Drawn(ACROSS, WORK, until_at=NIGHT + HOUR, walkers_pass=False)
    close_road(tenant_id=street.tenant.pk, drawn=drawn, number="K101", by="member:test", at=NIGHT)
    assert np.isinf(seconds(street, walking=True, hours=0.9))
    assert np.isfinite(seconds(street, hours=1))


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (Drawn(((59.05, 17.5), (59.05, 17.501)), WORK), "no_road_crossed"),
        (Drawn(((59.05, 17.9), (59.05, 18.1)), WORK), "long_line"),
        (Drawn(ACROSS, WORK, until_at=NIGHT), "past"),
        (Drawn(((59.05, 180.0), (59.05, -180.0)), WORK), "long_line"),
    ],
)
def test_a_line_that_closes_nothing_is_refused(street: World, drawn: Drawn, code: str) -> None:
    with pytest.raises(Refused) as refused:
        close_road(
            tenant_id=street.tenant.pk, drawn=drawn, number="K101", by="member:test", at=NIGHT
        )
    assert refused.value.code == code
    assert not RoadClosure.objects.exists()


def test_without_a_map_nothing_is_closed(world: World) -> None:
    assert find_roads_now(world.tenant.pk, NIGHT) is None
    with pytest.raises(Refused, match="import a map"):
        close_road(
            tenant_id=world.tenant.pk, drawn=Drawn(ACROSS, WORK), number="K101", by="t", at=NIGHT
        )


def test_a_map_whose_folder_is_gone_is_said(street: World) -> None:
    street.tenant.road_map.sha256 = "0" * 64
    street.tenant.road_map.save()
    with pytest.raises(Refused, match="folder is gone"):
        close_road(
            tenant_id=street.tenant.pk, drawn=Drawn(ACROSS, WORK), number="K101", by="t", at=NIGHT
        )


def test_a_ranking_that_was_made_beside_a_closure_is_made_again(street: World) -> None:
    """The closure's clock was read before the ranking's, and its row was written after it."""
    viewer = make_viewer(make_member(street, Role.DISPATCHER))
    now = NIGHT + HOUR
    assert not have_roads_changed(viewer, since=NIGHT, at=now)
    make_closure(street)
    assert have_roads_changed(viewer, since=NIGHT + timedelta(milliseconds=5), at=now)
    assert not have_roads_changed(viewer, since=NIGHT + timedelta(minutes=2), at=now)


def test_another_tenants_closure_is_missing(world: World) -> None:
    made = make_closure(world)
    own = make_viewer(make_member(world, Role.DISPATCHER))
    other = make_viewer(make_member(make_world("Grannköping"), Role.DISPATCHER))
    assert list_closures(own, NIGHT) == [get_closure(own, made.pk)] == [made]
    assert list_closures(other, NIGHT) == []
    with pytest.raises(Missing):
        get_closure(other, made.pk)
