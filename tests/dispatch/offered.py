"""Cases that are offered. In: a world. Out: a case, who was asked, what an answer led to."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from narvaro.directory.models import Unit
from narvaro.dispatch import responses
from narvaro.dispatch.actions import offer_to
from narvaro.dispatch.models import Offer, Response
from narvaro.situation.models import Case
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Refused
from tests.conftest import Running
from tests.make import (
    NIGHT,
    World,
    crew_of,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    send_signal,
)
from tests.roads import LON, at_km

SECOND = timedelta(seconds=1)


def open_case(world: World, at: datetime = NIGHT, **plan: Any) -> Case:
    """Let a school's panel open a case; by its plan it is offered by rule."""
    site = make_site(world, lat=at_km(0), lon=LON)
    make_plan(site, **plan)
    signal = send_signal(make_transmitter(site), "BA", at=at)
    assert signal is not None
    assert signal.case is not None
    return signal.case


def asked(case: Case) -> list[tuple[str, str]]:
    """Return who was asked and what became of it."""
    offers = Offer.objects.filter(case=case).order_by("offered_at", "unit__call_sign")
    return [(one.unit.call_sign, one.state) for one in offers]


def fresh(case: Case) -> Case:
    """Return a case as it stands now."""
    return Case.objects.get(pk=case.pk)


def accept(offer: Offer, at: datetime = NIGHT) -> Response:
    """Take an offer."""
    return responses.accept(
        offer=offer, response_id=uuid7(), member_id=crew_of(offer.unit).pk, by="member:test", at=at
    )


def refusal(case: Case, unit: Unit) -> tuple[str, str]:
    """Return why a person may not offer a case to a unit."""
    with pytest.raises(Refused) as no:
        offer_to(case=case, unit_id=unit.pk, by="member:test", at=NIGHT)
    return no.value.code, no.value.detail


def take_case(world: World, running: Running) -> Case:
    """Open a case that V1 takes as the response plan asks it; V2 is free, three kilometres on."""
    make_unit(world, "V1", lat=at_km(3), lon=LON)
    case = open_case(world)
    running.settle()
    accept(Offer.objects.get(case=case))
    make_unit(world, "V2", lat=at_km(6), lon=LON)
    return case
