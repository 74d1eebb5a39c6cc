"""`narvaro doctor` and `narvaro clock`. In: the home folder. Out: findings, the time, a step accepted."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from narvaro.config.home import Home


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Examine this installation; ends with 1 where anything is bad."""
    from narvaro.config.cli import start_django
    from narvaro.config.home import open_home

    start_django()
    from narvaro.config.doctor import examine, exit_code, to_text

    found = examine(open_home())
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in found], ensure_ascii=False, indent=1))
    else:
        click.echo(to_text(found))
    sys.exit(exit_code(found))


@click.group("clock", invoke_without_command=True)
@click.pass_context
def clock_group(context: click.Context) -> None:
    """Show the time, the time that was agreed on, and by how much they differ."""
    if context.invoked_subcommand is not None:
        return
    from datetime import timedelta

    from narvaro.spine import clock
    from narvaro.spine.kernel_clock import read_sync

    agreed, step_s = clock.now(), clock.jump_s()
    click.echo(f"agreed   {agreed:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"machine  {agreed + timedelta(seconds=step_s):%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"step     {step_s:+.1f} s" if step_s else "step     none")
    off_s = clock.suspected_s()
    by = "cannot be read" if off_s is None else f"{off_s:+.1f} s"
    click.echo("others   no doubt" if off_s == 0 else f"others   {by}: in doubt")
    click.echo(f"kernel   {read_sync()}")


@clock_group.command()
def accept() -> None:
    """Believe the machine's clock after a step or a doubt: you have looked at another one."""
    from django.db import DatabaseError

    from narvaro.config.cli import by_whom, start_django
    from narvaro.config.home import open_home
    from narvaro.spine import clock

    start_django()
    from narvaro.situation.troubles import note_clock_accepted

    clock.now()
    step_s = clock.jump_s()
    if not clock.in_doubt():
        click.echo("The clock has not stepped and is not in doubt: there is nothing to accept.")
        return
    clock.accept()
    now = clock.now()
    by = f", {step_s:+.1f} s" if step_s else ""
    click.echo(f"Accepted: {now:%Y-%m-%d %H:%M:%S} UTC{by}.")
    _say_who_still_doubts(open_home())
    try:
        note_clock_accepted(step_s=step_s, accepted_by=by_whom(), at=now)
    except DatabaseError as fault:
        click.echo(f"It stands in no log, for the database does not answer: {fault}", err=True)


def _say_who_still_doubts(home: "Home") -> None:
    """Say that the doubt will be back, where other sources still speak against our time."""
    from narvaro.intake.time_sources import list_sources

    verdict = list_sources(home.journals.values(), home.path, home.settings.time_servers).verdict
    if not verdict.suspected:
        return
    click.echo(
        f"Other sources still say that our time is off, by {verdict.off_s:+.1f} s: the doubt will be back"
        " within seconds.\nIf they are right, set the machine's clock, then accept again. If the time"
        " servers are wrong, take them out of time_servers in narvaro.toml, and start the system anew."
    )
