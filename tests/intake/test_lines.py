"""Cut and healed lines: nothing that was acknowledged is missing, all is taken in the end, once."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from siadc09.account import Account
from siadc09.message import EventMessage
from siadc09.xdata import Data

from narvaro.core.supervision import REPORTING_S
from narvaro.directory.models import Unit
from narvaro.intake.listening import Listener
from narvaro.intake.models import Outage, PathState
from narvaro.intake.promotion import promote
from narvaro.intake.records import read_after
from narvaro.intake.sealed import Accounts, Device
from narvaro.situation.models import Case, Position, RefusedIntake, Signal
from narvaro.spine.models import Event
from tests.intake.broker import MISSING, mosquitto
from tests.intake.dialler import alarm
from tests.intake.line import TCP_FAULTS, Fault, Line, bad_line
from tests.intake.running import ROOT, Running, receiver
from tests.intake.sos_centre import ACCOUNTS as CENTRE_ACCOUNTS
from tests.intake.sos_centre import run_peer
from tests.intake.storms import (
    HEALED_S,
    PANELS,
    accounts_of,
    dial_in_storm,
    list_missing,
    storm_receiver,
)
from tests.make import World, make_site, make_transmitter, make_unit, make_world
from tests.waiting import wait_until

SEEDS, KILLS = (7, 8), 4
# An acknowledgement that did not wait for the disk is lost by a kill.
SLOW_DISK, SLOWER_DISK = "sync_ms=40", "sync_ms=100"
POSITIONS, POSTED = 150, 80
TRACKER = "town/g-418"
REPORTED_S = 5  # a category's time for a fault, made short
CUT_S = 4.0  # which is no loss yet


def bring_in(journal: Path) -> None:
    """Promote a journal to its end; there is nothing in it that cannot be."""
    while promote(journal, "test", lambda _found: 0):
        pass
    assert not RefusedIntake.objects.filter(reason="not_promoted").exists()


def test_what_is_acknowledged_over_a_bad_line_is_in_the_journal(tmp_path: Path) -> None:
    """Over TCP, UDP and SOS Access; each alarm is taken once the lines are good."""
    with storm_receiver(tmp_path) as running:
        ledger = dial_in_storm(running, 1, 0.6)
        running.end()
    assert list_missing(ledger, running.list_records()) == []
    assert (ledger.waiting, ledger.healed_s < HEALED_S) == ([], True)


def test_half_open_lines_do_not_keep_a_panel_out(tmp_path: Path) -> None:
    """Its end is gone and nobody told us, time after time: it is let in, and answered, all the same."""
    limits = {"connections": 12, "reserve": 4, "per_peer": 12}
    with receiver(tmp_path, accounts_of("town"), **limits) as running, \
            bad_line(running.dc09_port) as line:  # fmt: skip
        for number in range(20):
            with socket.create_connection(("127.0.0.1", line.port), 1) as wire:
                wire.settimeout(2)
                wire.sendall(alarm(0x1234, None, number, f"1234-{number}"))
                assert b'ACK"%04d' % number in wire.recv(100)
                line.worsen(1.0, [Fault.LEAVE])
                wire.sendall(b"\n")
                with pytest.raises(ConnectionResetError):
                    wire.recv(1)
                line.worsen(0.0, ())
        assert line.done[Fault.LEAVE] == 20
        assert b"ACK" in running.ask(alarm(0x1234, None, 99, "1234-99"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_over_cut_and_healed_lines_each_alarm_is_one_signal(
    tmp_path: Path, world: World, seed: int
) -> None:
    """Sent again and again, as it was or stamped anew: one signal each, and one case at each site.

    The receiver is killed meanwhile, too: what it had acknowledged is there.
    """
    for one in PANELS:
        panel = make_transmitter(make_site(world), one.account)
        panel.protocol = "sos-access" if one.over == "sos_access" else panel.protocol
        panel.save()
    with storm_receiver(tmp_path, str(world.tenant.pk), SLOW_DISK) as running:
        ledger = dial_in_storm(running, seed, 7.0, kills=KILLS)
        running.end()
    records = running.list_records()
    assert list_missing(ledger, records) == []
    assert (ledger.waiting, ledger.healed_s < HEALED_S) == ([], True)
    assert [one.decoded for one in records if one.kind == "refused" and one.account] == []
    bring_in(running.journal)
    told = Counter(Signal.objects.values_list("text", flat=True))
    assert told == Counter(ledger.dialled)
    assert Case.objects.count() == len(PANELS)
    assert Event.objects.filter(kind="case.opened").count() == len(PANELS)
    # The storm was one: alarms came several times into the journal, and by far not all sendings.
    assert min(Counter(one.split("-")[0] for one in ledger.dialled).values()) > 20
    assert len(told) < len([one for one in records if one.kind == "signal"]) < ledger.sent
    assert set(ledger.faults) == set(Fault)


async def _poll(line: Line, stop: threading.Event) -> None:
    """Poll three times a second, on a new connection wherever the last one was lost."""
    number = 0
    while not stop.is_set():
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
            try:
                while not stop.is_set():
                    number = number % 9999 + 1
                    poll = EventMessage(
                        Account(acct=0x1234, key=None), {"idtoken": "NULL", "data": Data(b"")}
                    )
                    writer.write(poll.encode(seq=number, timestamp=datetime.now(UTC)))
                    async with asyncio.timeout(0.4):
                        await reader.readuntil(b"\r")
                    await asyncio.sleep(0.3)
            finally:
                writer.close()
        await asyncio.sleep(0.1)


@contextmanager
def polling(line: Line) -> Iterator[None]:
    """Poll over a line for the length of a block."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_poll(line, stop)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


@pytest.mark.slow
def test_reconnects_are_no_loss_and_a_line_that_is_cut_for_long_is_one_until_it_is_healed(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the category's time is shortened; receiver, journal and watch run in real time."""
    monkeypatch.setitem(REPORTING_S, "SP6", REPORTED_S)
    world = make_world()
    make_transmitter(make_site(world), "1234", category="SP6")

    def looks(listener: Listener) -> str:
        listener.look()
        return PathState.objects.get().state

    with storm_receiver(tmp_path, str(world.tenant.pk)) as running, \
            bad_line(running.dc09_port, 3) as line, polling(line):  # fmt: skip
        wait_until(lambda: running.list_records() == [] and line.port, "begun")
        time.sleep(4.5)  # until what was heard is saved
        listener = Listener({"test": running.journal})
        listener.look()
        line.worsen(0.3, TCP_FAULTS)
        for _ in range(10):
            time.sleep(0.5)
            assert looks(listener) != PathState.State.LOST
        assert line.done.total() > 3
        for _ in range(3):
            line.refuse()
            end = time.monotonic() + CUT_S
            while time.monotonic() < end:
                assert looks(listener) != PathState.State.LOST
                time.sleep(0.3)
            line.heal()
            time.sleep(0.8)
        line.refuse()
        wait_until(lambda: looks(listener) == PathState.State.LOST, "lost", REPORTED_S + 10)
        (outage,) = Outage.objects.all()
        assert (outage.ended_at, Case.objects.get().kind) == (None, "path")
        line.heal()
        wait_until(lambda: looks(listener) == PathState.State.OK, "restored", 10)
    outage.refresh_from_db()
    assert outage.ended_at is not None
    assert (Outage.objects.count(), Case.objects.count()) == (1, 1)


@pytest.mark.slow
def test_anothers_sos_access_goes_on_over_its_second_line(tmp_path: Path) -> None:
    """Its first line keeps the answers for itself, so the alarm is sent twice, and stored once."""
    running = Running(tmp_path, more={"sos_access_port": 0})
    running.hand_over(CENTRE_ACCOUNTS)
    running.start()
    try:
        with bad_line(running.ports["sos_access"], 5) as first, \
                bad_line(running.ports["sos_access"], 6) as second:  # fmt: skip
            first.swallow("down")
            second.worsen(1.0, [Fault.SPLIT])
            call = ("send_alarm", {"event_code": "BA", "reference": "r-9"})
            said = run_peer([call], first.port, second.port)
    finally:
        running.end()
    assert said == ["DuplicateAlarm"]  # its name for: they have it
    assert [one.kind for one in running.list_records()] == ["signal"]


def position_of(at: datetime) -> dict[str, object]:
    return {
        "_type": "location", "acc": 5, "lat": 59.0, "lon": 18.0, "tid": "18",
        "tst": int(at.timestamp()),
    }  # fmt: skip


@pytest.fixture
def unit(world: World) -> Unit:
    one = make_unit(world, lat=None).unit
    one.tracker = TRACKER
    one.save()
    return one


def list_times() -> list[datetime]:
    """Return the times of positions that are to be sent."""
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return [begun + timedelta(seconds=number) for number in range(POSITIONS)]


def list_kept(journal: Path) -> set[str]:
    found = read_after(journal, 0, 100_000) if journal.exists() else []
    return {json.loads(one.decoded)["at"] for one in found}


def play(line: Line, dice: Random, seconds: float) -> None:
    """Cut, stall and heal a line for a while; it is a good one then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        line.worsen(0.3, TCP_FAULTS)
        time.sleep(dice.uniform(0.1, 0.3))
        line.be_away(dice)
        time.sleep(dice.uniform(0.05, 0.2))
        line.heal()
        time.sleep(dice.uniform(0.0, 0.1))


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_over_a_bad_line_to_the_broker_no_position_is_lost_or_doubled(
    tmp_path: Path, unit: Unit
) -> None:
    """The line lies between broker and receiver: what was not acknowledged is delivered again."""
    times = list_times()
    (tmp_path / "broker").mkdir()
    with mosquitto(
        tmp_path / "broker", "allow_anonymous true", "max_queued_messages 100000"
    ) as broker, bad_line(broker.port, 9) as line, (tmp_path / "log").open("w") as log:  # fmt: skip
        subscriber = subprocess.Popen(
            [sys.executable, "-m", "tests.intake.mqtt_subscriber", str(tmp_path), str(line.port)],
            stderr=log, env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )  # fmt: skip
        try:
            wait_until(lambda: "mqtt_connected" in (tmp_path / "log").read_text(), "connected", 10)

            def publish() -> None:
                for start in range(0, POSITIONS, 10):
                    bodies = [
                        json.dumps(position_of(at)).encode() for at in times[start : start + 10]
                    ]
                    broker.publish(f"owntracks/{TRACKER}", *bodies)
                    time.sleep(0.2)

            publishing = threading.Thread(target=publish)
            publishing.start()
            play(line, Random(9), 4.0)
            publishing.join(10)
            kept = tmp_path / "intake.db"
            wait_until(lambda: len(list_kept(kept)) == POSITIONS, "all came", HEALED_S)
        finally:
            subscriber.terminate()
            assert subscriber.wait(15) == 0
    assert line.done.total() > 5
    assert (tmp_path / "log").read_text().count("mqtt_connected") > 3
    bring_in(kept)
    found = Position.objects.filter(unit=unit).order_by("at").values_list("at", flat=True)
    assert list(found) == times


def post(line: Line, at: datetime) -> bool:
    """Return whether the phone was told that its position is stored."""
    wire = http.client.HTTPConnection("127.0.0.1", line.port, timeout=0.4)
    try:
        path = f"/?id={TRACKER}&lat=59.0&lon=18.0&timestamp={int(at.timestamp())}"
        wire.request("POST", path)
        return wire.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        wire.close()


@pytest.mark.slow
def test_a_phone_on_a_bad_line_loses_no_position_and_doubles_none(
    tmp_path: Path, world: World, unit: Unit
) -> None:
    """It posts each again until it is told that it is stored; the receiver is killed meanwhile."""
    times = list_times()[:POSTED]
    known = Accounts(
        devices=(Device(TRACKER, str(world.tenant.pk), str(unit.pk), on_duty=True),),
        positions_allowed=True,
    )
    sent = 0
    with receiver(tmp_path, known) as running, bad_line(running.http_port, 4) as line:
        running.disk = SLOWER_DISK  # from its first restart

        def walk() -> None:
            nonlocal sent
            for at in times:
                sent += 1
                while not post(line, at):
                    sent += 1
                    time.sleep(0.02)
                time.sleep(0.03)

        walking = threading.Thread(target=walk, daemon=True)
        walking.start()
        for _ in range(KILLS):
            play(line, Random(4), 1.0)
            running.end(signal.SIGKILL)
            running.start()
        walking.join(30)
        assert not walking.is_alive()
        running.end()
    assert sent > POSTED
    bring_in(running.journal)
    found = Position.objects.filter(unit=unit).order_by("at").values_list("at", flat=True)
    assert list(found) == times
