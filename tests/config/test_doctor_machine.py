"""What the doctor finds around the stores, each with conditions that were made."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from narvaro.config.doctor_machine import (
    SOURCE_WHY,
    certificates,
    disk_space,
    file_modes,
    judge_clock,
    judge_disk,
    judge_files,
    judge_ports,
    notification_channels,
    open_files,
    time_sources,
)
from narvaro.config.home import Home, Settings, open_home
from narvaro.intake import panel_time
from narvaro.spine.clock import Hands
from narvaro.spine.kernel_clock import Sync
from narvaro.spine.machine import MB, Disk
from narvaro.spine.silent import Silent
from narvaro.spine.time_servers import FILE
from tests.authority import Authority
from tests.make import NIGHT


@pytest.mark.parametrize(
    ("jump_s", "sync", "levels"),
    [
        (0.0, "synchronised", ["ok", "ok"]),
        (3600.0, "synchronised", ["bad", "ok"]),
        (0.0, "unsynchronised", ["ok", "warn"]),
        (-5.0, "unknown", ["bad", "warn"]),
    ],
)
def test_the_clock(jump_s: float, sync: Sync, levels: list[str]) -> None:
    found = judge_clock(jump_s, sync)
    assert [one.level for one in found] == levels
    assert ("narvaro clock accept" in found[0].what_to_do) == bool(jump_s)


@pytest.mark.parametrize(("keyed", "level"), [(4, "ok"), (5, "warn")])
def test_panels_that_could_speak_and_do_not_are_a_warning(
    tmp_path: Path, hands: Hands, keyed: int, level: str
) -> None:
    """Silence is no word that all is well."""
    kept = {
        "boot": "hands",
        "accounts": 3,
        "heard_s": 0.0,
        "why": "few",
        "keyed": keyed,
        "told": {},
    }
    (tmp_path / "intake").mkdir()
    home = Home(tmp_path, Settings(), "", "")
    (home.journal.parent / panel_time.FILE).write_text(json.dumps(kept))
    found = time_sources(home)[0]
    assert (found.code, found.level) == ("clock_panels", level)
    assert ("time_servers" in found.what_to_do) == (level == "warn")
    hands.advance(1000)
    assert time_sources(home)[0].level == level


def test_every_source_of_time_is_told(tmp_path: Path, hands: Hands) -> None:
    """What each says and when; not asked where none is named; one that is out, and a doubt."""
    (tmp_path / "intake").mkdir()
    found = time_sources(Home(tmp_path, Settings(), "", ""))
    assert [(one.code, one.level) for one in found] == [
        ("clock_panels", "ok"), ("clock_server", "ok"),
    ]  # fmt: skip
    assert found[1].what == "Not asked: time_servers names none"
    said = {"boot": "hands", "asked_s": 0.0, "give_s": 2.0, "read_s": 0.0}
    times = {"a": 0.4, "b": 0.5, "c": -61.0}
    kept = [
        {"host": name, "less_uptime_s": hands.now().timestamp() + off_s, **said}
        for name, off_s in times.items()
    ]
    kept.append({"host": "d", "boot": "hands", "asked_s": 0.0, "fault": "silent"})
    (tmp_path / FILE).write_text(json.dumps(kept))
    hands.advance(60)
    home = Home(tmp_path, Settings(time_servers=("a", "b", "c", "d", "e")), "", "")
    found = time_sources(home)
    assert [(one.where, one.level) for one in found[1:]] == [
        ("a", "ok"), ("b", "ok"), ("c", "warn"), ("d", "warn"), ("e", "ok"),
    ]  # fmt: skip
    assert found[1].what == (
        f"Its time less ours is +0.4 s, give or take 2.0 s, read {NIGHT:%Y-%m-%d %H:%M:%S} UTC"
    )
    assert "the others speak against it" in found[3].what
    assert found[4].what == "It does not answer"
    assert "was not asked yet" in found[5].what
    for one in kept:
        one["less_uptime_s"] = hands.now().timestamp() - hands.uptime().seconds + 90
    (tmp_path / FILE).write_text(json.dumps(kept[:2]))
    of_two = time_sources(replace(home, settings=Settings(time_servers=("a", "b"))))
    assert [(one.level, "it differs" in one.what) for one in of_two[1:]] == [("warn", True)] * 2
    hands.off_s = 61.0
    assert (time_sources(home)[-1].code, time_sources(home)[-1].level) == ("clock_doubt", "bad")
    hands.off_s = None
    assert "by how much cannot be read" in time_sources(home)[-1].what


def test_each_silence_of_a_source_has_its_words() -> None:
    assert set(SOURCE_WHY) == set(Silent)


@pytest.mark.parametrize(("free_mb", "level"), [(50_000, "ok"), (900, "warn"), (100, "bad")])
def test_the_disk(tmp_path: Path, free_mb: int, level: str) -> None:
    assert judge_disk(Disk(free_mb * MB, 100_000 * MB), "/home").level == level
    [found] = disk_space(Home(tmp_path, Settings(), "", ""))
    assert found.code == "disk_space"


def test_certificates(tmp_path: Path, hands: Hands) -> None:
    """None set is nothing to look at; one that ends tomorrow, has ended, is no certificate."""
    assert certificates(Home(tmp_path, Settings(), "", "")) == []
    file, _key = Authority(tmp_path).issue("127.0.0.1")
    home = Home(tmp_path, Settings(tls_certificate=str(file)), "", "")
    assert [(one.level, one.what[:7]) for one in certificates(home)] == [("bad", "It ends")]
    hands.advance(86_400)
    assert [(one.level, one.what[:8]) for one in certificates(home)] == [("bad", "It ended")]
    file.write_text("nothing")
    assert [(one.level, one.what) for one in certificates(home)] == [("bad", "It cannot be read")]


def test_open_files(tmp_path: Path) -> None:
    """As many as the receiver may need; no limit is enough."""
    assert judge_files(4096, 4096).level == "ok"
    assert judge_files(-1, 4096).level == "ok"
    found = judge_files(1024, 4096)
    assert (found.level, found.what_to_do) == (
        "warn", "Set LimitNOFILE=4096 where it is started.",
    )  # fmt: skip
    [found] = open_files(Home(tmp_path, Settings(), "", ""))
    assert found.code == "open_files"


@pytest.mark.parametrize(
    ("given", "levels"),
    [
        (Settings(), ["ok"]),
        (Settings(bind="::1"), ["ok"]),
        (Settings(bind="0.0.0.0"), ["bad", "warn", "warn"]),
        (Settings(bind="larm.example.se"), ["bad", "warn", "warn"]),
        (Settings(bind="90.224.0.7", tls_certificate="web.pem"), ["warn"]),
        (
            Settings(bind="90.224.0.7", tls_certificate="web.pem", alarm_networks=("10.0.0.0/8",)),
            ["ok"],
        ),
        (
            Settings(
                bind="90.224.0.7",
                alarm_networks=("10.0.0.0/8",),
                listeners=("dc09", "sos_access", "cot"),
            ),
            ["bad", "warn"],
        ),
        (Settings(bind="90.224.0.7", second_receiver=True), ["bad", "warn", "warn", "warn"]),
        (
            Settings(bind="90.224.0.7", second_receiver=True, listeners=("http",)),
            ["bad", "warn"],
        ),
        (Settings(bind="10.0.0.7"), ["warn", "ok", "ok"]),
        (Settings(bind="0.0.0.0", behind_tls_proxy=True), ["warn", "warn", "warn"]),
    ],
)
def test_open_ports(given: Settings, levels: list[str]) -> None:
    """Pages in clear to everybody are bad; behind a proxy they should be this machine's own."""
    found = judge_ports(given)
    assert [one.level for one in found] == levels
    assert not [one for one in found if one.level != "ok" and not one.what_to_do]


def test_file_modes(tmp_path: Path) -> None:
    """Secrets and keys that others can open are bad; a home that others can enter is worth a look."""
    home = open_home(tmp_path / "home")
    assert [one.level for one in file_modes(home)] == ["ok"]
    key, store = home.path / "web.key", home.path / "narvaro.db"
    for file in (key, store):
        file.write_text("x")
        file.chmod(0o644)
    home = replace(home, settings=Settings(tls_key=str(key)))
    [found] = file_modes(home)
    assert (found.level, found.what_to_do) == ("bad", f"chmod 600 {key}")
    home.path.chmod(0o755)
    assert [(one.level, one.what_to_do) for one in file_modes(home)] == [
        ("bad", f"chmod 600 {key}"), ("warn", f"chmod 700 {home.path}"),
    ]  # fmt: skip


def test_notification_channels(tmp_path: Path) -> None:
    """None and one are worth a look, two are enough."""
    mail, gateway = "mail.example.se", "https://sms.example.se/{to}/{text}"
    for given, level in (
        (Settings(), "warn"),
        (Settings(smtp_host=mail), "warn"),
        (Settings(smtp_host=mail, sms_url=gateway), "ok"),
    ):
        [found] = notification_channels(Home(tmp_path, given, "", ""))
        assert found.level == level
