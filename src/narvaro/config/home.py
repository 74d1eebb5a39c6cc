"""The home folder. In: NARVARO_HOME. Out: the settings and secrets that stand in it.

`narvaro.toml` holds settings, environment variables named NARVARO_… override them, and secrets
stand in `secrets.toml`, readable by its owner alone. Pure Python: the command line reads it
before Django starts.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from cryptography.fernet import Fernet

from narvaro import __version__
from narvaro.config.listeners import LISTENERS


class HomeRefused(Exception):  # noqa: N818 - a refusal, said to a person
    """The home folder cannot be used; says what, where and what to do."""


@dataclass(frozen=True)
class Settings:
    """What an installation may set; ports of 0 mean any free one."""

    database_url: str = ""
    bind: str = "127.0.0.1"
    web_port: int = 8000
    alarm_port: int = 12128
    alarm_tls_port: int = 12129  # with tls_certificate
    alarm_networks: tuple[str, ...] = ()  # from where alarms may come at all; empty is anywhere
    alarm_client_ca: str = ""  # with it, a transmitter must show a certificate over TLS
    position_port: int = 5055
    listeners: tuple[str, ...] = ("dc09", "http")  # names of config/listeners.py
    sos_access_port: int = 12130
    cot_port: int = 8087
    mail_port: int = 2525
    mqtt_host: str = ""
    mqtt_port: int = 8883
    mqtt_tls: bool = True
    mqtt_ca: str = ""
    mqtt_username: str = ""
    mqtt_topics: tuple[str, ...] = ("owntracks/#", "onvif/+/onvif-ej/#")
    second_receiver: bool = False
    second_alarm_port: int = 12228
    second_alarm_tls_port: int = 12229
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: bool = True
    smtp_username: str = ""
    smtp_from: str = "narvaro@localhost"
    sms_url: str = ""  # https://…{to}…{text}
    cot_feed_host: str = ""  # a TAK server that is told of cases; empty is off
    cot_feed_port: int = 8089
    cot_feed_tls: bool = True
    cot_feed_ca: str = ""
    cot_feed_certificate: str = ""  # ours, with cot_feed_key, where the server wants one
    cot_feed_key: str = ""
    cot_feed_every_s: int = 10
    cot_feed_tenant: str = ""  # whose cases, where there are several tenants
    cot_feed_companies: tuple[str, ...] = ()  # whose units are shown too; none unless named
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    origins: tuple[str, ...] = ()
    behind_tls_proxy: bool = False
    tls_certificate: str = ""
    tls_key: str = ""
    web_threads: int = 4
    receiver_id: str = "main"
    time_servers: tuple[str, ...] = ()  # asked by SNTP what time it is; none is asked unless named
    police_feed: str = ""  # places, as polisen.se names them; empty is off
    police_feed_url: str = "https://polisen.se/api/events"


@dataclass(frozen=True)
class Home:
    """An open home folder."""

    path: Path
    settings: Settings
    django_secret_key: str = field(repr=False)
    seal_key: str = field(repr=False)
    metrics_token: str = field(default="", repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def kernels(self) -> Path:
        """Return the folder of the compiled kernels, one for each version of the program."""
        return self.path / "kernels" / __version__

    @property
    def maps(self) -> Path:
        """Return the folder of the maps."""
        return self.path / "maps"

    @property
    def photos(self) -> Path:
        """Return the folder of the photos, each under its digest."""
        return self.path / "photos"

    @property
    def uploads(self) -> Path:
        """Return the folder of files on their way in."""
        return self.path / "uploads"

    @property
    def journal(self) -> Path:
        """Return the file of the intake journal."""
        return self.path / "intake" / "intake.db"

    @property
    def journals(self) -> dict[str, Path]:
        """Return the journal of each receiver of this home, by the receiver's id; the first one first."""
        found = {self.settings.receiver_id: self.journal}
        if self.settings.second_receiver:
            second = self.journal.parent / "second" / self.journal.name
            found[f"{self.settings.receiver_id}-2"] = second
        return found

    @property
    def certificates(self) -> tuple[Path, ...]:
        """Return the certificate files that the settings name."""
        named = (one.name for one in fields(Settings) if one.name.endswith("_certificate"))
        return tuple(Path(file) for name in named if (file := getattr(self.settings, name)))

    @property
    def sealed_accounts(self) -> Path:
        """Return the file in which the accounts are handed to the receiver."""
        return self.path / "intake" / "accounts.sealed"

    @property
    def police_feed_state(self) -> Path:
        """Return the file that remembers when the police's feed was asked."""
        return self.path / "police_feed.json"

    @property
    def secrets_file(self) -> Path:
        """Return the file of the secrets."""
        return self.path / "secrets.toml"


def home_path() -> Path:
    """Return the home folder's place: NARVARO_HOME, or `var` in the working folder."""
    return Path(os.environ.get("NARVARO_HOME", "var")).resolve()


LAST_PORT = 65535


def _number(name: str, raw: object) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    if isinstance(raw, str) and not (raw.isascii() and raw.isdigit()):
        return None
    least = 0 if name.endswith("_port") else 1
    return int(raw) if least <= int(raw) <= LAST_PORT else None


def _texts(where: str, name: str, raw: object) -> tuple[str, ...]:
    listed = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise HomeRefused(f"{where}: {raw!r} is not a list of texts; correct it.")
    texts = tuple(one.strip() for one in listed if one.strip())
    unknown = [one for one in texts if one not in LISTENERS] if name == "listeners" else []
    if unknown:
        known = ", ".join(LISTENERS)
        raise HomeRefused(f"{where}: {unknown[0]!r} is no listener; known are {known}.")
    return texts


def _value(where: str, name: str, raw: object, default: object) -> object:
    if isinstance(default, tuple):
        return _texts(where, name, raw)
    if isinstance(default, bool):
        said = {True: True, False: False, "true": True, "false": False}.get(raw)
        if said is None:
            raise HomeRefused(f"{where}: {raw!r} is not true or false; correct it.")
        return bool(said)
    if isinstance(default, int):
        number = _number(name, raw)
        if number is None:
            raise HomeRefused(f"{where}: {raw!r} is no number up to {LAST_PORT}; correct it.")
        return number
    if isinstance(raw, str):
        return raw
    raise HomeRefused(f"{where}: {raw!r} is not a text in quotation marks; correct it.")


def _read_toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise HomeRefused(f"{file}: {fault}; correct that line.") from fault


def _read_settings(path: Path) -> Settings:
    file = path / "narvaro.toml"
    given = _read_toml(file) if file.exists() else {}
    known = {one.name: one.default for one in fields(Settings)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise HomeRefused(f"{file}: unknown setting {unknown[0]!r}; known are {', '.join(known)}.")
    values = {
        name: _value(f"{file}: {name}", name, raw, known[name]) for name, raw in given.items()
    }
    for name, default in known.items():
        variable = f"NARVARO_{name.upper()}"
        if variable in os.environ:
            values[name] = _value(variable, name, os.environ[variable], default)
    return Settings(**values)  # type: ignore[arg-type]  # each value was checked against its default


def _read_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        made = {
            "django_secret_key": secrets.token_urlsafe(50),
            "seal_key": Fernet.generate_key().decode(),
            "metrics_token": secrets.token_urlsafe(32),
        }
        text = "".join(f'{name} = "{value}"\n' for name, value in made.items())
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(text)
        return made
    if file.stat().st_mode & 0o077:
        raise HomeRefused(f"{file} can be read by others; run: chmod 600 {file}")
    kept = _read_toml(file)
    told = {name: one for name, one in kept.items() if isinstance(one, str)}
    whole = {"django_secret_key", "seal_key"} <= set(told)
    if (
        whole
        and "metrics_token" not in kept
        and not any(isinstance(v, dict) for v in kept.values())
    ):
        return told | _add_metrics_token(file)
    return told


def _add_metrics_token(file: Path) -> dict[str, str]:
    """Add what homes of before have not; where the file cannot be written there are no metrics."""
    token = secrets.token_urlsafe(32)
    try:
        with file.open("a", encoding="utf-8") as out:
            out.write(f'\nmetrics_token = "{token}"\n')
    except OSError:
        return {}
    return {"metrics_token": token}


def open_home(path: Path | None = None) -> Home:
    """Open the home folder, making it and its secrets where they are missing."""
    where = path or home_path()
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's, where we make it
        for folder in (
            where,
            *(
                where / name
                for name in ("maps", "intake", "kernels", "static", "photos", "uploads")
            ),
        ):
            folder.mkdir(parents=True, exist_ok=True)
        kept = _read_secrets(where / "secrets.toml")
    except OSError as fault:
        raise HomeRefused(
            f"The home folder {where} cannot be used: {fault}; set NARVARO_HOME to a folder of yours."
        ) from fault
    try:
        return Home(
            where, _read_settings(where), kept["django_secret_key"], kept["seal_key"],
            kept.get("metrics_token", ""), kept,
        )  # fmt: skip
    except KeyError as missing:
        raise HomeRefused(
            f"{where / 'secrets.toml'} lacks {missing}; restore it from a backup of the home "
            "folder: without it, sealed keys cannot be opened."
        ) from missing
