"""What a receiver is told. In: a configuration file (JSON). Out: settings, the seal key, TLS.

Ports of 0 are any free one; a port of None is not opened.
"""

import json
import ssl
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from narvaro.intake.limits import Limits


class ConfigError(Exception):
    """The receiver cannot start with this configuration; says what and where."""


@dataclass(frozen=True)
class TlsFiles:
    """Certificate chain and key (PEM); with `client_ca` a transmitter must show one of its."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and who we are there.

    `client_id` names the session that the broker keeps for us: each receiver has its own, and with
    another name the broker begins anew. `topics` may hold wildcards. `ca_file` names the authority
    that signed the broker's certificate, None is the machine's own list. `session_s` is how long
    the broker keeps messages while we are away, `in_flight` how many it sends ahead of our PUBACK.
    """

    host: str
    client_id: str
    topics: tuple[str, ...]
    port: int = 8883
    tls: bool = True
    ca_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    session_s: int = 7 * 86_400
    in_flight: int = 100

    def __post_init__(self) -> None:
        """Refuse a broker that could not be used, or that would forget us."""
        object.__setattr__(self, "topics", tuple(self.topics))
        if not (self.host and self.client_id and self.topics):
            raise ValueError("A broker needs host, client_id and topics.")
        if not (1 <= self.in_flight <= 65_535 and 1 <= self.session_s <= 0xFFFFFFFF):
            raise ValueError("in_flight is from 1 to 65535, session_s from 1 second.")


@dataclass(frozen=True)
class ReceiverConfig:
    """Where the receiver's files are, where it listens, and from where alarms may come at all.

    DC-09 is heard over UDP on the same port number as over TCP. `alarm_networks` (CIDR) hold for
    alarms over TCP, TLS and UDP. `seal_key_file` holds the key alone, or `seal_key = "…"` where its
    name ends in .toml.
    """

    receiver_id: str
    journal: Path
    accounts: Path
    seal_key_file: Path
    host: str = "127.0.0.1"
    dc09_port: int | None = 12128
    dc09_tls_port: int | None = None
    http_port: int | None = 5055
    sos_access_port: int | None = None
    cot_port: int | None = None
    mail_port: int | None = None
    broker: Broker | None = None
    alarm_networks: tuple[str, ...] = ()
    tls: TlsFiles | None = None
    limits: Limits = field(default_factory=Limits)


def load_config(path: Path) -> ReceiverConfig:
    """Read a configuration file; raise ConfigError where it is not one."""
    try:
        given = json.loads(path.read_text())
        limits = Limits(**given.pop("limits", {}))
        tls = given.pop("tls", None)
        files = TlsFiles(**{name: Path(one) for name, one in tls.items()}) if tls else None
        given |= {name: Path(given[name]) for name in ("journal", "accounts", "seal_key_file")}
        given["alarm_networks"] = tuple(given.get("alarm_networks", ()))
        broker = _read_broker(given.pop("broker", None))
        return ReceiverConfig(limits=limits, tls=files, broker=broker, **given)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise ConfigError(f"{path} is not a receiver's configuration: {fault!r}") from fault


def _read_broker(given: dict[str, Any] | None) -> Broker | None:
    """Read the broker's settings; its password stands in a file of secrets, if anywhere."""
    if not given:
        return None
    ca_file = given.pop("ca_file", None)
    password_file = given.pop("password_file", None)
    password = ""
    if password_file:
        password = str(tomllib.loads(Path(password_file).read_text()).get("mqtt_password", ""))
    return Broker(password=password, ca_file=Path(ca_file) if ca_file else None, **given)


def read_seal_key(path: Path) -> str:
    """Read the seal key; raise ConfigError where there is none."""
    try:
        text = path.read_text()
        return str(tomllib.loads(text)["seal_key"]) if path.suffix == ".toml" else text.strip()
    except (OSError, KeyError, ValueError) as fault:
        raise ConfigError(f"{path} holds no seal_key: {fault!r}") from fault


def load_tls(files: TlsFiles) -> ssl.SSLContext:
    """Return the context of our own certificate; raise ConfigError where a file is not right."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as fault:
        raise ConfigError(
            f"TLS cannot start with {files.certificate} and {files.key}: {fault}; "
            "give a certificate chain and its key in PEM."
        ) from fault
    return context
