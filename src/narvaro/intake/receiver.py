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
from contextlib import AsyncExitStack
from pathlib import Path

from narvaro.intake import panel_time
from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.opening import Doors
from narvaro.intake.panel_time import PanelTime
from narvaro.intake.receiver_config import (
    ConfigError,
    ReceiverConfig,
    load_config,
    read_seal_key,
)
from narvaro.intake.records import JournalError, read_of_kind
from narvaro.intake.replay import ReplayGuard
from narvaro.intake.rotation import Rotation
from narvaro.intake.sealed import Accounts, SealError, unseal
from narvaro.spine import clock
from narvaro.spine.logs import JsonLines

logger = logging.getLogger(__name__)

RELOAD_S = 0.5
COUNTS_S = 60.0
STOP_S = 5.0
SPARE_FILES = 64  # file descriptors that are not connections
SWITCH_S = 0.0005  # so that the journal's thread gets the interpreter back between two frames


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


class Current:
    """The accounts in force: those of the file, with the passwords that were renewed since."""

    def __init__(self, file: AccountsFile, rotation: Rotation) -> None:
        self._file = file
        self._rotation = rotation
        self._handed = self._applied = Accounts()

    def load_first(self) -> Accounts:
        """Return the accounts to start with."""
        self._handed = self._file.load_first()
        return self.load()

    def load(self) -> Accounts:
        """Return the accounts of now, the same object as long as nothing changed."""
        self._handed = self._file.load_changed() or self._handed
        applied = self._rotation.applied(self._handed)
        if applied != self._applied:
            self._applied = applied
        return self._applied


def run(config: ReceiverConfig) -> None:
    """Receive until SIGTERM or SIGINT; raise ConfigError or JournalError where it cannot start."""
    os.umask(0o077)
    sys.setswitchinterval(SWITCH_S)
    _raise_file_limit(2 * config.limits.connections + SPARE_FILES)
    key = read_seal_key(config.seal_key_file)
    journal = Journal(config.journal, config.receiver_id)
    try:
        asyncio.run(_receive(config, journal, AccountsFile(config.accounts, key, journal), key))
    finally:
        journal.close()
    logger.info("receiver_stopped")


async def _receive(config: ReceiverConfig, journal: Journal, file: AccountsFile, key: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    rotation = Rotation(journal, key)
    rotation.recall(read_of_kind(config.journal, "rotation"))
    current = Current(file, rotation)
    desk = Desk(journal, current.load_first(), config.limits)
    guard = ReplayGuard()
    guard.recall_stamps(config.journal.parent)
    guard.recall(config.journal, desk.accounts)
    async with AsyncExitStack() as until:
        panels = panel_time.recall(config.journal.parent)
        doors = Doors(config, desk, AlarmFrames(desk, guard, panels), rotation, until)
        await doors.open()
        ready = {"event": "ready", "ports": doors.ports, "pid": os.getpid()}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        keeping = asyncio.create_task(_keep_current(desk, current, panels, guard))
        await stop.wait()
        keeping.cancel()
    await _finish(STOP_S)
    guard.write_stamps(config.journal.parent, at_once=True)


async def _keep_current(
    desk: Desk, current: Current, panels: PanelTime, guard: ReplayGuard
) -> None:
    """Follow the sealed file, and say the counts once a minute where they changed."""
    beside = desk.journal.path.parent
    said: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    due = loop.time() + COUNTS_S
    while True:
        await asyncio.sleep(RELOAD_S)
        desk.accounts = current.load()
        clock.keep()
        panels.know(desk.accounts)
        panels.write(beside, now=clock.now(), up=clock.uptime())
        guard.write_stamps(beside)
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
