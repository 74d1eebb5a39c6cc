"""The entry of the shared fragments: whom it lets in, that it answers as the pages do, and all at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle, product
from queue import Queue
from typing import Any

import pytest
from django.test import Client

from narvaro.access.models import Role
from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.spine.clock import Hands
from narvaro.web import shared_entry
from narvaro.web.console import cases
from narvaro.web.live import AsgiScope
from narvaro.web.rooms import Need
from narvaro.web.shared_entry import Asked, Entry, answer_shared, entries
from narvaro.web.shared_fragments import FRAGMENTS, Fragment, Shared
from tests.access.scene import client_of, make_scene
from tests.conftest import Running
from tests.make import NIGHT, World, make_member, make_site, make_transmitter, send_signal
from tests.web.test_shared_fragments import LANGUAGES, SHARED, _everybody

Answer = tuple[int, bytes, dict[str, str]]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Begin and end with nothing kept."""
    FRAGMENTS._places.clear()
    entries.cache_clear()
    yield
    FRAGMENTS._places.clear()
    entries.cache_clear()


def scope_of(client: Client, path: str, *, method: str = "GET", **headers: str) -> AsgiScope:
    """Return what the server gives of a request."""
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    given = {"host": "testserver", "cookie": cookies, **headers}
    head = [(k.replace("_", "-").lower().encode(), v.encode()) for k, v in given.items()]
    return {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": head,
        "scheme": "http", "http_version": "1.1",
    }  # fmt: skip


def run_beside(made: Coroutine[Any, Any, bool]) -> bool:
    """Run it on a loop in another thread; its turns in this one, which has the test's transaction."""
    turns: Queue[tuple[Callable[..., Any], Any, Future[Any]] | None] = Queue()

    async def here(turn: Callable[..., Any], given: object) -> object:
        told: Future[Any] = Future()
        turns.put((turn, given, told))
        return await asyncio.wrap_future(told)

    def run() -> bool:
        try:
            return asyncio.run(made)
        finally:
            turns.put(None)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as beside:
        patch.setattr(shared_entry, "in_thread", here)
        found = beside.submit(run)
        while (one := turns.get(timeout=10)) is not None:
            turn, given, told = one
            try:
                told.set_result(turn(given))
            except Exception as fault:  # noqa: BLE001 - told to who asked, as a thread would
                told.set_exception(fault)
        return found.result(10)


def at_the_entry(scope: AsgiScope) -> Answer | None:
    """Return what the entry answers; None where it leaves that to the pages."""
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    if not run_beside(answer_shared(scope, send)):
        assert said == []
        return None
    start, body = said
    names = [name.decode() for name, _ in start["headers"]]
    assert len(names) == len(set(names))
    return start["status"], body["body"], {k.decode(): v.decode() for k, v in start["headers"]}


def at_the_pages(client: Client, path: str, **headers: str) -> Answer:
    """Return what Django answers."""
    given = client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return given.status_code, given.content, {k.lower(): v for k, v in given.headers.items()}


def test_there_is_a_entry_for_each_shared_fragment() -> None:
    assert set(entries()) == set(SHARED)


def test_everybody_gets_at_the_entry_what_the_pages_give_or_is_sent_to_them(
    db: None, hands: Hands
) -> None:
    """Every role in both languages by turns, asked anew and with what they have: to the byte."""
    browsers = [client_of(one) for one in _everybody(make_scene("Alfa").world)[::2]]
    told = refused = 0
    for (client, path), language in zip(product(browsers, SHARED), cycle(LANGUAGES)):
        asked = {"accept_language": language, "hx_request": "true"}
        pages = at_the_pages(client, path, **asked)
        entry = at_the_entry(scope_of(client, path, **asked))
        if entry is None:
            refused += 1
            assert pages[0] in {401, 404}
            continue
        told += 1
        assert entry == pages
        tag = pages[2]["etag"]
        again = at_the_entry(scope_of(client, path, if_none_match=tag, **asked))
        assert again == at_the_pages(client, path, if_none_match=tag, **asked)
        assert again is not None
        assert again[:2] == (304, b"")
    assert told > len(browsers)
    assert refused > 0


def test_the_language_is_the_one_that_was_chosen(world: World, running: Running) -> None:
    client = client_of(make_member(world, Role.DISPATCHER))
    send_signal(make_transmitter(make_site(world)))
    client.cookies["narvaro_language"] = "en"
    answer = at_the_entry(scope_of(client, "/console/cases/", accept_language="sv"))
    assert answer == at_the_pages(client, "/console/cases/", accept_language="sv")
    assert answer is not None
    assert answer[2]["content-language"] == "en"


def test_over_tls_the_answer_says_so_as_the_pages_do(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(make_member(world, Role.DISPATCHER))
    for one in shared_entry.DRESS:
        monkeypatch.setattr(one, "sts_seconds", 1000, raising=False)
    answer = at_the_entry({**scope_of(client, "/console/cases/"), "scheme": "https"})
    assert answer is not None
    assert answer[2]["strict-transport-security"].startswith("max-age=1000")


def leave(client: Client, member: Any) -> None:
    """End the membership."""
    member.valid_until = NIGHT.date() - timedelta(days=1)
    member.save()


def deactivate(client: Client, member: Any) -> None:
    """Close the user."""
    member.user.is_active = False
    member.user.save()


def change_password(client: Client, member: Any) -> None:
    """Give the user another password, which ends his sessions."""
    member.user.password = "!another"
    member.user.save()


def sign_out(client: Client, member: Any) -> None:
    """End the session, and come with its key all the same."""
    kept = client.cookies["sessionid"].value
    client.logout()
    client.cookies["sessionid"] = kept


def outlive(client: Client, member: Any) -> None:
    """Let the session's time run out."""
    from django.contrib.sessions.models import Session

    Session.objects.update(expire_date=NIGHT - timedelta(days=4000))


def corrupt(client: Client, member: Any) -> None:
    """Change what the session says."""
    from django.contrib.sessions.models import Session

    for one in Session.objects.all():
        one.session_data = one.session_data[:-4] + "AAAA"
        one.save()


def come_without(client: Client, member: Any) -> None:
    """Come without a session."""
    del client.cookies["sessionid"]


def become_a_guard(client: Client, member: Any) -> None:
    """Have a role that is not granted it."""
    member.role = Role.GUARD
    member.save()


def join_twice(client: Client, member: Any) -> None:
    """Have two memberships and none chosen."""
    member.pk = None
    member.service_number = "K999"
    member.save(force_insert=True)
    session = client.session
    session.pop("member", None)
    session.save()


@pytest.mark.parametrize(
    "change",
    [leave, deactivate, change_password, sign_out, outlive, corrupt, come_without, become_a_guard,
     join_twice],
)  # fmt: skip
def test_who_is_not_let_in_any_more_gets_nothing_of_what_is_kept(
    world: World, running: Running, change: Callable[[Client, Any], None]
) -> None:
    """The fragment is there and fresh, and others get it; for him the entry is shut."""
    stays, leaves = (make_member(world, Role.DISPATCHER) for _ in range(2))
    client, other = client_of(leaves), client_of(stays)
    assert at_the_entry(scope_of(client, "/console/cases/")) is not None
    assert at_the_entry(scope_of(other, "/console/cases/")) is not None
    change(client, leaves)
    assert at_the_entry(scope_of(client, "/console/cases/")) is None


def test_what_is_unusual_is_for_the_pages(world: World, running: Running) -> None:
    client = client_of(make_member(world, Role.DISPATCHER))
    usual = scope_of(client, "/console/cases/")
    assert at_the_entry(usual) is not None
    others: tuple[dict[str, Any], ...] = (
        {"method": "POST"}, {"method": "HEAD"}, {"query_string": b"a=1"},
        {"path": "/console/"}, {"path": "/console/cases"},
        {"headers": [*usual["headers"][1:], (b"host", b"elsewhere.example")]},
        {"headers": [usual["headers"][0], (b"cookie", b"\xff;;=\"")]},
    )  # fmt: skip
    for other in others:
        assert at_the_entry({**usual, **other}) is None


def test_a_hundred_are_let_in_by_three_queries(
    world: World, running: Running, django_assert_num_queries: Any
) -> None:
    members = [make_member(world, Role.DISPATCHER) for _ in range(20)]
    keys = [client_of(one).cookies["sessionid"].value for one in members]
    entry = Entry(Shared("none", lambda _viewer: "all is well", "text/plain"), cases_need())
    with django_assert_num_queries(3):
        found = entry.let_in({Asked(key, "sv") for key in [*keys, "b" * 32]})
    assert {one.session_key for one in found} == set(keys)


def cases_need() -> Any:
    """Return what the list of cases needs."""
    return entries()["/console/cases/"]._need


class Slow(Entry):
    """An entry whose turns are counted, and can be held up."""

    def __init__(self, faults: int = 0) -> None:
        super().__init__(cases.shared, cases_need())  # type: ignore[attr-defined]  # as the entry reads it
        self.turns: list[int] = []
        self.faults = faults

    def let_in(self, turn: Collection[Asked]) -> dict[Asked, Fragment]:
        """Let everybody in; the first turns fail."""
        self.turns.append(len(turn))
        if len(self.turns) <= self.faults:
            raise ZeroDivisionError
        return {one: Fragment(one.session_key.encode(), "", 0, 0.0) for one in turn}


def ask_all(entry: Entry, *keys: str) -> Awaitable[list[Fragment | None]]:
    """Ask with all keys at once."""
    return asyncio.gather(*(entry.find(Asked(one, "sv")) for one in keys))


def bodies(found: list[Fragment | None]) -> list[bytes | None]:
    """Return what was told."""
    return [one.body if one else None for one in found]


def test_those_who_wait_are_let_in_together_each_with_his_own() -> None:
    async def scene() -> None:
        entry = Slow()
        found = await ask_all(entry, *(str(number) for number in range(100)), "1")
        assert bodies(found) == [*(b"%d" % number for number in range(100)), b"1"]
        assert entry.turns == [100]
        assert bodies(await ask_all(entry, "x")) == [b"x"]
        assert entry.turns == [100, 1]

    asyncio.run(scene())


def test_who_goes_while_he_waits_stops_nobody() -> None:
    async def scene() -> None:
        entry = Slow()
        gone = asyncio.ensure_future(entry.find(Asked("gone", "sv")))
        stays = asyncio.ensure_future(entry.find(Asked("stays", "sv")))
        await asyncio.sleep(0)
        gone.cancel()
        found = await stays
        assert found is not None
        assert found.body == b"stays"

    asyncio.run(scene())


def test_a_fault_is_logged_the_pages_answer_and_the_entry_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        entry = Slow(faults=1)
        assert bodies(await ask_all(entry, "a", "b")) == [None, None]
        assert bodies(await ask_all(entry, "c")) == [b"c"]

    with caplog.at_level(logging.ERROR):
        asyncio.run(scene())
    assert [one.message for one in caplog.records] == ["shared fragments failed"]


def test_what_one_viewer_cannot_be_given_the_others_are(
    world: World, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """Two desks that do not share: the fragment of one fails."""

    def make(viewer: Viewer) -> str:
        if viewer.organisation_kind == "municipality":
            raise ZeroDivisionError
        return "all is well"

    company = make_member(world, Role.SHIFT_LEADER)
    town = make_member(world, Role.COORDINATOR, world.municipality)
    keys = [client_of(one).cookies["sessionid"].value for one in (company, town)]
    entry = Entry(Shared("none", make, "text/plain"), Need(Record.CASE))
    with caplog.at_level(logging.ERROR):
        found = entry.let_in({Asked(one, "sv") for one in keys})
    assert [one.session_key for one in found] == [keys[0]]
    assert [one.message for one in caplog.records] == ["shared fragments failed"]
