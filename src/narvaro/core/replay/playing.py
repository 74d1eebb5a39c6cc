"""Play days under a policy. In: town, units, incidents, planned visits, policy. Out: an `Outcome`.

What is random was drawn before (`drawing`): the same input gives the same outcome to the last bit,
and two policies see the same incidents and the same times on scene.
"""

from math import inf, nan
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64
from narvaro.core.replay.events import NOBODY, run
from narvaro.core.replay.foresight import Expected, Foresight
from narvaro.core.replay.hours import Hours
from narvaro.core.replay.outcome import Outcome
from narvaro.core.replay.rows import Unit, Watch, Window, World, new_rows
from narvaro.core.replay.world import (
    Incidents,
    Policy,
    Ready,
    Rule,
    Town,
    Units,
    Visits,
    check_together,
)

Number = TypeVar("Number", np.int64, np.float64)
ACTIVITIES = ("to_visits", "visiting", "to_alarms", "at_alarms")


def play(  # noqa: PLR0917 - what is played, in its order
    town: Town,
    units: Units,
    incidents: Incidents,
    visits: Visits,
    policy: Policy,
    ready: Ready | None = None,
    expected: Expected | None = None,
) -> Outcome:
    """Replay everything; ValueError where the tables do not fit together.

    With `ready`, readiness is looked at when each incident happens, before anybody is sent to it.
    Rule.AHEAD needs `expected`; other rules do not look at it.
    """
    check_together(town, units, incidents, visits)
    if ready is not None and len(ready) != town.places:
        raise ValueError(f"Ready has {len(ready)} places: the town has {town.places}")
    ahead = policy.rule == Rule.AHEAD
    if ahead and expected is None:
        raise ValueError("Rule.AHEAD: give what is expected; without it nothing can be weighed")
    world = _pack(town, units, incidents, visits, policy)
    watch = _watch(ready, len(incidents)) if ready is not None else None
    if ahead and expected is not None:
        _run_ahead(
            world._replace(sure_s=expected.sure_s), watch, Foresight(town, expected, len(units))
        )
    else:
        run(world, watch, 0, NOBODY)
    return _outcome(world, units, visits, None if watch is None else watch.share)


def _run_ahead(world: World, watch: Watch | None, foresight: Foresight) -> None:
    """Play with a look-ahead at each incident between whose units there is a choice."""
    i = run(world, watch, 0, NOBODY)
    while i < len(world.at_s):
        i = run(world, watch, i, foresight.choose(world, i))


def _watch(ready: Ready, incidents: int) -> Watch:
    """Return what readiness is asked of, with weights that sum to 1."""
    weight = ready.weight / ready.weight.sum()
    return Watch(ready.limit_s, weight, ready.needs, np.zeros(incidents))


def warm() -> None:
    """Compile or load the kernels."""
    town = Town(np.zeros((1, 1)), np.zeros((1, 1)))
    units = Units(np.zeros(1, np.int64), Hours.of([(0, 0.0, 1.0)]))
    one = Incidents(np.zeros(1), np.zeros(1, np.int64), np.zeros(1))
    play(town, units, one, Visits.none(), Policy())


def _pack(town: Town, units: Units, incidents: Incidents, visits: Visits, policy: Policy) -> World:
    """Turn everything into rows for the kernel; units are off duty at their bases."""
    open_, shifts, count = units.windows, units.shifts, len(incidents)
    in_order = np.lexsort((shifts.from_s, shifts.unit))
    window, last_window = _spans(np.bincount(open_.unit, minlength=len(units)))
    shift, last_shift = _spans(np.bincount(shifts.unit, minlength=len(units)))
    visit, last_visit = _spans(_padded(visits.counts, len(units)))
    opens_s = np.append(open_.from_s, inf)[window]
    everywhere = np.ones((len(units), town.places), bool)
    return World(
        travel_s=town.travel_s,
        distance_m=town.distance_m,
        area=town.area,
        standing=np.zeros(int(town.area.max(initial=0)) + 1, np.int64),
        covers=np.ascontiguousarray(units.covers) if units.covers.size else everywhere,
        units=new_rows(
            Unit, len(units), number=np.arange(len(units)), base=units.base, mode=units.mode,
            competence=units.competence, place=units.base, due_s=inf, until_s=-inf,
            opens_s=np.where(window < last_window, opens_s, inf),
            window=window, last_window=last_window, shift=shift, last_shift=last_shift,
            visit=visit, last_visit=last_visit,
        ),
        windows=new_rows(
            Window, len(open_.unit), from_s=open_.from_s, until_s=open_.until_s, anew=open_.anew
        ),
        shifts=np.stack([shifts.from_s, shifts.until_s], axis=1)[in_order],
        visits=visits.by_unit,
        at_s=incidents.at_s,
        place=incidents.place,
        on_scene_s=incidents.on_scene_s,
        needs=incidents.needs,
        danger=incidents.danger,
        wanted=incidents.units_needed,
        missing=np.zeros(count, np.int64),
        after=np.full(count, NOBODY),
        queue=np.full((2, 2), NOBODY),
        unit=np.full((count, 2), NOBODY),
        sent_s=np.full((count, 2), nan),
        arrived_s=np.full((count, 2), nan),
        cleared_s=np.full((count, 2), nan),
        visit=np.zeros(len(visits), np.int64),
        visit_from_s=np.full(len(visits), nan),
        visit_until_s=np.full(len(visits), nan),
        rule=int(policy.rule),
        keep=policy.keep,
        held_s=float(policy.held_s),
        late_most_s=float(policy.late_most_s),
        waits_most_s=float(policy.waits_most_s),
        sure_s=0.0,
    )  # fmt: skip


def _spans(sizes: I64) -> tuple[I64, I64]:
    """Return where each unit's rows begin and end, of rows in order of unit."""
    ends = np.cumsum(sizes)
    return ends - sizes, ends


def _padded(values: npt.NDArray[Number], units: int) -> npt.NDArray[Number]:
    return np.concatenate([values, np.zeros(units - len(values), values.dtype)])


def _outcome(w: World, units: Units, visits: Visits, ready_share: F64 | None) -> Outcome:
    """Name what was played; what is left of the shifts was idle."""
    spent = {name: w.units[f"{name}_s"].copy() for name in ACTIVITIES}
    overtime_s = w.units["overtime_s"].copy()
    shifts = units.shifts
    lengths_s = shifts.until_s - shifts.from_s
    shift_s = np.bincount(shifts.unit, lengths_s, len(units)).astype(np.float64)
    return Outcome(
        unit=w.unit,
        sent_s=w.sent_s,
        arrived_s=w.arrived_s,
        cleared_s=w.cleared_s,
        queued=~(w.sent_s[:, 0] == w.at_s),
        visit=w.visit,
        visit_from_s=w.visit_from_s,
        visit_until_s=w.visit_until_s,
        to_visits_s=spent["to_visits"],
        visiting_s=spent["visiting"],
        to_alarms_s=spent["to_alarms"],
        at_alarms_s=spent["at_alarms"],
        overtime_s=overtime_s,
        idle_s=shift_s + overtime_s - sum(spent.values(), np.zeros(len(units))),
        shift_s=shift_s,
        driven_m=w.units["driven_m"].copy(),
        home_s=w.units["home_s"].copy(),
        home_m=w.units["home_m"].copy(),
        planned_s=_padded(visits.dwells_s, len(units)),
        ready_share=ready_share,
        events=len(w.at_s) + int(w.units["events"].sum()),
    )
