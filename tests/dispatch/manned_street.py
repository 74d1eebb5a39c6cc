"""A street of 20 km with schools and cars on it, at 02:00. In: a world. Out: its readiness."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Site, Unit
from narvaro.dispatch.readiness import NoteCode, Readiness, get_readiness
from tests.make import (
    NIGHT,
    World,
    make_member,
    make_site,
    make_unit,
    make_viewer,
)
from tests.roads import LON, at_km

MINUTE = timedelta(minutes=1)
LIMIT_S = 300  # five minutes: nearly five kilometres of the street


def school(world: World, km: float, name: str = "") -> Site:
    """Make a school beside the street."""
    return make_site(world, name or f"Skola {km:g}", lat=at_km(km), lon=LON)


def car(world: World, call_sign: str, km: float | None, **given: Any) -> Unit:
    """Make a unit on the street, or one that nobody knows where it is."""
    lat, lon = (None, None) if km is None else (at_km(km), LON)
    return make_unit(world, call_sign, lat=lat, lon=lon, **given).unit


def viewer(world: World, role: Role = Role.DISPATCHER) -> Viewer:
    """Return a viewer of a role."""
    return make_viewer(make_member(world, role))


def ready(world: World, role: Role = Role.DISPATCHER, without: UUID | None = None) -> Readiness:
    """Ask at 02:00."""
    return get_readiness(viewer(world, role), NIGHT, without=without)


def codes(found: Readiness) -> dict[NoteCode, int]:
    """Return what is said beside the figures."""
    return {one.code: one.n for one in found.notes}


def within(found: Readiness) -> list[str]:
    """Return the sites that somebody reaches in time."""
    return [one.name for one in found.sites if one.is_within]
