"""`narvaro centre`. In: a file of alarm centres. Out: where alarms may be passed on to."""

import tomllib
from pathlib import Path

import click


@click.group()
def centre() -> None:
    """Alarm centres that alarms are passed on to."""


@centre.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "tenant_name", help="Whose, where there are several.")
def add(file: Path, tenant_name: str | None) -> None:
    """Set up, or change, the centres in FILE (TOML, a [[centre]] each); all of them or none.

    The file holds their authentications: keep it to yourself, and delete it when it is in.
    """
    from narvaro.config.cli import by_whom, get_tenant, start_django

    start_django()
    from narvaro.sharing.centres import put_centres
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    tenant = get_tenant(tenant_name)
    try:
        given = tomllib.loads(file.read_text("utf-8-sig"))
        names = put_centres(tenant=tenant, given=given, by=by_whom(), at=clock.now())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, Refused) as no:
        raise click.ClickException(f"{file}: {no}") from no
    click.echo(f"{', '.join(names)}: alarms can be passed on.")


@centre.command("list")
@click.option("--tenant", "tenant_name", help="Whose, where there are several.")
def list_them(tenant_name: str | None) -> None:
    """List the centres with their addresses and how many alarms wait for each."""
    from narvaro.config.cli import get_tenant, start_django

    start_django()
    from narvaro.sharing.centres import list_set_up

    for one in list_set_up(get_tenant(tenant_name)):
        click.echo(one)
