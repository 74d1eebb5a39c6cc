"""What the receiver must know of the directory, sealed. In: accounts and devices. Out: one file.

The main database's owner writes the file, the receiver reads it and keeps a copy in its journal,
so that it decrypts and acknowledges while the main database is down. Sealed with Fernet
(AES-128-CBC and HMAC-SHA-256); the seal key stands outside both stores.
"""

import json
import os
import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.fernet import Fernet, InvalidToken

AES_KEY_LENGTHS = (16, 24, 32)
FORM = 2


class SealError(Exception):
    """The sealed accounts cannot be opened; says why and what to do."""


@dataclass(frozen=True)
class TransmissionPath:
    """One way from a transmitter to here (*överföringsväg*), told by where it comes from.

    `networks` are the addresses that it may come from (CIDR); none named is any.
    """

    name: str
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlarmAccount:
    """One account of a transmitter and how to speak with it.

    `key` is the text that was entered, `key_form` ("hex" or "ascii") how to read it: the same text
    is another key in the other form. An empty key is a plain account. `line_prefix` narrows the
    account to one line; empty matches any. A time stamp is taken from `late_s` seconds back to
    `early_s` ahead of our clock. It comes over one of its `paths`; with none named, from anywhere.
    `flags` are of `narvaro.core.alarm_flags`; what imports accounts refuses others, and here one
    that nobody knows does nothing: a receiver that runs is not stopped by a word.
    """

    tenant: str
    account: str
    line_prefix: str = ""
    key: str = field(default="", repr=False)
    key_form: str = "hex"
    early_s: float = 20.0
    late_s: float = 40.0
    flags: tuple[str, ...] = ()
    paths: tuple[TransmissionPath, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a key that is no AES key; the message does not repeat it."""
        object.__setattr__(self, "account", self.account.upper())
        object.__setattr__(self, "line_prefix", plain_prefix(self.line_prefix))
        if self.key and len(self.aes_key) not in AES_KEY_LENGTHS:
            raise ValueError(
                f"Account {self.account}: the key is {len(self.aes_key)} bytes long as "
                f"{self.key_form}; AES takes 16, 24 or 32. Check the key and its form."
            )

    def find_path(self, peer: str) -> str | None:
        """Return the name of the path that an address belongs to, None where it may not dial."""
        if not self.paths:
            return ""
        return next((one.name for one in self.paths if is_from(one.networks, peer)), None)

    @cached_property
    def aes_key(self) -> bytes:
        """Return the key's bytes; empty for a plain account."""
        try:
            return bytes.fromhex(self.key) if self.key_form == "hex" else self.key.encode("ascii")
        except ValueError as fault:
            raise ValueError(
                f"Account {self.account}: the key is not {self.key_form}; correct it or its form."
            ) from fault


@dataclass(frozen=True)
class Sender:
    """Who sends messages that are no DC-09: an alarm centre, a camera system, another program.

    `name` is how a message of `protocol` names it, `secret` what proves it (a password or a signing
    key; empty is none), `options` what the protocol needs to know besides (a template's name).
    """

    tenant: str
    protocol: str
    name: str
    secret: str = field(default="", repr=False)
    networks: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def find_option(self, name: str) -> str:
        """Return an option's value, empty where it is not set."""
        return next((value for key, value in self.options if key == name), "")


@dataclass(frozen=True)
class Device:
    """A position device of a unit; `on_duty` is false in breaks too.

    A position of before `since_s` (seconds since 1970, when the duty began) is not kept either, nor one
    of within `breaks`: from and until, half-open.

    `secret` is the password that its app sends, where its protocol has one; empty is none.
    """

    device: str
    tenant: str
    unit: str
    on_duty: bool = False
    secret: str = field(default="", repr=False)
    since_s: float = 0.0
    breaks: tuple[tuple[float, float], ...] = ()

    def is_its_time(self, at_s: float) -> bool:
        """Return whether a position of that time is of its duty, and not of a break."""
        return at_s >= self.since_s and not any(begun <= at_s < over for begun, over in self.breaks)


Owner: TypeAlias = AlarmAccount | Sender | Device


@dataclass(frozen=True)
class Accounts:
    """All that the receiver knows; `positions_allowed` only after purpose and negotiation."""

    accounts: tuple[AlarmAccount, ...] = ()
    devices: tuple[Device, ...] = ()
    senders: tuple[Sender, ...] = ()
    positions_allowed: bool = False

    def __post_init__(self) -> None:
        """Refuse accounts or devices that a message could not tell apart."""
        lines = Counter((one.account, one.line_prefix) for one in self.accounts)
        names = Counter(one.device for one in self.devices)
        twice = [f"account {line[0]}" for line, count in lines.items() if count > 1]
        twice += [f"device {name}" for name, count in names.items() if count > 1]
        spoken = Counter((one.protocol, one.name) for one in self.senders)
        twice += [f"sender {name[1]}" for name, count in spoken.items() if count > 1]
        if twice:
            raise ValueError(f"Named twice: {', '.join(twice)}; a message must have one owner.")

    @cached_property
    def _by_line(self) -> dict[tuple[str, str], AlarmAccount]:
        return {(one.account, one.line_prefix): one for one in self.accounts}

    @cached_property
    def _by_device(self) -> dict[str, Device]:
        return {one.device: one for one in self.devices}

    @cached_property
    def _by_sender(self) -> dict[tuple[str, str], Sender]:
        return {(one.protocol, one.name): one for one in self.senders}

    def find_account(self, account: str, line_prefix: str = "") -> AlarmAccount | None:
        """Find the account of this line, else the one of any line."""
        name = account.upper()
        exact = self._by_line.get((name, plain_prefix(line_prefix)))
        return exact or self._by_line.get((name, ""))

    def find_device(self, device: str) -> Device | None:
        """Find the device with this id."""
        return self._by_device.get(device)

    def find_sender(self, protocol: str, name: str) -> Sender | None:
        """Find the sender that messages of a protocol name so."""
        return self._by_sender.get((protocol, name))


@cache
def _networks(named: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one, strict=False) for one in named)


def is_from(networks: tuple[str, ...], peer: str) -> bool:
    """Return whether an address lies in one of the networks (CIDR); none named is any."""
    if not networks:
        return True
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in one for one in _networks(networks) if one.version == plain.version)


def plain_prefix(line_prefix: str) -> str:
    """Return a line prefix without case and leading zeros; "0" is none."""
    return line_prefix.upper().lstrip("0")


def seal(accounts: Accounts, key: str) -> bytes:
    """Seal accounts with the Fernet key `key`."""
    form = {"form": FORM, **asdict(accounts)}
    return _fernet(key).encrypt(json.dumps(form, separators=(",", ":")).encode())


def unseal(sealed: bytes, key: str) -> Accounts:
    """Open sealed accounts; raise SealError where key or content is not right."""
    try:
        given: dict[str, Any] = json.loads(_fernet(key).decrypt(sealed))
    except InvalidToken as fault:
        raise SealError(
            "The sealed accounts do not open: damaged, or sealed with another seal_key. "
            "Write them again from the directory."
        ) from fault
    if given.pop("form", None) != FORM:
        raise SealError("The sealed accounts are of another version; write them again.")
    try:
        return Accounts(
            accounts=tuple(_account_of(one) for one in given.pop("accounts")),
            devices=tuple(Device(**_tuples(one)) for one in given.pop("devices")),
            senders=tuple(Sender(**_tuples(one)) for one in given.pop("senders")),
            **given,
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise SealError(f"The sealed accounts cannot be read: {fault}") from fault


def _account_of(given: dict[str, Any]) -> AlarmAccount:
    paths = tuple(TransmissionPath(**_tuples(one)) for one in given.pop("paths"))
    return AlarmAccount(**_tuples(given), paths=paths)


def _tuples(given: dict[str, Any]) -> dict[str, Any]:
    """Make JSON's lists tuples again, pairs too."""
    return {
        name: tuple(tuple(one) if isinstance(one, list) else one for one in value)
        if isinstance(value, list)
        else value
        for name, value in given.items()
    }


def write_sealed(path: Path, accounts: Accounts, key: str) -> None:
    """Write sealed accounts so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(seal(accounts, key))
            out.flush()
            os.fsync(out.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError as fault:
        raise SealError("seal_key is not a Fernet key; restore it from secrets.toml.") from fault
