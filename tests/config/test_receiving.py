"""What the receivers are told, from the home's settings and the one table of listeners."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from narvaro.config.home import Home, Settings
from narvaro.config.listeners import LISTENERS
from narvaro.config.receiving import write_configs
from narvaro.intake.receiver_config import ReceiverConfig, load_config

ROOT = Path(__file__).resolve().parents[2]


def told(home: Path, given: Settings) -> list[dict[str, Any]]:
    """Return what each receiver is told; each must be able to read it."""
    files = write_configs(Home(home, given, "", ""))
    for file in files:
        load_config(file)
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.parametrize("name", LISTENERS)
def test_a_listener_is_known_wherever_it_must_be(name: str) -> None:
    """Its ports are settings, the receiver can be told them, and the threat model names them."""
    ports = [one for one in (LISTENERS[name].port, LISTENERS[name].tls) if one]
    names = [f"{name}_port", f"{name}_tls_port"][: len(ports)]
    assert set(names) <= {one.name for one in fields(ReceiverConfig)}
    entrances = (ROOT / "THREAT_MODEL.md").read_text("utf-8").partition("## The entrances")[2]
    assert [one for one in ports if str(getattr(Settings(), one)) not in entrances] == []


def test_only_listeners_that_are_named_are_opened(tmp_path: Path) -> None:
    """Without dc09 there is no dc09 over TLS either."""
    [first] = told(tmp_path, Settings(tls_certificate="web.pem", tls_key="web.key"))
    ports = {name: port for name, port in first.items() if name.endswith("_port") and port}
    assert ports == {"dc09_port": 12128, "dc09_tls_port": 12129, "http_port": 5055}
    given = Settings(listeners=("mail",), tls_certificate="web.pem", tls_key="web.key")
    [first] = told(tmp_path, given)
    ports = {name: port for name, port in first.items() if name.endswith("_port") and port}
    assert ports == {"mail_port": 2525}


def test_without_a_certificate_nothing_is_opened_for_tls(tmp_path: Path) -> None:
    [first] = told(tmp_path, Settings())
    assert "dc09_tls_port" not in first
    assert "tls" not in first


def test_the_second_receiver_has_a_journal_of_its_own_and_takes_alarms_alone(
    tmp_path: Path,
) -> None:
    """Its id follows the first one's."""
    first, second = told(tmp_path, Settings(second_receiver=True, receiver_id="ekvakt"))
    assert (first["receiver_id"], second["receiver_id"]) == ("ekvakt", "ekvakt-2")
    assert first["journal"] != second["journal"]
    assert (second["dc09_port"], second["http_port"]) == (12228, None)


def test_the_second_receiver_opens_dc09_only_where_it_is_named(tmp_path: Path) -> None:
    given = Settings(
        listeners=("http",), second_receiver=True, tls_certificate="web.pem", tls_key="web.key"
    )  # fmt: skip
    _first, second = told(tmp_path, given)
    assert [one for name, one in second.items() if name.endswith("_port") and one] == []
