"""What the receivers are told. In: the home's settings. Out: a configuration file for each receiver.

A second receiver is a second process with a journal of its own: panels dial it when the first does
not answer, and what both received is promoted once.
"""

import json
from pathlib import Path
from typing import Any

from narvaro.config.home import Home, Settings
from narvaro.config.listeners import LISTENERS

FILE = "receiver.json"


def write_configs(home: Home) -> list[Path]:
    """Write each receiver's settings beside its journal; return the files."""
    files = []
    for number, (receiver_id, journal) in enumerate(home.journals.items()):
        journal.parent.mkdir(parents=True, exist_ok=True)
        file = journal.parent / FILE
        told = _common(home, receiver_id, journal)
        told |= _first(home) if number == 0 else _second(home)
        file.write_text(json.dumps(told, indent=1))
        files.append(file)
    return files


def _common(home: Home, receiver_id: str, journal: Path) -> dict[str, Any]:
    given = home.settings
    told: dict[str, Any] = {
        "receiver_id": receiver_id,
        "journal": str(journal),
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
    told: dict[str, Any] = {}
    for name, one in LISTENERS.items():
        is_open = name in given.listeners
        told[f"{name}_port"] = getattr(given, one.port) if is_open else None
        if one.tls and is_open and given.tls_certificate:
            told[f"{name}_tls_port"] = getattr(given, one.tls)
    if given.mqtt_host:
        told["broker"] = _broker(home)
    return told


def _second(home: Home) -> dict[str, Any]:
    """The second one takes DC-09 alone, over TCP, UDP and TLS, where the first does."""
    given: Settings = home.settings
    is_open = "dc09" in given.listeners
    told: dict[str, Any] = {
        "dc09_port": given.second_alarm_port if is_open else None, "http_port": None
    }  # fmt: skip
    if is_open and given.tls_certificate:
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
