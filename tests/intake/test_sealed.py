"""Sealed accounts: what goes in comes out, with the right key only."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from narvaro.intake.sealed import (
    Accounts,
    AlarmAccount,
    Device,
    SealError,
    seal,
    unseal,
    write_sealed,
)

KEY = Fernet.generate_key().decode()
ACCOUNTS = Accounts(
    (
        AlarmAccount("town", "12ab", key="00" * 16, flags=("ignore_time",), late_s=60),
        AlarmAccount("town", "12AB", line_prefix="007"),
    ),
    (Device("car-1", "town", "unit-1", on_duty=True, breaks=((1.0, 2.0), (3.0, 4.0))),),
    positions_allowed=True,
)


def test_sealed_accounts_open_again_and_show_nothing(tmp_path: Path) -> None:
    """The file opens to the same accounts, is its owner's alone, and has no key in clear."""
    file = tmp_path / "intake" / "accounts.sealed"
    write_sealed(file, Accounts(), KEY)
    write_sealed(file, ACCOUNTS, KEY)
    assert unseal(file.read_bytes(), KEY) == ACCOUNTS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["accounts.sealed"]
    assert b"00" * 16 not in file.read_bytes()
    assert "00" * 16 not in repr(ACCOUNTS)


@pytest.mark.parametrize(
    ("sealed", "key", "word"),
    [
        (seal(ACCOUNTS, KEY), Fernet.generate_key().decode(), "seal_key"),
        (seal(ACCOUNTS, KEY)[:-8], KEY, "damaged"),
        (b"", KEY, "damaged"),
        (Fernet(KEY).encrypt(b'{"form": 1}'), KEY, "version"),
        (Fernet(KEY).encrypt(b'{"form": 2}'), KEY, "cannot be read"),
        (seal(ACCOUNTS, KEY), "no key", "Fernet"),
    ],
    ids=["another key", "cut", "empty", "another form", "half a form", "no key"],
)
def test_what_does_not_open_says_why(sealed: bytes, key: str, word: str) -> None:
    """Another key, damage and other versions are told apart."""
    with pytest.raises(SealError, match=word):
        unseal(sealed, key)


def test_account_is_found_by_line_then_by_name() -> None:
    """A line prefix narrows an account; case and leading zeros of the prefix do not count."""
    assert ACCOUNTS.find_account("12ab", "7") is ACCOUNTS.accounts[1]
    assert ACCOUNTS.find_account("12AB", "0") is ACCOUNTS.accounts[0]
    assert ACCOUNTS.find_account("12AB", "8") is ACCOUNTS.accounts[0]
    assert ACCOUNTS.find_account("9999") is None
    assert ACCOUNTS.find_device("car-1") is ACCOUNTS.devices[0]
    assert ACCOUNTS.find_device("car-9") is None


@pytest.mark.parametrize(
    ("key", "form"), [("00" * 15, "hex"), ("zz" * 16, "hex"), ("å" * 16, "ascii")]
)
def test_unusable_key_is_refused_without_showing_it(key: str, form: str) -> None:
    """The error names the account, not the key."""
    with pytest.raises(ValueError, match="Account 1234") as refused:
        AlarmAccount("town", "1234", key=key, key_form=form)
    assert key not in str(refused.value)


def test_account_or_device_named_twice_is_refused() -> None:
    """A frame must have one owner."""
    with pytest.raises(ValueError, match="account 1234"):
        Accounts((AlarmAccount("a", "1234"), AlarmAccount("b", "1234", line_prefix="0")))
    with pytest.raises(ValueError, match="device car"):
        Accounts(devices=(Device("car", "a", "u"), Device("car", "b", "v")))
