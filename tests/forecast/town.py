"""A year of harm at a few schools, drawn from rates that the test knows. In: a world. Out: rows."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from narvaro.directory.models import Site
from narvaro.situation.models import Case, Category, Damage, Incident
from tests.make import NIGHT, World, make_site

SOUTH, WEST = 59.0, 18.0
STEP_LAT = 0.009  # a kilometre: each school has cells of its own


def make_schools(world: World, number: int = 8) -> list[Site]:
    """Make schools a kilometre apart, northwards."""
    return [make_site(world, f"Skola {n}", SOUTH + n * STEP_LAT, WEST) for n in range(number)]


def put_incident(world: World, site: Site | None, at: datetime, **fields: Any) -> Incident:
    """Put an incident that was reported by others than guards."""
    where = {"lat": site.lat, "lon": site.lon} if site else {}
    given = {
        "category": Category.VANDALISM, "occurred_from": at, "occurred_until": at,
        "known_by": "recorded", "reported_at": at,
    } | where | fields  # fmt: skip
    return Incident.objects.create(tenant=world.tenant, site=site, **given)


def put_damage(world: World, site: Site | None, at: datetime, **fields: Any) -> Damage:
    """Put a damage into the owner's register."""
    where = {"lat": site.lat, "lon": site.lon} if site else {}
    given = {
        "kind": "glass", "occurred_from": at, "occurred_until": at, "reported_at": at,
    } | where | fields  # fmt: skip
    return Damage.objects.create(tenant=world.tenant, site=site, **given)


def put_alarm(world: World, site: Site, at: datetime, cause: str, **fields: Any) -> Case:
    """Put an alarm of the past, with what a person found it to be."""
    given = {"kind": "intruder", "born": "file", "priority": 2, "state": "closed"} | fields
    return Case.objects.create(
        tenant=world.tenant, number=world.next_serial() + 1000, site=site, lat=site.lat,
        lon=site.lon, received_at=at, last_signal_at=at, cause=cause, **given,
    )  # fmt: skip


def draw_year(
    world: World, sites: list[Site], *, until: datetime = NIGHT, a_night: float = 3.0, days: int = 365,
    seed: int = 1,
) -> int:  # fmt: skip
    """Fill the register of damage: nights, the first schools most, 1,000 kronor each; return how many."""
    chance = np.random.default_rng(seed)
    share = np.array([0.5**n for n in range(len(sites))])
    rows = []
    for day in range(1, days + 1):
        for place in chance.choice(len(sites), chance.poisson(a_night), p=share / share.sum()):
            at = until - timedelta(days=day) + timedelta(hours=float(chance.normal(-1, 2)))
            site = sites[place]
            rows.append(
                Damage(
                    tenant=world.tenant, site=site, lat=site.lat, lon=site.lon, kind="glass",
                    occurred_from=at, occurred_until=at, reported_at=at, final_sek=Decimal(1000),
                )
            )  # fmt: skip
    Damage.objects.bulk_create(rows)
    return len(rows)
