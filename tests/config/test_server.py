"""The web process alone, on a port of its own: who sends slowly or too much stops nobody."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60.0
SLOW = 12
"""Senders at once; the pages have four threads."""


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def send(port: int, text: bytes) -> socket.socket:
    """Open a connection and send the beginning of a request."""
    made = socket.create_connection(("127.0.0.1", port), 5)
    made.settimeout(10)
    made.sendall(text)
    return made


def post(port: int, length: int) -> socket.socket:
    """Begin to post more than is sent."""
    head = f"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\nabc"
    return send(port, head.encode())


def page(port: int) -> bytes:
    """Return how a page begins that needs a thread and no database."""
    with send(port, b"GET /static/built/icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n") as asked:
        return asked.recv(12)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Run the web process; return its port."""
    number = free_port()
    environment = os.environ | {
        "NARVARO_HOME": str(tmp_path), "NARVARO_WEB_PORT": str(number), "NARVARO_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "narvaro.config.settings",
    }  # fmt: skip
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "tmpleft.upload.csv").write_text("half a file")
    command = [sys.executable, "-m", "narvaro.config.cli", "web"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                page(number)
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
        yield number
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.mark.crash
def test_half_sent_posts_hold_no_page_back(port: int, tmp_path: Path) -> None:
    """Too much is refused at once; what is slow waits where no thread waits with it."""
    huge = [post(port, 10**11) for _ in range(SLOW)]
    assert {one.recv(12) for one in huge} == {b"HTTP/1.1 413"}
    slow = [post(port, 1000) for _ in range(SLOW)]
    begun = time.monotonic()
    assert page(port).startswith(b"HTTP/1.1 ")
    assert time.monotonic() - begun < 5
    for one in (*huge, *slow):
        one.close()
    assert page(port).startswith(b"HTTP/1.1 ")
    assert list((tmp_path / "uploads").iterdir()) == []
