"""`narvaro import KIND FILE`. In: a file of a register, or of streets. Out: rows, and a report."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from narvaro.directory.importing.report import ImportReport
    from narvaro.spine.models import Tenant

KINDS = (
    "sites", "areas", "members", "units", "permits", "transmitters", "cameras", "senders", "contacts",
    "aeds", "agreements", "keys",
    "response-plans", "roster", "contract", "alarm-journal", "responses", "visits", "hours",
    "damage", "incidents", "police-events", "population",
)  # fmt: skip
SHOWN = 40


def import_file(
    kind: str,
    file: Path,
    tenant: "Tenant",
    *,
    mapping: dict[str, str] | None = None,
    dry_run: bool = False,
    keep_good: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> "ImportReport":
    """Import one file of a register and return its report."""
    from narvaro.config.cli import by_whom
    from narvaro.directory.importing.history import Answers
    from narvaro.directory.importing.run import Source, silent
    from narvaro.sharing import kinds
    from narvaro.spine import clock

    source = Source(
        name=file.name, data=file.read_bytes(), mapping=mapping or {}, dry_run=dry_run,
        keep_good=keep_good, progress=progress or silent,
    )  # fmt: skip
    return kinds.import_file(kind, tenant, source, Answers(), by=by_whom(), at=clock.now())


def print_report(report: "ImportReport", *, dry_run: bool) -> None:
    """Print what was kept and each refused row: line, column, value, why, what to do."""
    for row in report.refused[:SHOWN]:
        for one in row.reasons:
            value = f" “{one.value}”" if one.value else ""
            click.echo(
                f"{report.file_name}:{row.line}: {one.column}{value}: {one.why}; {one.todo}",
                err=True,
            )
    if len(report.refused) > SHOWN:
        click.echo(f"… and {len(report.refused) - SHOWN} more refused rows", err=True)
    for line, what in report.passed_over:
        click.echo(f"{report.file_name}:{line}: passed over ({what})", err=True)
    for place in report.unsure[:SHOWN]:
        meant = (
            "; ".join(words for _key, words in place.candidates[:3]) or "nothing like it is known"
        )
        click.echo(f"Not placed: “{place.text}” ({place.rows} rows): {meant}", err=True)
    if len(report.unsure) > SHOWN:
        click.echo(f"… and {len(report.unsure) - SHOWN} more places", err=True)
    if report.unmapped:
        click.echo(f"Not used: {', '.join(report.unmapped)}", err=True)
    did = "imported" if report.written else "checked, nothing written"
    if report.refused and not report.written and not dry_run:
        did = "nothing written; mend the rows, or keep the good ones with --keep-good"
    known = f", {report.known} known from before" if report.known else ""
    click.echo(
        f"{report.kind}: {report.kept} rows good{known}, {len(report.refused)} refused: {did}."
    )


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        header, equals, name = pair.rpartition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r}: write --map 'Header in the file=name'.")
        mapping[header] = name
    return mapping


class _Bar:
    """A progress bar that learns its length from the first report."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.bar: Any = None
        self.context: AbstractContextManager[Any] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.bar is None or self.bar.length != total or done < self.bar.pos:
            self.close()
            self.context = click.progressbar(length=total, label=self.label, file=sys.stderr)
            self.bar = self.context.__enter__()
        self.bar.update(done - self.bar.pos)

    def close(self) -> None:
        """End the line."""
        if self.context is not None:
            self.context.__exit__(None, None, None)


@click.group("import")
def import_group() -> None:
    """Bring in a file: roads, or one of the registers."""


def _command(kind: str) -> click.Command:
    @click.command(kind)
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--tenant", "tenant_name", help="Whose register, where there are several.")
    @click.option("--map", "pairs", multiple=True, help="'Header in the file=name', repeatable.")
    @click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
    @click.option(
        "--keep-good", is_flag=True, help="Write the good rows although some are refused."
    )
    def run(
        file: Path, tenant_name: str | None, pairs: tuple[str, ...], dry_run: bool, keep_good: bool
    ) -> None:
        from narvaro.config.cli import get_tenant, only_one, start_django

        start_django()
        tenant = get_tenant(tenant_name)
        bar = _Bar(kind)
        with only_one(Path(os.environ["NARVARO_HOME"]), "bring-in"):
            report = import_file(
                kind, file, tenant, mapping=_mapping(pairs), dry_run=dry_run, keep_good=keep_good,
                progress=bar,
            )  # fmt: skip
        bar.close()
        print_report(report, dry_run=dry_run)
        sys.exit(1 if report.refused else 0)

    run.help = f"Import the register `{kind}` from FILE."
    return run


for _kind in KINDS:
    import_group.add_command(_command(_kind))


@import_group.command("gpx")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--unit", "named", required=True, help="A call sign, or a service number of its crew."
)
@click.option("--tenant", "tenant_name", help="Whose unit, where there are several.")
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
def import_gpx_file(file: Path, named: str, tenant_name: str | None, dry_run: bool) -> None:
    """Import the track of a unit whose phone could not send, from a GPX FILE."""
    from narvaro.config.cli import by_whom, get_tenant, only_one, start_django

    start_django()
    from narvaro.dispatch.importing.tracks import WHY, find_whose, import_track
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    tenant = get_tenant(tenant_name)
    try:
        with only_one(Path(os.environ["NARVARO_HOME"]), "bring-in"):
            whose = find_whose(tenant, named, clock.now())
            report = import_track(
                tenant=tenant, whose=whose, file_name=file.name, data=file.read_bytes(),
                by=by_whom(), at=clock.now(), dry_run=dry_run,
            )  # fmt: skip
    except Refused as no:
        raise click.ClickException(no.detail) from no
    if report.refusal is not None:
        raise click.ClickException(f"{file.name}: {report.refusal.detail}")
    for code, numbers in report.refused:
        click.echo(f"{file.name}: not kept ({code}: {WHY.get(code, code)}): {numbers}", err=True)
    checked = f"{report.kept} would be kept; checked, nothing written"
    did = checked if dry_run else f"{report.kept} kept"
    click.echo(f"{whose.unit.call_sign}: {report.points} points, {did}.")
    sys.exit(1 if report.refused else 0)


@import_group.command("roads")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "tenant_name", help="Whose map, where there are several.")
def import_roads_file(file: Path, tenant_name: str | None) -> None:
    """Import streets from an OpenStreetMap FILE (.osm.pbf): travel times and the map's tiles."""
    from narvaro.config.cli import by_whom, get_tenant, start_django

    start_django()
    from narvaro.directory.actions import import_roads
    from narvaro.directory.roads_file import MapRefused
    from narvaro.spine import clock

    tenant = get_tenant(tenant_name)
    with click.progressbar(length=100, label="roads", file=sys.stderr) as bar:

        def progress(_step: str, share: float) -> None:
            bar.update(max(0, round(share * 100) - bar.pos))

        try:
            meta = import_roads(
                tenant=tenant, pbf=file, progress=progress, by=by_whom(), at=clock.now()
            )
        except MapRefused as no:
            raise click.ClickException(str(no)) from no
    click.echo(
        f"roads: {meta.nodes} junctions, {meta.arcs} directed edges; map {meta.sha256[:12]}."
    )
