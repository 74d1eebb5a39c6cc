"""`narvaro replay`: two policies beside each other on one's own town. In: words. Out: a table, a drawing."""

import sys
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from narvaro.followup.replay.plot import Words
    from narvaro.followup.replay.scenario import Answer, Asked

RULES = "nearest, ahead, reserve, reserve:UNITS or reserve:UNITS:SECONDS"


@click.command()
@click.option("--policy", default="nearest", show_default=True, help=f"A: {RULES}.")
@click.option("--against", help="B: the same words. Left out: as A.")
@click.option("--days", default=365, show_default=True, help="How many days in a run.")
@click.option("--runs", default=200, show_default=True, help="How many runs are drawn.")
@click.option("--more-units", default=0, show_default=True, help="So many units more in B.")
@click.option(
    "--base", help="Code of the site where B's added units begin, or all, if none is added."
)
@click.option("--shift", help="Hours of B's added units, or of all, if none is added: 18:00-02:00.")
@click.option("--real", is_flag=True, help="The real cases of the last days instead of drawn ones.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other draws.")
@click.option("--plot", default="replay.svg", show_default=True, help="Where the drawing is saved.",
              type=click.Path(dir_okay=False, path_type=Path))  # fmt: skip
@click.option("--tenant", "tenant_name", help="Whose town, where there are several.")
def replay(  # noqa: PLR0917 - the command's own options
    policy: str,
    against: str | None,
    days: int,
    runs: int,
    more_units: int,
    base: str | None,
    shift: str | None,
    real: bool,
    seed: int,
    plot: Path,
    tenant_name: str | None,
) -> None:
    """Play days of one's own town under two policies, and tell how they differ."""
    from narvaro.config.cli import get_tenant, start_django

    start_django()
    from narvaro.followup.replay.loading import load
    from narvaro.followup.replay.plot import draw
    from narvaro.followup.replay.running import run
    from narvaro.followup.replay.scenario import Asked, AskedWrong, read_scenario
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    tenant = get_tenant(tenant_name)
    try:
        b = read_scenario(against or policy, more_units=more_units, base=base, shift=shift)
        asked = Asked(read_scenario(policy), b, days, runs, seed, real)
        loaded = load(tenant, asked, clock.now())
        answer = run(loaded, _tell)
    except (AskedWrong, Refused) as no:
        raise click.ClickException(str(no)) from no
    for line in lines_of(answer):
        click.echo(line)
    try:
        plot.write_text(draw(answer, words_of(answer)), "utf-8")
    except OSError as fault:
        raise click.ClickException(f"{plot} cannot be written: {fault.strerror}.") from fault
    click.echo(f"The drawing is in {plot.resolve()}.")


def _tell(share: float) -> None:
    """Keep one line on a terminal, and say nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r{share:4.0%} played", nl=share >= 1, err=True)


def lines_of(answer: "Answer") -> Iterator[str]:
    """Yield an answer in lines: the figures, then what they stand on."""
    from narvaro.followup.replay.words import (
        BEYOND,
        FIGURES,
        INTERVAL,
        name_of,
        note_said,
        said_of,
        told_in,
    )

    yield f"A: {said_of(answer.asked.a)}"
    yield f"B: {said_of(answer.asked.b)}"
    yield f"Limit: {answer.limit_s / 60:g} min. Means over {_pieces(answer.asked, answer)}."
    yield ""
    yield f"{'':44}{'A':>11}{'B':>11}{'B − A':>11}   {INTERVAL}"
    rows = {one.name: one for one in answer.rows}
    for figure, words in FIGURES.items():
        one = rows[name_of(figure, answer)]
        by = told_in(one.name)
        told = [_told(value * by) for value in (one.a, one.b)] + [_told(one.difference * by, "+")]
        ends = _told(one.low * by, "+"), _told(one.high * by, "+")
        interval = " … ".join(ends) if isfinite(one.low) else "none"
        yield f"{words:44}" + "".join(f"{value:>11}" for value in told) + f"   {interval}"
    yield BEYOND
    yield ""
    yield from _real(answer)
    on = answer.stands_on
    yield (
        f"It stands on {on['cases']:g} cases of {on['days_known']:g} days, {on['units']:g} units with "
        f"{on['shifts']:g} shifts, {on['places']:g} places, {on['visits_of_a_run']:g} visits in a run."
    )
    for note in answer.notes:
        yield f"- {note_said(note)}"


def _pieces(asked: "Asked", answer: "Answer") -> str:
    count = int(answer.stands_on["runs"])
    return f"{count} real pieces" if asked.real else f"{count} runs of {asked.days} days"


def _told(value: float, sign: str = "") -> str:
    if not isfinite(value):
        return "never" if value == float("inf") else "–"
    digits = 0 if abs(value) >= 1000 else 2
    told = f"{value:{sign}.{digits}f}"
    return told.replace("-", "−") if float(told) else f"{0.0:.{digits}f}"


def _real(answer: "Answer") -> Iterator[str]:
    real = answer.calibration
    if real is None:
        if answer.asked.real:
            yield "No real response time is known for these days, so nothing can be held against them."
        return
    yield f"Real responses beside the same cases played under A ({real.cases} cases):"
    yield f"  real, received → on scene: half {_min(real.received_p50_s)}, 9 of 10 {_min(real.received_p90_s)}"
    if real.accepted:
        yield (
            f"  real, accepted → on scene ({real.accepted} cases): half {_min(real.accepted_p50_s)}, "
            f"9 of 10 {_min(real.accepted_p90_s)}"
        )
    yield f"  played, sent at once:      half {_min(real.played_p50_s)}, 9 of 10 {_min(real.played_p90_s)}"
    yield "  What lies between is the handling of the case, and what the roads do not tell."


def _min(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def words_of(answer: "Answer") -> "Words":
    """Return what the drawing says, in English."""
    from narvaro.followup.replay.plot import Words
    from narvaro.followup.replay.words import DIFFERENCES, DRAWN, FIGURES, name_of, said_of

    a, b = said_of(answer.asked.a), said_of(answer.asked.b)
    half, tenths = (answer.row(f"all_{name}_s") for name in ("p50", "p90"))
    return Words(
        title="When somebody is there, under two policies",
        description=(
            f"A, {a}: half of the cases within {_min(half.a)}, 9 of 10 within {_min(tenths.a)}. "
            f"B, {b}: {_min(half.b)} and {_min(tenths.b)}."
        ),
        a=f"A: {a}", b=f"B: {b}", minutes="minutes until somebody is there", share="share of the cases",
        limit="limit %(min)s min", differences=DIFFERENCES, less="less in B",
        more="more in B", figures={name_of(one, answer): FIGURES[one] for one in DRAWN},
    )  # fmt: skip


@click.command("what-if", hidden=True)
def what_if() -> None:
    """Play what was asked for on the page and waits, then end."""
    import os

    from narvaro.config.cli import only_one, start_django

    start_django()
    from narvaro.config.alone import be_modest
    from narvaro.followup.replay.waiting import run_waiting

    be_modest()
    with only_one(Path(os.environ["NARVARO_HOME"]), "what-if", wait=True):
        run_waiting()
