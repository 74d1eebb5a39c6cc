"""`narvaro roads`. In: how long own drives took. Out: the errors of travel times, and better times."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from narvaro.core.roads.calibration import Calibration, ErrorRow


@click.group()
def roads() -> None:
    """Travel times on the map's roads."""


@roads.command()
@click.option("--tenant", "tenant_name", help="Whose, where there are several.")
@click.option(
    "--apply", "is_applied", is_flag=True, help="Let travel times follow them from now on."
)
def calibrate(tenant_name: str | None, is_applied: bool) -> None:
    """Hold travel times against own drives, and print their errors by the hour of the day."""
    from narvaro.config.cli import by_whom, get_tenant, start_django

    start_django()
    from narvaro.core.roads.calibration import Calibration
    from narvaro.directory.weights import make_calibration, use_calibration
    from narvaro.dispatch.drives import note_drives
    from narvaro.spine import clock
    from narvaro.spine.refusal import Refused

    tenant = get_tenant(tenant_name)
    noted = note_drives(tenant=tenant, at=clock.now())
    made = make_calibration(tenant_id=tenant.pk, at=clock.now())
    if made is None:
        raise click.ClickException("No roads are imported; import a map first.")
    click.echo(f"{noted} drives noted since the last time.")
    if not made.found:
        click.echo("No drive with a known start yet: nothing can be told.")
    for profile, plain in made.found.items():
        _show(profile, Calibration.from_plain(plain), made.winter[profile])
    if not is_applied:
        return
    try:
        use_calibration(made=made, number="cli", by=by_whom(), at=clock.now())
    except Refused as no:
        raise click.ClickException(no.detail) from no
    click.echo("Travel times follow these drives from now on.")


def _show(profile: str, found: "Calibration", winter: dict[str, Any]) -> None:
    from narvaro.core.roads.calibration import HOURS, LEAST_DRIVES, Apart
    from narvaro.core.roads.graph import ROAD_CLASSES

    click.echo(f"\n{profile}: {found.drives} drives")
    click.echo(f"{'':8}{'drives':>8}{'map: half':>12}{'9 in 10':>9}{'off by':>8}"
               f"{'own: half':>12}{'9 in 10':>9}{'off by':>8}")  # fmt: skip
    after = found.after
    _line("all", found.before.overall, after.overall if after else None)
    for hour, row in enumerate(found.before.by_hour):
        if row.drives:
            _line(f"{hour:02}", row, after.by_hour[hour] if after else None)
    for state, plain_row in winter.items():
        apart = Apart.from_plain(plain_row)
        _line(state, apart.before, apart.after)
    if after is None:
        click.echo(f"Cannot tell yet: {found.drives} drives, {LEAST_DRIVES} needed.")
        return
    named = (*ROAD_CLASSES, "waiting", *HOURS)
    for name, one in zip(named, (*found.by_class, *found.by_hours), strict=True):
        click.echo(f"  {name:<12}{one.value:>6.2f}  ({one.low:.2f} to {one.high:.2f})")


def _line(label: str, before: "ErrorRow", after: "ErrorRow | None") -> None:
    told = "".join(_figures(one) for one in (before, after))
    click.echo(f"{label:8}{before.drives:>8}{told}")


def _figures(row: "ErrorRow | None") -> str:
    if row is None or row.median_s is None or row.p90_s is None or row.signed_s is None:
        return f"{'cannot tell yet':>29}"
    return f"{row.median_s:>10.0f} s{row.p90_s:>7.0f} s{row.signed_s:>6.0f} s"
