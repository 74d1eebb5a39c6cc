"""Fixtures of the plan: expected harm by hand, an evening on a street of schools."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from narvaro.access.models import Role
from narvaro.core.jit import F64
from narvaro.plan import loading
from narvaro.spine.clock import Hands
from tests.make import NIGHT, World, make_member, make_site
from tests.plan.evening import Harm, Night, local, steady
from tests.roads import LON, at_km


@pytest.fixture
def expect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Harm | None], None]:
    """Let the test say what the forecast expects; None: there is no forecast."""

    def set_to(harm: Harm | None) -> None:
        def find_harm(
            _tenant: UUID, lats: F64, _lons: F64, _starts: datetime, bins: int, bin_s: int = 120
        ) -> SimpleNamespace | None:
            assert bin_s == 120
            if harm is None:
                return None
            return SimpleNamespace(
                sek=harm(lats, bins), forecast_id=None, made_at=NIGHT, currency="SEK",
                is_naive=False,
            )  # fmt: skip

        monkeypatch.setattr(loading, "find_harm", find_harm)

    set_to(None)
    return set_to


@pytest.fixture
def night(street: World, hands: Hands, expect: Callable[[Harm | None], None]) -> Night:
    """Return the evening's street; it is three in the afternoon."""
    expect(steady)
    hands.move_to(local("15:00"))
    schools = [make_site(street, f"Skola {km}", lat=at_km(km), lon=LON) for km in range(5)]
    return Night(street, schools, make_member(street, Role.SHIFT_LEADER))
