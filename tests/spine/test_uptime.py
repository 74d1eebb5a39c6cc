"""The machine's own count of seconds, and the monotonic clock's where there is none."""

import time

import pytest

from narvaro.spine import uptime
from narvaro.spine.uptime import read_uptime


def test_the_machines_uptime_is_of_one_start_and_goes_on() -> None:
    before, after = read_uptime(), read_uptime()
    assert before.boot == after.boot
    assert 0 < before.seconds <= after.seconds


def test_without_linux_it_is_the_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise FileNotFoundError("/proc/sys/kernel/random/boot_id")

    monkeypatch.setattr(uptime, "_boot", fail)
    found = read_uptime()
    assert found.boot == ""
    assert found.seconds == pytest.approx(time.monotonic(), abs=5)
