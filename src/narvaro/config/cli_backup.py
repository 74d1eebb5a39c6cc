"""`narvaro backup`. In: a folder. Out: a home that can be started in the other's place."""

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Read through a backup that was made.")
def backup(folder: Path, check: bool) -> None:
    """Copy the home into FOLDER, which must be new or empty; the system may be running."""
    from narvaro.config.backup import BackupRefused, check_backup, make_backup
    from narvaro.config.home import open_home

    try:
        if check:
            made = check_backup(folder)
        else:
            home = open_home()
            made = make_backup(home, folder)
            if home.settings.database_url:
                click.echo(
                    "The main database is not in it: it lies in PostgreSQL. Use pg_dump.", err=True
                )
    except BackupRefused as no:
        raise click.ClickException(str(no)) from no
    click.echo(f"{made.files} files, {made.size / 1e6:.1f} MB: {folder}")
    for name in made.databases:
        click.echo(f"  {name}: whole")
