"""Cases that nobody has: an unmanned night looks again, and a graver alarm is offered after all."""

from datetime import timedelta

from narvaro.dispatch.models import Offer
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.models import Tenant
from tests.conftest import Running
from tests.make import NIGHT, World, make_plan, make_site, make_transmitter, make_unit, send_signal

SECOND = timedelta(seconds=1)


def unmanned(world: World) -> World:
    """Let the world be without a dispatcher."""
    Tenant.objects.filter(pk=world.tenant.pk).update(mode="unmanned")
    return world


def test_a_case_without_a_rule_is_offered_when_an_alarm_with_one_joins(
    world: World, running: Running
) -> None:
    """A tamper that no rule covers, then the break-in that one does: V1 is asked."""
    unmanned(world)
    make_unit(world, "V1")
    site = make_site(world)
    make_plan(site)
    panel = make_transmitter(site)
    send_signal(panel, "TA", zone="8", at=NIGHT)
    running.settle()
    assert Case.objects.get().unanswered_at is not None
    assert not Offer.objects.exists()
    running.at(NIGHT + 8 * SECOND)
    send_signal(panel, "BA", zone="3", at=NIGHT + 8 * SECOND)
    running.settle()
    assert Offer.objects.get().unit.call_sign == "V1"


def test_a_unit_that_comes_free_is_asked_within_a_minute(world: World, running: Running) -> None:
    """Nobody could be asked; a minute after the break is over, V1 is."""
    unmanned(world)
    crew = make_unit(world, "V1")
    UnitStatus.objects.create(unit=crew.unit, state="break", since=NIGHT)
    site = make_site(world)
    make_plan(site)
    send_signal(make_transmitter(site), "BA", at=NIGHT)
    running.settle()
    assert Case.objects.get().unanswered_at is not None
    UnitStatus.objects.update(state="available")
    running.at(NIGHT + 59 * SECOND)
    assert not Offer.objects.exists()
    running.at(NIGHT + 61 * SECOND)
    assert Offer.objects.get().unit == crew.unit


def test_the_rule_of_each_alarm_holds_when_a_graver_kind_leads(
    world: World, running: Running
) -> None:
    """The plan says intruder automatically and nothing of duress: both together are offered."""
    make_unit(world, "V1")
    site = make_site(world)
    make_plan(site)
    panel = make_transmitter(site)
    send_signal(panel, "HA", zone="1", at=NIGHT)
    running.settle()
    assert not Offer.objects.exists()
    send_signal(panel, "BA", zone="3", at=NIGHT + 5 * SECOND)
    running.settle()
    assert (Case.objects.get().kind, Offer.objects.count()) == ("duress", 1)
