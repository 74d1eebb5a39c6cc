"""Messages over MQTT without a broker: what is acknowledged, in which order, and what is not."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage

from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.message import Message, Position, Refusal
from narvaro.intake.mqtt_line import Line
from narvaro.intake.mqtt_listener import MqttListener
from narvaro.intake.protocols import Protocol, Reply, Request
from narvaro.intake.receiver_config import Broker
from narvaro.intake.records import JournalError, Record, read_after
from narvaro.intake.sealed import Accounts, Device
from tests.waiting import until

DEVICE = Device("car-1", "town", "unit-1", on_duty=True)
ACCOUNTS = Accounts(devices=(DEVICE,), positions_allowed=True)
BROKER = Broker("127.0.0.1", "test", ("spoken/#",), tls=False)


class Spoken:
    """A protocol whose whole message is a number."""

    PROTOCOL = Protocol("spoken", ("mqtt",), "none", ("all",), (), keeps_raw=False)

    def decode(self, request: Request, *, accounts: Accounts, now: datetime) -> Message:
        assert accounts == ACCOUNTS
        assert request.method == "PUBLISH"
        if request.body == b"fault":
            raise RuntimeError("an error of ours")
        if not request.body.isdigit():
            return Message(refusal=Refusal("unknown_device", "Not a number."))
        place = Position("car-1", 59.0 + int(request.body) / 1e4, 18.0, now)
        return Message(DEVICE, (place,))

    def acknowledge(self, message: Message, *, stored: bool) -> Reply:
        if message.owner is None:
            return Reply(HTTPStatus.BAD_REQUEST)
        return Reply(HTTPStatus.OK if stored else HTTPStatus.SERVICE_UNAVAILABLE)


class FakeLine(Line):
    """A connection that only notes what it is told."""

    def __init__(self) -> None:
        self.given_up = False
        self.acks: list[int] = []

    def acknowledge(self, mid: int, qos: int) -> None:
        assert qos == 1
        if not self.given_up:
            self.acks.append(mid)

    def give_up(self) -> None:
        self.given_up = True


def make_message(mid: int, body: bytes = b"1", topic: bytes = b"spoken/a") -> MQTTMessage:
    message = MQTTMessage(mid, topic)
    message.payload, message.qos = body, 1
    return message


class Answered:
    """A listener without its thread, in the test's loop."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "intake.db", "test")
        self.desk = Desk(self.journal, ACCOUNTS, Limits(body_bytes=100))
        self.listener = MqttListener(
            self.desk, Limits(body_bytes=100), BROKER, (("spoken", Spoken()),)
        )

    def list_records(self) -> list[Record]:
        return read_after(self.journal.path, 0, 1000)


@asynccontextmanager
async def answer(folder: Path) -> AsyncIterator[Answered]:
    one = Answered(folder)
    task = asyncio.create_task(one.listener._answer())
    try:
        yield one
        one.listener._ended.set()
        one.listener.stop()
        await asyncio.wait_for(task, 5)
    finally:
        task.cancel()
        one.journal.close()


def test_each_is_acknowledged_after_its_commit_in_order(tmp_path: Path) -> None:
    """What is kept, what nobody is known for, what no protocol speaks: all in the order they came."""

    async def talk() -> None:
        async with answer(tmp_path) as one:
            line = FakeLine()
            for mid, (body, topic) in enumerate(
                [(b"1", b"spoken/a"), (b"who?", b"spoken/a"), (b"2", b"other/a"), (b"", b"spoken"),
                 (b"3", b"\xff"), (b"7" * 101, b"spoken/a"), (b"4", b"spoken/a/b/c")], 1,
            ):  # fmt: skip
                one.listener._take(line, make_message(mid, body, topic))
            assert line.acks == []
            await until(lambda: len(line.acks) == 7)
            assert line.acks == [1, 2, 3, 4, 5, 6, 7]
            places = [json.loads(each.decoded)["lat"] for each in one.list_records()]
            assert places == [59.0001, 59.0004]
            assert one.desk.counts["mqtt_unknown_topic"] == 2
            assert one.desk.counts["mqtt_too_long"] == 1
            assert one.desk.counts["refused_unknown_device"] == 2

    asyncio.run(talk())


def test_nothing_is_acknowledged_before_its_record_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that is still under way holds the answer, and all that came after it."""

    async def talk() -> None:
        async with answer(tmp_path) as one:
            held: Future[int] = Future()
            line = FakeLine()
            with monkeypatch.context() as patched:
                patched.setattr(one.journal, "append", lambda _record: held)
                one.listener._take(line, make_message(1))
            one.listener._take(line, make_message(2))
            await until(one.list_records)
            await asyncio.sleep(0.05)
            assert line.acks == []
            held.set_result(1)
            await until(lambda: line.acks == [1, 2])

    asyncio.run(talk())


def test_what_is_not_stored_is_left_to_the_broker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No PUBACK, not for the ones behind it either; the connection is left; it is said once."""

    async def talk() -> None:
        async with answer(tmp_path) as one:
            for line in (FakeLine(), FakeLine()):
                failed: Future[int] = Future()
                with monkeypatch.context() as patched:
                    patched.setattr(one.journal, "append", lambda _record, f=failed: f)
                    one.listener._take(line, make_message(1))
                failed.set_exception(JournalError("disk full"))
                one.listener._take(line, make_message(2))
                await until(lambda line=line: line.given_up)  # type: ignore[misc]
                one.listener._take(line, make_message(3))
                await until(one.listener._waiting.empty)
                assert line.acks == []
            assert one.desk.counts["mqtt_not_stored"] == 2

    asyncio.run(talk())
    assert [r.message for r in caplog.records].count("mqtt_not_stored") == 2


def test_an_error_of_ours_stops_neither_the_others_nor_the_flow(tmp_path: Path) -> None:
    """The message stays at the broker, the error is said, and its room is free again."""

    async def talk() -> None:
        async with answer(tmp_path) as one:
            line = FakeLine()
            room = one.listener._room._value
            for mid, body in ((1, b"fault"), (2, b"5")):
                one.listener._room.acquire()
                if body == b"fault":
                    with pytest.raises(RuntimeError, match="of ours"):
                        one.listener._take(line, make_message(mid, body))
                else:
                    one.listener._take(line, make_message(mid, body))
            await until(lambda: line.acks == [2])
            assert one.listener._room._value == room

    asyncio.run(talk())


def test_nothing_is_asked_for_before_anybody_is_known(tmp_path: Path) -> None:
    """A message that is refused is gone, so the broker keeps it until there are accounts."""
    one = Answered(tmp_path)
    assert one.listener._is_ready()
    one.desk.accounts = Accounts(positions_allowed=True)
    assert not one.listener._is_ready()
    one.desk.accounts = ACCOUNTS
    one.journal.healthy = False
    assert not one.listener._is_ready()
    one.journal.close()


def test_a_late_acknowledgement_stays_on_its_own_connection() -> None:
    """A line that has ended sends nothing and raises nothing."""
    line = Line(BROKER, 100, lambda *_: None, lambda *_: None)
    line.acknowledge(7, 1)
    line.leave()
    line.give_up()
    line.acknowledge(8, 1)
    line._wake.close()
    line._woken.close()
    line.acknowledge(9, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"client_id": ""}, {"topics": ()}, {"in_flight": 0}, {"in_flight": 70_000},
     {"session_s": 0}],
)  # fmt: skip
def test_a_broker_that_would_forget_us_is_refused(wrong: dict[str, object]) -> None:
    """Each is said when the configuration is read."""
    given: dict[str, object] = {"host": "h", "client_id": "c", "topics": ("a/#",)}
    with pytest.raises(ValueError, match=r"needs|from 1"):
        Broker(**(given | wrong))  # type: ignore[arg-type]
    assert "secret" not in repr(Broker("h", "c", ("a/#",), password="secret"))
