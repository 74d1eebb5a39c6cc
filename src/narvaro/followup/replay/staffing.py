"""A roster, laid over days. In: a roster, a scenario, the places. Out: units and visits, as they are played.

The weeks of the roster are laid end to end for as many days as are played, weekday upon weekday. A unit
whose crews hold different things is several here, of which one works at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from zlib import crc32

import numpy as np
from shapely import intersects_xy

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.permits import Permit
from narvaro.core.replay import Hours, Units, Visits, stream
from narvaro.core.said import Said
from narvaro.followup.replay.demand import DAY_S, HOUR_S
from narvaro.followup.replay.places import CAR, FOOT, Ground, nearest_of
from narvaro.followup.replay.roster import (
    DWELL_S,
    EACH_S,
    GUARD,
    OFFICER,
    Crew,
    Duty,
    Planned,
    Roster,
)
from narvaro.followup.replay.scenario import Fact, Note, Scenario
from narvaro.spine.refusal import Refused

FIRST_S = 20 * 60.0  # after a shift begins, the first of the visits that are made up


def moved(duties: Iterable[Duty], hours: tuple[time, time]) -> list[Duty]:
    """Return the same crews at other hours, each once for each day on which it began."""
    begins, ends = _span_s(hours)
    days = dict.fromkeys((one.crew.call_sign, one.from_s // DAY_S) for one in duties)
    first = {(one.crew.call_sign, one.from_s // DAY_S): one.crew for one in reversed([*duties])}
    return [Duty(first[key], key[1] * DAY_S + begins, key[1] * DAY_S + ends) for key in days]


def _span_s(hours: tuple[time, time]) -> tuple[float, float]:
    begins, ends = (one.hour * HOUR_S + one.minute * 60.0 + one.second for one in hours)
    return begins, ends if ends > begins else ends + DAY_S


def more(roster: Roster, scenario: Scenario) -> list[Duty]:
    """Return the added units' shifts; they hold what every guard in a car of the roster holds.

    Without hours of their own they work as the roster's guards in cars do, the first as the first.
    Raises Refused where there is none of these.
    """
    cars = [one for one in roster.duties if one.crew.role == GUARD and not one.crew.on_foot]
    if not cars:
        detail = Said("The roster has no guard in a car, so nobody says what one more would hold.")
        raise Refused("no_car", detail)
    holds = set.intersection(*(set(one.crew.holds) for one in cars))
    signs = sorted({one.crew.call_sign for one in cars})
    found = []
    for number in range(scenario.more_units):
        like = [one for one in cars if one.crew.call_sign == signs[number % len(signs)]]
        crew = replace(
            like[0].crew, call_sign=f"+{number + 1}", holds=tuple(sorted(holds)), added=True
        )
        if scenario.shift:
            begins, ends = _span_s(scenario.shift)
            days = (day * DAY_S for day in range(roster.days))
            found += [Duty(crew, day + begins, day + ends) for day in days]
        else:
            found += [replace(one, crew=crew) for one in like]
    return found


@dataclass(frozen=True, eq=False)
class Staff:
    """Units and visits of some days, as they are played."""

    units: Units
    visits: Visits
    crews: tuple[Crew, ...]
    notes: tuple[Note, ...]


class Staffing:
    """Lays a roster over days, for one scenario."""

    def __init__(
        self,
        roster: Roster,
        scenario: Scenario,
        ground: Ground,
        demand: F64,
        bits: Mapping[str, int],
    ) -> None:
        self.roster, self.ground, self.demand = roster, ground, demand
        duties = list(roster.duties)
        if scenario.more_units:
            duties += more(roster, scenario)
        elif scenario.shift:
            duties = moved(duties, scenario.shift)
        self.duties = duties
        self.crews = tuple(sorted({one.crew for one in duties}))
        self.number = {crew: n for n, crew in enumerate(self.crews)}
        self.notes: list[Note] = []
        self.covers, self.hours = self._permitted()
        self.base = np.array([self._base(n, scenario) for n in range(len(self.crews))], np.int64)
        held = [sum(bits.get(one, 0) for one in crew.holds) for crew in self.crews]
        self.competence = np.array(held, np.int64)
        if scenario.more_units:
            facts: dict[str, Fact] = {"each_min": EACH_S / 60, "dwell_min": DWELL_S / 60}
            self.notes.append(Note("added_patrol", facts))
        if scenario.base is None:
            names = sorted({ground.spots[n].name for n in self.base})
            self.notes.append(Note("base_in_the_middle", {"places": ", ".join(names[:3])}))

    def _base(self, number: int, scenario: Scenario) -> int:
        """Return the place asked for, or the middle of where the crew may be, by demand."""
        crew = self.crews[number]
        if scenario.base is not None and (crew.added or not scenario.more_units):
            found = self.ground.find(scenario.base)
            assert found is not None, "the place of a base is always kept"
            return found
        mode = FOOT if crew.on_foot else CAR
        table = self.ground.town.travel_s[mode]
        reach = np.where(np.isfinite(table), table, 2 * HOUR_S)
        weight = np.where(self.covers[number], self.demand + 1e-6, 0.0)
        far = np.where(self.covers[number], reach @ weight, np.inf)
        return int(far.argmin())

    def _permitted(self) -> tuple[Bits, list[list[Permit]]]:
        """Return where each crew may be sent, [U, P], and the permits whose hours hold there.

        The core knows one set of hours for a unit: of places with different permits only those
        count that have at least the permits of the place with most demand.
        """
        where = np.array([(one.lat, one.lon) for one in self.ground.spots])
        covers = np.ones((len(self.crews), len(where)), bool)
        hours: list[list[Permit]] = [[] for _ in self.crews]
        told = set[str]()
        for number, crew in enumerate(self.crews):
            if crew.role != OFFICER:
                continue
            permits = self.roster.permits.get(crew.organisation_id, ())
            inside = np.zeros((len(permits), len(where)), bool)
            for row, permit in enumerate(permits):
                inside[row] = intersects_xy(permit.area, where[:, 1], where[:, 0])
            somewhere = inside.any(axis=0)
            best = int(np.where(somewhere, self.demand + 1e-6, -1.0).argmax())
            held = inside[:, best] & somewhere.any()
            covers[number] = somewhere & inside[held].all(axis=0) if held.any() else False
            hours[number] = [one for one, is_held in zip(permits, held, strict=True) if is_held]
            left = int(somewhere.sum() - covers[number].sum())
            if left and crew.organisation_id not in told:
                told.add(crew.organisation_id)
                self.notes.append(Note("permits_cut", {"places": left}))
        return covers, hours

    def lay(self, first: date, days: int, seed: int) -> Staff:
        """Return the units and visits of some days from a midnight on."""
        rows = self._tiled(first, days)
        shifts = [(self.number[one.crew], one.from_s, one.until_s) for one in rows]
        needs = np.array([one.role == OFFICER for one in self.crews], bool)
        permits = [
            (number, *span)
            for number, held in enumerate(self.hours)
            for span in permit_spans(held, first, days)
        ]
        units = Units(
            base=self.base, shifts=Hours.of(shifts), competence=self.competence,
            mode=np.array([FOOT if one.on_foot else CAR for one in self.crews], np.int64),
            needs_permit=needs, permits=Hours.of(permits), covers=self.covers,
        )  # fmt: skip
        made_up = rows
        planned: list[tuple[int, int, float, float]] = []
        if self.roster.visits:
            made_up = [one for one in rows if one.crew.added]
            planned = self._of_plans(rows, first, days)
        planned += self._routine(made_up, seed)
        return Staff(units, visits_of(planned), self.crews, tuple(self.notes))

    def _tiled(self, first: date, days: int) -> list[Duty]:
        """Lay the roster end to end; a shift that would run into the unit's last one begins after it."""
        by_day: dict[int, list[Duty]] = defaultdict(list)
        for one in self.duties:
            by_day[int(one.from_s // DAY_S) % self.roster.days].append(one)
        offset = (first - self.roster.first).days
        found: list[Duty] = []
        for day in range(-1, days):  # whoever began the evening before is at work at midnight
            for one in by_day[(day + offset) % self.roster.days]:
                back = (day - one.from_s // DAY_S) * DAY_S
                found.append(replace(one, from_s=one.from_s + back, until_s=one.until_s + back))
        found.sort(key=lambda one: (one.crew.call_sign, one.from_s))
        last: dict[str, float] = {}
        kept = []
        for one in found:
            from_s = max(one.from_s, last.get(one.crew.call_sign, 0.0))
            if from_s < one.until_s:
                last[one.crew.call_sign] = one.until_s
                kept.append(replace(one, from_s=from_s))
        return kept

    def _routine(self, rows: Sequence[Duty], seed: int) -> list[tuple[int, int, float, float]]:
        """Return made-up visits, (unit, place, time, dwell): drawn by demand, the same in any scenario."""
        found = []
        draws = {}
        for one in rows:
            sign, number = one.crew.call_sign, self.number[one.crew]
            if sign not in draws:
                draws[sign] = stream(seed, crc32(sign.encode()), "routine")
            times = np.arange(one.from_s + FIRST_S, one.until_s - DWELL_S, EACH_S)
            weight = np.where(self.covers[number], np.sqrt(self.demand) + 1e-3, 0.0)
            if not len(times) or not weight.any():
                continue
            places = draws[sign].choice(len(weight), len(times), p=weight / weight.sum())
            found += [
                (number, place, at_s, DWELL_S)
                for place, at_s in zip(places.tolist(), times.tolist(), strict=True)
            ]
        return found

    def _of_plans(
        self, rows: Sequence[Duty], first: date, days: int
    ) -> list[tuple[int, int, float, float]]:
        """Return the plans' visits, laid as the roster is, each with the crew that works then."""
        lats, lons = np.array([(one.lat, one.lon) for one in self.roster.visits]).T
        places, _ = nearest_of(self.ground.spots, lats, lons)
        by_day: dict[int, list[tuple[Planned, int]]] = defaultdict(list)
        for one, place in zip(self.roster.visits, places.tolist(), strict=True):
            by_day[int(one.at_s // DAY_S) % self.roster.days].append((one, place))
        at_work: dict[tuple[str, int], list[Duty]] = defaultdict(list)
        for duty in rows:
            for day in range(int(duty.from_s // DAY_S), int(duty.until_s // DAY_S) + 1):
                at_work[duty.crew.call_sign, day].append(duty)
        offset, found = (first - self.roster.first).days, []
        for day in range(days):
            for one, place in by_day[(day + offset) % self.roster.days]:
                at_s = day * DAY_S + one.at_s % DAY_S
                for duty in at_work[one.call_sign, day]:
                    if duty.from_s <= at_s < duty.until_s:
                        found.append((self.number[duty.crew], place, at_s, one.dwell_s))
                        break
        return found


def visits_of(rows: Sequence[tuple[int, int, float, float]]) -> Visits:
    """Return visits in order of unit and time."""
    rows = sorted(rows, key=lambda one: (one[0], one[2]))
    columns = [np.array([row[n] for row in rows]) for n in range(4)]
    return Visits(columns[0].astype(np.int64), columns[1].astype(np.int64), *columns[2:])


def permit_spans(permits: Iterable[Permit], first: date, days: int) -> list[tuple[float, float]]:
    """Return when permits hold, in local seconds; which days of the year they hold is left out."""
    found = []
    for permit in permits:
        begins, ends = _span_s((permit.hours_from, permit.hours_until))
        found += [
            (day * DAY_S + begins, day * DAY_S + ends)
            for day in range(-1, days)
            if (first + timedelta(days=day)).weekday() in permit.weekdays
        ]
    return found


def demand_at(of: I64, places: int) -> F64:
    """Return how many calls fall to each place, [P]."""
    return np.bincount(of[of >= 0], minlength=places).astype(np.float64)
