"""The work process watches itself: each trouble raised, told once, and ended."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from narvaro.config import watching
from narvaro.config.home import Home, Settings
from narvaro.config.watching import Checks
from narvaro.intake import panel_time
from narvaro.intake.actions import move_place
from narvaro.intake.journal import Journal
from narvaro.intake.listening import Listener
from narvaro.intake.records import Record, now_us
from narvaro.situation.troubles import raise_trouble
from narvaro.spine import jobs, notifications, timers
from narvaro.spine.clock import Hands
from narvaro.spine.heartbeat import Heart, find_beat
from narvaro.spine.ids import uuid7
from narvaro.spine.kernel_clock import Sync
from narvaro.spine.machine import MB, Disk
from narvaro.spine.models import Event, Job, Timer, Trouble
from tests.authority import Authority
from tests.make import World
from tests.spine.time_server import Answer, time_server


class Watched:
    """The checks of a home of its own, whose disk and kernel a test sets."""

    def __init__(self, home: Home, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.hands = home, hands
        self.disk = Disk(50_000 * MB, 100_000 * MB)
        self.sync: Sync = "unknown"
        monkeypatch.setattr(watching, "read_disk", lambda _path: self.disk)
        monkeypatch.setattr(watching, "read_sync", lambda: self.sync)
        self.listener = Listener({})
        self.checks = Checks(home, self.listener, Heart(home.path))

    def pass_(self, seconds: int) -> None:
        """Let time pass, a second at a time, with a look each."""
        for _ in range(seconds):
            self.hands.advance(1)
            self.checks.look()

    def lasting(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the open troubles with their facts."""
        found = Trouble.objects.filter(ended_at=None)
        return {(one.kind, one.about): one.facts for one in found}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without a receiver, a certificate or anything else."""
    (tmp_path / "intake").mkdir()
    return Home(tmp_path, Settings(), "", "")


@pytest.fixture
def watched(world: World, home: Home, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Return the checks in the test's hand."""
    return Watched(home, hands, monkeypatch)


@pytest.fixture
def journal(watched: Watched) -> Iterator[Journal]:
    """Return a receiver's journal that has begun, and is watched."""
    watched.listener.journals = watched.home.journals
    opened = Journal(watched.home.journal, "main")
    yield opened
    opened.close()


def test_nothing_is_raised_where_all_is_well(watched: Watched, journal: Journal) -> None:
    journal.append(Record("main", now_us(), "refused", "test", "{}")).result(5)
    watched.checks.look()
    assert watched.lasting() == {}
    assert not Event.objects.filter(kind="system.trouble").exists()


def test_alarms_that_wait_for_promotion_are_a_trouble(watched: Watched, journal: Journal) -> None:
    """After five seconds; its facts follow, not each second; ten calm seconds end it; told twice."""
    stored = journal.append(Record("main", now_us(), "signal", "test", "[]")).result(5)
    watched.pass_(5)
    assert watched.lasting() == {}
    watched.pass_(1)
    assert watched.lasting() == {("promotion_lag", "main"): {"lag_s": 6}}
    watched.pass_(9)
    assert watched.lasting()["promotion_lag", "main"] == {"lag_s": 6}
    watched.pass_(1)
    assert watched.lasting()["promotion_lag", "main"] == {"lag_s": 16}
    move_place(receiver_id="main", record_id=stored)
    watched.pass_(9)
    assert watched.lasting() != {}
    watched.pass_(1)
    assert watched.lasting() == {}
    told = Event.objects.filter(kind="system.trouble").order_by("position")
    assert [json.loads(one.payload or "")["state"] for one in told] == ["raised", "ended"]


def test_what_comes_back_within_ten_seconds_is_the_same_trouble(watched: Watched) -> None:
    """A value that swings about its limit is told once."""
    for step_s in (60.0, 0.0, 60.0, 0.0, 60.0):
        watched.hands.jump_s = step_s
        watched.pass_(9)
    assert Trouble.objects.filter(kind="clock_step").count() == 1


def test_a_receiver_that_falls_silent_or_never_begins(watched: Watched, journal: Journal) -> None:
    """Silent: the listener says so. Never begun: half a minute after us."""
    journal.close()
    watched.checks.look()
    watched.listener.silent = frozenset({"main"})
    watched.pass_(2)
    assert watched.lasting()["receiver_silent", "main"]["saved_at"] is not None
    watched.listener.silent = frozenset()
    watched.listener.journals = {"second": watched.home.path / "second.db"}
    watched.pass_(20)
    assert watched.lasting() == {}
    watched.pass_(12)
    assert watched.lasting() == {("receiver_silent", "second"): {"saved_at": None}}


def test_a_journal_that_cannot_be_read(watched: Watched) -> None:
    watched.listener.journals = watched.home.journals
    watched.home.journal.write_bytes(b"no journal" * 1000)
    watched.pass_(2)
    assert ("journal_unreadable", "main") in watched.lasting()


def test_a_stepped_clock_is_told_and_not_accepted_on_unknown(watched: Watched) -> None:
    """The kernel cannot be asked, or says no: then a person must."""
    watched.hands.jump_s = 3600.0
    doubts: tuple[Sync, ...] = ("unknown", "unsynchronised")
    for sync in doubts:
        watched.sync = sync
        watched.pass_(100)
        assert watched.lasting()["clock_step", ""] == {"step_s": 3600.0}
    assert watched.hands.jump_s == 3600.0


def test_a_clock_that_the_kernel_held_for_right_for_a_minute_is_accepted(watched: Watched) -> None:
    """Counted anew after each doubt; by whom stands in the trouble and in the log."""
    watched.hands.jump_s = -7200.0
    watched.sync = "synchronised"
    watched.pass_(50)
    watched.sync = "unknown"
    watched.pass_(1)
    watched.sync = "synchronised"
    watched.pass_(59)
    assert watched.hands.jump_s == -7200.0
    watched.pass_(2)
    assert watched.hands.jump_s == 0
    event = json.loads(Event.objects.get(kind="clock.accepted").payload or "")
    assert (event["step_s"], event["accepted_by"]) == (-7200.0, "kernel")
    watched.pass_(11)
    assert watched.lasting() == {}
    facts = Trouble.objects.get(kind="clock_step").facts
    assert (facts["accepted_by"], facts["step_s"]) == ("kernel", -7200.0)


def say_panels(watched: Watched, off_s: float, *, may_alone: bool = True) -> None:
    """Leave what a receiver's panels say beside its journal."""
    up_s = watched.hands.uptime().seconds
    (watched.home.journal.parent / panel_time.FILE).write_text(json.dumps({
        "boot": "hands", "accounts": 9, "heard_s": up_s, "spread_s": 1.0, "why": "", "told": {},
        "may_alone": may_alone,
        "less_uptime_s": watched.hands.now().timestamp() - up_s + off_s,
    }))  # fmt: skip


def test_a_clock_that_the_panels_speak_against_is_in_doubt_until_they_back_it(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """Their silence ends no doubt; what they agree with does."""
    say_panels(watched, 61.0)
    watched.pass_(119)
    assert watched.lasting() == {}
    watched.pass_(7)
    assert watched.lasting()["clock_doubt", ""] == {"off_s": 61.0}
    assert watched.hands.off_s == 61.0
    (watched.home.journal.parent / panel_time.FILE).unlink()
    watched.pass_(60)
    assert ("clock_doubt", "") in watched.lasting()
    say_panels(watched, 1.0)
    watched.pass_(16)
    assert watched.lasting() == {}
    assert watched.hands.off_s == 0
    assert [m for m in caplog.messages if m.startswith("clock_")] == [
        "clock_doubted",
        "clock_trusted",
    ]


def test_a_doubt_that_cannot_be_read_lasts_until_a_source_says_more(watched: Watched) -> None:
    """It is said without a number; what speaks against us gives one, what backs us ends it."""
    watched.hands.off_s = None
    watched.pass_(6)
    assert watched.lasting()["clock_doubt", ""] == {"off_s": None}
    say_panels(watched, 61.0)
    watched.pass_(6)
    assert watched.hands.suspected_s() == 61.0
    watched.hands.off_s = None
    say_panels(watched, 1.0)
    watched.pass_(16)
    assert watched.lasting() == {}


def test_panels_that_speak_against_our_clock_for_a_moment_put_it_in_no_doubt(
    watched: Watched,
) -> None:
    """However often: two minutes without a break, or another source beside them."""
    for _ in range(5):
        say_panels(watched, 400.0)
        watched.pass_(110)
        say_panels(watched, 0.0)
        watched.pass_(10)
    assert not Trouble.objects.filter(kind="clock_doubt").exists()
    assert watched.hands.off_s == 0


def test_one_tenants_panels_among_several_put_our_clock_in_no_doubt(watched: Watched) -> None:
    say_panels(watched, 400.0, may_alone=False)
    watched.pass_(300)
    assert (watched.lasting(), watched.hands.off_s) == ({}, 0)


def test_panels_and_a_time_server_decide_which_is_out(
    world: World, home: Home, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server alone: no doubt. With panels that back it: doubt. Asked over loopback."""
    with time_server(Answer(off_s=hands.now().timestamp() + 61.0 - time.time())) as server:
        asked = replace(home, settings=Settings(time_servers=(server.host,)))
        watched = Watched(asked, hands, monkeypatch)
        watched.checks.look()
        watched.checks.time_servers.wait(5)
        watched.pass_(6)
        assert watched.lasting() == {}
        say_panels(watched, 0.0)
        watched.pass_(6)
        assert watched.lasting() == {}
        say_panels(watched, 60.0)
        watched.pass_(6)
    assert watched.lasting()["clock_doubt", ""]["off_s"] == pytest.approx(61.0, abs=0.5)
    assert len(server.questions) == 1


@pytest.mark.parametrize(("free_mb", "room"), [(999, "little"), (150, "critical")])
def test_little_room_on_the_disk(watched: Watched, free_mb: int, room: str) -> None:
    watched.disk = Disk(free_mb * MB, 10_000 * MB)
    watched.pass_(10)
    assert watched.lasting()["disk_space", ""]["room"] == room


def test_a_certificate_that_ends(world: World, tmp_path: Path, hands: Hands) -> None:
    """A day left, then none."""
    (tmp_path / "intake").mkdir()
    file, key = Authority(tmp_path / "tls").issue("127.0.0.1")
    home = Home(tmp_path, Settings(tls_certificate=str(file), tls_key=str(key)), "", "")
    checks = Checks(home, Listener({}), Heart(tmp_path))
    checks.look()
    assert Trouble.objects.get(kind="certificate").facts["ending"] == "urgent"
    hands.advance(86_400)
    checks.look()
    assert Trouble.objects.get(kind="certificate", ended_at=None).facts["ending"] == "ended"


def test_timers_that_do_not_fire(watched: Watched, world: World) -> None:
    """Six seconds after their time, as nobody fires them here."""
    timers._handlers["test.still"] = lambda _timer, _now: None
    timers.start(
        "test.still", tenant_id=world.tenant.pk, subject=uuid7(), deadline=watched.hands.now()
    )
    del timers._handlers["test.still"]
    watched.pass_(4)
    assert watched.lasting() == {}
    watched.pass_(2)
    assert watched.lasting()["timers_overdue", ""]["count"] == 1
    Timer.objects.update(fired_at=watched.hands.now())
    watched.pass_(12)
    assert watched.lasting() == {}


def test_a_job_that_keeps_failing_without_its_words(watched: Watched) -> None:
    """Three times in a row; the fault's kind alone: its words may hold anything."""
    assert jobs.list_failing(3) == []
    job = Job.objects.create(
        kind="test.sisyphus", run_at=watched.hands.now(), failures=2, last_error="ValueError: namn"
    )
    watched.pass_(6)
    assert watched.lasting() == {}
    Job.objects.filter(pk=job.pk).update(failures=3)
    watched.pass_(6)
    assert watched.lasting() == {
        ("jobs_failing", "test.sisyphus"): {"failures": 3, "fault": "ValueError"}
    }


def test_messages_that_are_not_sent(watched: Watched, world: World) -> None:
    """By channel; half a minute after they were written."""
    notifications.put(
        tenant_id=world.tenant.pk, channel="sms", address="+46700000000", title="Larm", text="",
        key="one", subject=None, at=watched.hands.now(),
    )  # fmt: skip
    watched.pass_(30)
    assert watched.lasting() == {}
    watched.pass_(6)
    assert watched.lasting() == {("notifications_unsent", "sms"): {"count": 1}}


def test_a_check_that_stumbles_silences_no_other(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(_path: Path) -> Disk:
        raise OSError("gone")

    monkeypatch.setattr(watching, "read_disk", stumble)
    watched.hands.jump_s = 60.0
    watched.pass_(2)
    assert ("clock_step", "") in watched.lasting()
    assert "check failed" in caplog.messages


def test_a_database_that_does_not_answer_is_said_in_log_and_heartbeat(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a minute, with what is known to be wrong; the heart beats on; later it is raised after all."""

    def silent(**_given: object) -> bool:
        raise OperationalError("database is locked")

    monkeypatch.setattr(watching, "raise_trouble", silent)
    monkeypatch.setattr(watching, "close_old_connections", lambda: None)
    watched.hands.jump_s = 60.0
    watched.pass_(30)
    said = [one for one in caplog.records if one.message == "database_silent"]
    assert [one.levelno for one in said] == [logging.CRITICAL]
    assert said[0].__dict__["troubles"] == ["clock_step"]
    beat = find_beat(watched.home.path)
    assert beat is not None
    assert not beat.database_answers
    assert beat.step_age_s is not None
    assert beat.step_age_s <= 2
    monkeypatch.setattr(watching, "raise_trouble", raise_trouble)
    watched.pass_(12)
    assert ("clock_step", "") in watched.lasting()
    assert "database_answers" in caplog.messages
    watched.checks.heart.turned()
    beat = find_beat(watched.home.path)
    assert beat is not None
    assert beat.database_answers
