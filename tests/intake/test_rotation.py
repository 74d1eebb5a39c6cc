"""Passwords that are renewed: kept before they are told, both valid until the next one is used."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from narvaro.intake.journal import Journal
from narvaro.intake.records import JournalError, read_of_kind
from narvaro.intake.rotation import LENGTH, NEXT, Rotation
from narvaro.intake.sealed import Accounts, Sender

KEY = Fernet.generate_key().decode()
SENDER = Sender("town", "sos-access", "1234567", "0123456789abcde")
ACCOUNTS = Accounts(senders=(SENDER,))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    one = Journal(tmp_path / "intake.db", "test")
    yield one
    one.close()


def test_the_next_password_is_the_same_until_it_is_used(journal: Journal) -> None:
    """A lost answer locks nobody out; once the next one is used the old one is let go."""
    rotation = Rotation(journal, KEY)
    assert rotation.applied(ACCOUNTS) is ACCOUNTS
    secret = asyncio.run(rotation.renew(SENDER))
    assert (len(secret), secret.isalnum()) == (LENGTH, True)
    assert asyncio.run(rotation.renew(SENDER)) == secret
    (both,) = rotation.applied(ACCOUNTS).senders
    assert (both.secret, both.find_option(NEXT)) == (SENDER.secret, secret)
    asyncio.run(rotation.note_used(both))
    asyncio.run(rotation.note_used(both))
    (one,) = rotation.applied(ACCOUNTS).senders
    assert (one.secret, one.find_option(NEXT)) == (secret, "")
    assert len(read_of_kind(journal.path, "rotation")) == 2
    assert asyncio.run(rotation.renew(one)) != secret


def test_a_restart_knows_what_was_renewed_and_the_journal_does_not_tell(journal: Journal) -> None:
    """It is recalled from the journal, where it is sealed."""
    secret = asyncio.run(Rotation(journal, KEY).renew(SENDER))
    again = Rotation(journal, KEY)
    again.recall(read_of_kind(journal.path, "rotation"))
    assert again.applied(ACCOUNTS).senders[0].find_option(NEXT) == secret
    assert secret.encode() not in journal.path.read_bytes()


def test_a_password_that_somebody_enters_holds_over_any_renewal(journal: Journal) -> None:
    """Also for another tenant that takes the code over; and the old one comes back for nobody."""
    rotation = Rotation(journal, KEY)
    asyncio.run(rotation.renew(SENDER))
    (both,) = rotation.applied(ACCOUNTS).senders
    asyncio.run(rotation.note_used(both))
    again = Rotation(journal, KEY)
    again.recall(read_of_kind(journal.path, "rotation"))
    for other in (replace(SENDER, secret="entered-by-hand"), replace(SENDER, tenant="elsewhere")):
        accounts = Accounts(senders=(other,))
        assert rotation.applied(accounts) == again.applied(accounts) == accounts


def test_a_renewal_that_does_not_open_stops_nobody(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    """It was sealed with another key; that is said, and the directory's password holds."""
    asyncio.run(Rotation(journal, KEY).renew(SENDER))
    other = Rotation(journal, Fernet.generate_key().decode())
    other.recall(read_of_kind(journal.path, "rotation"))
    assert other.applied(ACCOUNTS) == ACCOUNTS
    assert "rotation_refused" in caplog.text


def test_what_is_not_kept_is_not_told(journal: Journal) -> None:
    """Without a journal there is no next password."""
    journal.healthy = False
    rotation = Rotation(journal, KEY)
    with pytest.raises(JournalError):
        asyncio.run(rotation.renew(SENDER))
    assert rotation.applied(ACCOUNTS) is ACCOUNTS
