"""Rows ↔ core: what happened in a tenant becomes events on a grid. In: a tenant, a moment. Out: those,
and what was left out and why.

The grid has cells of 250 m in SWEREF 99 TM over the tenant's map; without a map, over its sites and
events. Its mask, where harm can happen, is every cell with a site, or in which something happened.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import nan
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.core import geo
from narvaro.core.aoristic import from_hours, to_hours
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, Bits
from narvaro.core.risk import Events, InputRefused, allow
from narvaro.directory.models import RoadMap, Site
from narvaro.forecast.sources import TABLES, Row
from narvaro.situation.queries.known import Register, known_until
from narvaro.spine.models import Tenant

NO_POSITION, TOLD_TWICE = "no_position", "told_twice"
OFF_GRID, TOO_NEW = "off_grid", "too_new"
NEAR = timedelta(hours=2)  # an alarm or a report so near to a damage at the site is that damage
LONGEST = timedelta(days=4)  # a damage found later than that after it may be anything
REACH_M = 40_000.0  # without a map: what lies further from the middle of it all is off the grid


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that a forecast is made from.

    `until_h`: local hours since `aoristic.EPOCH` until which the registers are known. `used`: rows
    per input. `left_out`: rows by what they are, or what they lack.
    """

    zone: ZoneInfo
    grid: Grid
    mask: Bits
    events: Events
    until_h: float
    used: dict[str, int]
    left_out: dict[str, int]

    def digest(self) -> str:
        """Return a digest of what a forecast learns from."""
        found = hashlib.sha256(repr((self.grid, sorted(self.events.inputs))).encode())
        for column in (self.mask, self.events.cell, self.events.begins_h, self.events.ends_h):
            found.update(np.ascontiguousarray(column).tobytes())
        found.update(np.ascontiguousarray(self.events.cost_sek).tobytes())
        return found.hexdigest()


def local_h(moments: Iterable[datetime], zone: ZoneInfo) -> F64:
    """Return local wall-clock hours since `aoristic.EPOCH` of aware times, float64 [n]."""
    return to_hours(one.astimezone(zone).replace(tzinfo=None) for one in moments)


def moment_of(hours: float, zone: ZoneInfo) -> datetime:
    """Return the aware time of local hours since `aoristic.EPOCH`, in UTC."""
    return from_hours(hours).replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """What a forecast may learn from, and what not: rows, counts by why, until when tables are known.

    `until_h`: local hours since `aoristic.EPOCH`.
    """

    zone: ZoneInfo
    rows: list[Row]
    left_out: Counter[str]
    until_h: float

    def degrees(self) -> tuple[F64, F64]:
        """Return the rows' positions."""
        return _degrees((one.lat, one.lon) for one in self.rows)

    def on(self, grid: Grid) -> Events:
        """Return the rows as events on a grid."""
        begins_h = local_h((one.begins for one in self.rows), self.zone)
        ends_h = local_h((one.ends for one in self.rows), self.zone)
        cost = [nan if one.cost_sek is None else float(one.cost_sek) for one in self.rows]
        inputs = frozenset(one.source for one in self.rows)
        return Events(
            grid.cells_at(*self.degrees()), begins_h, np.maximum(begins_h, ends_h),
            np.array(cost, np.float64), inputs,
        )  # fmt: skip


def read(tenant: Tenant, at: datetime) -> Known:
    """Read what was over at a moment from every table, each harm once."""
    zone = ZoneInfo(tenant.timezone)
    kept: list[Row] = []
    left_out: Counter[str] = Counter()
    used: list[Register] = []
    told = _Told()
    for register, table in TABLES.items():
        known = [row for row in table(tenant.pk) if row.ends <= at]
        why_not = [_why_not(row, told) for row in known]
        mine = [row for row, why in zip(known, why_not, strict=True) if not why]
        left_out.update(why for why in why_not if why)
        if mine:
            used.append(register)
        told.add(mine)
        kept += mine
    until = known_until(tenant.pk, at, used) or at
    return Known(zone, kept, left_out, float(local_h([until], zone)[0]))


def load(tenant: Tenant, at: datetime) -> Loaded | None:
    """Load what was known of a tenant at a moment; None where nothing has a position."""
    known = read(tenant, at)
    lat, lon = known.degrees()
    sites = Site.objects.published().filter(tenant=tenant, lat__isnull=False)
    site_lat, site_lon = _degrees(sites.values_list("lat", "lon"))
    north_m, east_m = geo.to_grid(np.concatenate([lat, site_lat]), np.concatenate([lon, site_lon]))
    if not len(north_m):
        return None
    grid = _grid(tenant, north_m, east_m)
    events, there = known.on(grid), grid.cells_of(north_m, east_m)
    mask = np.zeros(grid.cells, np.bool_)
    mask[there[there >= 0]] = True
    if not mask.any():
        return None
    until_h, off_grid = known.until_h, events.cell < 0
    too_new = (events.ends_h > until_h) & ~off_grid
    left_out = Counter({OFF_GRID: int(off_grid.sum()), TOO_NEW: int(too_new.sum())})
    is_used = (~off_grid & ~too_new).tolist()
    used = Counter(str(row.source) for row, yes in zip(known.rows, is_used, strict=True) if yes)
    return Loaded(
        zone=known.zone, grid=grid, mask=mask, events=events, until_h=until_h, used=dict(used),
        left_out={name: n for name, n in (left_out + known.left_out).items() if n},
    )  # fmt: skip


def _why_not(row: Row, told: "_Told") -> str:
    """Return why a row is left out; nothing where the forecast learns from it."""
    why = _refusal(row.source)
    if not why and (row.lat is None or row.lon is None):
        why = NO_POSITION
    return why or (TOLD_TWICE if told.tells(row) else "")


def _refusal(source: str) -> str:
    """Return nothing for an allowed input, else the name under which it is left out."""
    try:
        allow(source)
    except InputRefused as no:
        return no.name
    return ""


class _Told:
    """Knows again what the register of damage has told: one break-in is one event, not three."""

    def __init__(self) -> None:
        self._cases: set[UUID] = set()
        self._times: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)

    def add(self, rows: Iterable[Row]) -> None:
        """Remember the rows of a table; of those that took longer, nobody can say the same."""
        for row in rows:
            if row.case_id is not None:
                self._cases.add(row.case_id)
            if row.is_property and row.site_id is not None and row.ends - row.begins <= LONGEST:
                self._times[row.site_id].append((row.begins - NEAR, row.ends + NEAR))

    def tells(self, row: Row) -> bool:
        """Return whether a row of an earlier table tells of the same harm."""
        if row.row_id in self._cases:
            return True
        if not row.is_property or row.site_id is None:
            return False
        return any(
            begins <= row.ends and row.begins <= ends for begins, ends in self._times[row.site_id]
        )


def _degrees(places: Iterable[tuple[float | None, float | None]]) -> tuple[F64, F64]:
    both = np.array([(lat, lon) for lat, lon in places], np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _grid(tenant: Tenant, north_m: F64, east_m: F64) -> Grid:
    """Return the grid over the tenant's map, or over what lies around the middle of it all."""
    found = RoadMap.objects.filter(tenant=tenant).first()
    if found is not None:
        return Grid.from_bounds(found.south, found.west, found.north, found.east)
    away_m = np.hypot(north_m - np.median(north_m), east_m - np.median(east_m))
    near = away_m <= max(REACH_M, float(away_m.min()))
    north_m, east_m = north_m[near], east_m[near]
    return Grid.around(north_m.min(), east_m.min(), north_m.max(), east_m.max())
