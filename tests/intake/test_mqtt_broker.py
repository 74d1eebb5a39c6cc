"""Messages over MQTT with a real broker: nothing is lost by kills, faults and absences."""

import asyncio
import json
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.mqtt_listener import MqttListener
from narvaro.intake.receiver_config import Broker
from narvaro.intake.records import Record, read_after
from narvaro.spine import clock
from tests.authority import Authority
from tests.intake.broker import MISSING, Mosquitto, mosquitto
from tests.intake.mqtt_subscriber import DEVICES
from tests.intake.running import ROOT
from tests.waiting import until, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
TOPIC = "owntracks/town/g-418"


def make_body(number: int = 0) -> bytes:
    body = {
        "_type": "location", "acc": 5, "batt": 50, "lat": 50 + number / 1000, "lon": 18.0686,
        "tid": "18", "tst": int(clock.now().timestamp()), "vel": 36, "SSID": "not kept",
    }  # fmt: skip
    return json.dumps(body).encode()


def list_records(folder: Path) -> list[Record]:
    return read_after(folder / "intake.db", 0, 100_000)


def list_numbers(folder: Path) -> list[int]:
    return [round((json.loads(r.decoded)["lat"] - 50) * 1000) for r in list_records(folder)]


class Listening:
    """A listener within the test's loop, and what it logged."""

    def __init__(self, folder: Path, port: int, **settings: Any) -> None:
        limits = Limits(body_bytes=settings.pop("body_bytes", 16_384))
        given: dict[str, Any] = {"tls": False, "topics": ("owntracks/#",)} | settings
        broker = Broker("127.0.0.1", "narvaro-test", port=port, **given)
        self.folder = folder
        self.journal = Journal(folder / "intake.db", "test")
        self.desk = Desk(self.journal, DEVICES, limits)
        self.listener = MqttListener(self.desk, limits, broker, pauses_s=(0.05, 0.1))

    async def until(self, numbers: list[int]) -> None:
        await until(lambda: list_numbers(self.folder) == numbers, 10)


@asynccontextmanager
async def listen(folder: Path, port: int, **settings: Any) -> AsyncIterator[Listening]:
    one = Listening(folder, port, **settings)
    one.listener.start()
    try:
        yield one
    finally:
        one.listener.stop()
        assert one.listener._answering is not None
        await asyncio.wait_for(one.listener._answering, 5)
        one.listener._thread.join(5)
        assert not one.listener._thread.is_alive()
        one.journal.close()


async def publish(broker: Mosquitto, topic: str, *messages: bytes, **how: Any) -> None:
    await asyncio.to_thread(broker.publish, topic, *messages, **how)


async def connected(caplog: pytest.LogCaptureFixture, times: int = 1) -> None:
    await until(lambda: said(caplog).count("mqtt_connected") >= times)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.message for r in caplog.records if r.name.startswith("narvaro.intake.mqtt")]


@pytest.fixture(autouse=True)
def _hear_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_position_is_stored_then_forgotten_by_the_broker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A real payload over mosquitto_pub; on the next connection the broker has nothing more."""

    async def talk() -> None:
        with mosquitto(tmp_path) as broker:
            async with listen(tmp_path, broker.port) as one:
                await connected(caplog)
                await publish(broker, TOPIC, make_body(1))
                await publish(broker, f"{TOPIC}/step", b'{"_type": "steps"}')
                await publish(broker, "owntracks/town/g-9", make_body(8))
                await publish(broker, TOPIC, make_body(2), qos=2)
                await publish(broker, TOPIC, make_body(3), qos=0)
                await one.until([1, 2, 3])
            async with listen(tmp_path, broker.port) as one:
                await publish(broker, TOPIC, make_body(4))
                await one.until([1, 2, 3, 4])
                assert one.desk.counts["mqtt_message"] == 1

    asyncio.run(talk())
    records = list_records(tmp_path)
    assert {(r.tenant, r.account, r.peer, r.raw) for r in records} == {("town", "town/g-418", "", b"")}  # fmt: skip
    assert b"not kept" not in (tmp_path / "intake.db").read_bytes()
    sessions = [r.__dict__["reason"] for r in caplog.records if r.message == "mqtt_connected"]
    assert [one.split()[1].strip(":.") for one in sessions] == ["new", "kept"]


def has_come(folder: Path, number: int) -> bool:
    return number in list_numbers(folder)


def start_subscriber(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    with (folder / "subscriber.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.intake.mqtt_subscriber", str(folder), str(port)],
            stderr=log, cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )  # fmt: skip


def test_no_position_is_lost_by_kills_of_the_receiver_and_a_restart_of_the_broker(
    tmp_path: Path,
) -> None:
    """Killed in the middle of the flow eight times: every message is in the journal in the end."""
    seed = random.Random(7)
    log = tmp_path / "subscriber.log"
    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 100000") as broker:
        process = start_subscriber(tmp_path, broker.port)
        wait_until(lambda: "mqtt_connected" in log.read_text(), "connected", 10)
        sent = 0
        for turn in range(8):
            broker.publish(TOPIC, *(make_body(number) for number in range(sent, sent + 150)))
            sent += 150
            time.sleep(seed.random() * 0.02)
            process.kill()
            process.wait(5)
            if turn == 4:
                broker.end()
                broker.start()
            broker.publish(TOPIC, *(make_body(number) for number in range(sent, sent + 50)))
            sent += 50
            process = start_subscriber(tmp_path, broker.port)
            if turn % 2:
                wait_until(partial(has_come, tmp_path, sent - 1), "all came", 10)
        wait_until(partial(has_come, tmp_path, sent - 1), "all came", 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    found = list_numbers(tmp_path)
    assert set(found) == set(range(sent))


def test_what_cannot_be_stored_comes_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the journal takes nothing, no PUBACK; once it does, the broker sends all again."""

    async def talk() -> None:
        with mosquitto(tmp_path) as broker:
            async with listen(tmp_path, broker.port) as one:
                await connected(caplog)
                one.journal.healthy = False
                await publish(broker, TOPIC, *(make_body(number) for number in range(20)))
                await asyncio.sleep(0.5)
                assert list_numbers(tmp_path) == []
                assert one.desk.counts["mqtt_not_stored"] >= 1
                one.journal.healthy = True
                await one.until(list(range(20)))
                assert one.desk.counts["mqtt_again"] >= 1

    asyncio.run(talk())
    assert said(caplog).count("mqtt_not_stored") == 1
    assert said(caplog).count("mqtt_waits") == 1


def test_an_absent_broker_is_said_once_and_found_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Gone, not there for many dials, and back with the session it had kept."""

    async def talk() -> None:
        with mosquitto(tmp_path) as broker:
            async with listen(tmp_path, broker.port) as one:
                await connected(caplog)
                await publish(broker, TOPIC, make_body(1))
                await one.until([1])
                await asyncio.to_thread(broker.end)
                await asyncio.sleep(1.0)
                await asyncio.to_thread(broker.start)
                await connected(caplog, 2)
                await publish(broker, TOPIC, make_body(2))
                await one.until([1, 2])

    asyncio.run(talk())
    assert said(caplog) == ["mqtt_connected", "mqtt_lost", "mqtt_unreachable", "mqtt_connected"]


def test_a_wrong_password_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Refused ten times and more, one line; the password stands in none; the right one connects."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "narvaro", "right"], check=True)
    passwords.chmod(0o644)
    settings = ("allow_anonymous false", f"password_file {passwords}")

    async def talk() -> None:
        with mosquitto(tmp_path, *settings) as broker:
            async with listen(tmp_path, broker.port, username="narvaro", password="wrong"):
                await asyncio.sleep(1.5)
            assert said(caplog) == ["mqtt_refused"]
            async with listen(tmp_path, broker.port, username="narvaro", password="right"):
                await connected(caplog)

    asyncio.run(talk())
    assert "wrong" not in caplog.text


# paho leaves the socket of a failed handshake to the collector, which closes it at once.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_with_the_named_authority_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker's certificate must come from the authority that was named."""
    authority, other = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    certificate, key = authority.issue("127.0.0.1")
    settings = (
        "allow_anonymous true", f"cafile {authority.file}", f"certfile {certificate}", f"keyfile {key}",
    )  # fmt: skip

    async def talk() -> None:
        with mosquitto(
            tmp_path, *settings, arguments=("--cafile", str(authority.file), "-h", "127.0.0.1")
        ) as broker:
            async with listen(tmp_path, broker.port, tls=True, ca_file=other.file):
                await asyncio.sleep(0.5)
            assert said(caplog) == ["mqtt_unreachable"]
            async with listen(tmp_path, broker.port, tls=True, ca_file=authority.file) as one:
                await connected(caplog)
                await publish(broker, TOPIC, *(make_body(number) for number in range(50)))
                await one.until(list(range(50)))

    asyncio.run(talk())


def test_a_retained_position_comes_once_per_session(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The last place that was published before we came is taken, and not at each connection."""

    async def talk() -> None:
        with mosquitto(tmp_path) as broker:
            await publish(broker, TOPIC, make_body(1), retain=True)
            async with listen(tmp_path, broker.port) as one:
                await one.until([1])
            async with listen(tmp_path, broker.port) as one:
                await connected(caplog, 2)
                await publish(broker, TOPIC, make_body(2), retain=True)
                await one.until([1, 2])

    asyncio.run(talk())


def test_a_crowd_of_other_connections_does_not_keep_the_broker_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With more than 1023 descriptors open, which is where select() ends, positions still come."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    with (tmp_path / "one").open("w") as file:
        crowd = [os.dup(file.fileno()) for _ in range(1100)]

    async def talk() -> None:
        with mosquitto(tmp_path) as broker:
            async with listen(tmp_path, broker.port) as one:
                await connected(caplog)
                await publish(broker, TOPIC, make_body(1))
                await one.until([1])

    try:
        asyncio.run(talk())
    finally:
        for one in crowd:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_flood_and_huge_messages_are_bounded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Never more than the agreed number under way, and what is too long blocks nothing."""
    most = 0

    async def talk() -> None:
        nonlocal most
        settings = ("allow_anonymous true", "max_queued_messages 100000")
        with mosquitto(tmp_path, *settings) as broker:
            async with listen(tmp_path, broker.port, in_flight=10, body_bytes=1000) as one:
                await connected(caplog)
                bodies = [make_body(number) for number in range(2000)]
                began = time.monotonic()
                sending = asyncio.create_task(publish(broker, TOPIC, *bodies))
                while len(list_records(tmp_path)) < 2000:
                    assert time.monotonic() - began < 20
                    most = max(most, one.listener._waiting.qsize())
                    await asyncio.sleep(0.002)
                await sending
                print(f"2000 in {time.monotonic() - began:.2f} s, {most} waiting at most")
                await publish(broker, TOPIC, b"x" * 1100, b"x" * 50_000, b"x" * 4_000_000)
                await publish(broker, TOPIC, make_body(9))
                await one.until([*range(2000), 9])
                assert one.desk.counts["mqtt_too_long"] == 1

    asyncio.run(talk())
    assert most <= 10
