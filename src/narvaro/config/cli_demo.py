"""`narvaro demo`: a made-up town, brought in as anyone's files, and a night played from outside."""

import click


@click.command()
def demo() -> None:
    """Make a made-up town, start everything, print how to enter, and play a night."""
