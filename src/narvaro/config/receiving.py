"""What the receivers are told. In: the home's settings. Out: a configuration file for each receiver.

A second receiver is a second process with a journal of its own: panels dial it when the first does
not answer, and what both received is promoted once.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narvaro.config.home import Home, Settings

FILE = "receiver.json"


@dataclass(frozen=True)
class Receiver:
    """One of the installation's receivers."""

    id: str
    folder: Path

    @property
    def journal(self) -> Path:
        """Return its journal's file."""
        return self.folder / "intake.db"


def list_receivers(home: Home) -> list[Receiver]:
    """List the receivers of this machine, the first one first."""
    given = home.settings
    found = [Receiver(given.receiver_id, home.journal.parent)]
    if given.second_receiver:
        found.append(Receiver(f"{given.receiver_id}-2", home.journal.parent / "second"))
    return found


def write_configs(home: Home) -> list[Path]:
    """Write each receiver's settings beside its journal; return the files."""
    files = []
    for number, receiver in enumerate(list_receivers(home)):
        receiver.folder.mkdir(parents=True, exist_ok=True)
        file = receiver.folder / FILE
        told = _common(home, receiver) | (_first(home) if number == 0 else _second(home))
        file.write_text(json.dumps(told, indent=1))
        files.append(file)
    return files


def _common(home: Home, receiver: Receiver) -> dict[str, Any]:
    given = home.settings
    told: dict[str, Any] = {
        "receiver_id": receiver.id,
        "journal": str(receiver.journal),
        "accounts": str(home.sealed_accounts),
        "seal_key_file": str(home.secrets_file),
        "host": given.bind,
        "alarm_networks": list(given.alarm_networks),
    }
    if given.tls_certificate:
        told["tls"] = {"certificate": given.tls_certificate, "key": given.tls_key}
        if given.alarm_client_ca:
            told["tls"]["client_ca"] = given.alarm_client_ca
    return told


def _first(home: Home) -> dict[str, Any]:
    given = home.settings
    ports = {
        "dc09": given.alarm_port,
        "http": given.position_port,
        "sos_access": given.sos_access_port,
        "cot": given.cot_port,
        "mail": given.mail_port,
    }
    told: dict[str, Any] = {
        f"{name}_port": port if name in given.listeners else None for name, port in ports.items()
    }
    if given.tls_certificate:
        told["dc09_tls_port"] = given.alarm_tls_port
    if given.mqtt_host:
        told["broker"] = _broker(home)
    return told


def _second(home: Home) -> dict[str, Any]:
    """The second one takes alarms alone, over TCP, UDP and TLS."""
    given: Settings = home.settings
    told: dict[str, Any] = {"dc09_port": given.second_alarm_port, "http_port": None}
    if given.tls_certificate:
        told["dc09_tls_port"] = given.second_alarm_tls_port
    return told


def _broker(home: Home) -> dict[str, Any]:
    given = home.settings
    return {
        "host": given.mqtt_host,
        "port": given.mqtt_port,
        "tls": given.mqtt_tls,
        "ca_file": given.mqtt_ca or None,
        "client_id": f"narvaro-{given.receiver_id}",
        "username": given.mqtt_username,
        "topics": list(given.mqtt_topics),
        "password_file": str(home.secrets_file),
    }
