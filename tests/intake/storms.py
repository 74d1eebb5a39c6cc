"""Panels on bad lines to a real receiver. In: a seed. Out: what they dialled, what they were promised.

A panel gives up on no alarm: it sends it again, on a new connection, until it is acknowledged. One
kind sends the same bytes, the other stamps them anew. Frames are made by siadc09, requests of SOS
Access by hand, nothing by the code under test.
"""

import asyncio
import contextlib
import math
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from narvaro.intake.records import Record
from narvaro.intake.sealed import Accounts, AlarmAccount, Sender
from tests.intake.datagrams import DatagramLine, bad_datagrams
from tests.intake.dialler import OVER, SOS_SECRET, SOS_SENDER, alarm, sos_alarm
from tests.intake.line import DATAGRAM_FAULTS, TCP_FAULTS, Fault, Line, bad_line
from tests.intake.running import HEX_KEY, Running

PATIENCE_S = 0.4  # for an answer
RETRY_S, PAUSE_S = 0.05, 0.02
HEALED_S = 5.0  # within which all is acknowledged once the lines are good
WORST = 0.4  # of all chunks
YES = (b"<status>0</status>", b"<status>10</status>")


@dataclass(frozen=True)
class Panel:
    """One that dials: its account, how, and whether it stamps what it sends again anew."""

    account: str
    over: str = "tcp"
    key: str = ""
    stamps_anew: bool = False

    def encode(self, name: str) -> bytes:
        """Return an alarm that bears its name."""
        if self.over == "sos_access":
            return sos_alarm(name)
        key = bytes.fromhex(self.key) if self.key else None
        return alarm(int(self.account, 16), key, _number(name), name)

    def is_yes(self, answer: bytes, name: str) -> bool:
        """Return whether an answer says that the alarm was taken."""
        if self.over == "sos_access":
            return any(one in answer for one in YES)
        return b'ACK"%04d' % _number(name) in answer


PANELS = (
    Panel("1234"),
    Panel("AB12", key=HEX_KEY, stamps_anew=True),
    Panel("5DDD", "udp"),
    Panel("5EEE", "udp", HEX_KEY, stamps_anew=True),
    Panel(SOS_SENDER, "sos_access"),
)


def _number(name: str) -> int:
    return int(name.rpartition("-")[2]) % 10_000


def accounts_of(tenant: str) -> Accounts:
    """Return the accounts of all panels."""
    return Accounts(
        tuple(
            AlarmAccount(tenant, one.account, key=one.key)
            for one in PANELS
            if one.over != "sos_access"
        ),
        senders=(Sender(tenant, "sos-access", SOS_SENDER, SOS_SECRET),),
    )


@dataclass
class Ledger:
    """What the panels know, and how long it took them once the lines were good."""

    dialled: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)  # others than were wanted
    sent: int = 0
    healed_s: float = math.inf
    given_up: bool = False
    faults: Counter[Fault] = field(default_factory=Counter)

    @property
    def waiting(self) -> list[str]:
        return sorted(set(self.dialled) - set(self.acknowledged))


@dataclass
class Lines:
    """A line for each way of dialling."""

    tcp: Line
    udp: DatagramLine
    sos_access: Line

    @property
    def ports(self) -> dict[str, int]:
        return {"tcp": self.tcp.port, "udp": self.udp.port, "sos_access": self.sos_access.port}

    def heal(self) -> None:
        for one in (self.tcp, self.udp, self.sos_access):
            one.heal()

    def play(self, seconds: float, dice: Random) -> None:
        """Let the lines be bad for a while: by the dice, and now and then not there at all."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.udp.worsen(dice.uniform(0.1, WORST), DATAGRAM_FAULTS)
            for one in (self.tcp, self.sos_access):
                one.worsen(dice.uniform(0.05, WORST), TCP_FAULTS)
            time.sleep(dice.uniform(0.3, 0.8))
            for one in (self.tcp, self.sos_access):
                one.be_away(dice)
            time.sleep(dice.uniform(0.1, 0.5))
            self.heal()
            time.sleep(dice.uniform(0.0, 0.1))


@contextmanager
def bad_lines(running: Running, seed: int) -> Iterator[Lines]:
    """Run lines to a receiver for the length of a block."""
    with (
        bad_line(running.ports["dc09"], seed) as tcp,
        bad_datagrams(running.ports["dc09"], seed) as udp,
        bad_line(running.ports["sos_access"], seed) as sos_access,
    ):
        yield Lines(tcp, udp, sos_access)


async def _dial(panel: Panel, port: int, ledger: Ledger, stop: asyncio.Event) -> None:
    """Dial alarm after alarm until `stop`, and the last one until it is acknowledged."""
    count, waiting, sent = 0, "", b""
    while (waiting or not stop.is_set()) and not ledger.given_up:
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            async with OVER[panel.over](port) as ask:
                while waiting or not stop.is_set():
                    if not waiting:
                        waiting, count = f"{panel.account}-{count}", count + 1
                        ledger.dialled.append(waiting)
                        sent = panel.encode(waiting)
                    elif panel.stamps_anew:
                        sent = panel.encode(waiting)
                    ledger.sent += 1
                    async with asyncio.timeout(PATIENCE_S):
                        answer = await ask(sent)
                    if not panel.is_yes(answer, waiting):
                        ledger.answers.append(answer)
                        break
                    ledger.acknowledged.append(waiting)
                    waiting = ""
                    await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(RETRY_S)


def _play(running: Running, lines: Lines, seconds: float, dice: Random, kills: int) -> None:
    """Let the lines be bad for a while, and as often as told kill the receiver and start it anew."""
    for _ in range(kills):
        lines.play(seconds / (kills + 1), dice)
        running.end(signal.SIGKILL)
        running.start()
    lines.play(seconds / (kills + 1), dice)


def dial_in_storm(
    running: Running, seed: int, seconds: float, panels: Sequence[Panel] = PANELS, *, kills: int = 0
) -> Ledger:
    """Dial while the lines are bad, then good, until all is taken or the panels are told to give up."""
    ledger, dice = Ledger(), Random(seed)

    async def run(lines: Lines) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for panel in panels:
                group.create_task(_dial(panel, lines.ports[panel.over], ledger, stop))
            await asyncio.to_thread(_play, running, lines, seconds, dice, kills)
            stop.set()
            begun = time.monotonic()
            while ledger.waiting and time.monotonic() - begun < 2 * HEALED_S:
                await asyncio.sleep(0.02)
            if not ledger.waiting:
                ledger.healed_s = time.monotonic() - begun
            ledger.given_up = True

    with bad_lines(running, seed) as lines:
        asyncio.run(run(lines))
        for one in (lines.tcp, lines.udp, lines.sos_access):
            ledger.faults.update(one.done)
    return ledger


def list_missing(ledger: Ledger, records: Sequence[Record]) -> list[str]:
    """List the alarms that a panel holds for acknowledged and that no record names."""
    kept = [one.decoded for one in records if one.kind == "signal"]
    named = "\n".join(kept)
    return sorted(one for one in ledger.acknowledged if f'"text":"{one}"' not in named)


@contextmanager
def storm_receiver(folder: Path, tenant: str = "town", disk: str = "") -> Iterator[Running]:
    """Run a receiver that knows all panels for the length of a block; a restart keeps its ports."""
    running = Running(folder, more={"sos_access_port": 0}, disk=disk)
    running.hand_over(accounts_of(tenant))
    running.start()
    running.more["sos_access_port"] = running.ports["sos_access"]
    try:
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.end()
