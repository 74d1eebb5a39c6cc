"""The real product for the browser's journeys. In: a free home. Out: a town in it, everything running.

The made-up town is brought in as a municipality's files are, by the demo's own steps, and
`narvaro serve` runs it in its own processes. Everything is then done from outside: panels dial
DC-09, trackers send positions, people use pages. Maps and kernels are kept between sessions in the
test home, because they are costly and named by what they are made of.
"""

import contextlib
import json
import os
import pickle
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from narvaro.demo.frames import Event
from narvaro.demo.panel import Panel
from narvaro.demo.phone import Phone
from narvaro.demo.registers import write_accounts, write_roster
from narvaro.demo.town import Town, TownShift, TownSite
from narvaro.demo.write import write_town

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PATIENCE_S = 60.0
SILENCE_S = 86_400  # between two polls of a panel
OFFER_S = 600  # an offer waits this long, unless a test says otherwise
DISPATCHER, LEADER, COORDINATOR = "K101", "1301", "K201"
METRE_DEG = 1 / 111_320


@dataclass
class Product:
    """A running product, and the hands to reach it with from outside."""

    home: Path
    town: Town
    password: str
    ports: dict[str, int]
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    panels: dict[str, Panel] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)  # signed-in browsers, by service number

    @property
    def address(self) -> str:
        """Return the address of the pages."""
        return f"http://{HOST}:{self.ports['web']}"

    def get_guard(self, call_sign: str) -> str:
        """Return the service number of the first of a unit's crew."""
        return crews(self.town)[call_sign][0]

    def get_phone(self, call_sign: str) -> Phone:
        """Return the phone of a unit's guard, as a program."""
        number = self.get_guard(call_sign)
        address = (HOST, self.ports["web"])
        return self.phones.setdefault(call_sign, Phone(address, number, self.password))

    def dial(self, site: TownSite, *events: Event) -> None:
        """Let a site's panel send events, one after the other, until each is acknowledged."""
        account = self.town.get_account(site.code)
        address = (HOST, self.ports["alarm"])
        made = Panel(account.account, account.key_bytes, address, Random(site.code))
        panel = self.panels.setdefault(site.code, made)
        for event in events:
            delivery = panel.dial(event)
            assert delivery.acknowledged, f"{site.code}: {delivery.said}"

    def place(self, call_sign: str, site: TownSite, north_m: float = 0.0) -> None:
        """Let a unit's tracker say that it is so far north of a site, now."""
        query = urlencode({
            "id": self.town.get_unit(call_sign).tracker,
            "lat": f"{site.lat + north_m * METRE_DEG:.6f}",
            "lon": f"{site.lon:.6f}",
            "timestamp": int(time.time() * 1000),
            "accuracy": "6",
        })  # fmt: skip
        line = HTTPConnection(HOST, self.ports["position"], timeout=5)
        line.request("GET", f"/?{query}")
        assert line.getresponse().status == 200
        line.close()

    def park(self, *but: str) -> None:
        """Let the units stand where the town has them, except those named."""
        for unit in self.town.units:
            if unit.call_sign not in but:
                there = replace(self.town.sites[0], lat=unit.lat, lon=unit.lon)
                self.place(unit.call_sign, there)

    def set_up(self, **changes: object) -> None:
        """Change the running installation with its own command, as who keeps it would."""
        file = self.town.folder / "installation.toml"
        changed = file.with_name("changed.toml")
        changed.write_text(with_values(file.read_text("utf-8"), changes), "utf-8")
        self.run("setup", str(changed))

    def run(self, *arguments: str) -> str:
        """Run one of the product's commands and return what it says."""
        command = [sys.executable, "-m", "narvaro.config.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def end_web(self) -> None:
        """End the web process; the running product starts it anew."""
        os.kill(self._pid_of("web"), signal.SIGTERM)

    def _pid_of(self, child: str) -> int:
        lines = (self.home / "serve.log").read_text("utf-8").splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        return next(int(one["pid"]) for one in reversed(said) if one.get("child") == child)

    def await_web(self) -> None:
        """Wait until the pages answer again."""
        await_port(self.ports["web"], self.process)


def crews(town: Town) -> dict[str, tuple[str, ...]]:
    """Return each unit's crew of the tests: that of its first shift in the roster."""
    return {shift.call_sign: shift.service_numbers for shift in reversed(town.shifts)}


def with_values(text: str, values: dict[str, object]) -> str:
    """Write top-level values of a TOML text, in place of those that stand there."""
    kept = [line for line in text.splitlines() if line.partition(" =")[0] not in values]
    return "\n".join([*(f"{name} = {json.dumps(v)}" for name, v in values.items()), *kept]) + "\n"


def write_files(folder: Path) -> Town:
    """Write the town; everybody is on shift for two days, so that no change of shift falls in.

    No panel is polled here, so that each path may be silent for the whole run: lost paths would
    open cases of their own, in the middle of another journey.
    """
    now = datetime.now(ZoneInfo("Europe/Stockholm")).replace(tzinfo=None, second=0, microsecond=0)
    town = write_town(folder, seed=1, today=now.date())
    long, day = [], timedelta(days=1)
    for call_sign, crew in sorted(crews(town).items()):
        long.append(TownShift(call_sign, now - day, now + day, crew))
    write_roster(folder / "roster.csv", tuple(long))
    quiet = tuple(replace(one, poll_interval_s=SILENCE_S) for one in town.accounts)
    town = replace(town, accounts=quiet)
    write_accounts(folder / "transmitters.csv", quiet)
    file = folder / "installation.toml"
    file.write_text(with_values(file.read_text("utf-8"), {"accept_within_s": OFFER_S}), "utf-8")
    return town


def free_ports() -> dict[str, int]:
    """Find free ports of the loopback for pages, alarms and positions.

    Below those that the system hands to outgoing connections: no browser's can take one meanwhile.
    """
    numbers, found = list(range(20_000, 32_000)), list[int]()
    secrets.SystemRandom().shuffle(numbers)
    while len(found) < 3:
        with contextlib.suppress(OSError), socket.create_server((HOST, numbers.pop())) as server:
            found.append(server.getsockname()[1])
    return dict(zip(("web", "alarm", "position"), found, strict=True))


def environment_of(home: Path, ports: dict[str, int]) -> dict[str, str]:
    """Return the environment of the product's processes, without this test run's own settings."""
    ours = {"DJANGO_SETTINGS_MODULE", "NUMBA_CACHE_DIR"}
    kept = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("NARVARO_")}
    named = {f"NARVARO_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    return {**kept, **named, "NARVARO_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens; fail when it does not come or the product ended."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, "the product ended"
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def keep_between_sessions(home: Path, kept: Path) -> None:
    """Let maps and kernels of `home` lie in the folder that outlives it."""
    for name in ("maps", "kernels"):
        (kept / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(kept / name)


def bring_in(town: Town, password: str, environment: dict[str, str]) -> None:
    """Set up, import and let in, with the demo's own steps in a process of their own."""
    numbers = {DISPATCHER, LEADER, COORDINATOR, *(crew[0] for crew in crews(town).values())}
    given = pickle.dumps((town, numbers, password))
    command = [sys.executable, "-m", "tests.e2e.bring_in"]
    environment = {**environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        command, input=given, env=environment, cwd=ROOT, capture_output=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


def set_up_only(town: Town, password: str, environment: dict[str, str]) -> None:
    """Do what who installs the product does: name the parties, let one coordinator in."""
    lines = (town.folder / "members.csv").read_bytes().splitlines(keepends=True)
    staff = town.folder / "staff.csv"
    staff.write_bytes(b"".join([lines[0], *(x for x in lines if x.startswith(b"K201"))]))
    for arguments in (
        ["setup", str(town.folder / "installation.toml")],
        ["import", "members", str(staff)],
        ["password", COORDINATOR, "--password", password],
    ):
        command = [sys.executable, "-m", "narvaro.config.cli", *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running(home: Path, kept: Path, *, empty: bool = False) -> Iterator[Product]:
    """Make the town in `home`, run the product for the length of the block, end it by its id.

    With `empty` nothing is brought in but the parties and one coordinator.
    """
    keep_between_sessions(home, kept)
    ports, password = free_ports(), secrets.token_hex(6)
    environment = environment_of(home, ports)
    town = write_files(home / "town")
    (set_up_only if empty else bring_in)(town, password, environment)
    command = [sys.executable, "-m", "narvaro.config.cli", "serve"]
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            for port in ports.values():
                await_port(port, process)
            _await_accounts(home)
            product = Product(home, town, password, ports, environment, process)
            if not empty:
                product.park()
            yield product
        finally:
            process.terminate()
            process.wait(30)
            shutil.copyfile(home / "serve.log", ROOT / "build" / "e2e-serve.log")


def _await_accounts(home: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not (home / "intake" / "accounts.sealed").exists():
        assert time.monotonic() < until, "the receiver was given no accounts"
        time.sleep(0.05)
    time.sleep(1.0)  # the receiver looks for new accounts twice a second
