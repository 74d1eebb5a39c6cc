"""An answer is taken whole from its thread: who does not read it holds nobody up."""

import asyncio
import shutil
from collections.abc import Callable, Iterable, MutableMapping
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from a2wsgi import WSGIMiddleware

from narvaro.config import answering
from narvaro.config.answering import Pages, answer
from narvaro.config.bodies import Body
from narvaro.web.live import AsgiScope, Send

PIECES = [bytes([number % 256]) * 9_000 for number in range(40)]
SCOPE: AsgiScope = {
    "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [],
    "http_version": "1.1",
}  # fmt: skip


def one_thread(pieces: Iterable[bytes]) -> Pages:
    """Return pages that answer in pieces, on a single thread."""

    def application(_environ: object, start: Callable[..., object]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return pieces

    return cast("Pages", WSGIMiddleware(cast("Any", application), workers=1))


def nothing() -> Body:
    """Return the body of a request that has none."""
    return cast("Body", BytesIO())


def reader() -> tuple[Send, list[MutableMapping[str, Any]]]:
    """Return who reads everything, and what was read."""
    read: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        read.append(message)

    return send, read


async def asleep(_message: MutableMapping[str, Any]) -> None:
    """Take a piece for ever."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("free", [10**12, 0], ids=["room", "full disk"])
@pytest.mark.parametrize("pieces", [[], [b"abc"], PIECES], ids=["empty", "short", "long"])
def test_an_answer_comes_through_byte_by_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[bytes], free: int
) -> None:
    """In memory or by the disk, which keeps nothing afterwards; a full disk stops no page."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    send, read = reader()
    asyncio.run(answer(one_thread(pieces), SCOPE, nothing(), send, tmp_path))
    assert (read[0]["type"], read[0]["status"]) == ("http.response.start", 200)
    assert b"".join(one["body"] for one in read[1:]) == b"".join(pieces)
    assert [one["more_body"] for one in read[1:]] == [True] * (len(read) - 2) + [False]
    assert list(tmp_path.iterdir()) == []


def test_who_does_not_read_holds_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one thread, the next is answered while the first sleeps; the first is given up."""
    monkeypatch.setattr(answering, "UNREAD_S", 0.5)
    send, read = reader()

    async def both() -> None:
        pages = one_thread(PIECES)
        sleeper = asyncio.create_task(answer(pages, SCOPE, nothing(), asleep, tmp_path))
        await asyncio.sleep(0.05)
        await asyncio.wait_for(answer(pages, SCOPE, nothing(), send, tmp_path), 0.3)
        assert not sleeper.done()
        await asyncio.wait_for(sleeper, 5)

    asyncio.run(both())
    assert sum(len(one.get("body", b"")) for one in read) == sum(map(len, PIECES))
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_pages_is_not_hidden(tmp_path: Path) -> None:
    """The server hears of it."""

    async def broken(*_given: object) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(answer(broken, SCOPE, nothing(), asleep, tmp_path))
