"""Mail over SMTP, with another's client: stored before 250, refused by envelope, bounded."""

import asyncio
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.mail_listener import MAIL_BYTES, MailListener
from narvaro.intake.records import JournalError, Record, read_after
from narvaro.intake.sealed import Accounts, Sender
from tests.authority import Authority

TEMPLATE = json.dumps({"patterns": [r"^Objekt: (?P<account>\w{1,8})", r"^Kod: (?P<code>\w{1,4})"]})
ACCOUNTS = Accounts(
    senders=(
        Sender("town", "mail", "north", options=(("template", TEMPLATE), ("from", "@centre.example"))),
        Sender("town", "mail", "far", networks=("192.0.2.0/24",)),
    )
)  # fmt: skip
MAIL = "Subject: Larm\r\nMessage-ID: <1@centre.example>\r\n\r\nObjekt: 4711\r\nKod: BA\r\n"
FROM, TO = "larm@centre.example", "north@narvaro.example"


class Served:
    """A listener on a loop of its own, beside the test."""

    def __init__(self, folder: Path, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self.journal = Journal(folder / "intake.db", "test")
        self.desk = Desk(self.journal, ACCOUNTS, limits)
        self.port = 0
        self.listener: MailListener | None = None
        self._begun = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve(limits, tls)))
        self._thread.start()
        assert self._begun.wait(5)

    async def _serve(self, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self.listener = MailListener(self.desk, limits, hostname="mail.narvaro.example", tls=tls)
        server = await self.listener.listen("127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._begun.set()
        await self._end.wait()
        server.close()
        self.listener.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=3)

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="centre.example", timeout=5)

    def list_records(self) -> list[Record]:
        return read_after(self.journal.path, 0, 100)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)
        assert not self._thread.is_alive()
        self.journal.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(tls: ssl.SSLContext | None = None, **limits: Any) -> Served:
        running.append(Served(tmp_path, Limits(**limits), tls))
        return running[-1]

    yield start
    for one in running:
        one.close()


def test_mail_is_stored_before_it_is_answered(serve: Callable[..., Served]) -> None:
    """250 says that the journal has it: the alarm, its head and its text."""
    served = serve()
    with served.client() as client:
        assert client.sendmail(FROM, [TO], MAIL) == {}
        assert client.sendmail(FROM, [TO], "Subject: Prov\r\n\r\nhej") == {}
        (first, second) = served.list_records()
    assert (first.kind, first.tenant, first.account, first.flags) == (
        "signal", "town", "4711", "time_unverified",
    )  # fmt: skip
    assert first.raw.endswith(b"\n\nObjekt: 4711\nKod: BA")
    (alarm,) = json.loads(first.decoded)
    assert (alarm["code"], alarm["text"]) == ("BA", "Larm")
    assert (second.account, json.loads(second.decoded)[0]["text"]) == ("", "Prov")


def test_strangers_and_relaying_are_refused(serve: Callable[..., Served]) -> None:
    """550 at the recipient, before any content; kept as refused without it."""
    served = serve()
    with served.client() as client:
        client.ehlo()
        assert "auth" not in client.esmtp_features
        assert client.mail(FROM)[0] == 250
        assert client.rcpt("somebody@elsewhere.example")[0] == 550
        assert client.rcpt("far@narvaro.example")[0] == 550
        assert client.rcpt(TO)[0] == 250
        assert client.rcpt(TO)[0] == 452
        client.rset()
        client.mail("x@other.example")
        assert client.rcpt(TO)[0] == 550
        assert client.docmd("DATA")[0] == 503
    flags = [(one.kind, one.flags, one.raw) for one in served.list_records()]
    assert flags == [
        ("refused", "unknown_recipient", b""),
        ("refused", "network", b""),
        ("refused", "unknown_sender", b""),
    ]


def test_mail_is_answered_later_where_the_journal_cannot(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """451, so that the centre's server sends it again; 451 too before the accounts arrive."""
    served = serve()

    def fail(*_args: object, **_named: object) -> list[object]:
        raise JournalError("no disk")

    with served.client() as client:
        client.ehlo()
        client.mail(FROM)
        client.rcpt(TO)
        monkeypatch.setattr(served.journal, "healthy", False)
        assert client.data(MAIL)[0] == 451
        monkeypatch.setattr(served.desk, "keep", fail)
        client.mail(FROM)
        client.rcpt(TO)
        assert client.data(MAIL)[0] == 451
        monkeypatch.setattr(served.desk, "accounts", Accounts())
        client.mail(FROM)
        assert client.rcpt(TO)[0] == 451


def test_too_large_and_too_many_are_bounded(serve: Callable[..., Served]) -> None:
    """552 for a mail over the limit; a guesser of names is closed out."""
    served = serve(faults=3)
    with served.client() as client:
        client.ehlo()
        assert client.mail(FROM, [f"SIZE={MAIL_BYTES + 1}"])[0] == 552
        client.mail(FROM)
        client.rcpt(TO)
        assert (
            client.data("Subject: x\r\n\r\n" + "y" * 70 * 1 + ("\r\n" + "y" * 70) * 9000)[0] == 552
        )
        client.mail(FROM)
        answers = [client.rcpt(f"n{number}@x")[0] for number in range(4)]
        assert answers == [550, 550, 550, 421]
    with served.client() as client:
        assert client.sendmail(FROM, [TO], MAIL) == {}


def test_idle_slow_and_crowding_connections_end(serve: Callable[..., Served]) -> None:
    """Silence, half a mail, and a crowd do not keep a mail out."""
    served = serve(idle_s=0.6, half_message_s=0.3, connections=8, reserve=2, per_peer=6)
    begun = time.monotonic()
    with served.client() as slow, socket.create_connection(("127.0.0.1", served.port), 5) as idle:
        slow.ehlo()
        slow.mail(FROM)
        slow.rcpt(TO)
        slow.putcmd("DATA")
        slow.getreply()
        slow.send("Subject: half")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            slow.getreply()
        assert 0.25 < time.monotonic() - begun < 0.6
        assert idle.recv(100).startswith(b"220 mail.narvaro.example")
        assert idle.recv(100) == b""
    crowd = [socket.create_connection(("127.0.0.1", served.port), 5) for _ in range(12)]
    with served.client() as client:
        assert client.sendmail(FROM, [TO], MAIL) == {}
    for one in crowd:
        one.close()


def test_starttls_protects_the_mail(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Offered with a certificate; the mail is stored as without."""
    authority = Authority(tmp_path / "tls")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("127.0.0.1"))
    served = serve(tls=context)
    trusted = ssl.create_default_context(cafile=str(authority.file))
    with served.client() as client:
        client.starttls(context=trusted)
        assert client.sendmail(FROM, [TO], MAIL) == {}
    assert [one.account for one in served.list_records()] == ["4711"]
    with served.client() as client:
        client.docmd("STARTTLS")
        client.send(b"no handshake\r\n")
        assert client.sock is not None
        answer = b"".join(iter(lambda: client.sock.recv(1000), b""))  # type: ignore[union-attr]
    assert b"220" not in answer
