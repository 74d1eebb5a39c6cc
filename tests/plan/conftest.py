"""Fixtures of the plan: an evening in Stockholm, a street with schools, expected harm by hand."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from types import ModuleType
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from narvaro.core.jit import F64
from narvaro.directory.models import Site, Unit
from narvaro.plan.models import Shift
from narvaro.spine.clock import Hands
from tests.make import World, make_member, make_site
from tests.roads import LON, at_km

DAY = date(2026, 11, 24)  # a Tuesday
ZONE = ZoneInfo("Europe/Stockholm")


def local(clock: str, day: date = DAY) -> datetime:
    """Return a local time of the night in UTC; before noon it is the next day's."""
    moment = time.fromisoformat(clock)
    after = day if moment >= time(12) else date.fromordinal(day.toordinal() + 1)
    return datetime.combine(after, moment, tzinfo=ZONE).astimezone(UTC)


@dataclass
class KeptHarm:
    """What the forecast room answers with."""

    sek: F64
    forecast_id: UUID | None = None
    made_at: datetime | None = None


Harm = Callable[[F64, int], F64]  # latitudes, bins → SEK


@pytest.fixture
def expect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Harm | None], None]:
    """Let the test say what the forecast expects; None: there is no forecast."""

    def set_to(harm: Harm | None) -> None:
        def find_harm(
            _tenant: UUID, lats: F64, _lons: F64, _starts: datetime, bins: int, bin_s: int = 120
        ) -> KeptHarm | None:
            assert bin_s == 120
            return None if harm is None else KeptHarm(harm(lats, bins))

        module = ModuleType("narvaro.forecast.queries")
        module.find_harm = find_harm  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "narvaro.forecast.queries", module)

    set_to(None)
    return set_to


def steady(lats: F64, bins: int) -> F64:
    """Expect more the further north, the same at all hours."""
    return np.repeat(1 + (lats - lats.min())[:, None] * 100, bins, axis=1)


@dataclass
class Night:
    """A street with five schools, a kilometre apart, and who works."""

    world: World
    schools: list[Site]

    def unit(
        self, call_sign: str, hours: tuple[str, str] = ("18:00", "07:00"), *,
        role: str = "guard", travel: str = "car",
    ) -> Unit:  # fmt: skip
        """Make a unit with a shift in the night."""
        unit = Unit.objects.create(
            tenant=self.world.tenant, organisation=self.world.company, call_sign=call_sign,
            role=role, travel=travel,
        )  # fmt: skip
        shift = Shift.objects.create(
            tenant=self.world.tenant, unit=unit, starts_at=local(hours[0]),
            ends_at=local(hours[1]),
        )  # fmt: skip
        shift.crew.add(make_member(self.world))
        return unit


@pytest.fixture
def night(street: World, hands: Hands, expect: Callable[[Harm | None], None]) -> Night:
    """Return the evening's street; it is three in the afternoon."""
    expect(steady)
    hands.move_to(local("15:00"))
    schools = [make_site(street, f"Skola {km}", lat=at_km(km), lon=LON) for km in range(5)]
    return Night(street, schools)
