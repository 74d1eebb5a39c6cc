"""One port: live streams and shared fragments native, Django's pages behind them. In: ASGI. Out: answers.

A thread of the pages never waits for a sender or a reader (`config/bodies.py`, `config/answering.py`).
Django runs as WSGI on a few threads that keep their database connections: its views are synchronous,
and its ASGI handler would run them one at a time.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "narvaro.config.settings")
django.setup()

from a2wsgi import WSGIMiddleware  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402 - as above
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - as above

from narvaro.config.answering import answer  # noqa: E402 - as above
from narvaro.config.bodies import BodyRefused, SenderGone, refuse, take_body  # noqa: E402 - as above
from narvaro.config.standby import Standby  # noqa: E402 - as above
from narvaro.web.live import AsgiScope, Receive, Send, live  # noqa: E402 - as above
from narvaro.web.shared_entry import answer_shared  # noqa: E402 - as above

LOOK_S = 1.0


def _end_with_parent() -> None:
    """End this worker when its server is gone: killed, it could not tell; nobody would end us."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


threading.Thread(target=_end_with_parent, daemon=True).start()
Standby().start()
_pages = WSGIMiddleware(WSGIHandler(), workers=settings.HOME.settings.web_threads)  # type: ignore[arg-type,unused-ignore]  # a WSGI application


def _sweep(uploads: Path) -> None:
    """Remove what Django was taking when the process before this one ended."""
    for left in uploads.glob("tmp*.upload*"):
        left.unlink(missing_ok=True)


_sweep(settings.HOME.uploads)


async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Send a request where it belongs; one for the pages when all of it is there."""
    if scope["type"] == "http" and scope["path"] == "/live" and scope["method"] == "GET":
        await live(scope, receive, send)
        return
    if scope["type"] == "http" and await answer_shared(scope, send):
        return
    if scope["type"] != "http":
        pages: Any = _pages
        await pages(scope, receive, send)
        return
    try:
        body = await take_body(scope, receive, settings.HOME.uploads)
    except BodyRefused as no:
        await refuse(scope, send, no.status)
    except SenderGone:
        return
    else:
        pages = _pages
        await answer(pages, scope, body, send, settings.HOME.uploads)
