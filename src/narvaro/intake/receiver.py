"""The receiver's process: listeners, journal, acknowledgements, nothing else.

In: a configuration file. Out: a line `{"event": "ready", …}` on standard output with the ports
that are bound, JSON lines on standard error, and the journal. It reads `accounts.sealed` again
when that changes, and starts from the journal's own copy where the file is missing.

    python -m narvaro.intake.receiver --config FILE.json
"""

import argparse
import asyncio
import json
import logging
import os
import resource
import signal
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from narvaro.intake.alarm_listener import AlarmListener
from narvaro.intake.desk import Desk
from narvaro.intake.http_listener import HttpListener
from narvaro.intake.journal import Journal, JournalError
from narvaro.intake.limits import Limits
from narvaro.intake.sealed import Accounts, SealError, unseal
from narvaro.spine.logs import JsonLines

logger = logging.getLogger(__name__)

RELOAD_S = 0.5
COUNTS_S = 60.0
STOP_S = 5.0
SPARE_FILES = 64  # file descriptors that are not connections
SWITCH_S = 0.0005  # so that the journal's thread gets the interpreter back between two frames


class ConfigError(Exception):
    """The receiver cannot start with this configuration; says what and where."""


@dataclass(frozen=True)
class ReceiverConfig:
    """Where the receiver's files are and where it listens; a port of 0 is any free one.

    `seal_key_file` holds the key alone, or `seal_key = "…"` where its name ends in .toml.
    """

    receiver_id: str
    journal: Path
    accounts: Path
    seal_key_file: Path
    host: str = "127.0.0.1"
    dc09_port: int = 12128
    osmand_port: int = 5055
    limits: Limits = field(default_factory=Limits)


def load_config(path: Path) -> ReceiverConfig:
    """Read a configuration file (JSON); raise ConfigError where it is not one."""
    try:
        given = json.loads(path.read_text())
        limits = Limits(**given.pop("limits", {}))
        given |= {name: Path(given[name]) for name in ("journal", "accounts", "seal_key_file")}
        return ReceiverConfig(limits=limits, **given)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise ConfigError(f"{path} is not a receiver's configuration: {fault!r}") from fault


def read_seal_key(path: Path) -> str:
    """Read the seal key; raise ConfigError where there is none."""
    try:
        text = path.read_text()
        return str(tomllib.loads(text)["seal_key"]) if path.suffix == ".toml" else text.strip()
    except (OSError, KeyError, ValueError) as fault:
        raise ConfigError(f"{path} holds no seal_key: {fault!r}") from fault


class AccountsFile:
    """The accounts in force: the sealed file, else the journal's copy of it."""

    def __init__(self, path: Path, key: str, journal: Journal) -> None:
        self._path = path
        self._key = key
        self._journal = journal
        self._mark: tuple[int, int, int] | None = None

    def load_first(self) -> Accounts:
        """Return the accounts to start with; empty where none were ever handed over."""
        found = self.load_changed()
        if found is not None:
            return found
        copy = self._journal.get_accounts()
        if copy is None:
            logger.warning("accounts_missing", extra={"file": self._path.name})
            return Accounts()
        try:
            accounts = unseal(copy, self._key)
        except SealError as fault:
            logger.critical("accounts_refused", extra={"source": "journal", "fault": str(fault)})
            return Accounts()
        logger.warning("accounts_from_journal", extra={"accounts": len(accounts.accounts)})
        return accounts

    def load_changed(self) -> Accounts | None:
        """Return the file's accounts if it changed since the last call and opens, else None."""
        try:
            found = self._path.stat()
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if mark == self._mark:
                return None
            self._mark = mark
            sealed = self._path.read_bytes()
            accounts = unseal(sealed, self._key)
        except FileNotFoundError:
            return None
        except (OSError, SealError) as fault:
            logger.critical("accounts_refused", extra={"source": "file", "fault": str(fault)})
            return None
        self._journal.save_accounts(sealed)
        logger.info(
            "accounts_loaded",
            extra={"accounts": len(accounts.accounts), "devices": len(accounts.devices)},
        )
        return accounts


def run(config: ReceiverConfig) -> None:
    """Receive until SIGTERM or SIGINT; raise ConfigError or JournalError where it cannot start."""
    os.umask(0o077)
    sys.setswitchinterval(SWITCH_S)
    _raise_file_limit(2 * config.limits.connections + SPARE_FILES)
    key = read_seal_key(config.seal_key_file)
    journal = Journal(config.journal, config.receiver_id)
    try:
        asyncio.run(_receive(config, journal, AccountsFile(config.accounts, key, journal)))
    finally:
        journal.close()
    logger.info("receiver_stopped")


async def _receive(config: ReceiverConfig, journal: Journal, file: AccountsFile) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    desk = Desk(journal, file.load_first(), config.limits)
    alarms = AlarmListener(desk, config.limits)
    positions = HttpListener(desk, config.limits)
    servers = [
        await asyncio.start_server(alarms.attend, config.host, config.dc09_port, backlog=512),
        await asyncio.start_server(positions.attend, config.host, config.osmand_port, backlog=512),
    ]
    dc09_port, osmand_port = (server.sockets[0].getsockname()[1] for server in servers)
    ready = {
        "event": "ready",
        "dc09_port": dc09_port,
        "osmand_port": osmand_port,
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    keeping = asyncio.create_task(_keep_current(desk, file))
    await stop.wait()
    keeping.cancel()
    for server in servers:
        server.close()
    alarms.stop()
    positions.stop()
    await _finish(STOP_S)


async def _keep_current(desk: Desk, file: AccountsFile) -> None:
    """Follow the sealed file, and say the counts once a minute where they changed."""
    said: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    due = loop.time() + COUNTS_S
    while True:
        await asyncio.sleep(RELOAD_S)
        desk.accounts = file.load_changed() or desk.accounts
        if loop.time() >= due:
            due += COUNTS_S
            if dict(desk.counts) != said:
                said = dict(desk.counts)
                logger.info("counts", extra=said)


async def _finish(patience_s: float) -> None:
    """Let the connections end what they have begun."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=patience_s)


def _raise_file_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Start the receiver from the command line; 2 says that it cannot start as configured."""
    parser = argparse.ArgumentParser(description="Receive alarms and positions.")
    parser.add_argument("--config", type=Path, required=True, help="configuration file (JSON)")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        run(load_config(parser.parse_args().config))
    except (ConfigError, JournalError, OSError) as fault:
        logger.critical("receiver_cannot_start", extra={"fault": str(fault)})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
