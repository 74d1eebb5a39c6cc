"""What the pages answer, kept until it is read. In: a WSGI bridge, a request. Out: an answer by ASGI.

A thread that waited for a slow reader would serve nobody meanwhile: an answer is taken whole from
the thread, in memory or on the disk, and sent from the event loop.
"""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

from narvaro.config.bodies import FREE_BYTES, IN_MEMORY_BYTES, PIECE_BYTES, Body, receiver_of
from narvaro.web.live import AsgiScope, Receive, Send

logger = logging.getLogger(__name__)

Pages: TypeAlias = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

UNREAD_S = 30.0


async def answer(pages: Pages, scope: AsgiScope, body: Body, send: Send, folder: Path) -> None:
    """Let a thread make the answer, then send it; who does not read is given up."""
    # on a disk that is nearly full the pages go on, from memory alone: 0 is no bound
    in_memory = IN_MEMORY_BYTES if shutil.disk_usage(folder).free > FREE_BYTES else 0
    with tempfile.SpooledTemporaryFile(in_memory, dir=str(folder)) as kept:
        with body:
            start = await _make(pages, scope, body, kept)
        kept.seek(0)
        try:
            await _tell(start, kept, send)
        except Exception:  # noqa: BLE001 - however a reader went, nobody is left to tell
            logger.info("unread", extra={"path": scope["path"]})


async def _make(pages: Pages, scope: AsgiScope, body: Body, kept: Body) -> MutableMapping[str, Any]:
    start: MutableMapping[str, Any] = {}
    size = 0

    async def give(message: MutableMapping[str, Any]) -> None:
        nonlocal start, size
        if message["type"] == "http.response.start":
            start = message
            return
        piece = message.get("body", b"")
        size += len(piece)
        if size > IN_MEMORY_BYTES:
            await asyncio.to_thread(kept.write, piece)
        else:
            kept.write(piece)

    await pages(scope, receiver_of(body), give)
    return start


async def _tell(start: MutableMapping[str, Any], kept: Body, send: Send) -> None:
    async with asyncio.timeout(UNREAD_S):
        await send(start)
    more = True
    while more:
        piece = kept.read(PIECE_BYTES)
        more = len(piece) == PIECE_BYTES
        async with asyncio.timeout(UNREAD_S):
            await send({"type": "http.response.body", "body": piece, "more_body": more})
