"""The standby scheduler: late timers are fired beside a worker that stands still."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from narvaro.config import standby
from narvaro.config.standby import Standby
from narvaro.dispatch import checkin
from narvaro.situation.models import Case
from narvaro.spine import clock, timers
from narvaro.spine.clock import Hands, ruled_by
from tests.make import NIGHT, crew_of, make_unit, make_world
from tests.waiting import wait_until

ALL = {"case.escalate", "case.red", "case.retry", "offer.accept", "path.alone", "path.stable",
       "watch.missed"}  # fmt: skip


def test_the_standby_knows_every_timer() -> None:
    """What the worker can fire, the standby can."""
    assert set(timers._handlers) >= ALL


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_missing_sign_of_life_is_raised_without_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within two seconds of its time."""
    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("threads share no database in memory")
    monkeypatch.setattr(standby, "LOOK_S", 0.05)
    hands = Hands(NIGHT)
    with ruled_by(hands):
        unit = make_unit(make_world(), "V1").unit
        checkin.start_watch(
            unit=unit, member_id=crew_of(unit).pk, interval_s=900, by="V201", at=clock.now()
        )
        one = Standby()
        one.start()
        hands.advance(timedelta(seconds=900).total_seconds())
        threading.Event().wait(0.3)
        assert not Case.objects.exists()
        hands.advance(1)
        wait_until(Case.objects.exists, "the standby raised it")
        one.stop()
