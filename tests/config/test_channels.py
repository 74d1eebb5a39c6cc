"""The outbox: each sender in a thread of its own, and a fault ends none of them."""

import threading

import pytest

from narvaro.config import channels
from narvaro.config.channels import Outbox


def test_a_slow_or_failing_sender_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(channels, "LOOK_S", 0.01)
    stuck, sent, calls = threading.Event(), threading.Event(), [0]

    def slow() -> None:
        stuck.wait(5)

    def failing() -> None:
        calls[0] += 1
        if calls[0] < 3:
            raise ValueError("broken")
        sent.set()

    outbox = Outbox(slow, failing)
    outbox.start()
    try:
        assert sent.wait(5)
    finally:
        stuck.set()
        outbox.stop()
    assert caplog.text.count("outbox failed") == 2
