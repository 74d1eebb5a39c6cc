"""What is replayed. In: arrays of a town, its units, incidents, planned visits, and a policy. Out: the same, checked.

Times are float seconds on one axis, from wherever the caller counts. Rows are numbered from 0. What
cannot be played is refused here, with its row; docs/formulas/replay.md has the rules.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from math import inf, isnan

import numpy as np

from narvaro.core.jit import F64, I64, Bits
from narvaro.core.replay.checks import fill, fit, refuse, refuse_durations, within
from narvaro.core.replay.hours import Hours, Windows, open_windows
from narvaro.core.replay.rows import Rows, Visit, new_rows

LATE_MOST_S = 600.0


class Rule(IntEnum):
    """How the units that may be sent are ranked; the kernel's `rank` knows each by its number."""

    NEAREST = 0  # least seconds on the road
    RESERVE = 1  # the last units of an area stand back, except for danger to life
    AHEAD = 2  # of those in time for sure who is missed least, by `core.choice.look_ahead`


@dataclass(frozen=True, slots=True)
class Policy:
    """What is decided, as data: a what-if is another of these.

    `rule` ranks units. `keep`, `held_s` belong to Rule.RESERVE: where a unit is among the last `keep`
    of its area, it is ranked as if it were `held_s` seconds farther away (inf: last of all, yet sent
    where no other may go). A visit that would begin more than `late_most_s` late is skipped. An
    incident that has waited longer than `waits_most_s` is sent nobody more.
    """

    rule: Rule = Rule.NEAREST
    keep: int = 1
    held_s: float = 300.0
    late_most_s: float = LATE_MOST_S
    waits_most_s: float = inf

    def __post_init__(self) -> None:
        """Refuse a rule that does not exist and times below 0; ValueError says which."""
        object.__setattr__(self, "rule", Rule(self.rule))
        for name in ("keep", "held_s", "late_most_s", "waits_most_s"):
            value = getattr(self, name)
            if value < 0 or isnan(value):
                raise ValueError(f"Policy.{name} is {value}: give 0 or more")


@dataclass(frozen=True, eq=False, slots=True)
class Town:
    """P places and the ways between them, for M travel modes.

    `travel_s`, `distance_m`: float64 [M, P, P] from row to column ([P, P] is taken as one mode); inf:
    no way. `area`: int64 [P], an area's number per place (Rule.RESERVE); left out: one area.
    """

    travel_s: F64
    distance_m: F64
    area: I64 = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        """Refuse tables that are not square, differ, hold negative times or a way from a place to itself."""
        for name in ("travel_s", "distance_m"):
            table = np.asarray(getattr(self, name), np.float64)
            table = table[None] if table.ndim == 2 else table
            if table.ndim != 3 or table.shape[1] != table.shape[2]:
                raise ValueError(f"Town.{name} is {table.shape}: give [modes, places, places]")
            refuse(f"Town.{name}", ~(table >= 0), table, "give 0 or more, inf where no way leads")
            own = np.diagonal(table, axis1=1, axis2=2)
            refuse(f"Town.{name} from a place to itself", own != 0, own, "give 0")
            object.__setattr__(self, name, np.ascontiguousarray(table))
        if not len(self.travel_s):
            raise ValueError("Town.travel_s has no travel mode: give [modes, places, places]")
        if self.travel_s.shape != self.distance_m.shape:
            shapes = f"{self.travel_s.shape} and {self.distance_m.shape}"
            raise ValueError(f"Town.travel_s and distance_m are {shapes}: give the same places")
        unknown = np.isfinite(self.travel_s) & ~np.isfinite(self.distance_m)
        refuse("Town.distance_m", unknown, self.distance_m, "give metres where travel_s has a way")
        fill(self, "area", np.int64, self.places, 0)
        refuse("Town.area", self.area < 0, self.area, "number areas from 0")

    @property
    def places(self) -> int:
        """P."""
        return len(self.travel_s[0])

    @property
    def modes(self) -> int:
        """M."""
        return len(self.travel_s)


@dataclass(frozen=True, eq=False, slots=True)
class Units:
    """U units; none is legal: then everything stays queued.

    `base`: int64 [U] place where each shift begins. `shifts`: when they work; no two of a unit at
    once. `competence`: int64 [U] bit mask. `mode`: int64 [U] row of the town's tables.
    `needs_permit`: bool [U]; such a unit is sent only within its `permits`. `covers`: bool [U, P],
    where it may be sent at all; left out: everywhere. `windows` follow: when each may be sent.
    """

    base: I64
    shifts: Hours
    competence: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    mode: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    needs_permit: Bits = field(default_factory=lambda: np.empty(0, bool))
    permits: Hours = field(default_factory=Hours.none)
    covers: Bits = field(default_factory=lambda: np.empty((0, 0), bool))
    windows: Windows = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse columns that do not fit, hours of unknown units, and shifts at once."""
        count = fit(self, {"base": np.int64})
        fill(self, "competence", np.int64, count, 0)
        fill(self, "mode", np.int64, count, 0)
        fill(self, "needs_permit", bool, count, fill=False)
        object.__setattr__(self, "covers", np.asarray(self.covers, bool))
        for name in ("shifts", "permits"):
            within(f"Units.{name}.unit", getattr(self, name).unit, count, "units")
        self._refuse_at_once()
        found = open_windows(self.shifts, self.permits, self.needs_permit)
        object.__setattr__(self, "windows", found)

    def _refuse_at_once(self) -> None:
        shifts = self.shifts
        order = np.lexsort((shifts.from_s, shifts.unit))
        before, after = order[:-1], order[1:]
        at_once = shifts.unit[before] == shifts.unit[after]
        at_once &= shifts.from_s[after] < shifts.until_s[before]
        for row, other in zip(before[at_once], after[at_once], strict=True):
            raise ValueError(
                f"Units.shifts: rows {row} and {other} of unit {shifts.unit[row]} are at the same "
                "time; make one shift of them or move one"
            )

    def __len__(self) -> int:
        """Count the units."""
        return len(self.base)


@dataclass(frozen=True, eq=False, slots=True)
class Ready:
    """What readiness is asked of at each incident: P places, each with its limit and its weight.

    `limit_s`: float64 [P] seconds. `weight`: float64 [P], what is expected there; a place of 0 is not
    looked at. `needs`: int64 [P] bit mask of competences.
    """

    limit_s: F64
    weight: F64
    needs: I64 = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        """Refuse columns that do not fit, negative limits, and weights without a sum."""
        count = fit(self, {"limit_s": np.float64, "weight": np.float64})
        fill(self, "needs", np.int64, count, 0)
        refuse("Ready.limit_s", ~(self.limit_s >= 0), self.limit_s, "give seconds, 0 or more")
        refuse_durations("Ready.weight", self.weight)
        if not self.weight.sum() > 0:
            raise ValueError("Ready.weight: give at least one place a weight above 0")

    def __len__(self) -> int:
        """Count the places."""
        return len(self.limit_s)


@dataclass(frozen=True, eq=False, slots=True)
class Incidents:
    """I incidents in order of time.

    `at_s`: float64 [I]. `place`: int64 [I]. `on_scene_s`: float64 [I], how long each unit that comes
    stays (drawn beforehand, so that policies share it). `needs`: int64 [I] bit mask of competences.
    `danger`: bool [I], danger to life. `units_needed`: int64 [I], 1 or 2.
    """

    at_s: F64
    place: I64
    on_scene_s: F64
    needs: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    danger: Bits = field(default_factory=lambda: np.empty(0, bool))
    units_needed: I64 = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        """Refuse what is not in order of time, negative or unknown durations, and other than 1 or 2 units."""
        columns = {"at_s": np.float64, "place": np.int64, "on_scene_s": np.float64}
        count = fit(self, columns)
        fill(self, "needs", np.int64, count, 0)
        fill(self, "danger", bool, count, fill=False)
        fill(self, "units_needed", np.int64, count, 1)
        refuse("Incidents.at_s", ~np.isfinite(self.at_s), self.at_s, "give a time")
        earlier = np.diff(self.at_s, prepend=-inf) < 0
        refuse("Incidents.at_s", earlier, self.at_s, "sort the rows by time")
        refuse_durations("Incidents.on_scene_s", self.on_scene_s)
        other = (self.units_needed < 1) | (self.units_needed > 2)
        refuse("Incidents.units_needed", other, self.units_needed, "give 1 or 2")

    def __len__(self) -> int:
        """Count the incidents."""
        return len(self.at_s)


@dataclass(frozen=True, eq=False, slots=True)
class Visits:
    """V planned visits; those of a unit stand in order of time.

    `unit`, `place`: int64 [V]. `planned_s`: float64 [V], when it is to begin. `dwell_s`: float64 [V].
    What follows: `by_unit`, the same in order of unit, then time, as the event loop reads them;
    `counts` int64 and `dwells_s` float64, visits and seconds of dwelling of each unit up to the last
    that has any.
    """

    unit: I64
    place: I64
    planned_s: F64
    dwell_s: F64
    by_unit: Rows = field(init=False, repr=False)
    counts: I64 = field(init=False, repr=False)
    dwells_s: F64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse columns that do not fit, visits of a unit out of order, negative durations."""
        fit(self, {"unit": np.int64, "place": np.int64, "planned_s": np.float64,
                    "dwell_s": np.float64})  # fmt: skip
        refuse("Visits.unit", self.unit < 0, self.unit, "number units from 0")
        refuse("Visits.planned_s", ~np.isfinite(self.planned_s), self.planned_s, "give a time")
        refuse_durations("Visits.dwell_s", self.dwell_s)
        order = np.argsort(self.unit, kind="stable")
        same = np.diff(self.unit[order], prepend=-1) == 0
        earlier = np.zeros(len(order), bool)
        earlier[order] = same & (np.diff(self.planned_s[order], prepend=-inf) < 0)
        refuse("Visits.planned_s", earlier, self.planned_s, "sort the visits of a unit by time")
        rows = new_rows(Visit, len(order), number=order, place=self.place[order],
                        planned_s=self.planned_s[order], dwell_s=self.dwell_s[order])  # fmt: skip
        object.__setattr__(self, "by_unit", rows)
        object.__setattr__(self, "counts", np.bincount(self.unit).astype(np.int64))
        object.__setattr__(self, "dwells_s", np.bincount(self.unit, self.dwell_s))

    @classmethod
    def none(cls) -> "Visits":
        """Return no visits."""
        whole, none = np.empty(0, np.int64), np.empty(0)
        return cls(whole, whole, none, none)

    def __len__(self) -> int:
        """Count the visits."""
        return len(self.unit)


def check_together(town: Town, units: Units, incidents: Incidents, visits: Visits) -> None:
    """Refuse places, modes and units that one table names and another lacks; ValueError says which row."""
    for name, rows in (
        ("Units.base", units.base), ("Incidents.place", incidents.place),
        ("Visits.place", visits.place),
    ):  # fmt: skip
        within(name, rows, town.places, "places")
    within("Units.mode", units.mode, town.modes, "travel modes")
    within("Visits.unit", visits.unit, len(units), "units")
    shape = (len(units), town.places)
    if units.covers.size and units.covers.shape != shape:
        raise ValueError(f"Units.covers is {units.covers.shape}: give {shape}, or leave it out")
