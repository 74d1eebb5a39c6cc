"""Passing on by rule: for a site that stands alone, where its plan says so, and nowhere else."""

import pytest

from narvaro.directory.models import Site
from narvaro.dispatch.actions import close_case
from narvaro.sharing.following import SHARING
from narvaro.sharing.forwarding import ask, send_due
from narvaro.sharing.models import Forward
from narvaro.situation.models import Case
from narvaro.spine import events
from narvaro.spine.models import Tenant, Trouble
from tests.make import (
    NIGHT,
    World,
    make_centre,
    make_plan,
    make_site,
    make_transmitter,
    send_signal,
)


def follow(world: World) -> list[str]:
    """Let the reader read on; return which centres were asked."""
    events.advance(SHARING, world.tenant.pk)
    return list(Forward.objects.values_list("centre__name", flat=True))


def alone(world: World, **rule: str) -> Site:
    site = make_site(world)
    site.standing, site.standing_decision = "alone", "KS 2026/14"
    site.save()
    make_plan(site, **rule)
    return site


def test_an_alarm_of_a_site_alone_goes_where_its_plan_says(world: World) -> None:
    make_centre(world)
    panel = make_transmitter(alone(world, pass_on="Larmcentralen"))
    send_signal(panel)
    send_signal(panel, zone="4")
    assert follow(world) == ["Larmcentralen"]
    assert Forward.objects.get().asked_by == "system"


@pytest.mark.parametrize("standing", ["beside", "behind"])
def test_a_centre_that_has_the_alarm_is_not_told_again(world: World, standing: str) -> None:
    make_centre(world)
    site = alone(world, pass_on="Larmcentralen")
    Site.objects.update(standing=standing)
    send_signal(make_transmitter(site))
    assert follow(world) == []


def test_only_the_kinds_of_a_rule_are_passed_on(world: World) -> None:
    """A fire is none of the break-in's rule; a break-in that joins a threat keeps its own."""
    make_centre(world)
    panel = make_transmitter(alone(world, pass_on="Larmcentralen"))
    send_signal(panel, "FA")
    send_signal(panel, "PA", zone="1")
    assert follow(world) == []
    send_signal(panel, "BA", zone="2")
    assert follow(world) == ["Larmcentralen"]
    assert Forward.objects.get().case.kind == "duress"


def test_follow_up_passes_nothing_on(world: World) -> None:
    make_centre(world)
    send_signal(make_transmitter(alone(world, pass_on="Larmcentralen")))
    Tenant.objects.update(mode="follow_up")
    assert follow(world) == []


def test_a_centre_that_is_not_set_up_is_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    send_signal(make_transmitter(alone(world, pass_on="Okänd")))
    assert follow(world) == []
    assert "centre is not set up" in caplog.text


def test_who_ends_the_case_ends_the_trouble_of_its_forward(world: World) -> None:
    centre = make_centre(world, sealed_authentication="torn")
    send_signal(make_transmitter(make_site(world)))
    case = Case.objects.get()
    ask(case=case, centre=centre, by="member:1", at=NIGHT)
    assert send_due() == 1
    follow(world)
    assert Trouble.objects.filter(ended_at=None).count() == 1
    close_case(case=case, by="member:1", at=NIGHT)
    follow(world)
    assert not Trouble.objects.filter(ended_at=None).exists()
