"""A small town to replay: a street with five sites, two cars, a month of cases, a contract."""

from datetime import UTC, datetime, timedelta

from narvaro.dispatch.models import Response, TimePoint
from narvaro.plan.models import Shift
from narvaro.situation.models import Case
from tests.make import World, make_contract, make_member, make_site, make_unit
from tests.roads import LON, at_km

MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # Tuesday 24 November begins in Stockholm
KMS = (1.0, 4.0, 7.0, 10.0, 13.0)
DAYS = 30


def make_town(world: World, *, days: int = DAYS, a_day: int = 3) -> None:
    """Give a world with a street its sites, its roster of four weeks, its cases and responses."""
    sites = [make_site(world, f"Plats {km:g}", at_km(km), LON) for km in KMS]
    make_contract(world)
    for sign in ("V1", "V2"):
        unit = make_unit(world, sign).unit
        Shift.objects.filter(unit=unit).delete()
        crew = make_member(world)
        for day in range(1, 29):
            begins = MIDNIGHT - timedelta(days=day) + timedelta(hours=18 if sign == "V1" else 6)
            shift = Shift.objects.create(
                tenant=world.tenant, unit=unit, starts_at=begins,
                ends_at=begins + timedelta(hours=12),
            )  # fmt: skip
            shift.crew.add(crew)
    number = 0
    for day in range(1, days + 1):
        for turn in range(a_day):
            number += 1
            at = MIDNIGHT - timedelta(days=day) + timedelta(hours=5 + 7 * turn, minutes=number % 50)
            site = sites[number % len(sites)]
            case = Case.objects.create(
                tenant=world.tenant, number=number, kind="intruder", state="closed", born="file",
                priority=2, site=site, lat=site.lat, lon=site.lon, received_at=at,
                last_signal_at=at, needs=["guard"],
            )  # fmt: skip
            _respond(world, case, at, late_min=4 + number % 9)


def _respond(world: World, case: Case, at: datetime, late_min: int) -> None:
    response = Response.objects.create(
        tenant=world.tenant, case=case, organisation=world.company, batch=world.batch,
        state="left", accepted_at=at, row_key=f"r{case.number}",
    )  # fmt: skip
    for point, minutes in (("accepted", 1), ("on_scene", late_min), ("left", late_min + 20)):
        TimePoint.objects.create(
            response=response, point=point, at=at + timedelta(minutes=minutes), source="stated"
        )
