"""The command line. In: arguments. Out: a set-up, an import, a check, or running processes.

Commands import lazily, so that `narvaro --help` answers at once.
"""

import getpass
import json
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from narvaro.spine.models import Tenant


def start_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "narvaro.config.settings")
    import django

    from narvaro.config.home import HomeRefused

    try:
        django.setup()
    except HomeRefused as no:
        raise click.ClickException(str(no)) from no


def migrate_database() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def get_tenant(name: str | None) -> "Tenant":
    """Return the named tenant, or the only one; raises click.ClickException."""
    from django.db import DatabaseError, connection

    from narvaro.spine.models import Tenant

    try:
        is_there = "spine_tenant" in connection.introspection.table_names()
        tenants = {one.name: one for one in Tenant.objects.all()} if is_there else {}
    except DatabaseError as fault:
        raise click.ClickException(f"The database does not answer: {fault}") from fault
    if not tenants:
        raise click.ClickException("No tenant is set up; run `narvaro setup FILE` first.")
    found = tenants.get(name) if name else None
    if name is None and len(tenants) == 1:
        found = next(iter(tenants.values()))
    if found is None:
        here = ", ".join(sorted(tenants))
        what = f"There is no tenant {name}; here are" if name else "Say which tenant with --tenant"
        raise click.ClickException(f"{what}: {here}.")
    return found


@contextmanager
def only_one(home: Path, name: str, *, wait: bool = False) -> Iterator[None]:
    """Refuse, in words, to be the second process of a name on one home folder, or wait."""
    from narvaro.config.alone import NotAloneError, alone

    try:
        with alone(home, name, wait=wait):
            yield
    except NotAloneError as no:
        raise click.ClickException(str(no)) from no


def by_whom() -> str:
    """Return how the event log names who runs a command."""
    return f"shell:{getpass.getuser()}"


@click.group()
@click.version_option(package_name="narvaro")
@click.pass_context
def main(context: click.Context) -> None:
    """Närvaro: from an alarm to its proof. The home folder is NARVARO_HOME, else ./var."""
    if context.invoked_subcommand == "demo":
        os.environ.setdefault("NARVARO_HOME", "var/demo")
    from narvaro.config.home import HomeRefused, open_home

    try:
        home = open_home()
    except HomeRefused as no:
        raise click.ClickException(str(no)) from no
    os.environ["NARVARO_HOME"] = str(home.path)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home.kernels))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def setup(file: Path) -> None:
    """Set up a tenant from an installation FILE (TOML): mode, organisations, purposes."""
    start_django()
    from narvaro.directory.actions import set_up
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    migrate_database()
    try:
        given = tomllib.loads(file.read_text("utf-8-sig"))
        tenant = set_up(given=given, by=by_whom(), at=clock.now())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, Refused) as no:
        raise click.ClickException(f"{file}: {no}") from no
    click.echo(f"{tenant.name} is set up: {tenant.mode}.")


@main.command()
@click.argument("service_number")
@click.option("--tenant", "tenant_name")
@click.password_option()
def password(service_number: str, tenant_name: str | None, password: str) -> None:
    """Set the password of the member with SERVICE_NUMBER."""
    start_django()
    from django.core.exceptions import ValidationError

    from narvaro.access.actions import set_password
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    tenant = get_tenant(tenant_name)
    try:
        set_password(
            tenant_id=tenant.pk, service_number=service_number, password=password,
            by=by_whom(), at=clock.now(),
        )  # fmt: skip
    except Refused as no:
        raise click.ClickException(no.detail) from no
    except ValidationError as no:
        raise click.ClickException(" ".join(no.messages)) from no
    click.echo(f"{service_number} can sign in.")


@main.command()
def warm() -> None:
    """Compile the computing kernels into the home folder, so that no alarm waits for it."""
    from narvaro.core import choice, patrol, replay, risk, roads

    for room in (roads, risk, patrol, choice, replay):
        room.warm()
    click.echo("The kernels are compiled.")


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    start_django()
    migrate_database()


@main.command()
def serve() -> None:
    """Run the whole system: receive, work, web."""
    from narvaro.config.home import open_home
    from narvaro.config.serve import serve as run

    start_django()
    migrate_database()
    home = open_home()
    address = f"http://{home.settings.bind}:{home.settings.web_port}/"
    with only_one(home.path, "serve"):
        run(home, lambda: click.echo(f"Närvaro: {address}"))


@main.command(hidden=True)
def work() -> None:
    """Run the process `work` alone."""
    start_django()
    from narvaro.config.work import run

    with only_one(Path(os.environ["NARVARO_HOME"]), "work"):
        run(lambda: click.echo(json.dumps({"event": "ready", "process": "work"})))


@main.command("bring-in", hidden=True)
def bring_in() -> None:
    """Bring in the files that were uploaded and wait, then end."""
    start_django()
    from narvaro.config.alone import be_modest
    from narvaro.sharing.running import run_waiting

    be_modest()
    with only_one(Path(os.environ["NARVARO_HOME"]), "bring-in", wait=True):
        run_waiting()


@main.command()
@click.option("--tenant", "tenant_name", help="Whose forecast, where there are several.")
@click.option("--due", is_flag=True, help="For every tenant, only what is due.")
def forecast(tenant_name: str | None, due: bool) -> None:
    """Score what can be scored, and make the forecast of the coming 48 hours."""
    start_django()
    from narvaro.forecast.actions import make_forecast, score_due
    from narvaro.forecast.running import run_due
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    with only_one(Path(os.environ["NARVARO_HOME"]), "forecast"):
        if due:
            run_due()
            return
        tenant = get_tenant(tenant_name)
        scored = score_due(tenant=tenant, at=clock.now())
        try:
            made = make_forecast(tenant=tenant, at=clock.now())
        except Refused as no:
            raise click.ClickException(no.detail) from no
    left_out = ", ".join(f"{name} {count}" for name, count in made.made_of["left_out"].items())
    click.echo(
        f"{made.hours} hours from {made.starts_at:%Y-%m-%d %H:%M} UTC, learned from {made.events} "
        f"events; left out: {left_out or 'nothing'}; {scored} older ones scored."
    )


@main.command()
def propose() -> None:
    """Propose the night plans that are due; shift leaders publish them."""
    start_django()
    from narvaro.plan.running import propose_due

    with only_one(Path(os.environ["NARVARO_HOME"]), "propose"):
        click.echo(f"{propose_due()} plans proposed.")


@main.command("police-feed", hidden=True)
def police_feed() -> None:
    """Ask the police's public feed that is due, if one is set, then end."""
    start_django()
    from narvaro.config.home import open_home
    from narvaro.situation.police_fetch import fetch_due

    home = open_home()
    given = home.settings
    with only_one(home.path, "police-feed"):
        made = fetch_due(
            places=given.police_feed, url=given.police_feed_url, file=home.police_feed_state
        )
    click.echo(f"{made} calls made.")


@main.command(hidden=True)
def web() -> None:
    """Run the process `web` alone."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from narvaro.config.home import open_home

    home = open_home()
    given = home.settings
    tls = {}
    if given.tls_certificate:
        tls = {"ssl_cert": Path(given.tls_certificate), "ssl_key": Path(given.tls_key)}
    Granian(
        "narvaro.config.server:app",
        address=given.bind,
        port=given.web_port,
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        workers_kill_timeout=2,  # a live stream never ends by itself: asked to stop, do not wait
        log_access=False,
        log_level=LogLevels.warning,
        **tls,  # type: ignore[arg-type]  # only paths are in it
    ).serve()


@main.group()
def audit() -> None:
    """Look into the event log."""


@audit.command()
@click.option("--tenant", "tenant_name")
def verify(tenant_name: str | None) -> None:
    """Check the whole chain of a tenant's log: changes, deletions, reordering, truncation."""
    start_django()
    from narvaro.spine.audit import verify as check

    verdict = check(get_tenant(tenant_name).pk)
    for fault in verdict.faults:
        click.echo(f"position {fault.position}: {fault.what}", err=True)
    click.echo(
        f"{verdict.checked} events checked, {verdict.purged} purged, "
        f"{len(verdict.faults)} faults; head {verdict.head_hash[:16]}"
    )
    sys.exit(1 if verdict.faults else 0)


def _add_groups() -> None:
    from narvaro.config.cli_backup import backup
    from narvaro.config.cli_centres import centre
    from narvaro.config.cli_demo import demo
    from narvaro.config.cli_doctor import clock_group, doctor
    from narvaro.config.cli_import import import_group
    from narvaro.config.cli_replay import replay, what_if
    from narvaro.config.cli_roads import roads

    main.add_command(backup)
    main.add_command(centre)
    main.add_command(doctor)
    main.add_command(clock_group)
    main.add_command(import_group)
    main.add_command(replay)
    main.add_command(what_if)
    main.add_command(roads)
    main.add_command(demo)


_add_groups()

if __name__ == "__main__":
    main()
