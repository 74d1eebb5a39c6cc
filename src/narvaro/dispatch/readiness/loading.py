"""Rows ↔ core: units on duty, sites, what was promised and what is expected become arrays.

In: a viewer and a time. Out: who is on duty and free, which sites there are, within how many seconds
somebody is to be there, who may be, and how many cases the forecast expects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from shapely import intersects_xy

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import drift_s
from narvaro.core.jit import F64, Bits
from narvaro.core.permits import Permit, find_cover
from narvaro.core.terms import CASE_KINDS
from narvaro.directory import models as directory
from narvaro.directory.queries import sites_seen_by
from narvaro.dispatch.allowed import permit_of
from narvaro.dispatch.duty import competences_on, states_of
from narvaro.dispatch.readiness.nets import Where
from narvaro.forecast.models import Forecast
from narvaro.forecast.queries import (
    find_covering,
    hours_of,
    is_in_plans,
    open_kept,
    share_cells,
)
from narvaro.plan.models import Shift
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.correlation import LOWEST_OF_CALLS, PRIORITY_OF_KIND, handling_of
from narvaro.situation.models import Position, UnitStatus
from narvaro.situation.queries import newest_positions

NO_TERM_S = 20 * 60
"""The limit of a site whose urgent cases no contract gives a response time."""
URGENT = 2  # cases of this priority and above are what one is to be ready for
AHEAD_H = 4  # of the forecast: the mean of this hour and the next three


@dataclass(frozen=True)
class OnDuty:
    """A unit on a running shift; `position` is its newest, also an old one."""

    unit: directory.Unit
    ends_at: datetime
    state: str
    competences: frozenset[str]
    position: Position | None
    position_age_s: float | None

    @property
    def is_free(self) -> bool:
        """Tell whether it may be sent."""
        return self.state == UnitStatus.State.AVAILABLE

    @property
    def drift_s(self) -> float:
        """Return for how long it may have driven away since its position was fresh."""
        return drift_s(self.position_age_s or 0.0)

    @property
    def is_officer(self) -> bool:
        """Tell whether it may be sent only where a permit covers."""
        return self.unit.role == directory.Unit.Role.PUBLIC_ORDER_OFFICER


def walks_there(one: OnDuty) -> bool:
    """Tell whether a unit goes on foot: by streets and paths."""
    return one.unit.travel == directory.Unit.Travel.FOOT


def list_on_duty(viewer: Viewer, at: datetime) -> list[OnDuty]:
    """List the units on duty that the viewer may see, by call sign; shifts that overlap are one unit."""
    shifts: dict[UUID, list[Shift]] = {}
    for shift in list_running_shifts(viewer.tenant_id, at):
        own = shift.unit.organisation_id == viewer.organisation_id
        if own or viewer.scope(Record.UNIT) == Scope.TENANT:
            shifts.setdefault(shift.unit_id, []).append(shift)
    states, positions = states_of(shifts), newest_positions(list(shifts))
    day = at.astimezone(viewer.zone).date()
    found = []
    for unit, running in shifts.items():
        position = positions.get(unit)
        found.append(
            OnDuty(
                unit=running[0].unit,
                ends_at=max(one.ends_at for one in running),
                state=states[unit],
                competences=competences_on(running, day)[0],
                position=position,
                position_age_s=(at - position.at).total_seconds() if position else None,
            )
        )
    return sorted(found, key=lambda one: one.unit.call_sign)


@dataclass(frozen=True)
class Site:
    """A site with what one is to be ready for: its limit, and who is qualified for its urgent cases."""

    id: UUID
    name: str
    lat: float
    lon: float
    limit_s: float
    has_term: bool
    needs: frozenset[str]


class Demands:
    """What is to be kept ready for at a tenant's sites, by site; for who is no viewer."""

    def __init__(self, tenant_id: UUID, zone: ZoneInfo, at: datetime) -> None:
        self._demands = _Demands(TermsInForce(tenant_id, zone), at)
        self._rules = _rules(tenant_id)

    def of(self, site_id: UUID) -> tuple[float, frozenset[str]]:
        """Return the seconds within which somebody is to be there, and what they need; by no plan, of any."""
        limit_s, _agreed, needs = self._demands.of(self._rules.get(site_id, []))
        return limit_s, needs


def list_sites(viewer: Viewer, at: datetime) -> tuple[list[Site], int]:
    """List the viewer's sites with a position, by code, and count those without one."""
    rows = list(sites_seen_by(viewer).order_by("code").values_list("pk", "name", "lat", "lon"))
    demands = _Demands(TermsInForce(viewer.tenant_id, viewer.zone), at)
    rules = _rules(viewer.tenant_id)
    found = [
        Site(pk, name, lat, lon, *demands.of(rules.get(pk, [])))
        for pk, name, lat, lon in rows
        if lat is not None and lon is not None
    ]
    return found, len(rows) - len(found)


def _rules(tenant_id: UUID) -> dict[UUID, list[dict[str, object]]]:
    """Return the rules of each site's newest response plan."""
    plans = directory.ResponsePlan.objects.filter(tenant_id=tenant_id).order_by("version")
    return dict(plans.values_list("site_id", "rules"))


class _Demands:
    """Limits and needs of sites, worked out once for those whose plans have the same rules."""

    def __init__(self, terms: TermsInForce, at: datetime) -> None:
        self.target_s = {
            kind: float(term.target_s)
            for kind in CASE_KINDS
            if (term := terms.find(kind, at)) is not None and term.stop == "on_scene"
        }
        self._known: dict[str, tuple[float, bool, frozenset[str]]] = {}

    def of(self, rules: list[dict[str, object]]) -> tuple[float, bool, frozenset[str]]:
        """Return the strictest limit of a site's urgent cases, if it is agreed, and all they need."""
        key = repr(rules)
        if key not in self._known:
            self._known[key] = self._work_out(rules)
        return self._known[key]

    def _work_out(self, rules: list[dict[str, object]]) -> tuple[float, bool, frozenset[str]]:
        urgent, needs = [], set[str]()
        for kind in CASE_KINDS:
            usual = PRIORITY_OF_KIND.get(kind, LOWEST_OF_CALLS)
            handling = handling_of(kind, code_priority=usual, confirmed=False, rules=rules)
            if handling.priority <= URGENT:
                urgent.append(kind)
                needs.update(handling.needs)
        agreed = [self.target_s[kind] for kind in urgent if kind in self.target_s]
        return min(agreed, default=float(NO_TERM_S)), bool(agreed), frozenset(needs)


def where_of(sites: Sequence[Site]) -> Where:
    """Return where sites stand, in their order."""
    return tuple((one.lat, one.lon) for one in sites)


class Permits:
    """The permits of the public order officers on duty, read once."""

    def __init__(self, duty: Sequence[OnDuty]) -> None:
        officers = {one.unit.organisation_id for one in duty if one.is_officer}
        self._held: dict[UUID, list[Permit]] = {one: [] for one in officers}
        for row in directory.Permit.objects.filter(organisation_id__in=officers):
            self._held[row.organisation_id].append(permit_of(row))

    def may_be_at(self, one: OnDuty, lat: float, lon: float, local: datetime) -> bool:
        """Return whether a unit may be sent to a place at a local time: officers by a permit alone."""
        held = self._held.get(one.unit.organisation_id, ())
        return not one.is_officer or find_cover(held, lat, lon, local).covered

    def may_be_sent(self, duty: Sequence[OnDuty], where: Where, local: datetime) -> Bits:
        """Return the same for many units and places, [U, P]."""
        covered = {one: _covered(held, where, local) for one, held in self._held.items()}
        may = np.ones((len(duty), len(where)), np.bool_)
        for number, one in enumerate(duty):
            if one.is_officer:
                may[number] = covered[one.unit.organisation_id]
        return may


def _covered(permits: Sequence[Permit], where: Where, local: datetime) -> Bits:
    """Return which places a permit covers; its hours are those of any place in its area."""
    lat, lon = np.array(where, np.float64).reshape(-1, 2).T
    covered = np.zeros(len(where), np.bool_)
    for permit in permits:
        inside = np.asarray(intersects_xy(permit.area, lon, lat), np.bool_)
        if inside.any():
            first = where[int(inside.argmax())]
            covered |= inside & find_cover([permit], *first, local).covered
    return covered


@dataclass(frozen=True, eq=False)
class Expected:
    """What a forecast expects per hour at each site, [S], and at no site; `is_naive`: the naive map."""

    per_h: F64
    elsewhere_per_h: float
    made_at: datetime
    is_naive: bool


def find_expected(viewer: Viewer, where: Where, at: datetime) -> Expected | None:
    """Return what the newest forecast expects in the coming hours; None where none covers them."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    row = find_covering(viewer.tenant_id, hour, hour + timedelta(hours=AHEAD_H))
    if row is None or not where:
        return None
    naive = not is_in_plans(viewer.tenant_id)
    return _expected(row.pk, row.made_at, naive, hour, viewer.timezone, where)


@lru_cache(maxsize=16)
def _expected(  # noqa: PLR0917 - all are the key of what is kept
    forecast_id: UUID,
    made_at: datetime,
    is_naive: bool,
    hour: datetime,
    timezone: str,
    where: Where,
) -> Expected:
    row = Forecast.objects.get(pk=forecast_id)
    kept = open_kept(row)
    hours = hours_of(row, ZoneInfo(timezone), hour, AHEAD_H, 3600)
    per_cell = (kept.naive_expected if is_naive else kept.expected)[hours].mean(axis=0)
    column, share = share_cells(kept, *np.array(where).T)
    per_h = per_cell[column] * share
    per_h.flags.writeable = False
    elsewhere = max(0.0, float(per_cell.sum() - per_h.sum()))
    return Expected(per_h, elsewhere, made_at, is_naive)
