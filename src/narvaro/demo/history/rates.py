"""The history's rates: history.toml, places and two years in, the known intensity out."""

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_plan
from narvaro.demo.history.school_year import felt_weekday, is_break
from narvaro.demo.history.truth import F64, I64, Rates
from narvaro.demo.town import TownPlace

HERE = Path(__file__).parent
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_SCHOOLS = {"school", "preschool"}
YEAR_H = 365.25 * 24


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event as history.toml has it."""

    code: str
    per_year: float
    repeats: float
    profile: str
    season: tuple[float, float]
    breaks: tuple[float, float]
    places: dict[str, float]
    texts: tuple[str, ...]
    incident: dict[str, Any] = field(default_factory=dict)
    damage: dict[str, Any] = field(default_factory=dict)
    alarm: dict[str, str] = field(default_factory=dict)
    worst: dict[str, Any] = field(default_factory=dict)
    police: float = 0.0
    found: str = "seen"  # or "later"
    hours: float = 0.5
    reach_m: float | None = None
    days: float | None = None


@cache
def read_spec() -> dict[str, Any]:
    """Read history.toml."""
    return tomllib.loads((HERE / "history.toml").read_text(encoding="utf-8"))


@cache
def _district_kinds() -> dict[str, str]:
    return {d["name"]: d["kind"] for d in read_plan()["district"]}


@cache
def list_kinds() -> tuple[Kind, ...]:
    """List the kinds of events in their order."""
    return tuple(Kind(**row) for row in read_spec()["kind"])


@dataclass(frozen=True, slots=True)
class Span:
    """The history's hours: UTC hours from a local midnight to that of today."""

    start: datetime
    zone: ZoneInfo
    slot: I64
    day_of: I64
    days: tuple[date, ...]


def span_until(today: date, zone: ZoneInfo) -> Span:
    """Lay out the hours of the years before today."""
    try:
        first = today.replace(year=today.year - read_spec()["years"])
    except ValueError:  # 29 February
        first = today.replace(year=today.year - read_spec()["years"], day=28)
    start, end = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (first, today))
    count = round((end - start) / timedelta(hours=1))
    local = [(start + timedelta(hours=h)).astimezone(zone) for h in range(count)]
    felt = {d: felt_weekday(d) for d in {t.date() for t in local}}
    slot = np.array([24 * felt[t.date()] + t.hour for t in local], np.int64)
    day_of = np.array([(t.date() - first).days for t in local], np.int64)
    days = tuple(first + timedelta(days=n) for n in range((today - first).days))
    return Span(start, zone, slot, day_of, days)


def make_rates(
    places: tuple[TownPlace, ...],
    alarmed: set[str],
    frame: Frame,
    span: Span,
    rng: np.random.Generator,
) -> Rates:
    """Work out every rate; `alarmed` are the codes of sites with a transmitter."""
    kinds, spec = list_kinds(), read_spec()
    xy = np.array([frame.metres(p.lat, p.lon) for p in places])
    own = spec["spread"] * rng.standard_normal(len(places))
    week = np.stack([_week(spec["profile"][k.profile]) for k in kinds])
    day = np.stack([_days(k, span.days) for k in kinds])
    for k in range(len(kinds)):
        for school in (0, 1):
            day[k, school] /= (week[k, span.slot] * day[k, school, span.day_of]).mean()
    level = np.stack([_level(k, places, alarmed, own, rng) for k in kinds])
    near = spec["near_repeat"]
    extra_kind, extra_place, extra = _extra(kinds, places, span)
    return Rates(
        start=span.start, kinds=tuple(k.code for k in kinds), places=tuple(p.code for p in places),
        xy=xy, school=np.array([p.kind in OF_SCHOOLS for p in places]), level=level, week=week,
        day=day, slot=span.slot, day_of=span.day_of, repeats=np.array([k.repeats for k in kinds]),
        reach_m=np.array([k.reach_m or near["reach_m"] for k in kinds]),
        decay_h=np.array([24 * (k.days or near["days"]) for k in kinds]),
        longest_h=24 * near["longest_days"], extra_kind=extra_kind, extra_place=extra_place,
        extra=extra,
    )  # fmt: skip


def read_window(text: str) -> tuple[list[int], float]:
    """Read "fri,sat 20-24 1.6": the hours of the week (0 = Monday 00), and the level."""
    days, hours, level = text.split()
    first, last = (int(h) for h in hours.split("-"))
    out: list[int] = []
    for part in days.split(","):
        begin, _, end = part.partition("-")
        for n in range(DAYS.index(begin), DAYS.index(end or begin) + 1):
            out += [24 * n + hour for hour in range(first, last)]
    return out, float(level)


def _week(profile: dict[str, Any]) -> F64:
    week = np.full(168, float(profile["floor"]))
    for text in profile["windows"]:
        slots, level = read_window(text)
        week[slots] += level
    return week


def _days(kind: Kind, days: tuple[date, ...]) -> F64:
    """Give each day's factor [elsewhere, at schools]: season and school breaks."""
    size, peak = kind.season
    turn = np.array([2 * np.pi * (d.timetuple().tm_yday - peak) / 365.25 for d in days])
    season = 1 + size * np.cos(turn)
    off = np.array([is_break(d) for d in days])
    at_schools, elsewhere = kind.breaks
    return np.stack([season * np.where(off, factor, 1.0) for factor in (elsewhere, at_schools)])


def _level(
    kind: Kind, places: tuple[TownPlace, ...], alarmed: set[str], own: F64, rng: np.random.Generator
) -> F64:
    """Share a kind's yearly events out among the places."""
    spec = read_spec()
    weight = np.array([kind.places.get(p.kind, 0.0) for p in places])
    if kind.alarm:
        weight *= [p.code in alarmed for p in places]
        own = 0.5 * rng.standard_normal(len(places))
    else:
        weight *= [
            spec["district"].get(p.district, spec["district_kind"][_district_kinds()[p.district]])
            for p in places
        ]
    weight *= np.exp(own + 0.4 * rng.standard_normal(len(places)))
    if kind.worst:
        count = kind.worst["sites"]
        ordinary = weight[weight > 0].mean()
        busy = np.argsort(-weight, kind="stable")[: 4 * count : 4]
        weight[busy] = ordinary * kind.worst["times"] / (1 + 0.35 * np.arange(len(busy)))
    return np.asarray(weight / weight.sum() * kind.per_year * (1 - kind.repeats) / YEAR_H)


def _extra(
    kinds: tuple[Kind, ...], places: tuple[TownPlace, ...], span: Span
) -> tuple[I64, I64, F64]:
    """Lay out the known extra events: kind [X], place [X], events an hour [X, H]."""
    number = {k.code: n for n, k in enumerate(kinds)}
    rows: list[tuple[int, int, F64]] = []
    for spec in read_spec()["extra"]:
        where = [
            n
            for n, p in enumerate(places)
            if (p.kind == "square" and p.name == spec.get("square"))
            or (p.kind == "street" and p.district == spec.get("district"))
        ]
        slots = [s for text in spec["hours"] for s in read_window(text)[0]]
        first, last = _lasting(spec, span.days)
        on = np.array([first <= d <= last for d in span.days])[span.day_of]
        hours = on & np.isin(span.slot, slots)
        hourly = spec["per_day"] * on.sum() / 24 / max(1, hours.sum()) / max(1, len(where))
        rows += [(number[spec["kind"]], n, np.where(hours, hourly, 0.0)) for n in where]
    return (
        np.array([k for k, _, _ in rows], np.int64),
        np.array([p for _, p, _ in rows], np.int64),
        np.stack([x for _, _, x in rows]),
    )


def _lasting(spec: dict[str, Any], days: tuple[date, ...]) -> tuple[date, date]:
    """Give the first and last day of extra events: lately, or in the last summer that is over."""
    last = days[-1]
    if "days_ago" in spec:
        return last - timedelta(days=spec["days_ago"]), last
    (m1, d1), (m2, d2) = (map(int, text.split("-")) for text in spec["months"])
    year = last.year if last >= date(last.year, m2, d2) else last.year - 1
    return date(year, m1, d1), date(year, m2, d2)
