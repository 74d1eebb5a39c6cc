"""Cursor on Target over TCP: kept before the next, pings answered, strangers bounded, pytak heard."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from narvaro.intake.cot_listener import CotListener
from narvaro.intake.desk import Desk
from narvaro.intake.door import Door
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.protocols.cot import encode_case, encode_unit
from narvaro.intake.records import Record, read_after
from narvaro.intake.sealed import Accounts, Device
from narvaro.spine import clock

ACCOUNTS = Accounts(
    devices=(
        Device("ANDROID-000001", "town", "unit-1", on_duty=True),
        Device("ANDROID-000002", "town", "unit-2"),
    ),
    positions_allowed=True,
)


def make_event(number: int = 0, uid: str = "ANDROID-000001", kind: str = "a-f-G-U-C") -> bytes:
    now = clock.now()
    event = encode_unit(
        uid=uid, label="call sign", kind="foot", lat=59 + number / 1000, lon=18.0, at=now,
        stale=now + timedelta(minutes=2),
    )  # fmt: skip
    return event.replace(b"a-f-G-U-C", kind.encode())


async def end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Served:
    """A listener within the test's loop."""

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk = desk
        self.port = port

    async def say(self, raw: bytes, pieces: int = 1) -> bytes:
        """Send bytes on a new connection in pieces, end, and return what was answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        step = max(1, len(raw) // pieces)
        try:
            for at in range(0, len(raw), step):
                writer.write(raw[at : at + step])
                await writer.drain()
                await asyncio.sleep(0)
            writer.write_eof()
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            await end(writer)

    def list_records(self) -> list[Record]:
        return read_after(self.desk.journal.path, 0, 1000)


@asynccontextmanager
async def serve(folder: Path, limits: Limits | None = None) -> AsyncIterator[Served]:
    limits = limits or Limits()
    journal = Journal(folder / "intake.db", "test")
    desk = Desk(journal, ACCOUNTS, limits)
    door = Door(desk, limits, CotListener(desk, limits).converse)
    server = await asyncio.start_server(door.attend, "127.0.0.1", 0)
    try:
        yield Served(desk, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        door.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=3)
        journal.close()


def test_events_are_kept_in_order_without_names_and_address(tmp_path: Path) -> None:
    """Any cut, pings and chat between: the places are in the journal, and nothing else is."""

    async def talk() -> None:
        async with serve(tmp_path) as one:
            parts = [
                make_event(1), make_event(kind="b-t-f"), b"\n<?xml version='1.0'?>\n", make_event(2),
                make_event(uid="ANDROID-000002"), make_event(uid="ANDROID-9"),
                make_event(uid="ANDROID-000001-ping", kind="t-x-c-t"), make_event(3),
            ]  # fmt: skip
            answer = await one.say(b"".join(parts), pieces=40)
            assert answer.count(b"takPong") == 1
            records = one.list_records()
            assert [json.loads(each.decoded)["lat"] for each in records] == [59.001, 59.002, 59.003]
            assert {(r.kind, r.tenant, r.account, r.peer, r.raw) for r in records} == {
                ("position", "town", "ANDROID-000001", "", b"")
            }
            assert one.desk.counts["position_dropped"] == 1
            assert one.desk.counts["refused_unknown_device"] == 1

    asyncio.run(talk())
    assert b"call sign" not in (tmp_path / "intake.db").read_bytes()


def test_emergency_of_a_device_on_duty_is_kept_as_refused(tmp_path: Path) -> None:
    """It is no alarm here, and that is not hidden."""

    async def talk() -> None:
        async with serve(tmp_path) as one:
            await one.say(make_event(uid="ANDROID-000001-9-1-1", kind="b-a-o-tbl"))
            assert [(r.kind, r.flags, r.tenant) for r in one.list_records()] == [
                ("refused", "emergency", "town")
            ]

    asyncio.run(talk())


@pytest.mark.parametrize(
    "raw", [b"noise<event/>" * 2000, b"<event uid='a'>" + b"x" * 100_000, b"x" * 100_000]
)
def test_junk_is_bounded_and_the_next_is_heard(tmp_path: Path, raw: bytes) -> None:
    """Noise, an event without an end and a flood end the connection and leave nothing behind."""

    async def talk() -> None:
        async with serve(tmp_path) as one:
            with contextlib.suppress(ConnectionError):  # closed while the rest was on its way
                assert await one.say(raw) == b""
            await one.say(make_event())
            assert [r.kind for r in one.list_records()] == ["position"]

    asyncio.run(talk())


def test_half_an_event_is_closed_in_time(tmp_path: Path) -> None:
    """Who does not go on within the limit loses the connection."""

    async def talk() -> None:
        async with serve(tmp_path, Limits(half_message_s=0.1)) as one:
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(make_event()[:50])
            assert await asyncio.wait_for(reader.read(), 2) == b""
            await end(writer)
            assert one.desk.counts["connection_TimeoutError"] == 1

    asyncio.run(talk())


def test_without_a_journal_the_connection_ends_unanswered(tmp_path: Path) -> None:
    """The other side sees that something is wrong; a pong would say that all is well."""

    async def talk() -> None:
        async with serve(tmp_path) as one:
            one.desk.journal.healthy = False
            ping = make_event(uid="ANDROID-000001-ping", kind="t-x-c-t")
            assert await one.say(ping) == b""
            assert await one.say(make_event()) == b""
            assert one.desk.counts["connection_JournalError"] == 2

    asyncio.run(talk())


SENDER = """
import asyncio, os, sys, pytak
class Sender(pytak.QueueWorker):
    async def run(self, number_of_iterations=-1):
        for number in range(50):
            await self.put_queue(pytak.gen_cot(
                lat=59 + number / 1000, lon=18.0, uid="ANDROID-000001", ce=12.5, stale=60,
                cot_type="a-f-G-U-C", callsign="call sign"))
        await asyncio.sleep(0.5)
        os._exit(0)  # the tool itself never ends
async def main():
    tool = pytak.CLITool({"COT_URL": sys.argv[1]})
    await tool.setup()
    tool.add_tasks({Sender(tool.tx_queue, tool.config)})
    await tool.run()
asyncio.run(asyncio.wait_for(main(), 8))
"""

READER = """
import asyncio, json, sys, pytak
import xml.etree.ElementTree as ET
class Reader(pytak.RXWorker):
    async def handle_data(self, data):
        pass
async def main():
    reader, writer = await pytak.protocol_factory({"COT_URL": sys.argv[1]})
    queue = asyncio.Queue()
    worker = Reader(queue, {"COT_URL": sys.argv[1]}, reader)
    for _ in range(3):
        await worker.run_once()
        event = ET.fromstring(queue.get_nowait())
        point, contact = event.find("point"), event.find("detail/contact")
        print(json.dumps(dict(event.attrib, **point.attrib, **contact.attrib)))
asyncio.run(asyncio.wait_for(main(), 8))
"""


async def run_pytak(program: str, port: int) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", program, f"tcp://127.0.0.1:{port}",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.slow
def test_pytak_is_heard(tmp_path: Path) -> None:
    """Fifty events of another's sender are fifty positions; its greeting is none."""

    async def talk() -> None:
        async with serve(tmp_path) as one:
            await run_pytak(SENDER, one.port)
            records = one.list_records()
            assert [json.loads(r.decoded)["lat"] for r in records] == pytest.approx(
                [59 + number / 1000 for number in range(50)]
            )
            assert json.loads(records[0].decoded)["accuracy_m"] == 12.5
            assert sum(n for name, n in one.desk.counts.items() if "refused" in name) <= 1

    asyncio.run(talk())


@pytest.mark.slow
def test_pytak_reads_our_units_and_cases() -> None:
    """Another's receiver cuts and reads what we encode."""
    now = clock.now()
    stale = now + timedelta(minutes=2)
    events = [
        make_event(uid="unit-1"),
        encode_case(uid="case-1", label="1042 <Fire> & Ö", lat=59.5, lon=18.5, at=now, stale=stale),
        encode_case(uid="case-2", label="x", lat=1, lon=2, at=now, stale=stale, emergency=True),
    ]

    async def talk() -> list[dict[str, str]]:
        left = asyncio.Event()

        async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"".join(events))
            await writer.drain()
            with contextlib.suppress(ConnectionError):
                await reader.read()
            await end(writer)
            left.set()

        server = await asyncio.start_server(send, "127.0.0.1", 0)
        async with server:
            said = await run_pytak(READER, server.sockets[0].getsockname()[1])
            await asyncio.wait_for(left.wait(), 5)
        return [json.loads(line) for line in said.splitlines()]

    found = asyncio.run(talk())
    assert [(one["uid"], one["type"], one["callsign"], one["lat"]) for one in found] == [
        ("unit-1", "a-f-G-U-C", "call sign", "59.000000"),
        ("case-1", "b-m-p-s-m", "1042 <Fire> & Ö", "59.500000"),
        ("case-2", "b-a-o-tbl", "x", "1.000000"),
    ]
