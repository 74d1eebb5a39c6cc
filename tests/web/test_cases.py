"""Units as the screens show them say the same as the ranking does."""

from datetime import timedelta

from narvaro.access.models import Role
from narvaro.situation.models import UnitStatus
from narvaro.web.cases import unit_rows
from tests.make import World, make_member, make_unit, make_viewer


def test_a_break_of_the_shift_before_is_over(world: World) -> None:
    """Who rested when the last shift ended is available on this one, in the list too."""
    crew = make_unit(world, "V1")
    desk = make_viewer(make_member(world, Role.DISPATCHER))
    before = crew.shift.starts_at - timedelta(minutes=5)
    said = UnitStatus.objects.create(unit=crew.unit, state="break", since=before)
    assert [one.state for one in unit_rows(desk)] == ["available"]
    said.since = crew.shift.starts_at + timedelta(minutes=5)
    said.save()
    assert [one.state for one in unit_rows(desk)] == ["break"]
