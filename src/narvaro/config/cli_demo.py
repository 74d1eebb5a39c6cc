"""`narvaro demo`: a made-up town, brought in as anyone's files, and a night played from outside."""

import os
import signal
import threading
from pathlib import Path

import click


@click.command()
@click.option("--osm", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Real streets from an .osm.pbf instead of the made-up ones.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Another seed, another town.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(min=0.1),
              help="Shortens the gaps between cases, never the time inside one.")  # fmt: skip
@click.option("--no-night", is_flag=True, help="Start the town without a night.")
def demo(osm: Path | None, seed: int, speed: float, no_night: bool) -> None:
    """Make a made-up town, start everything, print how to enter, and play a night."""
    from narvaro.config import demo as steps
    from narvaro.config import demo_tour
    from narvaro.config.cli import migrate_database, start_django
    from narvaro.config.home import open_home
    from narvaro.core.roads import warm
    from narvaro.demo import wall
    from narvaro.spine import clock

    home = open_home()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    try:
        steps.require_free(home)
        steps.clear(home)
        os.environ["NARVARO_HOME"] = str(home.path)
        os.environ["NARVARO_CLOCK"] = str(home.path / demo_tour.CLOCK)
        wall.follow(home.path / demo_tour.CLOCK)
        start_django()
        migrate_database()
        click.echo("Compiling the kernels …")
        warm()
        click.echo("Writing the town …")
        town = steps.write(home, seed, osm)
        steps.bring_in(town, lambda line: click.echo(f"  {line}"), made_up=osm is None)
        password = steps.make_password()
        steps.let_in(town, password)
        click.echo("Starting receive, work and web …")
        with clock.ruled_by(clock.make_clock()), steps.served(home):
            click.echo("\n".join(steps.entrance_lines(home, town, password)))
            click.echo("  Still coming in, beside the running town:")
            demo_tour.run_beside(home, town, password, stop, click.echo, polls=no_night)
            if not no_night:
                steps.start_night(home, town, password, speed=speed, say=click.echo, stop=stop)
            # Short waits: a signal may reach another thread, and only this one runs its handler.
            while not stop.wait(0.3):
                pass
    except steps.DemoRefused as no:
        raise click.ClickException(str(no)) from no
