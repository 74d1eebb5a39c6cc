"""Incidents for the forecast's benchmark. In: a file of moments and positions. Out: a world to forecast.

Times are local wall-clock times. The grid lies on a plane of its own: metres north and east of an
anchor, east shortened by the cosine of the anchor's latitude.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from narvaro.core.aoristic import EPOCH, Slots
from narvaro.core.geo import METRES_PER_DEGREE
from narvaro.core.grid import Grid
from narvaro.core.jit import F64, I64, Bits
from narvaro.core.risk import Events, Input
from narvaro.core.score import Happened

ROOT = Path(__file__).resolve().parent.parent
TORONTO = ROOT.parent / "shared" / "data" / "incidents" / "toronto_mci.parquet"
SLOTS = Slots(8, 6)
DAY_SHIFTS = 3
_FAR = 0.002  # of the rows on each side may be geocoded far away: no reason for a larger grid
_MARGIN_M = 5_000.0
_BURGLARY = ("break", "burgl", "inbrott")


@dataclass(frozen=True)
class Source:
    """A file, its columns, and where to cut it; dates are the days from 06:00 on."""

    path: Path
    time: str
    lon: str
    lat: str
    kind: str | None
    train_until: date
    test_from: date
    since: date | None = None
    anchor: tuple[float, float] | None = None  # degrees; the south-west corner of the grid's plane


DEFAULT = Source(
    path=TORONTO,
    time="occurred_local",
    lon="Long",
    lat="Lat",
    kind="MCI",
    train_until=date(2021, 1, 1),
    test_from=date(2021, 1, 1),
    since=date(2014, 1, 1),  # before it: only late reports of single old offences
    anchor=(43.5, -79.7),
)


@dataclass(frozen=True, eq=False)
class Period:
    """Days that are forecast one by one: `day_h` float64 [days], when each begins."""

    name: str
    day_h: F64

    @property
    def first_slot(self) -> int:
        """Return the number of the first shift."""
        return int(SLOTS.of(self.day_h[:1])[0])

    @property
    def slots(self) -> int:
        """Count the shifts."""
        return DAY_SHIFTS * len(self.day_h)


@dataclass(frozen=True, eq=False)
class World:
    """What is forecast: `events` per target, the grid, the mask, when records begin, the periods."""

    events: dict[str, Events]
    grid: Grid
    mask: Bits
    since_h: float
    validation: Period
    test: Period
    notes: tuple[str, ...]

    @property
    def column(self) -> I64:
        """Return each cell's column among the mask's cells, -1 outside; int64 [cells]."""
        return np.where(self.mask, np.cumsum(self.mask) - 1, -1)

    def happened(self, target: str, period: Period) -> Happened:
        """Return the target's events in a period; cells are columns of the mask, -1 outside."""
        events = self.events[target]
        slot = SLOTS.of(events.begins_h) - period.first_slot
        rows = (slot >= 0) & (slot < period.slots)
        cell = np.where(events.cell >= 0, self.column[events.cell], -1)
        return Happened(slot[rows], cell[rows], np.ones(int(rows.sum())))


def load(source: Source) -> World:
    """Read a file into a world; end the program with what to do where it cannot be read."""
    table = _table(source)
    hour = _hours(table, source.time)
    lat, lon = (table[name].to_numpy().astype(np.float64) for name in (source.lat, source.lon))
    good = np.isfinite(hour) & np.isfinite(lat) & np.isfinite(lon)
    if source.since:
        good &= hour >= _hour(source.since)
    notes = [
        f"{len(hour):,} rows, {int(good.sum()):,} used; left out: no time, no place or too old"
    ]
    hour, lat, lon = hour[good], lat[good], lon[good]
    south, west = source.anchor or _anchor(lat, lon)
    north_m = (lat - south) * METRES_PER_DEGREE
    east_m = (lon - west) * METRES_PER_DEGREE * np.cos(np.radians(south))
    top, right = (float(np.quantile(one, 1 - _FAR)) + _MARGIN_M for one in (north_m, east_m))
    grid = Grid.around(0, 0, top, right)
    cell = grid.cells_of(north_m, east_m)
    validation, test = _periods(source, hour)
    mask = np.zeros(grid.cells, np.bool_)
    mask[cell[(cell >= 0) & (hour < validation.day_h[0])]] = True
    inputs = frozenset({Input.REPORTED_OFFENCE})
    events = {"all": Events(cell, hour, hour, inputs=inputs)}
    if source.kind:
        kind = np.array(table[source.kind].to_pylist(), dtype=object)[good]
        chosen = _second(kind)
        notes.append(f"second target: {chosen!r}")
        events["burglary"] = events["all"].take(kind == chosen)
    since_h = _hour(source.since) if source.since else float(hour.min())
    return World(events, grid, mask, since_h, validation, test, tuple(notes))


def _anchor(lat: F64, lon: F64) -> tuple[float, float]:
    """Return a corner in tenths of a degree, south-west of all but a few far positions."""
    south, west = (np.floor(np.quantile(one, _FAR) * 10) / 10 - 0.1 for one in (lat, lon))
    return float(south), float(west)


def _table(source: Source) -> pa.Table:
    if not source.path.is_file():
        raise SystemExit(
            f"benchmarks.risk: {source.path} is not there. Put the data folder beside the checkout "
            "(shared/data), or name a file with --incidents, --time, --lon and --lat."
        )
    reader = pa.parquet if source.path.suffix == ".parquet" else pa.csv
    table = reader.read_table(source.path) if reader is pa.parquet else reader.read_csv(source.path)
    wanted = [name for name in (source.time, source.lon, source.lat, source.kind) if name]
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise SystemExit(
            f"benchmarks.risk: {source.path.name} has no column {', '.join(missing)}; "
            f"it has {', '.join(table.column_names)}."
        )
    return table.select(list(dict.fromkeys(wanted)))


def _hours(table: pa.Table, name: str) -> F64:
    """Return hours since the epoch, nan where the time is missing or is no time."""
    column = table[name]
    if pa.types.is_timestamp(column.type) and column.type.tz:
        raise SystemExit(
            f"benchmarks.risk: {name} has the zone {column.type.tz}; local wall-clock times are "
            "needed, because shifts are local: write them to a column without zone."
        )
    if not pa.types.is_temporal(column.type):
        column = pa.compute.cast(column, pa.timestamp("s"), safe=False)
    moments = column.to_numpy().astype("datetime64[s]")
    hours = (moments - np.datetime64(EPOCH, "s")).astype(np.float64) / 3600
    return np.where(np.isnat(moments), np.nan, hours)


def _hour(day: date) -> float:
    return (datetime(day.year, day.month, day.day) - EPOCH).total_seconds() / 3600  # noqa: DTZ001 - local


def _periods(source: Source, hour: F64) -> tuple[Period, Period]:
    """Return the last year of training (half of it, if it is under two years) and the test."""
    until_h, from_h = _hour(source.train_until) + 6, _hour(source.test_from) + 6
    trained_days = int((until_h - hour.min()) // 24)
    until = source.train_until
    year_ago = until.replace(year=until.year - 1, day=min(until.day, 28))
    year_ago += timedelta(days=until.day - year_ago.day)
    validated = min((until - year_ago).days, trained_days // 2)
    tested = int((hour.max() + 1 - from_h) // 24)
    if validated < 28 or tested < 28 or from_h < until_h:
        raise SystemExit(
            "benchmarks.risk: at least 56 days of training and 28 days of test after it are needed; "
            f"the file gives {trained_days} and {tested}. Move --train-until and --test-from."
        )
    return (
        Period("validation", until_h - 24 * np.arange(validated, 0, -1.0)),
        Period("test", from_h + 24 * np.arange(float(tested))),
    )


def _second(kind: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> str:
    """Return the kind that is burglary by its name, else the commonest kind."""
    counted = Counter(str(one) for one in kind if one)
    burglary = [name for name in counted if name.lower().startswith(_BURGLARY)]
    return burglary[0] if burglary else counted.most_common(1)[0][0]
