"""kill -9 and bad disks under fifty connections. In: a seed. Out: acknowledged alarms that are gone.

Senders in processes of their own (TCP plain and encrypted, UDP, SOS Access) dial all the time and
keep ledgers of what was acknowledged.
Each run starts the receiver, lets it work, perhaps breaks its disk (and perhaps mends it), and
kills it with signal 9.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from narvaro.intake.records import read_after
from narvaro.intake.sealed import Accounts, AlarmAccount, Sender
from tests.intake.dialler import SOS_SECRET, SOS_SENDER
from tests.intake.file_systems import Fault
from tests.intake.running import HEX_KEY, ROOT, Running

KEYED = "AB12"
PLAIN = "1234"
UDP = "5DDD"
ACCOUNTS = Accounts(
    (
        AlarmAccount("town", PLAIN),
        AlarmAccount("town", KEYED, key=HEX_KEY),
        AlarmAccount("town", UDP),
    ),
    senders=(Sender("town", "sos-access", SOS_SENDER, SOS_SECRET),),
)
DIALLERS = {  # the port's name, and what the sender is told besides
    "plain": ("dc09", ["--account", PLAIN]),
    "encrypted": ("dc09", ["--account", KEYED, "--key", HEX_KEY]),
    "udp": ("dc09", ["--account", UDP, "--over", "udp"]),
    "sos_access": ("sos_access", ["--over", "sos_access"]),
}
FILE_LIMIT = "file_limit"
KILL = "kill"
EVENTS = (KILL, FILE_LIMIT, *Fault)
WEIGHTS = (4, 1, *(1 for _ in Fault))


@dataclass
class Kills:
    """What happened in all runs, and what came of it."""

    events: Counter[str] = field(default_factory=Counter)
    failures: int = 0  # how often the receiver said that its journal failed
    by_sender: Counter[str] = field(default_factory=Counter)  # how many were acknowledged to each
    stored: int = 0
    missing: list[str] = field(default_factory=list)
    whole: str = ""

    @property
    def acknowledged(self) -> int:
        return self.by_sender.total()

    @property
    def is_loss(self) -> bool:
        return bool(self.missing) or self.whole != "ok"


@contextmanager
def dialling(ports: dict[str, int], folder: Path, connections: int) -> Iterator[list[Path]]:
    """Dial from a process for each kind of sender; yield their ledgers."""
    ledgers = [folder / name for name in DIALLERS]
    diallers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.intake.dialler", "--port", str(ports[port]),
             "--connections", str(-(-connections // len(DIALLERS))),
             "--ledger", str(folder / name), *options],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.DEVNULL,
        )
        for name, (port, options) in DIALLERS.items()
    ]  # fmt: skip
    try:
        yield ledgers
    finally:
        for dialler in diallers:
            dialler.terminate()
        for dialler in diallers:
            dialler.wait(10)


def kill_often(
    folder: Path,
    runs: int,
    seed: int,
    *,
    events: tuple[str, ...] = (),
    connections: int = 50,
    say: Callable[[str], None] = lambda _: None,
) -> Kills:
    """Do `runs` runs with `events` in turn, or with events by the dice; return what came of it."""
    dice = Random(seed)
    running = Running(folder, more={"sos_access_port": 0})
    running.hand_over(ACCOUNTS)
    kills = Kills()
    running.start()
    running.more["sos_access_port"] = running.ports["sos_access"]
    with dialling(running.ports, folder, connections) as ledgers:
        for number in range(runs):
            event = events[number % len(events)] if events else _choose(dice)
            running.end(signal.SIGKILL)
            running.disk = f"fault={event}" if event in tuple(Fault) else ""
            running.start()
            _run(running, event, dice)
            kills.events[event] += 1
            say(f"run {number + 1} of {runs}: {event}")
        running.end(signal.SIGKILL)
        running.disk = ""
        running.start()
        time.sleep(0.5)
    running.end()
    kills.failures = running.log.count('"journal_failed"')
    _count(kills, running.journal, ledgers)
    return kills


def _choose(dice: Random) -> str:
    return str(dice.choices(EVENTS, WEIGHTS)[0])


def _run(running: Running, event: str, dice: Random) -> None:
    """Work a while, break the disk, and in half of the runs mend it again."""
    assert running.process is not None
    time.sleep(dice.uniform(0.2, 0.6))
    if event == KILL:
        return
    _break(running, event)
    time.sleep(dice.uniform(0.05, 0.5))
    if dice.random() < 0.5:
        _mend(running, event)
        time.sleep(dice.uniform(0.2, 0.8))


def _break(running: Running, event: str) -> None:
    assert running.process is not None
    if event == FILE_LIMIT:
        size = max(one.stat().st_size for one in running.folder.glob("intake.db*"))
        _limit(running.process.pid, size + 20_000)
    else:
        running.process.send_signal(signal.SIGUSR1)


def _mend(running: Running, event: str) -> None:
    assert running.process is not None
    if event == FILE_LIMIT:
        _limit(running.process.pid, resource.RLIM_INFINITY)
    else:
        running.process.send_signal(signal.SIGUSR2)


def _limit(pid: int, size: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _count(kills: Kills, journal: Path, ledgers: list[Path]) -> None:
    names = {one.name: one.read_text().split() for one in ledgers}
    kills.by_sender.update({sender: len(said) for sender, said in names.items()})
    missing = {name for said in names.values() for name in said}
    after = 0
    while batch := read_after(journal, after, 5000):
        after = batch[-1].id
        kills.stored += len(batch)
        missing -= {one.decoded.partition('"text":"')[2].partition('"')[0] for one in batch}
    kills.missing = sorted(missing)
    kills.whole = str(apsw.Connection(str(journal)).execute("PRAGMA integrity_check").get)
