"""What the company says it delivered in a year: town and days in, visits and hours out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from narvaro.demo.history.attended import later
from narvaro.demo.history.school_year import is_working_day, red_days
from narvaro.demo.town import Town, TownPlace

SHORT, MISSED = 0.08, 0.045
WEIGHTS = {"school": 3.0, "preschool": 1.0, "library": 0.8, "hall": 1.2, "other": 0.6}
NOT_DONE = ("Ej utförd, utryckning", "Utgick - larm", "Hann ej", "Avbruten, förstärkning")
CUT_SHORT = ("Kort, larm", "Kort besök", "Avbröts, utryckning")
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """A planned visit of the company's round; without times it was not made."""

    night: date
    place: TownPlace
    arrived: datetime | None
    left: datetime | None
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class HoursRecord:
    """Hours of an activity on a day, by the company's count."""

    day: date
    service: str
    activity: str
    where: str
    since: time
    until: time
    hours: float
    group: str


def list_visits(town: Town, first: date, today: date, zone: ZoneInfo) -> tuple[VisitRecord, ...]:
    """List the visits of each night: two cars over the sites, officers on foot over squares."""
    rng = Random(f"visits {town.seed}")
    sites = [p for p in town.places if p.kind in WEIGHTS]
    squares = [p for p in town.places if p.kind in {"square", "station"}]
    weights = [WEIGHTS[p.kind] for p in sites]
    out: list[VisitRecord] = []
    for n in range((today - first).days):
        night = first + timedelta(days=n)
        for unit, start, count in (("V3", 18.5, 10), ("V4", 18.7, 9), ("OV1", 15.0, 5)):
            chosen = (
                rng.sample(squares, min(count, len(squares)))
                if unit == "OV1"
                else rng.choices(sites, weights, k=count)
            )
            begins = datetime.combine(night, time(), zone) + timedelta(minutes=round(60 * start))
            out += _round(chosen, begins, unit, rng)
    midnight = datetime.combine(today, time(), zone)
    return tuple(v for v in out if v.left is None or v.left <= midnight)


def _round(places: list[TownPlace], begins: datetime, unit: str, rng: Random) -> list[VisitRecord]:
    """Drive from place to place; a visit takes ten to fifteen minutes."""
    out = []
    night, at = begins.date(), begins
    for place in places:
        at = later(at, timedelta(minutes=rng.randrange(18, 75)))
        draw = rng.random()
        stay = rng.randrange(3, 7) if draw < SHORT else rng.randrange(9, 17)
        note = rng.choice(CUT_SHORT) if draw < SHORT else ""
        if draw > 1 - MISSED:
            out.append(VisitRecord(night, place, None, None, unit, rng.choice(NOT_DONE)))
        else:
            left = later(at, timedelta(minutes=stay))
            out.append(VisitRecord(night, place, at, left, unit, note))
            at = left
    return out


def list_hours(town: Town, first: date, today: date) -> tuple[HoursRecord, ...]:
    """List the hours of each service line and day; `activity` is what it is, `service` its words."""
    rng = Random(f"hours {town.seed}")
    hall = next((s.name for s in town.sites if s.name == "Stadshuset"), town.sites[0].name)
    library = next((s.name for s in town.sites if s.kind == "library"), town.sites[0].name)
    square = next((p.name for p in town.places if p.name == "Råby torg"), "Centrum")
    out: list[HoursRecord] = []
    for n in range((today - first).days):
        day = first + timedelta(days=n)
        lines: list[tuple[str, str, str, int, int]] = [
            ("Rondering natt", "patrol", "Hela kommunen", 18, 6),
            ("Rondering natt", "patrol", "Hela kommunen", 18, 6),
            ("Utryckningsbil", "response", "Hela kommunen", 7, 19),
            ("Utryckningsbil", "response", "Hela kommunen", 19, 7),
            ("Ordningsvakt", "public_order", "Centrum", 14, 2),
        ]
        if is_working_day(day):
            lines += [
                ("Stationär bevakning", "stationary", hall, 8, 17),
                ("Arbetsledning", "leading", "", 8, 16),
                ("Biblioteksvakt", "stationary", library, 14, 19),
            ]
        if day.weekday() == FRIDAY:
            lines.append(("Ungdomsnärvaro", "youth", square, 19, 24))
        if rng.random() < 0.03:
            lines.append(("Extra beställning, evenemang", "other", "Stora torget", 16, 23))
        out += [_hours(day, line, rng) for line in lines]
    return tuple(out)


def _hours(day: date, line: tuple[str, str, str, int, int], rng: Random) -> HoursRecord:
    service, activity, where, since, until = line
    length = float(until - since if until > since else 24 + until - since)
    if rng.random() < 0.06:
        length -= rng.choice([0.25, 0.5, 1.0, 1.5])
    holiday = day in red_days(day.year)
    night = until <= since or until > 20
    group = (
        "Storhelg" if holiday else "Helg" if day.weekday() > FRIDAY else "Natt" if night else "Dag"
    )
    return HoursRecord(day, service, activity, where, time(since), time(until % 24), length, group)
