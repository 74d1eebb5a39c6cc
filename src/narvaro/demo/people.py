"""The made-up staff: staff.toml and a day in, members, units, roster and permits' hours out."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data
from narvaro.demo.town import TownMember, TownShift, TownUnit

DAYS_BACK, DAYS_AHEAD, TURN_DAYS = 1, 14, 3


def make_units(rng: Random, frame: Frame, scale: float = 1.0) -> tuple[TownUnit, ...]:
    """Make the units; `scale` draws their places towards the centre of a smaller map."""
    units = []
    for u in read_data("staff.toml")["unit"]:
        lat, lon = frame.degrees(u["at"][0] * scale, u["at"][1] * scale)
        tracker = f"{u['call_sign'].lower()}-{rng.getrandbits(32):08x}"
        units.append(
            TownUnit(u["call_sign"], u["role"], u["travel"], tuple(u["kit"]), tracker, lat, lon)
        )
    return tuple(units)


def make_roster(today: date) -> tuple[TownShift, ...]:
    """Roster every unit from yesterday to a fortnight ahead; local, naive times."""
    staff = read_data("staff.toml")
    crews = _crews(staff)
    shifts = []
    for back in range(-DAYS_BACK, DAYS_AHEAD + 1):
        day = today + timedelta(days=back)
        team = (day.toordinal() // TURN_DAYS) % 2
        for unit in staff["unit"]:
            for slot, (start, end) in enumerate(unit["shifts"]):
                starts = datetime.combine(day, time.fromisoformat(start))
                ends = datetime.combine(day, time.fromisoformat(end))
                ends += timedelta(days=1) if ends <= starts else timedelta()
                crew = crews[unit["call_sign"], slot, team]
                shifts.append(TownShift(unit["call_sign"], starts, ends, crew))
    return tuple(sorted(shifts, key=lambda s: (s.starts, s.call_sign)))


def _crews(staff: dict[str, Any]) -> dict[tuple[str, int, int], tuple[str, ...]]:
    """Number the field staff: 11xx guards, 12xx public order officers."""
    last = {"guard": 1100, "public_order_officer": 1200}
    crews = {}
    for unit in staff["unit"]:
        for slot in range(len(unit["shifts"])):
            for team in (0, 1):
                first = last[unit["role"]] + 1
                last[unit["role"]] += unit["crew"]
                crews[unit["call_sign"], slot, team] = tuple(
                    str(n) for n in range(first, first + unit["crew"])
                )
    return crews


def make_members(rng: Random, today: date) -> tuple[TownMember, ...]:
    """Make all staff with competences and dates; one guard's CPR date has passed, on purpose."""
    staff = read_data("staff.toml")
    out = [
        TownMember(number, staff[where], role, _ago(rng, today, 1, 6), ())
        for number, where, role in staff["office"]
    ]
    role_of = {u["call_sign"]: u["role"] for u in staff["unit"]}
    for (call_sign, _, _), numbers in _crews(staff).items():
        for number in numbers:
            main = role_of[call_sign]
            names = [main, "cpr"] + (["fire"] if main == "guard" and rng.random() < 0.6 else [])
            competences = tuple((n, *_valid(rng, today)) for n in names)
            if number == "1105":
                competences = (
                    competences[0],
                    ("cpr", today - timedelta(days=760), today - timedelta(days=30)),
                )
            out.append(
                TownMember(number, staff["company"], "guard", _ago(rng, today, 1, 6), competences)
            )
    return tuple(sorted(out, key=lambda m: m.service_number))


def _ago(rng: Random, today: date, least: int, most: int) -> date:
    return today - timedelta(days=rng.randrange(365 * least, 365 * most))


def _valid(rng: Random, today: date) -> tuple[date, date]:
    """Give a competence's period: valid today and for the length of the roster at least."""
    since = _ago(rng, today, 0, 2) - timedelta(days=1)
    return since, today + timedelta(days=rng.randrange(60, 700))
