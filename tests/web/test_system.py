"""The system page: troubles first with what to do, what is heard, what the machine has left; the banner."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from narvaro.access.models import Role
from narvaro.config.home import Home
from narvaro.config.watching import Checks
from narvaro.core.clock_agreement import PANELS, SERVER, ClockVerdict
from narvaro.directory.models import TransmissionPath
from narvaro.intake.listening import Listener
from narvaro.intake.models import Outage, PathState
from narvaro.intake.time_sources import SourceNow, Sources
from narvaro.situation.troubles import end_trouble, raise_trouble
from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import FILE, STILL_S, Heart
from narvaro.spine.silent import Silent
from narvaro.web import system as page_of_system
from narvaro.web.system_words import SOURCE_WHY, WORDS, gravity_of, is_grave, words_of
from tests.make import NIGHT, World, make_member, make_site, make_transmitter
from tests.web.test_phone import browser_of, shown


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Give the pages a home of their own, without a worker and a receiver."""
    made = Home(tmp_path, settings.HOME.settings, "", "", "token")
    monkeypatch.setattr(settings, "HOME", made)
    return made


@pytest.fixture
def desk(world: World, home: Home) -> Client:
    """Return a dispatcher's browser."""
    return browser_of(make_member(world, Role.DISPATCHER))


def lose_path(world: World, name: str) -> TransmissionPath:
    """Let a site's only path be lost for two hours by now."""
    panel = make_transmitter(make_site(world, name), category="SP4", carrier="Mobil AB")
    path = TransmissionPath.objects.get(transmitter=panel)
    at = NIGHT - timedelta(hours=2)
    PathState.objects.create(path=path, state="lost", since=at, heard_at=at)
    Outage.objects.create(tenant=world.tenant, path=path, began_at=at, flagged_at=at)
    return path


def test_a_system_that_is_well_says_so(desk: Client) -> None:
    page = shown(desk, "/system/")
    assert "None: the system is well." in page
    assert "Not begun yet" in page
    assert "None this month or the last." in page
    assert 'href="/system/" aria-current="page"' in page


def test_a_trouble_says_what_to_do_and_when_it_is_over(desk: Client) -> None:
    """Open ones are cards with what to do; ended ones a line."""
    raise_trouble(kind="promotion_lag", about="main", facts={"lag_s": 42}, at=NIGHT)
    body = shown(desk, "/system/", fragment=True)
    assert "<html" not in body
    assert "Alarms wait to be shown" in body
    assert "has waited for 42 s" in body
    assert "Take alarms by other ways" in body
    assert body.index("Alarms wait") < body.index("Receivers")
    end_trouble(kind="promotion_lag", about="main", at=NIGHT)
    body = shown(desk, "/system/", fragment=True)
    assert "None: the system is well." in body
    assert body.index("Alarms wait") > body.index("Receivers")


def test_the_page_is_fetched_again_when_a_trouble_is_told(desk: Client) -> None:
    assert "narvaro:system.trouble from:body" in shown(desk, "/system/")


def test_lost_paths_and_the_minutes_of_their_sites(desk: Client, world: World) -> None:
    lose_path(world, "Trasten skola")
    body = shown(desk, "/system/", fragment=True)
    assert "<b>1</b>path lost" in body
    assert body.count("Trasten skola") == 2
    assert "Mobil AB" in body
    assert "Receiver 1" in body
    cells = re.findall(r'<td class="num">([^<]*)</td>', body)
    assert cells == ["0 s", "120", "1", "0", "0"]
    assert "Minutes in November 2026" in body
    assert "Losses in October 2026" in body
    assert "planned maintenance counts too" in body


def test_lost_paths_stand_before_late_ones(desk: Client, world: World) -> None:
    """However long the late ones have been silent."""
    late = lose_path(world, "Aspen skola")
    PathState.objects.filter(path=late).update(state="late", heard_at=NIGHT - timedelta(hours=9))
    lose_path(world, "Trasten skola")
    body = shown(desk, "/system/", fragment=True)
    assert body.index("Trasten skola") < body.index("Aspen skola")


def test_transmitters_without_a_carrier_are_counted(desk: Client, world: World) -> None:
    """Only those that are supervised: their losses would be a case each."""
    make_transmitter(make_site(world), "4001", poll_interval_s=90, carrier="Mobil AB")
    make_transmitter(make_site(world), "4002")
    assert "No carrier is named" not in shown(desk, "/system/")
    for account in ("4003", "4004"):
        make_transmitter(make_site(world), account, poll_interval_s=90)
    assert "No carrier is named for 2 transmitters" in shown(desk, "/system/")


def test_losses_are_counted_by_month_and_less_than_a_minute_is_not_nothing(
    desk: Client, world: World
) -> None:
    path = lose_path(world, "Trasten skola")
    Outage.objects.all().delete()
    before = NIGHT - timedelta(days=30)
    for at, lasted in ((NIGHT - timedelta(days=1), timedelta(seconds=20)), (before, timedelta(0))):
        Outage.objects.create(
            tenant=world.tenant, path=path, began_at=at, flagged_at=at,
            ended_at=at + lasted + timedelta(seconds=10),
        )  # fmt: skip
    Outage.objects.create(
        tenant=world.tenant, path=path, began_at=before - timedelta(hours=1),
        flagged_at=before, ended_at=before - timedelta(minutes=30),
    )  # fmt: skip
    body = shown(desk, "/system/", fragment=True)
    assert re.findall(r'<td class="num">([^<]*)</td>', body)[1:] == ["&lt; 1", "1", "30", "2"]


def test_the_suppliers_office_sees_the_system_and_no_site(world: World, home: Home) -> None:
    lose_path(world, "Trasten skola")
    office = browser_of(make_member(world, Role.CONTRACT_MANAGER, world.company))
    body = shown(office, "/system/")
    assert "path lost" in body
    assert "Trasten skola" not in body
    assert "Time out of reach" not in body


def test_a_worker_that_stands_still_is_said_though_it_can_raise_nothing(
    desk: Client, home: Home, hands: Hands
) -> None:
    """On the page and in the console's banner."""
    Heart(home.path).turned()
    assert "Stands still" not in shown(desk, "/system/")
    hands.advance(STILL_S + 1)
    body = shown(desk, "/system/", fragment=True)
    assert "No alarms are shown: the system stands still" in body
    assert "has not moved for 31 s" in body
    assert "the system stands still" in shown(desk, "/console/cases/", fragment=True)
    (home.path / FILE).unlink()
    assert "Stands still" not in shown(desk, "/system/")


def test_the_console_tells_of_troubles_and_leads_to_what_to_do(desk: Client) -> None:
    """The whole page and its refresh; nothing where all is well."""
    for fragment, address in ((False, "/console/"), (True, "/console/cases/")):
        assert 'id="trouble-' not in shown(desk, address, fragment=fragment)
    raise_trouble(kind="disk_space", facts={}, at=NIGHT)
    raise_trouble(kind="clock_step", facts={"step_s": 3600.0}, at=NIGHT)
    for fragment, address in ((False, "/console/"), (True, "/console/cases/")):
        page = shown(desk, address, fragment=fragment)
        assert "The disk is nearly full" in page
        assert "and 1 more trouble<" in page
        assert '<a href="/system/">What to do</a>' in page
        assert "data-grave" not in page


def test_the_gravest_trouble_is_named_and_called_out(desk: Client) -> None:
    """Whatever came first; also while a call is typed in. Lesser ones are not called out there."""
    unsent = partial(raise_trouble, kind="notifications_unsent", facts={"count": 3}, at=NIGHT)
    unsent(about="mail")
    assert "E-mail is not set up" not in shown(desk, "/console/new/", fragment=True)
    raise_trouble(kind="receiver_silent", about="main", facts={}, at=NIGHT)
    unsent(about="sms")
    words = "No alarms are received: the receiver is silent"
    for address in ("/console/cases/", "/console/new/"):
        page = shown(desk, address, fragment=True)
        assert f'data-grave data-announce="{words}"' in page
        assert "and 2 more troubles" in page
    body = shown(desk, "/system/", fragment=True)
    for lesser in ("Text messages are not set up", "E-mail is not set up"):
        assert body.index(words) < body.index(lesser)
    assert body.count('class="trouble" data-grave') == 1


def test_each_grave_trouble_is_called_out_once_whichever_is_named(desk: Client) -> None:
    """A second one, also of the same kind, has an id of its own, and keeps it when it is the first."""

    def called_out() -> dict[str, str]:
        page = shown(desk, "/console/cases/", fragment=True)
        found = re.findall(r'id="trouble-([^"]+)" (?:data-grave )?data-announce="([^"]*)"', page)
        assert len(found) == len(dict(found))
        return dict(found)

    raise_trouble(kind="promotion_lag", about="main", facts={}, at=NIGHT)
    first = called_out()
    assert [*first.values()] == ["Alarms wait to be shown"]
    raise_trouble(kind="promotion_lag", about="second", facts={}, at=NIGHT)
    raise_trouble(kind="receiver_silent", about="main", facts={}, at=NIGHT)
    raise_trouble(kind="certificate", about="web.pem", facts={}, at=NIGHT)
    all_three = called_out()
    assert first.items() < all_three.items()
    assert len(all_three) == 3
    end_trouble(kind="receiver_silent", about="main", at=NIGHT)
    assert called_out().items() < all_three.items()


def test_one_silent_receiver_of_two_does_not_say_that_no_alarms_are_received(
    desk: Client, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        settings, "HOME", replace(home, settings=replace(home.settings, second_receiver=True))
    )
    raise_trouble(kind="receiver_silent", about="main", facts={}, at=NIGHT)
    page = shown(desk, "/console/cases/", fragment=True)
    assert "Receiver 1 is silent: no alarms come in there" in page


def test_a_disk_that_is_full_is_graver_than_one_that_gets_full() -> None:
    little, full = {"room": "little"}, {"room": "critical"}
    assert (is_grave("disk_space", little), is_grave("disk_space", full)) == (False, True)
    assert gravity_of("disk_space", full) < gravity_of("clock_step", {})
    assert gravity_of("disk_space", full) > gravity_of("timers_overdue", {})
    assert gravity_of("not_known", {}) > gravity_of("jobs_failing", {})


def test_every_trouble_that_is_watched_for_has_words(home: Home) -> None:
    """With its facts and without: a trouble of an older version lacks some."""
    checks = Checks(home, Listener({}), Heart(home.path))
    kinds = {kind for kind, _, _ in checks.table}
    assert kinds | {"worker_still", "not_passed_on"} == set(WORDS)
    for kind in WORDS:
        assert all(words_of(kind, "main", {}))
    assert words_of("not_known", "main", {})[:2] == ("not_known", "main")


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        ("receiver_silent", {"saved_at": None}, "Receiver main has not begun to listen."),
        ("receiver_silent", {"saved_at": "2026-11-24T01:00:00+00:00"}, "2026-11-24 02:00:00"),
        ("clock_step", {"step_s": -5.0}, "stepped by -5.0 s and is not followed"),
        (
            "clock_step",
            {"step_s": 60.0, "accepted_by": "kernel", "accepted_at": "2026-11-24T01:00:00+00:00"},
            "accepted by the kernel at 2026-11-24 02:00",
        ),
        ("clock_doubt", {"off_s": 61.0}, "Other clocks are 61.0 s ahead of ours."),
        ("clock_doubt", {"off_s": -61.06}, "Other clocks are 61.1 s behind ours."),
        ("clock_doubt", {"off_s": None}, "By how much cannot be read."),
        ("disk_space", {"room": "critical", "free_mb": 90}, "Only 90 MB"),
        ("certificate", {"ending": "ended", "ends_at": "2026-11-24T01:00:00+00:00"}, "main ended"),
        ("certificate", {"ending": "unreadable", "ends_at": None}, "main cannot be read"),
        (
            "not_passed_on",
            {
                "case": 12,
                "centre": "Larmcentralen",
                "outcome": "refused",
                "status": 4,
                "why": "a:9: TimeoutError; b:9: 4 no",
            },
            "Case 12 to Larmcentralen was refused. The centre answered: “no” (code 4)",
        ),
        ("not_passed_on", {"outcome": "given_up", "why": "timed out"}, "within an hour"),
        ("not_passed_on", {"outcome": "refused", "why": "no type"}, "was not sent: no type"),
        ("notifications_unsent", {"count": 2}, "wait to be sent by main: 2."),
    ],
)
def test_facts_are_said_in_words(kind: str, facts: dict[str, object], said: str) -> None:
    with translation.override("en"):
        assert said in words_of(kind, "main", facts)[1]


def test_an_alarm_that_was_not_passed_on_names_its_case(desk: Client) -> None:
    """In the console's banner too."""
    raise_trouble(kind="not_passed_on", facts={"case": 12, "outcome": "given_up"}, at=NIGHT)
    words = "The alarm of case 12 has not reached the alarm centre"
    assert words in shown(desk, "/console/cases/", fragment=True)


def test_the_machine_is_told_with_a_step_of_its_clock(
    desk: Client, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_system, "read_sync", lambda: "synchronised")
    assert "synchronised, says the machine" in shown(desk, "/system/")
    monkeypatch.setattr(page_of_system, "read_sync", lambda: "unsynchronised")
    assert "starts its time service (NTP)" in shown(desk, "/system/")
    hands.jump_s = 3600.0
    assert "stepped by 3600.0 s, not followed" in shown(desk, "/system/")


def test_every_source_of_time_is_told_with_when_it_was_read(
    desk: Client, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says, that it says nothing, that none is asked; never a guess."""
    assert "not asked: none is named" in shown(desk, "/system/")
    off = SourceNow(PANELS, "", 61.0, 12.0, NIGHT, "", 41, is_out=True)
    silent = SourceNow(SERVER, "tid.example.se", why=Silent.NO_ANSWER)
    found = Sources((off, silent), ClockVerdict())
    monkeypatch.setattr(page_of_system, "list_sources", lambda *_given: found)
    said = shown(desk, "/system/")
    assert "61 s ahead of our clock, 41 panels, read 2026-11-24 02:00:00" in said
    assert "Is off" in said
    assert "Time server tid.example.se" in said
    assert "it does not answer" in said
    hands.off_s = 61.0
    assert "other clocks speak against it" in shown(desk, "/system/")
    hands.off_s = None
    assert "in doubt; by how much cannot be read" in shown(desk, "/system/")


@pytest.mark.parametrize(
    ("keyed", "state"),
    [(0, page_of_system.NEUTRAL), (4, page_of_system.NEUTRAL), (5, page_of_system.LITTLE)],
)
def test_panels_that_could_speak_and_do_not_are_no_good_news(keyed: int, state: str) -> None:
    """Five or more that are keyed: their silence is worth a look."""
    fact = page_of_system._source(SourceNow(PANELS, why=Silent.FEW, keyed=keyed))
    assert fact.state == state


@pytest.mark.parametrize(
    ("off_s", "look", "label", "text"),
    [
        (0.46, page_of_system.GOOD, "Agrees", "0.5 s ahead of our clock"),
        (-0.5, page_of_system.GOOD, "Agrees", "0.5 s behind our clock"),
        (90.04, page_of_system.BAD, "Differs", "90 s ahead of our clock"),
    ],
)
def test_a_source_that_differs_is_not_called_good(
    off_s: float, look: str, label: str, text: str
) -> None:
    """Also where it is one of the many that are against us."""
    with translation.override("en"):
        fact = page_of_system._source(SourceNow(SERVER, "tid.example.se", off_s, 2.0, NIGHT))
    assert (fact.state, fact.state_label) == (look, label)
    assert fact.text.startswith(text)


def test_each_silence_of_a_source_has_its_words() -> None:
    assert set(SOURCE_WHY) == set(Silent)


def test_a_live_stream_names_the_kind_and_nothing_else(desk: Client, world: World) -> None:
    """The page listens for it by this name."""
    from narvaro.spine.models import Event
    from narvaro.web.live import find_notice
    from tests.make import make_viewer

    raise_trouble(kind="disk_space", facts={"free_mb": 90}, at=NIGHT)
    event = Event.objects.get(kind="system.trouble")
    notification = find_notice(make_viewer(make_member(world, Role.COORDINATOR)), event)
    assert notification is not None
    assert notification.kind == "system.trouble"
    assert json.loads(notification.to_bytes().decode().split("data: ")[1]) == {
        "case": None,
        "unit": None,
    }
