"""Rows ↔ core: a tenant's own town becomes what is replayed. In: a tenant, what is asked. Out: both sides.

What cannot be known from the rows stands as a note in the answer, with its figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.contract.queries import TermsInForce
from narvaro.core.jit import F64
from narvaro.core.replay import (
    Expected,
    Incidents,
    Kind,
    Policy,
    Ready,
    Rule,
    draw_incidents,
)
from narvaro.core.said import Said
from narvaro.dispatch.ahead import ENOUGH, count_known
from narvaro.dispatch.readiness.loading import Demands
from narvaro.followup.replay.demand import (
    Calls,
    RealDays,
    kinds_of,
    load_calls,
    rates_of,
    real_days,
)
from narvaro.followup.replay.places import CAR, Ground, limit_of, load_ground
from narvaro.followup.replay.roster import load_roster
from narvaro.followup.replay.scenario import Asked, Note, Scenario
from narvaro.followup.replay.staffing import Staff, Staffing, demand_at
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

PARTS_AT_MOST = 6
A_WEEK = 7


@dataclass(frozen=True, eq=False)
class Side:
    """One scenario, laid out: who works how."""

    staffing: Staffing
    policy: Policy


@dataclass(frozen=True, eq=False)
class Loaded:
    """Everything that is played: the town, both sides, what happens in it.

    `rates`: expected calls of a day, float64 [P, 24]. `ready` is what readiness is asked of;
    `expected` what the look-ahead is told, where a side looks ahead.
    """

    asked: Asked
    ground: Ground
    calls: Calls
    rates: F64
    kinds: tuple[Kind, ...]
    first: date  # the roster's first day, a drawn run's first too
    a: Side
    b: Side
    ready: Ready
    expected: Expected | None
    limit_s: float
    stands_on: dict[str, float]
    notes: tuple[Note, ...]

    def draw(self, run: int) -> Incidents:
        """Draw what happens in a run; the same for both sides."""
        rates = np.tile(self.rates, self.asked.days)
        return draw_incidents(rates, self.kinds, self.asked.seed, run)

    def lay(self, side: Side, first: date, days: int) -> Staff:
        """Return who works and which visits are planned on some days."""
        return side.staffing.lay(first, days, self.asked.seed)

    @property
    def weeks(self) -> tuple[tuple[int, int], ...]:
        """Return the last days that were asked for as pieces: (day after `calls.first`, days), a week each.

        Fewer days than a week are one piece; what is left over of whole weeks is left out, at the
        beginning.
        """
        days = min(self.asked.days, self.calls.days)
        if days < A_WEEK:
            return ((self.calls.days - days, days),)
        count = days // A_WEEK
        begins = self.calls.days - count * A_WEEK
        return tuple((begins + A_WEEK * number, A_WEEK) for number in range(count))

    def real(self, first_day: int, days: int) -> tuple[RealDays, date]:
        """Return the calls of some real days, in seconds after the midnight of `calls.first`, and the first day."""
        found = real_days(self.calls, self.ground.of, self.kinds, first_day, days)
        return found, self.calls.first + timedelta(days=first_day)


def _ready(
    ground: Ground, demands: Demands, limit_s: float, bits: dict[str, int], weight: F64
) -> Ready:
    """Return what readiness is asked of: each site by its own terms and plan, an area by the limit.

    `bits` grows by what is needed for no known case.
    """
    limits, needs = np.full(len(ground.spots), limit_s), np.zeros(len(ground.spots), np.int64)
    for number, spot in enumerate(ground.spots):
        if spot.code:
            limits[number], wanted = demands.of(spot.id)
            needs[number] = sum(bits.setdefault(one, 1 << len(bits)) for one in sorted(wanted))
    return Ready(limits, weight, needs)


def _looks_ahead(asked: Asked, cases: int, no_term: Note | None) -> bool:
    """Return whether a side does.

    Where too few cases are known, or nothing says what in time is, the product weighs nothing and sends
    the nearest. Both sides are then played so; raises Refused where the look-ahead itself is what is
    asked about.
    """
    sides = [one.policy.rule == Rule.AHEAD for one in (asked.a, asked.b)]
    if not any(sides) or (cases >= ENOUGH and no_term is None):
        return any(sides)
    if all(sides):
        return False
    if no_term is not None:
        detail = Said(
            "No contract says within what time somebody is to be there, so nobody looks ahead: "
            "choose another policy, or add the contract's terms."
        )
        raise Refused("no_term_ahead", detail)
    detail = Said(
        "Where the next case comes can be told from %(enough)s cases on; %(cases)s are known: "
        "choose another policy, or wait until more are.",
        enough=ENOUGH,
        cases=cases,
    )
    raise Refused("few_cases_ahead", detail)


def _expected(
    rates: F64, kinds: Sequence[Kind], limit_s: float, seed: int
) -> Expected:  # fmt: skip
    """Return what the look-ahead is told."""
    shares = np.array([one.share for one in kinds])
    stay_s = float((shares * [one.mean_s for one in kinds]).sum() / shares.sum())
    return Expected(rates, stay_s, limit_s, mode=CAR, seed=seed)


def load(tenant: Tenant, asked: Asked, at: datetime) -> Loaded:
    """Load a tenant's town as it is, and both scenarios; raises Refused where something is missing."""
    zone = ZoneInfo(tenant.timezone)
    roster = load_roster(tenant.pk, zone, at)
    calls = load_calls(tenant.pk, zone, at)
    parts = int(np.clip(roster.mean_on_duty // 2, 1, PARTS_AT_MOST))
    bases = sorted({one.base for one in (asked.a, asked.b) if one.base is not None})
    ground = load_ground(tenant.pk, at, calls.where, parts, bases)
    demand = demand_at(ground.of, len(ground.spots))
    kinds, of_kinds = kinds_of(calls)
    limit_s, no_term = limit_of(TermsInForce(tenant.pk, zone), at)

    bits = dict(calls.bits)
    ready = _ready(ground, Demands(tenant.pk, zone, at), limit_s, bits, demand)

    known = count_known(tenant.pk, at)
    looks_ahead = _looks_ahead(asked, known, no_term)

    def side(scenario: Scenario) -> Side:
        is_blind = scenario.policy.rule == Rule.AHEAD and not looks_ahead
        policy = Policy() if is_blind else scenario.policy
        return Side(Staffing(roster, scenario, ground, demand, bits), policy)

    a, b = side(asked.a), side(asked.b)
    rates = rates_of(calls, ground.of, len(ground.spots))
    of_sides = {repr(one): one for one in (*a.staffing.notes, *b.staffing.notes)}
    off = int((ground.of < 0).sum())
    return Loaded(
        asked=asked, ground=ground, calls=calls,
        rates=rates, kinds=tuple(kinds), first=roster.first, a=a, b=b, ready=ready,
        expected=_expected(rates, kinds, limit_s, asked.seed) if looks_ahead else None,
        limit_s=limit_s,
        stands_on={
            "cases": len(calls.rows) - off, "cases_off_map": off, "days_known": calls.days,
            "places": len(ground.spots), "shifts": len(roster.duties),
            "units": len({one.crew.call_sign for one in roster.duties}),
            "units_on_duty": round(roster.mean_on_duty, 2),
        },
        notes=(
            *calls.notes, Note("rates_smoothed", {"days": calls.days}), *of_kinds, *ground.notes,
            *roster.notes, *of_sides.values(), *([no_term] if no_term else []),
            *_notes_ahead(asked, known, looks_ahead),
        ),
    )  # fmt: skip


def _notes_ahead(asked: Asked, known: int, looks_ahead: bool) -> Sequence[Note]:
    """Return what is to be known of a look-ahead: that there is none, or that its limit is everybody's."""
    if looks_ahead:
        return (Note("ahead_alike"),)
    if asked.a.policy.rule != Rule.AHEAD:
        return ()
    return (Note("not_ahead", {"cases": known, "enough": ENOUGH}),)
