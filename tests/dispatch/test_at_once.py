"""Signals and taps at the same moment: nobody waits in a circle, on either database."""

from datetime import timedelta

import pytest

from narvaro.dispatch import responses
from narvaro.dispatch.actions import offer_to
from narvaro.dispatch.models import Response
from narvaro.situation.actions import set_unit_state
from narvaro.situation.models import Case, Signal, UnitStatus
from narvaro.spine.ids import uuid7
from tests.at_once import at_once
from tests.make import (
    NIGHT,
    crew_of,
    make_site,
    make_transmitter,
    make_unit,
    make_world,
    send_signal,
)

ROUNDS = 12


@pytest.mark.django_db(transaction=True)
def test_signals_and_states_at_once() -> None:
    """A panel's many alarms while a guard goes on and off his break."""
    world = make_world()
    panel = make_transmitter(make_site(world))
    unit = make_unit(world, "V1").unit

    def speak() -> None:
        for number in range(ROUNDS):
            send_signal(panel, "BA", zone=str(number), at=NIGHT + timedelta(minutes=15 * number))

    def rest() -> None:
        for number in range(ROUNDS * 2):
            state = UnitStatus.State.BREAK if number % 2 else UnitStatus.State.AVAILABLE
            set_unit_state(unit=unit, state=state, case=None, by="x", at=NIGHT)

    assert at_once(speak, rest) == []
    assert Signal.objects.count() == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_an_arrival_and_another_zone_at_once() -> None:
    """The guard taps "on scene" while another zone of his case speaks."""
    world = make_world()
    for number in range(ROUNDS):
        site = make_site(world, f"Skola {number}")
        panel, unit = make_transmitter(site), make_unit(world, f"V{number}").unit
        send_signal(panel, "BA", zone="1")
        case = Case.objects.get(site=site)
        offer = offer_to(case=case, unit_id=unit.pk, by="x", at=NIGHT)
        response = responses.accept(
            offer=offer, response_id=uuid7(), member_id=crew_of(unit).pk, by="x", at=NIGHT
        )

        def tap(response: Response = response) -> None:
            responses.step(response=response, state=Response.State.ON_SCENE, by="x", at=NIGHT)

        def speak(panel: object = panel) -> None:
            send_signal(panel, "BA", zone="2", at=NIGHT + timedelta(seconds=5))  # type: ignore[arg-type]  # a default binds it now

        assert at_once(tap, speak) == []
        case.refresh_from_db()
        assert (case.state, case.signals.count()) == ("on_scene", 2)
