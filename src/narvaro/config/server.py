"""One port: live streams native, Django's pages behind them. In: ASGI. Out: answers.

Django runs as WSGI on a few threads that keep their database connections: its views are synchronous,
and its ASGI handler would run them one at a time.
"""

import os
import threading
import time
from collections.abc import MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "narvaro.config.settings")
django.setup()

from a2wsgi import WSGIMiddleware  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402 - as above
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - as above

from narvaro.web.live import AsgiScope, Receive, Send, live  # noqa: E402 - as above

LOOK_S = 1.0


def _end_with_parent() -> None:
    """End this worker when its server is gone: killed, it could not tell; nobody would end us."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


threading.Thread(target=_end_with_parent, daemon=True).start()
_pages = WSGIMiddleware(WSGIHandler(), workers=settings.HOME.settings.web_threads)  # type: ignore[arg-type,unused-ignore]  # a WSGI application


async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Send a request where it belongs."""
    if scope["type"] == "http" and scope["path"] == "/live" and scope["method"] == "GET":
        await live(scope, receive, send)
        return

    # The server's own callables give futures; the bridge to WSGI wants coroutines.
    async def take() -> MutableMapping[str, Any]:
        return await receive()

    async def give(message: MutableMapping[str, Any]) -> None:
        await send(message)

    pages: Any = _pages
    await pages(scope, take, give)
