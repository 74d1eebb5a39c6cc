"""Live streams: server-sent events over ASGI, native. In: a signed-in browser. Out: notices.

A stream says that something changed and where; it carries no content. The page then fetches its
fragments again, so that access is decided in one place. Every notice passes the policy: audience,
record class, and for who sees only his own unit, that unit. `id:` is the position in the log; a
browser that comes back with it misses nothing.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings

from narvaro.access.policy import Record, Scope
from narvaro.access.signed_in import find_signed_in
from narvaro.access.viewer import Viewer
from narvaro.plan.queries import find_own_unit
from narvaro.spine import clock, events
from narvaro.spine.models import Event
from narvaro.web.shared_fragments import Sight, find_sight, without_name
from narvaro.web.threads import in_thread

logger = logging.getLogger(__name__)

AsgiScope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

POLL_S = 0.1
BEAT_S = 15.0
RECHECK_S = 30.0
MISSED_AT_MOST = 500
WAITING_AT_MOST = 2000


@dataclass(frozen=True)
class Notice:
    """One line of a stream."""

    position: int
    kind: str
    case: str | None
    unit: str | None

    def to_bytes(self) -> bytes:
        """Return the notice as the standard writes it (HTML, server-sent events)."""
        data = json.dumps({"case": self.case, "unit": self.unit})
        return f"id: {self.position}\nevent: {self.kind}\ndata: {data}\n\n".encode()


@dataclass(eq=False)
class Listener:
    """One open stream: whose it is, what others hear as well, and what waits to be sent."""

    viewer: Viewer
    session_key: str
    sight: Sight | None = field(init=False)
    queue: asyncio.Queue[Notice | None] = field(
        default_factory=lambda: asyncio.Queue(WAITING_AT_MOST)
    )

    def __post_init__(self) -> None:
        """Read the policy once for the whole stream, which ends when the viewer changes."""
        self.sight = find_sight(self.viewer)


def find_notice(viewer: Viewer, event: Event) -> Notice | None:
    """Return what a viewer may learn of an event, or None."""
    if event.tenant_id != viewer.tenant_id or event.payload is None:
        return None
    if str(viewer.organisation_id) not in json.loads(event.audience):
        return None
    scope = viewer.scope(Record(event.record_class))
    payload = json.loads(event.payload)
    unit = payload.get("unit")
    if scope is None or (scope == Scope.OWN and not _is_own(viewer, unit)):
        return None
    return Notice(event.position, event.kind, payload.get("case"), unit)


def _is_own(viewer: Viewer, unit: str | None) -> bool:
    own = find_own_unit(viewer, clock.now())
    return own is not None and unit == str(own.pk)


def list_missed(viewer: Viewer, after: int) -> list[Notice] | None:
    """List the notices after a position; None where they are too many (the page starts anew)."""
    found = events.list_after(viewer.tenant_id, after, MISSED_AT_MOST + 1)
    if len(found) > MISSED_AT_MOST:
        return None
    return _list_notices(viewer, found)


class Hub:
    """Follows the log once for all streams of this process."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.places: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def ensure_running(self) -> None:
        """Start following with the first stream; what is appended from now on is followed."""
        if self._task is None or self._task.done():
            places = await in_thread(events.head_positions)
            if self._task is None or self._task.done():
                self.places = places
                self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            if not self.listeners:
                self.places = {}
                return
            try:
                await self._turn()
            except Exception:
                # A database that is away must not end the streams; they go on when it is back.
                logger.exception("live turn failed")
                await asyncio.sleep(1.0)

    async def _turn(self) -> None:
        heads = await in_thread(events.head_positions)
        for tenant_id, head in heads.items():
            place = self.places.setdefault(tenant_id, head)
            if head <= place:
                continue
            fresh = await in_thread(events.list_after, tenant_id, place)
            self.places[tenant_id] = fresh[-1].position if fresh else place
            concerned = [one for one in self.listeners if one.viewer.tenant_id == tenant_id]
            told = await in_thread(_notices_for, concerned, fresh)
            for listener, notices in told:
                self._put(listener, notices)

    def _put(self, listener: Listener, notices: list[Notice]) -> None:
        for notice in notices:
            if listener.queue.full():
                # Too slow: the stream ends, and the browser comes back with its last id.
                self.listeners.discard(listener)
                return
            listener.queue.put_nowait(notice)


def _list_notices(viewer: Viewer, fresh: list[Event]) -> list[Notice]:
    return [one for one in (find_notice(viewer, event) for event in fresh) if one is not None]


def _notices_for(
    listeners: list[Listener], fresh: list[Event]
) -> list[tuple[Listener, list[Notice]]]:
    """Return what each is told; those of one sight are told the same, and it is found out once."""
    told = []
    shared: dict[Sight, list[Notice]] = {}
    for one in listeners:
        if one.sight is None:
            told.append((one, _list_notices(one.viewer, fresh)))
            continue
        if one.sight not in shared:
            shared[one.sight] = _list_notices(without_name(one.viewer), fresh)
        told.append((one, shared[one.sight]))
    return told


HUB = Hub()


def _headers(scope: AsgiScope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}


def _session_key(headers: dict[str, str]) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


def _after(scope: AsgiScope, headers: dict[str, str]) -> int | None:
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    given = headers.get("last-event-id") or asked
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


async def live(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Answer GET /live with a stream for who is signed in, with 401 otherwise."""
    headers = _headers(scope)
    session_key = _session_key(headers)
    viewer = await in_thread(find_signed_in, session_key) if session_key else None
    if viewer is None:
        await _refuse(send)
        return
    start = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"),
             (b"x-accel-buffering", b"no")]  # fmt: skip
    await send({"type": "http.response.start", "status": 200, "headers": start})
    listener = Listener(viewer, session_key)
    HUB.listeners.add(listener)
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await HUB.ensure_running()
        sent = await _catch_up(viewer, _after(scope, headers), send)
        await _stream(listener, sent, gone, send)
    finally:
        HUB.listeners.discard(listener)
        gone.cancel()


async def _refuse(send: Send) -> None:
    head = [(b"content-type", b"application/problem+json")]
    body = json.dumps({"status": 401, "title": "Not signed in"}).encode()
    await send({"type": "http.response.start", "status": 401, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _catch_up(viewer: Viewer, after: int | None, send: Send) -> int:
    """Send what was missed; return the last position that was looked at."""
    heads = await in_thread(events.head_positions)
    now = heads.get(viewer.tenant_id, 0)
    missed: list[Notice] | None = []
    if after is not None and after < now:
        missed = await in_thread(list_missed, viewer, after)
    if missed is None:
        missed = [Notice(now, "reset", None, None)]
    hello = b": connected\nretry: 1000\n\n" + b"".join(one.to_bytes() for one in missed)
    await send({"type": "http.response.body", "body": hello, "more_body": True})
    return max([now, *(one.position for one in missed)]) if missed else (after or 0)


async def _stream(listener: Listener, sent: int, gone: "asyncio.Future[None]", send: Send) -> None:
    rechecked = beaten = asyncio.get_running_loop().time()
    while not gone.done() and listener in HUB.listeners:
        try:
            notice = await asyncio.wait_for(listener.queue.get(), 1.0)
        except TimeoutError:
            notice = None
        at = asyncio.get_running_loop().time()
        if at - rechecked > RECHECK_S:
            rechecked = at
            if await in_thread(find_signed_in, listener.session_key) != listener.viewer:
                return
        if notice is not None and notice.position > sent:
            sent, beaten = notice.position, at
            await send({"type": "http.response.body", "body": notice.to_bytes(), "more_body": True})
        elif at - beaten > BEAT_S:
            beaten = at
            await send({"type": "http.response.body", "body": b": beat\n\n", "more_body": True})
