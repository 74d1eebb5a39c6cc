"""The entry of the shared fragments: those who ask at once are let in at once. In: ASGI. Out: answers.

A hundred consoles are told of an alarm together and ask together. Each passes the same way in as
everywhere (a session that holds, a membership, a grant), but all who wait are let in by the same
three queries: sessions, memberships, the log's head, all read after they asked. Who is not let in, and whatever
is unusual about a request, is for the pages: they find out why, and say so.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import URLPattern
from django.utils import translation
from django.utils.cache import patch_vary_headers

from narvaro.access.signed_in import list_signed_in
from narvaro.access.viewer import Viewer
from narvaro.spine.events import head_positions
from narvaro.web.headers import content_security_policy
from narvaro.web.live import AsgiScope, Send
from narvaro.web.rooms import Need
from narvaro.web.routes import urlpatterns
from narvaro.web.shared_fragments import Fragment, Shared
from narvaro.web.threads import in_thread

logger = logging.getLogger(__name__)


def _nobody(_request: HttpRequest) -> HttpResponse:
    """Middleware wants somebody behind it; it is never asked."""
    raise NotImplementedError


DRESS = (XFrameOptionsMiddleware(_nobody), SecurityMiddleware(_nobody))
"""The middleware that puts headers on every answer, used for that alone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for the fragment of an entry, and in which language."""

    session_key: str
    language: str


class Entry:
    """One address; while some are let in, those who come wait for the next turn."""

    def __init__(self, shared: Shared, need: Need) -> None:
        self._shared = shared
        self._need = need
        self._named = {"fragment": shared.name}
        self._waiting: list[tuple[Asked, asyncio.Future[Fragment | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def find(self, asked: Asked) -> Fragment | None:
        """Return the fragment, or None for who is not let in."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Fragment | None] = loop.create_future()
        self._waiting.append((asked, told))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._serve())
        return await told

    async def _serve(self) -> None:
        while self._waiting:
            turn, self._waiting = self._waiting, []
            found: Mapping[Asked, Fragment] = {}
            try:
                found = await in_thread(self.let_in, {asked for asked, _told in turn})
            except Exception:
                # the pages meet the same fault for each of them, and answer for it
                logger.exception("shared fragments failed", extra=self._named)
            for asked, told in turn:
                if not told.done():
                    told.set_result(found.get(asked))

    def let_in(self, turn: Collection[Asked]) -> dict[Asked, Fragment]:
        """Return the fragment of each who is let in."""
        viewers = list_signed_in({one.session_key for one in turn})
        heads = head_positions()
        found, fault = dict[Asked, Fragment](), None
        for one in turn:
            viewer = viewers.get(one.session_key)
            if viewer is None or not self._need.admits(viewer):
                continue
            try:
                found[one] = self._find(viewer, one.language, heads.get(viewer.tenant_id, 0))
            except Exception as met:  # noqa: BLE001 - one viewer's fault is not the others'
                fault = met
        if fault is not None:
            logger.error("shared fragments failed", exc_info=fault, extra=self._named)
        return found

    def _find(self, viewer: Viewer, language: str, position: int) -> Fragment:
        with translation.override(language):
            return self._shared.find(viewer, language, position)

    def answer(self, found: Fragment, request: HttpRequest, language: str) -> HttpResponse:
        """Return the answer as the pages would give it, headers and all."""
        response = self._shared.answer(found, request.headers.get("If-None-Match"))
        response["Content-Length"] = str(len(response.content))
        response["Content-Language"] = language
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        for one in DRESS:
            one.process_response(request, response)
        return content_security_policy(lambda _request: response)(request)


@cache
def entries() -> dict[str, Entry]:
    """Return the entries by address: one for each route whose view bears `shared`."""
    found = {}
    for one in urlpatterns:
        view: Any = one.callback if isinstance(one, URLPattern) else None
        if hasattr(view, "shared"):
            found[f"/{one.pattern}"] = Entry(view.shared, view.need)
    return found


async def answer_shared(scope: AsgiScope, send: Send) -> bool:
    """Answer for a shared fragment; False where that is for the pages."""
    entry = entries().get(scope["path"])
    if entry is None or scope["method"] != "GET" or scope["query_string"]:
        return False
    request = ASGIRequest(scope, BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        return False
    language = translation.get_language_from_request(request)
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    found = await entry.find(Asked(session_key, language)) if session_key else None
    if found is None:
        return False
    response = entry.answer(found, request, language)
    head = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": head})
    await send({"type": "http.response.body", "body": response.content})
    return True
