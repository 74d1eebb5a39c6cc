"""Mails of two made-up alarm centres, and who may write."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import Message, Received
from narvaro.intake.protocols import Request
from narvaro.intake.protocols.alarm_mail import acknowledge, decode, kept_bytes
from narvaro.intake.sealed import Accounts, Sender

NOW = datetime(2026, 11, 23, 2, 0, 30, tzinfo=UTC)
TABLE = json.loads((Path(__file__).parent / "fixtures" / "alarm_mail.json").read_text())
OPTIONS = {
    name: (("template", json.dumps(one)), ("from", "larm@centre.example, @second.example"))
    for name, one in TABLE["templates"].items()
}
ACCOUNTS = Accounts(
    senders=(
        *(Sender("town", "mail", name, options=one) for name, one in OPTIONS.items()),
        Sender("town", "mail", "bare"),
        Sender("town", "mail", "broken", options=(("template", '{"patterns": ["(a+)+"]}'),)),
    )
)
MAIL = b"Subject: Larm: x\r\nMessage-ID: <1@x>\r\n\r\nObjekt: 4711\r\n"


def deliver(
    raw: bytes, to: str = "north@narvaro.example", by: str = "larm@centre.example"
) -> Message:
    request = Request("MAIL", to, "", {"mail-from": by}, raw)
    return decode(request, accounts=ACCOUNTS, now=NOW)


def alarm_of(message: Message) -> Received:
    (found,) = message.items
    assert isinstance(found, Received)
    return found


@pytest.mark.parametrize("capture", TABLE["mails"], ids=[one["name"] for one in TABLE["mails"]])
def test_mail_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each mail gives the fields of its row and no others."""
    raw = capture["mail"].encode("latin-1")
    message = deliver(raw, f"{capture['recipient']}@narvaro.example")
    assert message.refusal is None
    given = alarm_of(message).to_dict()
    assert bool(given.pop("fingerprint")) == (b"Message-ID" in raw)
    assert {k: v for k, v in given.items() if v not in (None, [], "", 0)} == capture["expect"]
    assert acknowledge(message, stored=True) == b"250 2.0.0 Stored"
    assert acknowledge(message, stored=False).startswith(b"451 ")


@pytest.mark.parametrize(
    ("to", "by", "code"),
    [
        ("nobody@narvaro.example", "larm@centre.example", "unknown_recipient"),
        ("", "larm@centre.example", "unknown_recipient"),
        ("x" * 400, "larm@centre.example", "unknown_recipient"),
        ("north@narvaro.example", "other@centre.example", "unknown_sender"),
        ("north@narvaro.example", "larm@centre.example.org", "unknown_sender"),
        ("north@narvaro.example", "", "unknown_sender"),
    ],
)
def test_stranger_s_mail_is_refused_by_its_envelope(to: str, by: str, code: str) -> None:
    """550, and nothing of the mail is repeated."""
    message = deliver(MAIL, to, by)
    assert message.refusal is not None
    assert (message.refusal.code, message.owner) == (code, None)
    assert acknowledge(message, stored=True).startswith(b"550 5.7.1 ")
    assert b"4711" not in acknowledge(message, stored=True)


def test_recipient_s_case_and_sender_s_domain_are_enough() -> None:
    """Any address of a named domain, and a recipient in any case."""
    message = deliver(MAIL, "North@anything.example", "robot@SECOND.example")
    assert alarm_of(message).account == "4711"


def test_broken_template_leaves_an_alarm_to_look_at() -> None:
    """A fault of the administrator's loses no mail."""
    found = alarm_of(deliver(MAIL, "broken"))
    assert (found.account, found.code, found.text) == ("", "", "Larm: x")
    assert found.extended == (("unread", "template"),)


def test_mail_delivered_twice_is_one_and_another_text_is_another() -> None:
    """Its id and its text make it one; a mail without an id is always another."""
    marks = [alarm_of(deliver(one)).fingerprint for one in (MAIL, MAIL, MAIL + b"more\r\n")]
    assert marks[0] == marks[1] != marks[2]
    assert alarm_of(deliver(b"Subject: x\r\n\r\n")).fingerprint == ""


def test_kept_bytes_are_head_and_text() -> None:
    """No attachment is kept beside an alarm."""
    raw = next(one["mail"] for one in TABLE["mails"] if "attachment" in one["name"]).encode(
        "latin-1"
    )
    kept = kept_bytes(raw)
    assert kept.startswith(b"Date: Mon, 23 Nov 2026")
    assert "#120034 Överfall, område 3\nKl. 02.59".encode() in kept
    assert b"/9j/" not in kept


@given(st.text(max_size=30), st.text(max_size=30), st.binary(max_size=200))
def test_any_mail_is_an_alarm_or_a_refusal(to: str, by: str, raw: bytes) -> None:
    """Nothing that is sent raises; what a known sender writes is an alarm."""
    message = deliver(raw, to, by)
    assert bool(message.items) != bool(message.refusal)
    for name in ("north", "south", "bare"):
        assert alarm_of(deliver(raw, name)).protocol == "mail"
