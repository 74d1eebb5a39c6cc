"""Telling a TAK server: only what may be told, what ended goes away, another's reader reads it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from narvaro.intake.protocols.cot import split
from narvaro.plan.models import Shift
from narvaro.sharing import cot_feed
from narvaro.sharing.cot_feed import CotFeed, Target
from narvaro.situation.actions import set_unit_state
from narvaro.situation.models import Case, UnitStatus
from narvaro.spine.clock import Hands
from narvaro.spine.models import Tenant
from tests.make import (
    NIGHT,
    World,
    make_plan,
    make_site,
    make_transmitter,
    make_unit,
    make_world,
    send_signal,
)

COMPANY = "Provköping bevakning"


class Server:
    """A TAK server that only listens: what each connection said, hanging up when told to."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.lines: list[socket.socket] = []
        self.feeds: list[CotFeed] = []

    def accept(self) -> socket.socket:
        """Take the next connection."""
        self.socket.settimeout(5)
        line, _ = self.socket.accept()
        line.settimeout(5)
        self.lines.append(line)
        return line

    def hear(self, count: int) -> list[Element]:
        """Return the next events of the newest connection."""
        data, events = b"", list[bytes]()
        while len(events) < count:
            more = self.lines[-1].recv(65_536)
            assert more, "the connection ended"
            events, data = split(b"".join(events) + data + more)
        return [fromstring(one) for one in events]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    for feed in made.feeds:
        feed.close()
    for line in (*made.lines, made.socket):
        line.close()


def feed_to(server: Server, **more: Any) -> CotFeed:
    made = CotFeed(Target(host="127.0.0.1", port=server.port, tls=False, **more))
    server.feeds.append(made)
    return made


def have_case(world: World, code: str = "BA", name: str = "Trasten skola") -> Case:
    site = make_site(world, name)
    make_plan(site)
    signal = send_signal(make_transmitter(site), code)
    assert signal is not None
    assert signal.case is not None
    return signal.case


def names(events: list[Element]) -> set[str]:
    return {one.find("detail/contact").attrib["callsign"] for one in events}  # type: ignore[union-attr]  # each has one


def test_without_a_server_nothing_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cot_feed, "find_tenant", lambda _name: pytest.fail("asked"))
    assert CotFeed(Target()).look() == 0


def test_an_urgent_case_is_told_without_words_of_people_and_taken_back(
    world: World, server: Server, hands: Hands
) -> None:
    case = have_case(world)
    threat = have_case(world, "PA", "Ugglan")
    Case.objects.update(text="Anhörig heter så", place="Hos någon")
    Case.objects.filter(pk=have_case(world, "BA", "Låg").pk).update(priority=3)
    told = feed_to(server)
    assert told.look() == 2
    server.accept()
    events = {one.attrib["uid"]: one for one in server.hear(2)}
    one = events[f"narvaro.case.{case.pk}"]
    assert one.attrib["type"] == "b-m-p-s-m"
    assert one.findtext("detail/remarks") == "Inbrottslarm, Trasten skola"
    assert events[f"narvaro.case.{threat.pk}"].attrib["type"] == "b-a-o-tbl"
    assert told.look() == 0  # not yet
    Case.objects.filter(pk=threat.pk).update(state=Case.State.CLOSED)
    hands.move_to(NIGHT + timedelta(seconds=11))
    assert told.look() == 2
    again = {one.attrib["uid"]: one for one in server.hear(2)}
    assert again[f"narvaro.case.{threat.pk}"].attrib["type"] == "b-a-o-can"
    hands.move_to(NIGHT + timedelta(seconds=22))
    assert told.look() == 1


def test_no_unit_is_told_unless_its_company_is_named(world: World, server: Server) -> None:
    """Nor in a break, off duty, with an old place, or before positions are allowed."""
    make_unit(world, "V1")
    rests = make_unit(world, "V2").unit
    set_unit_state(unit=rests, state=UnitStatus.State.BREAK, case=None, by="test", at=NIGHT)
    off = make_unit(world, "V3").shift
    Shift.objects.filter(pk=off.pk).update(ends_at=NIGHT - timedelta(minutes=1))
    make_unit(world, "V4", lat=None)
    assert feed_to(server).look() == 0
    assert feed_to(server, companies=("En annan",)).look() == 0
    told = feed_to(server, companies=(COMPANY,))
    assert told.look() == 1
    for _ in range(3):
        server.accept()
    [unit] = server.hear(1)
    assert names([unit]) == {"V1"}
    assert unit.attrib["type"] == "a-f-G-E-V-C"
    Tenant.objects.update(positions_purpose="")
    assert feed_to(server, companies=(COMPANY,)).look() == 0


def test_an_old_place_is_not_told(world: World, server: Server) -> None:
    make_unit(world, "V1", at=NIGHT - timedelta(minutes=10))
    assert feed_to(server, companies=(COMPANY,)).look() == 0


def test_a_lost_server_is_found_again_and_told_what_ended(
    world: World, server: Server, hands: Hands
) -> None:
    case = have_case(world)
    told = feed_to(server)
    assert told.look() == 1
    server.accept().close()
    Case.objects.filter(pk=case.pk).update(state=Case.State.CLEARED)
    for seconds in (11, 22):
        hands.move_to(NIGHT + timedelta(seconds=seconds))
        told.look()
    server.accept()
    [ended] = server.hear(1)
    assert ended.attrib["time"] == ended.attrib["stale"]


def test_a_dead_server_is_tried_less_and_less(
    world: World, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = CotFeed(Target(host="127.0.0.1", port=port, tls=False))
    for seconds in range(0, 60, 1):
        hands.move_to(NIGHT + timedelta(seconds=seconds))
        told.look()
    assert told._failures == 6  # at 0, 1, 3, 8, 18, 48
    assert caplog.text.count("cot_feed_lost") == 1


def test_which_tenants_cases_is_said_where_there_are_two(
    world: World, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    have_case(world)
    make_world("Annanstad")
    assert feed_to(server).look() == 0
    assert "cot_feed_no_tenant" in caplog.text
    assert feed_to(server, tenant="Annanstad").look() == 0
    assert feed_to(server, tenant="Provköping").look() == 1


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
    for _ in range(2):
        await worker.run_once()
        event = ET.fromstring(queue.get_nowait())
        print(json.dumps([event.get("uid"), event.find("detail/contact").get("callsign")]))
asyncio.run(asyncio.wait_for(main(), 10))
"""


@contextmanager
def passed_through(server: Server) -> Iterator[int]:
    """Hand what the feed says on to a second port, as a TAK server does."""
    outer = socket.create_server(("127.0.0.1", 0))

    def carry() -> None:
        source, (sink, _) = server.accept(), outer.accept()
        with sink:
            while data := source.recv(65_536):
                sink.sendall(data)

    thread = threading.Thread(target=carry, daemon=True)
    thread.start()
    try:
        yield outer.getsockname()[1]
    finally:
        outer.close()
        thread.join(5)


@pytest.mark.slow
def test_pytak_reads_a_unit_and_a_case(world: World, server: Server) -> None:
    case = have_case(world)
    crewed = make_unit(world, "V1")
    told = feed_to(server, companies=(COMPANY,))
    assert told.look() == 2
    with passed_through(server) as port:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", READER, f"tcp://127.0.0.1:{port}"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        told.close()
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        [f"narvaro.unit.{crewed.unit.pk}", "V1"], [f"narvaro.case.{case.pk}", "#1"],
    ]  # fmt: skip
