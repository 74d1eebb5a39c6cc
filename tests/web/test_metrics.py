"""The installation in numbers: for who shows the token, a missing page for all others."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from narvaro.access.models import Role
from narvaro.config.home import Home
from narvaro.intake.journal import Journal
from narvaro.intake.models import PathState
from narvaro.intake.records import Record, now_us
from narvaro.situation.troubles import raise_trouble
from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import Heart
from narvaro.web.metrics import GAUGES
from tests.make import (
    NIGHT,
    World,
    make_member,
    make_site,
    make_transmitter,
    send_signal,
)
from tests.web.test_phone import browser_of

TOKEN = "a-token-of-this-test"
SAMPLE = re.compile(r'(narvaro_\w+)(?:\{(\w+="[\w-]+")\})? (-?[\d.]+)')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Give the pages a home with a token of its own."""
    (tmp_path / "intake").mkdir()
    made = Home(tmp_path, settings.HOME.settings, "", "", TOKEN)
    monkeypatch.setattr(settings, "HOME", made)
    return made


def scraped(token: str = TOKEN) -> dict[tuple[str, str], float]:
    """Return what a scraper reads; every line is a comment or a sample."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.content.decode().splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1].removeprefix("narvaro_"), match[2] or ""] = float(match[3])
    return found


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer å"]
)
def test_without_the_token_it_is_a_missing_page(world: World, home: Home, given: str) -> None:
    """The same answer as of an address that is not there, signed in or not."""
    for client in (Client(), browser_of(make_member(world, Role.COORDINATOR))):
        headers = {"Authorization": given, "Accept": "application/json"}
        refused = client.get("/metrics", headers=headers)
        missing = client.get("/nowhere", headers=headers)
        assert (refused.status_code, refused.content) == (404, missing.content)


def test_a_home_without_a_token_has_no_metrics(
    db: None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", replace(home, metrics_token=""))
    for given in ("Bearer ", "Bearer"):
        assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404


def test_an_installation_in_numbers(world: World, home: Home, hands: Hands) -> None:
    """Each gauge, with conditions that were made."""
    journal = Journal(home.journal, "main")
    stored = journal.append(Record("main", now_us(), "signal", "test", "[]")).result(5)
    journal.close()
    Heart(home.path).turned()
    panel = make_transmitter(make_site(world, "Trasten skola"), "HEMLIGT1")
    send_signal(panel)
    [path] = panel.paths.all()
    PathState.objects.create(path=path, state="lost", since=NIGHT, heard_at=NIGHT)
    raise_trouble(kind="disk_space", about="HEMLIGT2", facts={}, at=NIGHT)
    hands.advance(7)
    found = scraped()
    assert found["journal_last_id", 'receiver="1"'] == stored
    assert found["journal_promoted_id", 'receiver="1"'] == 0
    assert found["promotion_lag_seconds", 'receiver="1"'] == 7
    assert found["open_cases", 'kind="intruder"'] == 1
    assert found["open_cases", 'kind="fire"'] == 0
    assert found["paths", 'state="lost"'] == 1
    assert found["paths", 'state="unheard"'] == 0
    assert found["troubles_open", ""] == 1
    assert found["worker_heartbeat_age_seconds", ""] == 7
    assert found["timers_waiting", ""] == found["timers_overdue", ""] == 0
    assert found["notifications_waiting", ""] == 0
    assert {name for name, _ in found} == {one.name for one in GAUGES}


def test_no_id_name_or_account_stands_in_it(world: World, home: Home) -> None:
    panel = make_transmitter(make_site(world, "Trasten skola"), "HEMLIGT1")
    send_signal(panel)
    raise_trouble(kind="promotion_lag", about="HEMLIGT2", facts={}, at=NIGHT)
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    for word in ("HEMLIGT", "Trasten", world.tenant.name, str(world.tenant.pk), 'receiver="main"'):
        assert word not in text
