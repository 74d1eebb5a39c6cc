"""Writes of the directory that come from no table: the installation and its map."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.access.policy import Record
from narvaro.access.queries import list_all_organisation_ids
from narvaro.core.geo import distance_of_two_m
from narvaro.directory.map_build import MapMeta, build_map
from narvaro.directory.maps import Ground, find_open_map
from narvaro.directory.models import RoadClosure, RoadMap
from narvaro.directory.tiles import ATTRIBUTION
from narvaro.spine import events
from narvaro.spine.events import create_tenant
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused


@dataclass(frozen=True)
class MapChanged(events.Happening):
    """The tenant has a new map."""

    kind: ClassVar[str] = "map.changed"
    record_class: ClassVar[str] = Record.MAP
    sha256: str


@dataclass(frozen=True)
class InstallationNoted(events.Happening):
    """Mode, purposes and organisations were set from the installation file."""

    kind: ClassVar[str] = "installation.noted"
    record_class: ClassVar[str] = Record.AUDIT
    mode: str
    positions_allowed: bool


@dataclass(frozen=True)
class RoadClosed(events.Happening):
    """Nobody drives over a line across a road."""

    kind: ClassVar[str] = "road.closed"
    record_class: ClassVar[str] = Record.MAP
    reason: str
    street: str


@dataclass(frozen=True)
class RoadOpened(events.Happening):
    """A road that was closed is open."""

    kind: ClassVar[str] = "road.opened"
    record_class: ClassVar[str] = Record.MAP
    street: str


LONGEST_LINE_M = 300.0  # a barrier is drawn across a road, not along it
LONGEST_S = 24 * 3600
_KEYS = {
    "tenant": str, "timezone": str, "mode": str, "positions_purpose": str,
    "positions_negotiated_on": date, "accept_within_s": int, "red_after_s": int,
    "escalate_after_s": int, "looks_ahead": bool, "organisation": list,
}  # fmt: skip
_SETTINGS = (
    "positions_purpose", "positions_negotiated_on", "accept_within_s", "red_after_s",
    "escalate_after_s", "looks_ahead",
)  # fmt: skip


def _check(given: dict[str, Any]) -> None:
    for key, value in given.items():
        kind = _KEYS.get(key)
        if kind is None:
            raise Refused("unknown_key", f"{key} is unknown; known are {', '.join(_KEYS)}.")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refused("wrong_type", f"{key} = {value!r} is no {kind.__name__}; correct it.")
        if kind is int and isinstance(value, int) and not 1 <= value <= LONGEST_S:
            raise Refused("out_of_range", f"{key} = {value} is not 1–{LONGEST_S}; correct it.")
    for key in ("tenant", "organisation"):
        if not given.get(key):
            raise Refused("missing_key", f"{key} is missing; add it.")
    if given.get("mode", "follow_up") not in Tenant.Mode.values:
        raise Refused("unknown_mode", f"mode is one of {', '.join(Tenant.Mode.values)}.")
    try:
        ZoneInfo(given.get("timezone", "Europe/Stockholm"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise Refused("unknown_zone", f"timezone {given['timezone']!r} is not known.") from fault
    for number, one in enumerate(given["organisation"], 1):
        _check_organisation(f"organisation[{number}]", one)


def _check_organisation(at: str, one: object) -> None:
    if not isinstance(one, dict) or one.get("kind") not in OrganisationKind.values:
        kinds = ", ".join(OrganisationKind.values)
        raise Refused("organisation", f"{at}.kind is one of {kinds}.")
    if not isinstance(one.get("name"), str) or not one["name"].strip():
        raise Refused("organisation", f"{at}.name is missing or no text; write it.")
    unknown = sorted(set(one) - {"name", "kind"})
    if unknown:
        raise Refused("organisation", f"{at}.{unknown[0]} is unknown; known are name, kind.")


@transaction.atomic
def set_up(*, given: dict[str, Any], by: str, at: datetime) -> Tenant:
    """Make or change a tenant from a read installation file; raises Refused by key."""
    _check(given)
    zone = given.get("timezone", "Europe/Stockholm")
    tenant = Tenant.objects.select_for_update(no_key=True).filter(name=given["tenant"]).first()
    if tenant is None:
        tenant = create_tenant(name=given["tenant"], timezone=zone)
    tenant.timezone = zone
    tenant.mode = given.get("mode", tenant.mode)
    for name in _SETTINGS:
        if name in given:
            setattr(tenant, name, given[name])
    tenant.save(update_fields=["timezone", "mode", *_SETTINGS])
    for one in given["organisation"]:
        kind = OrganisationKind(one["kind"])
        add_organisation(tenant=tenant, name=one["name"], kind=kind, by=by, at=at)
    events.append(
        InstallationNoted(tenant.mode, tenant.positions_allowed),
        tenant_id=tenant.pk, subject=None, audience=list_all_organisation_ids(tenant.pk),
        by=by, at=at,
    )  # fmt: skip
    return tenant


def import_roads(
    *, tenant: Tenant, pbf: Path, progress: Callable[[str, float], None], by: str, at: datetime,
    attribution: str = ATTRIBUTION,
) -> MapMeta:  # fmt: skip
    """Build the map of a `.osm.pbf` file and let the tenant use it; raises MapRefused."""
    meta = build_map(pbf, settings.HOME.maps, progress, made_at=at)
    south, west, north, east = meta.bounds
    with transaction.atomic():
        RoadMap.objects.update_or_create(
            tenant=tenant,
            defaults={
                "sha256": meta.sha256, "south": south, "west": west, "north": north, "east": east,
                "attribution": attribution,
            },
        )  # fmt: skip
        events.append(
            MapChanged(meta.sha256),
            tenant_id=tenant.pk, subject=None, audience=list_all_organisation_ids(tenant.pk),
            by=by, at=at,
        )  # fmt: skip
    return meta


@dataclass(frozen=True)
class Drawn:
    """A closure as a person draws it: a line of two (latitude, longitude) ends across roads."""

    line: tuple[tuple[float, float], tuple[float, float]]
    kind: RoadClosure.Kind
    until_at: datetime | None = None
    walkers_pass: bool = True


def _open_ground(tenant_id: UUID) -> Ground:
    try:
        ground = find_open_map(tenant_id)
    except OSError as gone:
        raise Refused("no_map", "The map's folder is gone; import the map.", status=422) from gone
    if ground is None:
        raise Refused("no_map", "No roads are imported; import a map first.", status=422)
    return ground


def close_road(*, tenant_id: UUID, drawn: Drawn, number: str, by: str, at: datetime) -> RoadClosure:
    """Close what a line crosses, from now on, by who has a service number.

    Raises Refused where it crosses no road.
    """
    (lat_a, lon_a), (lat_b, lon_b) = drawn.line
    ground = _open_ground(tenant_id)
    far = distance_of_two_m(lat_a, lon_a, lat_b, lon_b) > LONGEST_LINE_M
    if far or abs(lon_a - lon_b) > 1:  # over the 180th meridian a line would go round the earth
        raise Refused(
            "long_line", "The line is longer than 300 m; draw it across the road.", status=422
        )
    if drawn.until_at is not None and drawn.until_at <= at:
        raise Refused("past", "The closure ends before it begins; give a later time.", status=422)
    streets = ground.roads.crossed_streets(drawn.line)
    if streets is None and not drawn.walkers_pass:
        streets = ground.walking.crossed_streets(drawn.line)
    if streets is None:
        raise Refused(
            "no_road_crossed", "The line crosses no road; draw it across one.", status=422
        )
    with transaction.atomic():
        made = RoadClosure.objects.create(
            tenant_id=tenant_id, kind=drawn.kind, street=", ".join(streets)[:200], lat_a=lat_a,
            lon_a=lon_a, lat_b=lat_b, lon_b=lon_b, walkers_pass=drawn.walkers_pass, closed_at=at,
            closed_by=number, until_at=drawn.until_at,
        )  # fmt: skip
        events.append(
            RoadClosed(made.kind, made.street),
            tenant_id=tenant_id, subject=made.pk,
            audience=list_all_organisation_ids(tenant_id), by=by, at=at,
        )  # fmt: skip
    return made


@transaction.atomic
def open_road(*, closure: RoadClosure, number: str, by: str, at: datetime) -> None:
    """Open a road again; one that is open already stays so."""
    found = RoadClosure.objects.select_for_update(no_key=True).get(pk=closure.pk)
    if found.opened_at is not None:
        return
    found.opened_at, found.opened_by = at, number
    found.save(update_fields=["opened_at", "opened_by"])
    events.append(
        RoadOpened(found.street),
        tenant_id=found.tenant_id, subject=found.pk,
        audience=list_all_organisation_ids(found.tenant_id), by=by, at=at,
    )  # fmt: skip
