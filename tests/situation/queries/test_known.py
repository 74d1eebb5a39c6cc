"""Until when registers are known: now, or as far as those go that have ended."""

from datetime import datetime, timedelta
from typing import Any

from narvaro.situation.models import Damage, Incident
from narvaro.situation.queries.known import Register, known_until, newest_row
from tests.make import NIGHT, World

DAY = timedelta(days=1)


def put(world: World, table: type[Damage | Incident], at: datetime, **fields: Any) -> None:
    """Put something that was over at a time."""
    kind = {"kind": "glass"} if table is Damage else {"category": "theft"}
    times = dict.fromkeys(("occurred_from", "occurred_until", "reported_at"), at)
    table.objects.create(tenant=world.tenant, **kind, **times, **fields)


def test_without_anything_nothing_is_known(world: World) -> None:
    assert known_until(world.tenant.pk, NIGHT) is None
    assert newest_row(world.tenant.pk, Register.ALARMS, NIGHT) is None


def test_a_register_has_ended_where_more_than_four_rows_are_missing(world: World) -> None:
    """Sixty in half a year: twelve days of silence may be chance, thirteen may not."""
    for number in range(60):
        put(world, Damage, NIGHT - number * 3 * DAY)
    assert known_until(world.tenant.pk, NIGHT + 12 * DAY) == NIGHT + 12 * DAY
    assert known_until(world.tenant.pk, NIGHT + 13 * DAY) == NIGHT


def test_the_register_that_ended_first_decides_of_those_that_are_asked_for(world: World) -> None:
    """What lies in the future is no sign of life, nor is what a patrol found."""
    for number in range(60):
        put(world, Damage, NIGHT - (30 + number) * DAY)
        put(world, Incident, NIGHT - number * DAY)
    put(world, Damage, NIGHT + DAY)
    put(world, Damage, NIGHT - DAY, by_patrol=True)
    both = (Register.DAMAGE, Register.INCIDENTS)
    assert known_until(world.tenant.pk, NIGHT, both) == NIGHT - 30 * DAY
    assert known_until(world.tenant.pk, NIGHT, [Register.INCIDENTS]) == NIGHT


def test_files_alone_may_be_asked_for(world: World) -> None:
    """A report of today does not carry the file on."""
    for number in range(20):
        put(world, Damage, NIGHT - (20 + number) * DAY, batch=world.batch)
    put(world, Damage, NIGHT)
    assert known_until(world.tenant.pk, NIGHT) == NIGHT
    assert known_until(world.tenant.pk, NIGHT, filed=True, pace_over=28 * DAY) == NIGHT - 20 * DAY
    assert newest_row(world.tenant.pk, Register.DAMAGE, NIGHT, filed=True) == NIGHT - 20 * DAY
