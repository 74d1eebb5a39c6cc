"""Two receivers, two journals: the second takes over, and what both heard is one alarm."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from my_dc09_spt.dc09_spt import dc09_spt

from narvaro.directory.models import Transmitter
from narvaro.intake.promotion import promote
from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, enclose, encrypt
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.situation.models import Case, Signal
from tests.intake.running import HEX_KEY, Running
from tests.make import World, make_site, make_transmitter

KEY = bytes.fromhex(HEX_KEY)


@pytest.fixture
def panel(world: World) -> Transmitter:
    return make_transmitter(make_site(world), "AB12")


@pytest.fixture
def receivers(tmp_path: Path, world: World, panel: Transmitter) -> Iterator[list[Running]]:
    """Two receivers, each with a journal and an id of its own."""
    accounts = Accounts((AlarmAccount(str(world.tenant.pk), "AB12", key=HEX_KEY),))
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        one = Running(tmp_path / name, more={"receiver_id": name})
        one.hand_over(accounts)
        one.start()
        made.append(one)
    yield made
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.end()


def dialler(receivers: list[Running]) -> Any:
    panel = dc09_spt("AB12", line=0)
    for place, one in zip(("primary", "secondary"), receivers, strict=True):
        panel.set_path("main", place, "127.0.0.1", one.dc09_port, account="AB12", key=KEY)
    return panel


def bring_in(receivers: list[Running]) -> None:
    """Promote both journals to their ends, the second one first."""
    for one in reversed(receivers):
        while promote(one.journal, one.more["receiver_id"], lambda _found: 0):
            pass


def stamped(sequence: int, zone: int) -> bytes:
    stamp = f"_{datetime.now(UTC):{TIME_FORMAT}}".encode()
    inner = encrypt(KEY, b"|#AB12|Nri1/BA%02d]" % zone + stamp)
    return enclose(b'"*SIA-DCS"%04dL0#AB12[' % sequence + inner)


# The dialler leaves its refused sockets to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_the_second_receiver_takes_over_and_nothing_is_lost_or_doubled(
    receivers: list[Running], panel: Transmitter
) -> None:
    """A real dialler whose primary is killed: its next alarm is acknowledged by the second."""
    sender = dialler(receivers)
    for zone in range(1, 6):
        sender.send_msg("SIA-DCS", {"code": "BA", "zone": str(zone), "area": "1"})
    assert receivers[0].end(signal.SIGKILL) == -signal.SIGKILL
    begun = time.monotonic()
    sender.send_msg("SIA-DCS", {"code": "BA", "zone": "6", "area": "1"})
    assert time.monotonic() - begun < 10.0
    for zone in range(7, 9):
        sender.send_msg("SIA-DCS", {"code": "BA", "zone": str(zone), "area": "1"})
    assert sender.notSent() == 0
    receivers[0].start()
    bring_in(receivers)
    zones = sorted(Signal.objects.values_list("zone", flat=True))
    assert zones == [str(zone) for zone in range(1, 9)]
    assert len(receivers[0].list_records()) == 5
    assert len(receivers[1].list_records()) == 3
    assert Case.objects.count() == 1


@pytest.mark.slow
def test_the_same_frame_at_both_is_one_alarm_also_under_another_number(
    receivers: list[Running], panel: Transmitter
) -> None:
    """Lost answers send a panel to the second receiver; a replayer goes there on purpose."""
    frames = [stamped(number, number) for number in range(1, 4)]
    replayed = [replace_number(one, 900 + place) for place, one in enumerate(frames)]
    for frame in frames:
        assert b"ACK" in receivers[0].ask(frame)
        assert b"ACK" in receivers[1].ask(frame)
    for frame in replayed:
        assert b"DUH" in receivers[0].ask(frame)
    bring_in(receivers)
    assert Signal.objects.count() == 3
    fresh = stamped(50, 9)
    assert b"ACK" in receivers[0].ask(fresh)
    assert b"ACK" in receivers[1].ask(replace_number(fresh, 51))
    bring_in(receivers)
    assert Signal.objects.count() == 4


def replace_number(frame: bytes, sequence: int) -> bytes:
    """Return a recorded frame under another sequence number, its CRC made right again."""
    head, quote, rest = frame[9:-1].partition(b'S"')
    return enclose(head + quote + b"%04d" % sequence + rest[4:])
