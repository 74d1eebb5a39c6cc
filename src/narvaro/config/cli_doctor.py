"""`narvaro doctor` and `narvaro clock`. In: the home folder. Out: findings, the time, a step accepted."""

import json
import sys

import click


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
    click.echo(f"others   {off_s:+.1f} s: in doubt" if off_s else "others   no doubt")
    click.echo(f"kernel   {read_sync()}")


@clock_group.command()
def accept() -> None:
    """Believe the machine's clock after a step or a doubt: you have looked at another one."""
    from django.db import DatabaseError

    from narvaro.config.cli import by_whom, start_django
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
    click.echo(f"Accepted: {now:%Y-%m-%d %H:%M:%S} UTC, {step_s:+.1f} s.")
    try:
        note_clock_accepted(step_s=step_s, accepted_by=by_whom(), at=now)
    except DatabaseError as fault:
        click.echo(f"It stands in no log, for the database does not answer: {fault}", err=True)
