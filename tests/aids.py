"""AEDs and keys, made plainly. In: a world. Out: rows."""

from datetime import timedelta
from typing import Any

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Defibrillator, Key, Site
from tests.make import NIGHT, World, make_member, make_site, make_viewer


def make_key(world: World, code: str = "N-014", site: Site | None = None) -> Key:
    """Make a key, by default to a school of its own."""
    made = Key.objects.create(tenant=world.tenant, code=code, kept_at="Skåp 2")
    made.sites.add(site or make_site(world))
    return made


def make_desk(world: World) -> Viewer:
    """Make a dispatcher, who may hand out every key."""
    return make_viewer(make_member(world, Role.DISPATCHER))


def make_aed(world: World, code: str = "H-01", **fields: Any) -> Defibrillator:
    """Make an AED at 59.0 N 18.0 E, by default open around the clock and checked a month ago."""
    given = {
        "name": f"AED {code}", "lat": 59.0, "lon": 18.0,
        "openings": [{"weekdays": list(range(7)), "from": "00:00", "until": "00:00"}],
        "verified_on": NIGHT.date() - timedelta(days=30),
    } | fields  # fmt: skip
    return Defibrillator.objects.create(tenant=world.tenant, code=code, **given)
