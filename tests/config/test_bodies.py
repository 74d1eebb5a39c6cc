"""What a request carries is taken whole, bounded in size, time and silence, before a thread serves it."""

import asyncio
import json
import shutil
from collections.abc import Iterable, MutableMapping
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.urls import reverse

from narvaro.config import bodies
from narvaro.config.bodies import BodyRefused, Bound, SenderGone, receiver_of, refuse, take_body
from narvaro.web.live import AsgiScope, Receive

MB = 1024 * 1024
PIECE = b"x" * 65536


def scope_of(path: str = "/login/", method: str = "POST", **headers: str | int) -> AsgiScope:
    """Return a request's head as the server gives it."""
    given = [(name.replace("_", "-").encode(), str(v).encode()) for name, v in headers.items()]
    return {
        "type": "http", "method": method, "path": path, "headers": given, "http_version": "1.1",
    }  # fmt: skip


def sender(pieces: Iterable[bytes], then: str = "end") -> Receive:
    """Return a sender of pieces, who then ends, is silent, or goes."""
    left = iter(pieces)

    async def receive() -> MutableMapping[str, Any]:
        piece = next(left, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        if then == "silent":
            await asyncio.Event().wait()
        if then == "gone":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def take(scope: AsgiScope, receive: Receive, folder: Path) -> bytes:
    """Take a body; return it as the pages would read it."""

    async def whole() -> bytes:
        with await take_body(scope, receive, folder) as body:
            again, read, more = receiver_of(body), b"", True
            while more:
                message = await again()
                read, more = read + message["body"], message["more_body"]
        return read

    return asyncio.run(whole())


def status_of(scope: AsgiScope, receive: Receive, folder: Path) -> int:
    """Return why a body is refused."""
    with pytest.raises(BodyRefused) as no:
        take(scope, receive, folder)
    return no.value.status


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the headers of who is signed in, by the key `known` alone."""
    monkeypatch.setattr(bodies, "find_signed_in", lambda key: key == "known")
    return {"cookie": f"other=1; {settings.SESSION_COOKIE_NAME}=known"}


@pytest.fixture
def much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk have room, whatever machine this is."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=10**12))


@pytest.mark.parametrize("size", [0, 5, 65536, 65537, MB])
@pytest.mark.usefixtures("much_room")
def test_what_is_within_bounds_comes_through_byte_by_byte(tmp_path: Path, size: int) -> None:
    """In memory or by the disk, which keeps nothing afterwards."""
    body = (b"0123456789" * (size // 10 + 1))[:size]
    pieces = [body[at : at + 50_000] for at in range(0, size, 50_000)]
    assert take(scope_of(content_length=size), sender(pieces), tmp_path) == body
    assert list(tmp_path.iterdir()) == []


def test_a_length_that_is_too_much_is_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    """Whoever sends it, wherever."""

    async def never() -> MutableMapping[str, Any]:
        raise AssertionError("read")

    for path in ("/login/", "/files/", "/no/such/page/"):
        assert status_of(scope_of(path, content_length=10**11), never, tmp_path) == 413


def test_bytes_are_counted_where_no_length_is_told(tmp_path: Path) -> None:
    """A body in chunks may be endless."""
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        while True:
            read += len(PIECE)
            yield PIECE

    assert status_of(scope_of(transfer_encoding="chunked"), sender(endless()), tmp_path) == 413
    assert read == MB + len(PIECE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("much_room")
@pytest.mark.parametrize("name", sorted(bodies.TAKE_FILES))
def test_files_may_be_large_from_who_is_signed_in(
    tmp_path: Path, signed_in: dict[str, str], name: str
) -> None:
    """And from nobody else, by no other method."""
    args = ["0198c0de-0000-7000-8000-000000000001"] if name == "damage_detail" else []
    path, pieces, size = reverse(name, args=args), [PIECE] * 32, 2 * MB
    sent = scope_of(path, content_length=size, **signed_in)
    assert len(take(sent, sender(pieces), tmp_path)) == size
    stranger = scope_of(path, content_length=size, cookie=f"{settings.SESSION_COOKIE_NAME}=guessed")
    for scope in (
        stranger,
        scope_of(path, content_length=size),
        scope_of(path, "PUT", content_length=size, **signed_in),
        scope_of("/contract/new/", content_length=size, **signed_in),
        scope_of(path, content_length=302 * MB, **signed_in),
    ):
        assert status_of(scope, sender(pieces), tmp_path) == 413


def test_who_is_silent_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing for a while, or too slow as a whole."""
    monkeypatch.setattr(bodies, "SILENT_S", 0.05)
    assert status_of(scope_of(content_length=9), sender([b"abc"], "silent"), tmp_path) == 408
    monkeypatch.setattr(bodies, "SILENT_S", 60.0)
    monkeypatch.setattr(bodies, "FORM", Bound(MB, 0.05))
    assert status_of(scope_of(content_length=9), sender([b"abc"], "silent"), tmp_path) == 408


def test_who_goes_gets_no_answer(tmp_path: Path) -> None:
    """What he had sent is forgotten."""
    with pytest.raises(SenderGone):
        take(scope_of(content_length=9), sender([b"abc"], "gone"), tmp_path)


def test_the_disk_is_never_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed_in: dict[str, str]
) -> None:
    """Room is left for the databases; forms, which need none, are still taken."""
    free = bodies.FREE_BYTES + 5 * MB
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    sent = scope_of("/files/", content_length=2 * MB, **signed_in)
    assert status_of(sent, sender([PIECE] * 32), tmp_path) == 507
    free = bodies.FREE_BYTES - 1
    chunked = scope_of("/files/", transfer_encoding="chunked", **signed_in)
    assert status_of(chunked, sender([PIECE] * 2), tmp_path) == 507
    assert take(scope_of(content_length=3), sender([b"abc"]), tmp_path) == b"abc"


def test_files_that_are_read_wait_in_the_home_folder() -> None:
    """Not on the machine's own disk for what is nobody's."""
    with TemporaryUploadedFile("a.csv", "text/csv", 1, None) as made:
        assert Path(made.temporary_file_path()).parent == settings.HOME.uploads
        assert fnmatch(Path(made.temporary_file_path()).name, "tmp*.upload*")  # swept at the start


def test_a_disk_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is full."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=10**12))
    sent = scope_of(content_length=2 * len(PIECE))
    assert status_of(sent, sender([PIECE] * 2), tmp_path / "gone") == 507


@pytest.mark.parametrize("status", [408, 413, 507])
def test_a_refusal_says_what_to_do_and_ends_the_connection(status: int) -> None:
    """In words for people, as JSON for the page's own program."""

    def answer_to(scope: AsgiScope) -> tuple[dict[bytes, bytes], bytes]:
        said: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)

        asyncio.run(refuse(scope, send, status))
        assert said[0]["status"] == status
        return dict(said[0]["headers"]), said[1]["body"]

    head, body = answer_to(scope_of(cookie="narvaro_language=en"))
    assert head[b"connection"] == b"close"
    assert int(head[b"content-length"]) == len(body) > 20
    assert b"Send" in body or b"Tell" in body
    head, body = answer_to(scope_of(accept="application/json", cookie="narvaro_language=xx"))
    assert json.loads(body)["status"] == status
    assert json.loads(body)["detail"]
    newer = {**scope_of(), "http_version": "2"}
    assert b"connection" not in answer_to(newer)[0]
