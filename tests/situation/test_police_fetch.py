"""The police's feed from a peer on this machine: pace, revisions, and every way it may fail."""

import csv
import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from narvaro.situation import police_call
from narvaro.situation.models import PoliceEvent
from narvaro.situation.police_call import AGENT, FeedSilent, ask
from narvaro.situation.police_fetch import EVERY_S, count_due, fetch_due, list_feeds
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event
from tests.make import NIGHT, World, make_world
from tests.situation.test_police_feed import FEED, ONE

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, object]


@dataclass
class Peer:
    """A server that answers as it is told, and remembers what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0.0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def says(self, *items: Json, **headers: str) -> None:
        """Serve these events from now on."""
        self.status, self.body, self.headers = 200, json.dumps(items).encode(), headers

    def fails(self, status: int, **headers: str) -> None:
        """Answer with a status and nothing else."""
        self.status, self.body = status, b""
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """Run a peer on loopback."""
    monkeypatch.setenv("no_proxy", "*")
    told = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, dict(self.headers)))
            etag = told.headers.get("ETag")
            known = etag is not None and self.headers.get("If-None-Match") == etag
            status, body = (304, b"") if known else (told.status, told.body)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            if told.drip_s:
                while not told.stop.wait(told.drip_s):
                    self.wfile.write(b" ")
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/api/events"
    yield told
    told.stop.set()
    server.shutdown()
    thread.join(5)
    server.server_close()


@dataclass
class Desk:
    """What the worker does again and again, with the clock in the test's hand."""

    peer: Peer
    file: Path
    hands: Hands
    places: str = "Provköping"

    def turn(self, *, after_s: float = EVERY_S) -> int:
        """Let time pass and ask where it is due."""
        self.hands.advance(after_s)
        given = {"places": self.places, "url": self.peer.url, "file": self.file}
        due, made = count_due(**given), fetch_due(**given)  # type: ignore[arg-type]  # as named
        assert bool(due) == bool(made)
        return made


@pytest.fixture
def desk(world: World, peer: Peer, hands: Hands, tmp_path: Path) -> Desk:
    """Set a place, where one tenant is."""
    return Desk(peer, tmp_path / "police_feed.json", hands)


def test_events_come_in_under_an_agent_of_our_own(desk: Desk, peer: Peer) -> None:
    """One call for all the places; nothing is asked again before its time."""
    desk.places = "Provköping; Södra, Prov"
    peer.says(ONE)
    assert desk.turn() == 1
    path, headers = peer.asked[0]
    assert parse_qs(urlsplit(path).query) == {"locationname": ["Provköping;Södra;Prov"]}
    assert headers["User-Agent"] == AGENT
    assert AGENT.startswith("Narvaro/")
    assert PoliceEvent.objects.get().name == ONE["name"]
    assert desk.turn(after_s=EVERY_S - 1) == 0
    assert desk.turn(after_s=1) == 1


def test_a_revision_changes_its_row_in_place(desk: Desk, peer: Peer) -> None:
    """The id, and with it when it was first seen, stay; an older text does not come back."""
    peer.says(ONE)
    desk.turn()
    first = PoliceEvent.objects.get()
    assert abs((first.first_seen_at - desk.hands.now()).total_seconds()) < 0.01
    revised = ONE | {"summary": "En är gripen.", "datetime": "2026-11-20 11:00:00 +01:00"}
    for served in ([revised], [revised], [ONE], [revised, ONE]):
        peer.says(*served)
        assert desk.turn() == 1
    row = PoliceEvent.objects.get()
    assert (row.pk, row.first_seen_at) == (first.pk, first.first_seen_at)
    assert row.summary == "En är gripen."
    assert row.published_at > first.published_at
    assert Event.objects.filter(kind="file.imported").count() == 2


def test_what_has_not_changed_is_not_sent_again(desk: Desk, peer: Peer) -> None:
    """ETag and Last-Modified go back as they came; a 304 leaves everything as it is."""
    peer.says(ONE, **{"ETag": '"a1"', "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"})
    desk.turn()
    desk.turn()
    headers = peer.asked[1][1]
    assert headers["If-None-Match"] == '"a1"'
    assert headers["If-Modified-Since"] == "Tue, 24 Nov 2026 00:00:00 GMT"
    assert PoliceEvent.objects.count() == 1
    peer.says(ONE, ONE | {"id": 2}, ETag='"a2"')
    desk.turn()
    assert PoliceEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("status", "wait_s"), [(500, EVERY_S), (503, EVERY_S), (302, EVERY_S), (429, 3600), (403, 86400)]
)  # fmt: skip
def test_a_feed_that_fails_is_asked_less_and_said_once(
    desk: Desk, peer: Peer, caplog: pytest.LogCaptureFixture, status: int, wait_s: float
) -> None:
    """Its state is said when it changes, not at each call; a redirect is not followed."""
    caplog.set_level(logging.INFO, "narvaro.situation.police_fetch")
    peer.fails(status, Location=peer.url)
    assert desk.turn() == 1
    assert desk.turn(after_s=wait_s - 1) == 0
    assert desk.turn(after_s=1) == 1
    assert desk.turn(after_s=wait_s) == (1 if wait_s == 86400 or status == 429 else 0)
    assert [one.message for one in caplog.records] == ["police feed silent"]
    peer.says(ONE)
    assert desk.turn(after_s=86400) == 1
    assert desk.turn() == 1
    assert [one.message for one in caplog.records] == ["police feed silent", "police feed answers"]
    assert PoliceEvent.objects.count() == 1


def test_retry_after_is_obeyed_up_to_a_day(desk: Desk, peer: Peer) -> None:
    """In seconds or as a date; what is neither leaves an hour."""
    peer.fails(429, Retry_After="7200")
    desk.turn()
    assert desk.turn(after_s=7199) == 0
    peer.fails(429, Retry_After="Tue, 24 Nov 2026 12:00:00 GMT")
    assert desk.turn(after_s=1) == 1
    until_s = 12 * 3600 - 3600 - (desk.hands.now() - NIGHT).total_seconds()
    assert desk.turn(after_s=until_s - 1) == 0
    peer.fails(429, Retry_After="9" * 9)
    assert desk.turn(after_s=1) == 1
    peer.fails(429, Retry_After="soon")
    assert desk.turn(after_s=86400) == 1
    assert desk.turn(after_s=3599) == 0


def test_gone_is_final_until_the_setting_changes(desk: Desk, peer: Peer) -> None:
    """The rules: whoever got a 404 does not ask again."""
    peer.fails(404)
    desk.turn()
    peer.says(ONE)
    assert desk.turn(after_s=30 * 86400) == 0
    desk.places = "Annanstans"
    assert desk.turn() == 1
    assert PoliceEvent.objects.count() == 1


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"{}", b"\xff\xfe", b"[" * 50_000])
def test_what_is_no_feed_changes_nothing(
    desk: Desk, peer: Peer, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    """It is a failure of the feed, and its ETag is not kept."""
    peer.says(ONE)
    desk.turn()
    peer.body, peer.headers = body, {"ETag": '"bad"'}
    desk.turn()
    assert caplog.records[-1].__dict__["why"] == "no_feed"
    desk.turn(after_s=3600)
    assert "If-None-Match" not in peer.asked[-1][1]
    assert PoliceEvent.objects.count() == 1


def test_entries_that_are_none_are_left_out_and_counted_once(
    desk: Desk, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    """The good ones come in."""
    caplog.set_level(logging.INFO, "narvaro.situation.police_fetch")
    peer.says({"id": "x"}, ONE)
    desk.turn()
    desk.turn()
    assert PoliceEvent.objects.count() == 1
    assert [one.message for one in caplog.records] == ["police events refused"]


def test_a_body_without_end_is_cut(
    desk: Desk, peer: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """More than the bound is not read, let alone brought in."""
    monkeypatch.setattr(police_call, "MOST_BYTES", 1000)
    peer.says(*(ONE | {"id": number} for number in range(1, 50)))
    desk.turn()
    assert caplog.records[-1].__dict__["why"] == "too_large"
    assert not PoliceEvent.objects.exists()


def test_a_peer_that_drips_is_left_in_time(peer: Peer) -> None:
    """Each byte would be in time; the whole is not."""
    peer.says(ONE)
    peer.headers, peer.drip_s = {"Content-Length": "1000000"}, 0.02
    began = time.monotonic()
    with pytest.raises(FeedSilent, match="slow"):
        ask(peer.url, within_s=0.3)
    assert time.monotonic() - began < 2


def test_nobody_there_is_said() -> None:
    """A refused connection."""
    with pytest.raises(FeedSilent, match="unreachable"):
        ask("http://127.0.0.1:1/api/events", within_s=5)


def test_half_an_answer_is_no_feed(
    desk: Desk, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    """A body shorter than was promised."""
    peer.says(ONE)
    peer.headers, peer.body = {"Content-Length": str(len(peer.body))}, peer.body[:-1]
    desk.turn()
    assert caplog.records[-1].__dict__["why"] == "no_feed"
    assert not PoliceEvent.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["http://polisen.se/", "http://192.0.2.1/", "file:///etc/hostname", "ftp://127.0.0.1/",
     "https:///x", "", "http://["],
)  # fmt: skip
def test_only_https_leaves_the_machine(address: str) -> None:
    """No other scheme, no plain HTTP."""
    with pytest.raises(FeedSilent, match="not_https") as fault:
        ask(address)
    assert fault.value.final


def test_the_rules_pace_holds_whatever_is_due(desk: Desk, peer: Peer) -> None:
    """10 s between two calls and 60 an hour, with a hundred tenants' feeds due at once."""
    desk.places = ";".join(f"Ort {number}@Kommun {number}" for number in range(100))
    made = [desk.turn(after_s=5) for _ in range(140)]
    assert sum(made) == 60
    assert all(not (one and other) for one, other in pairwise(made))
    assert desk.turn(after_s=3600) == 1
    assert peer.asked == []  # none of these tenants is here: nothing was asked


def test_a_crash_between_call_and_answer_is_one_call(
    desk: Desk, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call stands in the file before it is made."""
    monkeypatch.setattr("narvaro.situation.police_fetch.ask", lambda *_a, **_k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.turn()
    monkeypatch.undo()
    assert desk.turn(after_s=60) == 0
    assert peer.asked == []


@pytest.mark.parametrize(
    "damage", ["", "[]", '{"calls": 1}', '{"calls": [], "feeds": {"a": {"b": 1}}}']
)
def test_a_damaged_state_is_begun_anew_with_a_pause(desk: Desk, peer: Peer, damage: str) -> None:
    """A file cut by a crash neither stops the feed nor makes it hurry."""
    peer.says(ONE)
    desk.file.write_text(damage)
    assert desk.turn(after_s=1) == 0
    assert desk.turn(after_s=10) == 1
    assert PoliceEvent.objects.count() == 1


def test_a_clock_that_is_set_back_does_not_silence_the_feed(desk: Desk, peer: Peer) -> None:
    """What was written in a wrong future counts as of now, and not for longer."""
    peer.says(ONE)
    desk.turn(after_s=30 * 86400)
    assert desk.turn(after_s=-29 * 86400) == 0
    assert desk.turn(after_s=9) == 0
    assert desk.turn(after_s=1) == 1


def test_it_is_off_while_no_place_is_set(desk: Desk, peer: Peer) -> None:
    """No call, no file."""
    for nothing in ("", " ; ,", "@Kommun"):
        desk.places = nothing
        assert desk.turn() == 0
    assert peer.asked == []
    assert not desk.file.exists()


def test_each_tenant_gets_its_own_places(
    desk: Desk, world: World, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    """With several tenants a place names its own; one that names none is asked for nobody."""
    other = make_world("Annanstans")
    peer.says(ONE)
    desk.turn()
    assert caplog.records[-1].__dict__["why"] == "which_tenant"
    desk.places = (
        f"Provköping@{world.tenant.name}; By@{other.tenant.name}; Torp@{other.tenant.name}"
    )
    assert [one.tenant for one in list_feeds(desk.places, "")] == [world.tenant.name, "Annanstans"]
    assert desk.turn() == 1
    assert PoliceEvent.objects.get().tenant == world.tenant
    assert desk.turn(after_s=10) == 1
    assert PoliceEvent.objects.filter(tenant=other.tenant).count() == 1
    asked = [parse_qs(urlsplit(path).query)["locationname"][0] for path, _ in peer.asked]
    assert asked == ["Provköping", "By;Torp"]


def test_no_coordinate_of_the_feed_is_kept_anywhere(desk: Desk, peer: Peer) -> None:
    """Its point is the middle of a municipality: neither row nor log holds it."""
    peer.says(ONE)
    desk.turn()
    kept = [str(one) for one in PoliceEvent.objects.values().get().values()]
    told = [str(one) for one in Event.objects.values_list("payload", flat=True)]
    assert not [one for one in kept + told if "59.195363" in one or "17.625689" in one]


def test_no_forecast_plan_or_screen_reads_police_events() -> None:
    """The week's contents alone do, as lines of text; nothing makes a point or a count of them."""
    source = ROOT / "src" / "narvaro"
    readers = {
        str(one.relative_to(source))
        for one in source.rglob("*.py")
        if "PoliceEvent" in one.read_text("utf-8") and "migrations" not in one.parts
    }
    assert readers == {
        "situation/models/__init__.py",
        "situation/models/picture.py",
        "situation/pictures.py",
        "situation/queries/week_contents.py",
    }


@pytest.mark.real_data
@pytest.mark.skipif(not FEED.exists(), reason=f"{FEED} is not beside the checkout")
def test_the_feed_as_it_was_served_comes_in_by_calls(desk: Desk, peer: Peer) -> None:
    """524 events of Södertälje, in windows of 200 that overlap: each once."""
    with FEED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    served: list[Json] = [
        {
            "id": int(row["id"]), "datetime": row["datetime_published"], "name": row["name"],
            "summary": row["summary"], "url": row["url"], "type": row["type"],
            "location": {"name": row["location_name"], "gps": f"{row['lat']},{row['lon']}"},
        }
        for row in rows
    ]  # fmt: skip
    for first in range(0, len(served), 150):
        peer.says(*reversed(served[first : first + 200]))
        assert desk.turn() == 1
    ids = list(PoliceEvent.objects.order_by("police_id").values_list("police_id", flat=True))
    assert ids == sorted({int(row["id"]) for row in rows})
    assert len(ids) == 524
