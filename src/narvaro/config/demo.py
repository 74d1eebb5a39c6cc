"""A made-up town in a running system. In: a seed or streets. Out: everything running, a night played.

The town comes in through the same importers as anyone's files, and its night speaks the real
protocols from outside. Nothing here knows the database from within.
"""

import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from narvaro.config.demo_tour import CLOCK
from narvaro.config.home import Home
from narvaro.demo.night import NightConfig, play
from narvaro.demo.town import Town
from narvaro.demo.write import write_town, write_town_on
from narvaro.spine import clock
from narvaro.spine.clock import MARK

Say = Callable[[str], None]
YOURS = "V1"
PATIENCE_S = 60.0
MADE_UP = "Påhittad stad"
ORDER = (
    ("sites", "sites.csv"), ("units", "units.csv"), ("members", "members.csv"),
    ("permits", "permits.csv"), ("transmitters", "transmitters.csv"),
    ("contacts", "contacts.csv"), ("aeds", "aeds.csv"), ("agreements", "agreements.csv"),
    ("keys", "keys.csv"), ("response-plans", "response-plans.toml"),
    ("roster", "roster.csv"), ("contract", "contract.toml"),
)  # fmt: skip
ENTER_AS = (
    ("dispatcher", "dispatcher"), ("shift_leader", "shift leader"),
    ("coordinator", "coordinator"), ("contract_manager", "contract manager"),
    ("property_manager", "property manager"), ("camera_operator", "camera operator"),
    ("reporter", "reporter"), ("police_guest", "guest from the police"),
)  # fmt: skip


class DemoRefused(Exception):  # noqa: N818 - a refusal, said to a person
    """The demo cannot start; says what and what to do."""


@dataclass(frozen=True)
class Entrance:
    """Who one can be."""

    who: str
    service_number: str


def clear(home: Home) -> None:
    """Remove the last town from the demo's own home; maps and kernels stay, they are costly."""
    mark = home.path / MARK
    if not mark.exists():
        if (home.path / "narvaro.db").exists() or home.journal.exists():
            raise DemoRefused(
                f"{home.path} holds an installation that no demo made. Nothing was touched. "
                "Choose another folder: NARVARO_HOME=…"
            )
        mark.write_text("Made by `narvaro demo`; each start makes it anew.\n")
    for file in home.path.glob("narvaro.db*"):
        file.unlink()
    (home.path / CLOCK).unlink(missing_ok=True)
    shutil.rmtree(home.path / "tour", ignore_errors=True)
    for name in ("town", "intake", "uploads", "photos"):
        shutil.rmtree(home.path / name, ignore_errors=True)
        (home.path / name).mkdir()


def write(home: Home, seed: int, osm: Path | None) -> Town:
    """Write the town's files for today."""
    today = clock.now().astimezone(ZoneInfo("Europe/Stockholm")).date()
    folder = home.path / "town"
    if osm is None:
        return write_town(folder, seed=seed, today=today)
    return write_town_on(folder, osm, seed=seed, today=today)


def bring_in(town: Town, say: Say, *, made_up: bool) -> None:
    """Set up the installation and import every file, as a municipality would."""
    from narvaro.config.cli import by_whom
    from narvaro.config.cli_import import import_file
    from narvaro.directory.actions import import_roads, set_up
    from narvaro.directory.tiles import ATTRIBUTION

    given = tomllib.loads((town.folder / "installation.toml").read_text("utf-8"))
    tenant = set_up(given=given, by=by_whom(), at=clock.now())
    say("streets: travel times and the map's tiles …")
    import_roads(
        tenant=tenant, pbf=town.folder / "town.osm.pbf", progress=lambda _step, _share: None,
        attribution=MADE_UP if made_up else ATTRIBUTION, by=by_whom(), at=clock.now(),
    )  # fmt: skip
    for kind, name in ORDER:
        report = import_file(kind, town.folder / name, tenant)
        if not report.written:
            first = report.refused[0] if report.refused else "no rows"
            raise DemoRefused(f"{name} was refused: {first}")
        say(f"{kind}: {report.kept}")


def crew_now(town: Town, call_sign: str) -> tuple[str, ...]:
    """Return the service numbers of a unit's crew on the running shift; empty off shift."""
    now = clock.now()
    for shift in town.shifts:
        local = _local(now, town, shift.starts)
        if shift.call_sign == call_sign and shift.starts <= local < shift.ends:
            return shift.service_numbers
    return ()


def _local(now: datetime, town: Town, like: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(town.timezone))
    return local if like.tzinfo else local.replace(tzinfo=None)


def entrances(town: Town) -> list[Entrance]:
    """List who one can enter as, the guard of one's own unit first."""
    found = [Entrance(f"guard in {YOURS}", number) for number in crew_now(town, YOURS)[:1]]
    for role, who in ENTER_AS:
        member = next((one for one in town.members if one.role == role), None)
        if member is not None:
            found.append(Entrance(who, member.service_number))
    return found


def let_in(town: Town, password: str) -> None:
    """Give the staff of the made-up town one password, made up for this run."""
    from narvaro.access.actions import set_password
    from narvaro.config.cli import by_whom
    from narvaro.spine.models import Tenant

    tenant = Tenant.objects.get(name=town.name)
    crews = {number for shift in town.shifts for number in shift.service_numbers}
    office = {one.service_number for one in town.members if one.role != "guard"}
    for number in sorted(crews | office):
        set_password(
            tenant_id=tenant.pk, service_number=number, password=password, by=by_whom(),
            at=clock.now(),
        )  # fmt: skip


def is_open(host: str, port: int) -> bool:
    """Return whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def require_free(home: Home) -> None:
    """Raise DemoRefused where one of our ports is taken, or the database is another's."""
    given = home.settings
    if given.database_url:
        raise DemoRefused("The demo makes a database of its own; unset NARVARO_DATABASE_URL.")
    for name in ("web_port", "alarm_port", "position_port"):
        port = getattr(given, name)
        if is_open(given.bind, port):
            raise DemoRefused(
                f"Port {port} is taken. Stop what listens there, or choose another: "
                f"NARVARO_{name.upper()}=…"
            )


@contextmanager
def served(home: Home) -> Iterator[None]:
    """Run `narvaro serve` for the length of the block."""
    command = [sys.executable, "-m", "narvaro.config.cli", "serve"]
    log = (home.path / "serve.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        until = clock.monotonic() + PATIENCE_S
        ports = (home.settings.web_port, home.settings.alarm_port, home.settings.position_port)
        # `work` hands the accounts over when it is warm; before that no panel is answered.
        while not (
            home.sealed_accounts.exists()
            and all(is_open(home.settings.bind, port) for port in ports)
        ):
            if process.poll() is not None or clock.monotonic() > until:
                raise DemoRefused(f"The system did not start; see {home.path / 'serve.log'}")
            time.sleep(0.2)
        time.sleep(1.0)  # the receiver looks for new accounts twice a second
        yield
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def start_night(
    home: Home, town: Town, password: str, *, speed: float, say: Say, stop: threading.Event
) -> None:
    """Let the night be played beside, until it is stopped."""
    given = home.settings
    config = NightConfig(
        web=(given.bind, given.web_port),
        dc09=(given.bind, given.alarm_port),
        positions=(given.bind, given.position_port),
        sign_in=lambda number: (number, password),
        yours=YOURS,
        speed=speed,
        keep_on=True,
        stop=stop,
    )
    threading.Thread(target=play, args=(town, config, say), daemon=True).start()


def make_password() -> str:
    """Make up this run's password."""
    return "-".join(secrets.token_hex(2) for _ in range(3))


def entrance_lines(home: Home, town: Town, password: str) -> list[str]:
    """Return what a person needs to enter, in lines."""
    address = f"http://{home.settings.bind}:{home.settings.web_port}/"
    people = [f"    {one.service_number:<6} {one.who}" for one in entrances(town)]
    return [
        "",
        f"  The tour, six chapters in five minutes: {address}tour/",
        f"  {town.name} is running: {address}",
        f"  password for everybody: {password}",
        *people,
        f"  {YOURS} is yours: the night leaves its offers to you. Ctrl-C ends everything.",
        "",
    ]
