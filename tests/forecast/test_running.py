"""Forecasts are made beside the worker's loop, tenant by tenant, files first."""

import subprocess
from datetime import timedelta
from typing import Any

import pytest

from narvaro.config import work
from narvaro.forecast.actions import make_forecast
from narvaro.forecast.models import Forecast
from narvaro.forecast.queries import count_due
from narvaro.forecast.running import run_due
from narvaro.spine.clock import Hands
from narvaro.spine.models import Tenant
from tests.forecast.town import draw_year, make_schools
from tests.make import NIGHT, World, make_world


def test_each_tenant_has_its_forecast_and_one_fault_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails is said and tried again; a tenant without data is passed over."""
    other, empty = make_world("Andra"), make_world("Tomma")
    for one in (world, other):
        draw_year(one, make_schools(one), days=20)
    make_schools(empty)
    assert count_due(NIGHT) == 2

    def broken(*, tenant: Tenant, at: Any) -> Forecast:
        if tenant == world.tenant:
            raise RuntimeError("broken")
        return make_forecast(tenant=tenant, at=at)

    monkeypatch.setattr("narvaro.forecast.running.make_forecast", broken)
    assert run_due() == 1
    assert Forecast.objects.get().tenant == other.tenant
    assert count_due(NIGHT) == 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Catch what the worker would start; each child has ended when it is looked at again."""
    commands: list[str] = []

    class Child:
        returncode = 0

        def __init__(self, command: list[str], **_how: object) -> None:
            commands.append(" ".join(command[3:]))
            self.args = command

        def poll(self) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Child)
    return commands


def test_files_come_before_forecasts_in_the_one_child(
    world: World, hands: Hands, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a file waits, no forecast is started; then it is, and not again at once."""
    waits = [1]
    (files, pause_s, _count), forecasts, *_others = work.HEAVY
    monkeypatch.setattr(work, "HEAVY", ((files, pause_s, lambda: waits[0]), forecasts))
    draw_year(world, make_schools(world), days=20)
    heavy = work.Heavy()
    heavy.look()
    assert started == ["bring-in"]
    waits[0] = 0
    hands.advance(1)
    heavy.look()
    hands.advance(1)
    heavy.look()
    assert started == ["bring-in", "forecast --due"]
    hands.advance(timedelta(minutes=2).total_seconds())
    heavy.look()
    assert started[2:] == ["forecast --due"]
