"""A unit's track from a file (GPX), for a phone that could not send. In: bytes. Out: positions, a report.

What holds for a phone holds for a file: only on duty and not in a break, only where positions are
allowed, none older than 72 hours. A point that cannot be true beside what is known is refused. A file
notes no arrival: it proves presence, and no time point of a response.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from narvaro.access.models import Member
from narvaro.core.reach import Point, find_reachable
from narvaro.directory.importing.run import FileImported
from narvaro.directory.models import RoadMap, Unit
from narvaro.intake.message import Position, Refusal
from narvaro.intake.protocols.gpx import Report, Track, acknowledge, decode
from narvaro.intake.sealed import Device
from narvaro.plan.models import Shift
from narvaro.situation.actions import RAW_POSITIONS_H, PositionFacts, record_positions
from narvaro.situation.models import Position as PositionRow
from narvaro.situation.queries import Interval, list_said, split_breaks
from narvaro.spine import events
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

KEPT = timedelta(hours=RAW_POSITIONS_H)
AROUND = timedelta(hours=1)  # so far before and after, known positions speak against a point
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Whose:
    """A unit, and whose shifts with it alone are meant, where a service number was named."""

    unit: Unit
    members: tuple[Member, ...] = ()


def find_whose(tenant: Tenant, named: str, at: datetime) -> Whose:
    """Find the unit of a call sign, or the one that a member (service number) crewed of late."""
    unit = Unit.objects.filter(tenant=tenant, call_sign=named).first()
    if unit is not None:
        return Whose(unit)
    members = tuple(Member.objects.filter(tenant=tenant, service_number=named))
    if not members:
        raise Refused("no_unit", "No unit has that call sign, and nobody that service number.")
    shifts = Shift.objects.filter(
        tenant=tenant, crew__in=members, ends_at__gt=at - KEPT, starts_at__lt=at
    )
    units = {one.unit_id: one.unit for one in shifts.select_related("unit")}
    if len(units) != 1:
        signs = ", ".join(sorted(one.call_sign for one in units.values())) or "none"
        raise Refused(
            "units",
            f"In the last {RAW_POSITIONS_H} hours that member crewed {signs}; name one unit.",
        )
    return Whose(next(iter(units.values())), members)


def import_track(
    *, tenant: Tenant, whose: Whose, file_name: str, data: bytes, by: str, at: datetime,
    dry_run: bool = False,
) -> Report:  # fmt: skip
    """Keep the points of a file that a phone might have sent; report the others by number.

    Raises Refused where the tenant may hold no positions. A file that was brought in before adds
    nothing, and nothing is written into the log of it. A dry run reports what would be kept.
    """
    if not tenant.positions_allowed:
        raise Refused("positions", "Positions are not allowed before purpose and negotiation.")
    track = decode(data, owner=_device(whose.unit), since=FIRST, until=LAST)
    if track.refusal is not None:
        return acknowledge(track, stored=False)
    track = _judge(track, tenant, whose, at)  # before the transaction: a long file takes seconds
    if track.positions and not dry_run:
        counts = len(track.positions), len(track.refused)
        note = FileImported("gpx", file_name, sha256(data).hexdigest(), *counts)
        _write(whose.unit, track, note, by, at)
    return acknowledge(track, stored=True)


@transaction.atomic
def _write(unit: Unit, track: Track, note: FileImported, by: str, at: datetime) -> None:
    events.hold(unit.tenant_id)
    record_positions(
        found=[
            PositionFacts(unit.pk, unit.tenant_id, one.at, at, one.lat, one.lon, one.accuracy_m)
            for one in track.positions
        ]
    )
    events.append(
        note, tenant_id=unit.tenant_id, subject=unit.pk, audience={unit.organisation_id}, by=by,
        at=at,
    )  # fmt: skip


def _device(unit: Unit) -> Device:
    return Device(unit.tracker or unit.call_sign, str(unit.tenant_id), str(unit.pk))


def _judge(track: Track, tenant: Tenant, whose: Whose, at: datetime) -> Track:
    """Return the track with what may be kept; each point that may not with its number and why."""
    refused = dict(track.refused)
    numbers = [
        one
        for one in range(1, len(track.positions) + len(refused) + 1)
        if one not in refused
    ]  # fmt: skip
    numbered = dict(zip(numbers, track.positions, strict=True))
    duty, breaks = _list_duty(whose, at)
    road_map = RoadMap.objects.filter(tenant=tenant).first()
    seen, certain = _known(whose.unit, numbered.values())
    for number, one in numbered.items():
        code = _code_of(one, at, duty, breaks, road_map) or ("known" if one.at in seen else "")
        if code:
            refused[number] = Refusal(code, WHY[code], track.owner.device)
        seen.add(one.at)
    left = [number for number in numbered if number not in refused]
    points = [_point(numbered[number]) for number in left]
    true = find_reachable(points, certain)
    for place, number in enumerate(left):
        if place not in true:
            refused[number] = Refusal("jump", WHY["jump"], track.owner.device)
    kept = tuple(one for number, one in numbered.items() if number not in refused)
    return Track(track.owner, kept, tuple(sorted(refused.items())))


WHY = {
    "no_time": "The point has no time.",
    "time": "The point's time cannot be read.",
    "no_place": "The point has no place.",
    "future": "The point's time is ahead of ours.",
    "too_old": f"The point is older than raw positions may be kept ({RAW_POSITIONS_H} hours).",
    "off_duty": "The unit was not on duty then.",
    "break": "The unit was on a break then.",
    "off_map": "The point lies off the map.",
    "known": "There is a position of that time already.",
    "jump": "The unit cannot have been there, by the points before and after.",
}
"""Why a point is not kept, in the order in which it is looked at."""


def _code_of(
    one: Position, at: datetime, duty: list[Interval], breaks: list[Interval],
    road_map: RoadMap | None,
) -> str:  # fmt: skip
    if one.at > at:
        return "future"
    if one.at <= at - KEPT:
        return "too_old"
    if not _is_in(one.at, duty):
        return "break" if _is_in(one.at, breaks) else "off_duty"
    if road_map is not None and not road_map.holds(one.lat, one.lon):
        return "off_map"
    return ""


def _is_in(at: datetime, intervals: list[Interval]) -> bool:
    return any(begin <= at < end for begin, end in intervals)


def _list_duty(whose: Whose, at: datetime) -> tuple[list[Interval], list[Interval]]:
    """Return when the unit was on duty outside of breaks, and its breaks, by its shifts and the log.

    What it said before a shift began counts no more in it, as for a phone (`plan/queries.py`).
    """
    shifts = Shift.objects.filter(unit=whose.unit, ends_at__gt=at - KEPT, starts_at__lte=at)
    if whose.members:
        shifts = shifts.filter(crew__in=whose.members).distinct()
    duty: list[Interval] = []
    breaks: list[Interval] = []
    for one in shifts:
        said = list_said(whose.unit, one.starts_at, one.ends_at)
        on, off = split_breaks(one.starts_at, one.ends_at, said)
        duty += on
        breaks += off
    return duty, breaks


def _known(unit: Unit, positions: Iterable[Position]) -> tuple[set[datetime], list[Point]]:
    """Return the times of the unit's positions around those of a file, and the ones in no doubt."""
    times = [one.at for one in positions]
    if not times:
        return set(), []
    rows = PositionRow.objects.filter(
        unit=unit, at__gte=max(FIRST, min(times) - AROUND), at__lte=max(times) + AROUND
    ).values_list("at", "lat", "lon", "flag")
    certain = [Point(at.timestamp(), lat, lon) for at, lat, lon, flag in rows if not flag]
    return {at for at, *_rest in rows}, certain


def _point(one: Position) -> Point:
    return Point(one.at.timestamp(), one.lat, one.lon)
