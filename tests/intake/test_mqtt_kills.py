"""kill -9 while a broker delivers: what was published at QoS 1 is there once, in the end."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from narvaro.directory.models import Unit
from narvaro.intake.promotion import promote
from narvaro.intake.sealed import Accounts, Device, Sender
from narvaro.situation.models import CameraEvent, Position
from narvaro.spine.models import Event
from tests.intake.broker import MISSING, Mosquitto, mosquitto
from tests.intake.running import Running
from tests.make import World, make_camera, make_site, make_unit
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
TRACKER, RECEIVER = "town/g-418", "main"
TURNS, POSITIONS, SYNC_MS = 6, 60, 100


@pytest.fixture
def unit(world: World) -> Unit:
    unit = make_unit(world, lat=None).unit
    unit.tracker = TRACKER
    unit.save()
    return unit


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    with mosquitto(
        tmp_path / "broker", "allow_anonymous true", "max_queued_messages 100000"
    ) as one:
        yield one


@pytest.fixture
def running(tmp_path: Path, world: World, unit: Unit, broker: Mosquitto) -> Iterator[Running]:
    """A receiver that has its session at the broker; a camera for each turn."""
    tenant, site = str(world.tenant.pk), make_site(world)
    cameras = [make_camera(site, code=f"K-{turn}") for turn in range(TURNS)]
    told = {
        "host": "127.0.0.1", "port": broker.port, "tls": False, "client_id": "narvaro-test",
        "topics": ["owntracks/#", "onvif/#"],
    }  # fmt: skip
    # While a slow disk syncs, what came meanwhile is in memory alone: an early PUBACK would lose it.
    one = Running(
        tmp_path, more={"receiver_id": RECEIVER, "broker": told}, disk=f"sync_ms={SYNC_MS}"
    )
    one.hand_over(
        Accounts(
            devices=(Device(TRACKER, tenant, str(unit.pk), on_duty=True),),
            senders=tuple(Sender(tenant, "onvif", camera.code) for camera in cameras),
            positions_allowed=True,
        )
    )
    one.start()
    wait_until(lambda: "mqtt_connected" in one.log, "connected", 10)
    yield one
    if one.process is not None and one.process.poll() is None:
        one.end()


def body_of(at: datetime) -> bytes:
    said = {"_type": "location", "acc": 5, "lat": 59.0, "lon": 18.0, "tid": "18"}
    return json.dumps(said | {"tst": int(at.timestamp())}).encode()


def event_of(at: datetime) -> bytes:
    return json.dumps({"UtcTime": at.isoformat(), "Source": {"Rule": "Yard"}, "Data": {}}).encode()


def deliver(broker: Mosquitto, turn: int, bodies: list[bytes], seen: bytes) -> None:
    half = len(bodies) // 2
    broker.publish(f"owntracks/{TRACKER}", *bodies[:half])
    topic = f"onvif/K-{turn}/onvif-ej/RuleEngine/LineDetector/Crossed/&VideoSource_1/1/Yard"
    broker.publish(topic, seen)
    broker.publish(f"owntracks/{TRACKER}", *bodies[half:])


def test_what_is_published_while_the_receiver_is_killed_is_there_once(
    running: Running, broker: Mosquitto, unit: Unit
) -> None:
    """Killed in the middle of the flow: the journal may hold one twice, the pages never."""
    dice = Random(7)
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    times = [begun + timedelta(seconds=number) for number in range(TURNS * POSITIONS)]
    for turn in range(TURNS):
        bodies = [body_of(at) for at in times[turn * POSITIONS : (turn + 1) * POSITIONS]]
        given = (broker, turn, bodies, event_of(begun + timedelta(seconds=turn)))
        publishing = threading.Thread(target=deliver, args=given)
        publishing.start()
        time.sleep(dice.uniform(0.02, 2 * SYNC_MS / 1000))
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        running.start()
        publishing.join(20)

    def all_came() -> bool:
        records = running.list_records()
        ats = {json.loads(one.decoded)["at"] for one in records if one.kind == "position"}
        cameras = {one.account for one in records if one.kind == "observation"}
        return len(ats) == len(times) and len(cameras) == TURNS

    wait_until(all_came, "all came", 20)
    running.end()
    for _again in range(2):
        while promote(running.journal, RECEIVER, lambda _found: 0):
            pass
    kept = Position.objects.filter(unit=unit).order_by("at").values_list("at", flat=True)
    assert list(kept) == times
    assert sorted(CameraEvent.objects.values_list("camera__code", flat=True)) == [
        f"K-{turn}" for turn in range(TURNS)
    ]
    assert Event.objects.filter(kind="camera.seen").count() == TURNS
