"""The receiver's process: starting, accounts that change, a full disk, stopping."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from narvaro.intake.protocols.sia_dc09 import enclose
from narvaro.intake.receiver_config import ConfigError, load_config, read_seal_key
from narvaro.intake.records import now_us
from narvaro.intake.sealed import Accounts, AlarmAccount
from tests.intake.cold_start import fill, start_cold
from tests.intake.running import ACCOUNTS, ROOT, Running, receiver
from tests.waiting import wait_until

ALARM = enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]')
ACK = enclose(b'"ACK"0001L0#1234[]')


def test_receiver_imports_no_django_and_no_numbers() -> None:
    """It must start fast and stand alone."""
    code = "import narvaro.intake.receiver, sys; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    ).stdout.split()  # fmt: skip
    assert not {"django", "numpy", "numba", "sqlite3"} & set(found)


def test_accounts_are_followed_and_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    """A new file is in force within a second; one that does not open is said and left."""
    with receiver(tmp_path, None) as running:
        assert running.ask(ALARM) == b"", "before the first accounts nobody is unknown"
        running.hand_over(ACCOUNTS)
        wait_until(lambda: running.ask(ALARM) == ACK, "the accounts are in force", 2)
        (tmp_path / "accounts.sealed").write_bytes(b"broken")
        wait_until(lambda: "accounts_refused" in running.log, "the broken file is said")
        assert running.ask(ALARM) == ACK
        running.hand_over(Accounts((AlarmAccount("town", "4321"),)))
        wait_until(lambda: b"DUH" in running.ask(ALARM), "the account is gone", 2)


def test_starts_from_the_journals_copy_where_the_file_is_missing(tmp_path: Path) -> None:
    """The directory and its file may be gone: alarms are still decrypted and acknowledged."""
    with receiver(tmp_path) as running:
        wait_until(lambda: "accounts_loaded" in running.log, "the accounts are loaded")
    (tmp_path / "accounts.sealed").unlink()
    running.start()
    assert running.ask(ALARM) == ACK
    assert running.end() == 0
    assert "accounts_from_journal" in running.log


def test_full_disk_stops_acknowledging_and_room_starts_it_again(tmp_path: Path) -> None:
    """What was acknowledged is stored, nothing more is while the disk is full, then it goes on."""
    with receiver(tmp_path) as running:
        assert running.process is not None
        resource.prlimit(
            running.process.pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY)
        )
        answers = 0
        for _ in range(500):
            if running.ask(ALARM) != ACK:
                break
            answers += 1
        assert 0 < answers < 500
        assert running.ask(ALARM) == b""
        assert running.ask(enclose(b'"NULL"0001L0#1234[]')) == b"", "not even a poll"
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, unlimited)
        wait_until(lambda: running.ask(ALARM) == ACK, "it goes on")
        stored = [one for one in running.list_records() if one.kind == "signal"]
        assert len(stored) >= answers + 1
    said = [json.loads(line)["message"] for line in running.log.splitlines()]
    assert said.index("journal_failed") < said.index("journal_recovered")
    assert "journal_lost_acknowledged" not in said


def test_sigterm_answers_what_was_read_and_ends_cleanly(tmp_path: Path) -> None:
    """The process ends with 0, with open connections too, and leaves one closed file."""
    with receiver(tmp_path) as running:
        with socket.create_connection(("127.0.0.1", running.dc09_port), 5) as line:
            line.sendall(ALARM)
            assert line.recv(100) == ACK
            assert running.end() == 0
            assert line.recv(100) == b""
        assert not running.journal.with_name("intake.db-wal").exists()
        assert "receiver_stopped" in running.log


def test_log_is_json_lines_without_content_or_keys(running: Running) -> None:
    """Refusals are logged with ids, never with what was sent."""
    running.ask(enclose(b'"SIA-DCS"0001L0#AB12[#AB12|NBA05^Secret words^]'))
    wait_until(lambda: "plaintext" in running.log, "the refusal is logged")
    lines = [json.loads(line) for line in running.log.splitlines()]
    assert any(line.get("code") == "plaintext" and line["source"] == "AB12" for line in lines)
    assert "Secret words" not in running.log
    assert not any(account.key in running.log for account in ACCOUNTS.accounts if account.key)


def test_journal_of_another_receiver_is_refused_at_start(tmp_path: Path) -> None:
    """The process ends with 2 and says what to do."""
    with receiver(tmp_path) as running:
        running.end()
    config = json.loads((tmp_path / "config.json").read_text()) | {"receiver_id": "other"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    ended = subprocess.run(
        [sys.executable, "-m", "narvaro.intake.receiver", "--config", str(tmp_path / "config.json")],
        capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert ended.returncode == 2
    assert "set receiver_id back" in ended.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"receiver_id": "a", "journal": "j", "accounts": "a", "seal_key_file": "k", "prot": 1}',
        '{"receiver_id": "a", "journal": "j", "accounts": "a", "seal_key_file": "k", "limits": 1}',
    ],
)
def test_wrong_configuration_names_the_file(tmp_path: Path, text: str) -> None:
    """What is no configuration is refused before anything is opened."""
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json"):
        load_config(tmp_path / "config.json")


def test_seal_key_comes_from_a_file_of_its_own_or_from_the_secrets(tmp_path: Path) -> None:
    """Both forms read the same; what holds no key says so."""
    (tmp_path / "key").write_text("abc=\n")
    (tmp_path / "secrets.toml").write_text('seal_key = "abc="\n')
    (tmp_path / "other.toml").write_text("a = 1\n")
    assert read_seal_key(tmp_path / "key") == read_seal_key(tmp_path / "secrets.toml") == "abc="
    with pytest.raises(ConfigError, match=r"other\.toml"):
        read_seal_key(tmp_path / "other.toml")


@pytest.mark.slow
def test_a_large_journal_does_not_delay_the_first_answer(tmp_path: Path) -> None:
    """Nothing at the start reads the whole journal."""
    found = start_cold(tmp_path, 300_000)
    assert found.in_memory < 0.05, "the journal's folder is in memory: nothing is cold here"
    assert found.first_answer_s < 5.0


@pytest.mark.slow
def test_a_day_full_of_alarms_does_not_delay_a_start_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was heard in a day is recalled as far as there is time; the memory it takes is bounded."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "doubted-time.json").write_text('{"off_s": 400.0}')
    monkeypatch.setenv("NARVARO_HOME", str(tmp_path / "home"))
    running = Running(tmp_path)
    running.hand_over(ACCOUNTS)
    fill(running.journal, 400_000)
    with closing(apsw.Connection(str(running.journal))) as db:
        db.execute(
            "UPDATE record SET account = '1234', received_at_us = ? - id % 80000 * 1000000, "
            "decoded = json_set(decoded, '$[0].fingerprint', printf('%032x', id))",
            (now_us(),),
        )
    begun = time.monotonic()
    running.start()
    try:
        assert running.ask(ALARM) == ACK
        assert time.monotonic() - begun < 5.0
        assert running.process is not None
        status = Path(f"/proc/{running.process.pid}/status").read_text()
        assert int(status.split("VmHWM:")[1].split()[0]) < 150_000
    finally:
        running.end()
