"""Who is missed least: the look-ahead on a tenant's own town. In: a case, its ranking. Out: the ranking, weighed.

It is a tenant's own choice (`looks_ahead`), off until a replay of its own town shows a gain. What is
expected is counted from the last year's cases by site and hour; where fewer than `ENOUGH`
are known, nothing is weighed and the nearest goes. Units stand where they are: theirs is the nearest
of the places. Those on foot are not weighed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import QuerySet

from narvaro.contract.queries import TermsInForce
from narvaro.core.choice import (
    IDLE,
    MOST_PLACES,
    STAYS_S,
    Candidate,
    Choice,
    Demand,
    Ranked,
    World,
    draw_futures,
    find_breach,
    list_with_slack,
    look_ahead,
    sure_s,
    weigh_readiness,
)
from narvaro.core.jit import F64, I32
from narvaro.directory.models import Site
from narvaro.dispatch.duty import cases_of
from narvaro.dispatch.loading import Field, open_roads
from narvaro.dispatch.models import Response, TimePoint
from narvaro.dispatch.readiness.nets import Where, net_on
from narvaro.plan.queries import list_running_shifts
from narvaro.situation.models import Case
from narvaro.situation.queries import newest_positions, sent_to

YEAR = timedelta(days=365)
ENOUGH = 200  # cases in a year, from which where the next comes can be told
SERVICE_S = 1500.0  # of a unit on scene, until our own responses tell
ENOUGH_STAYS = 30
LAST_STAYS = 500
LONGEST_STAY_S = 4 * 3600.0


@dataclass(frozen=True, eq=False)
class Town:
    """Where cases come, per hour [P], and how long a unit is at one."""

    where: Where
    per_h: F64
    service_s: float


def weigh(case: Case, ground: Field, choice: Choice, at: datetime) -> Choice:
    """Put the unit first that is missed least, where the terms leave slack and enough is known."""
    if not case.tenant.looks_ahead:
        return choice
    sure = [one for one in list_with_slack(choice, ground.demand) if _is_sure(one, ground)]
    slack = [one for one in sure if not one.candidate.on_foot]
    target_s = _target_s(case)
    if len(slack) < 2 or slack[0] is not sure[0] or target_s is None:
        return choice
    town = _town(
        case.tenant_id, at.replace(minute=0, second=0, microsecond=0), case.tenant.timezone
    )
    found = _scene(case, ground, slack, at=at, town=town, target_s=target_s) if town else None
    if town is None or found is None or len(found.options) < 2:
        return choice
    drawn = draw_futures(
        found.per_h, town.service_s, len(found.units), seed=case.number
    )  # fmt: skip
    ahead = look_ahead(
        found.world, found.options, found.to_case_s, found.from_case_s, drawn=drawn,
        danger_to_life=ground.demand.danger_to_life,
    )  # fmt: skip
    if not ahead.pays:
        return choice
    chosen = found.units[found.options[ahead.chosen]]
    in_time = list_with_slack(choice, ground.demand)
    index = next(n for n, one in enumerate(in_time) if one.candidate.unit == chosen)
    return weigh_readiness(choice, ground.demand, replace(ahead, chosen=index))


def _is_sure(one: Ranked, ground: Field) -> bool:
    limit_s = ground.demand.limit_s
    if limit_s is None or one.arrival is None:
        return False
    return one.arrival.latest_s <= sure_s(limit_s)


def _target_s(case: Case) -> float | None:
    """Return within how many seconds the terms want a unit at a case of this kind; None: they do not say."""
    terms = TermsInForce(case.tenant_id, ZoneInfo(case.tenant.timezone))
    term = terms.find_on_scene(case.kind, case.received_at)
    return float(term.target_s) if term is not None else None


@dataclass(frozen=True, eq=False)
class _Scene:
    """The town and its units as the core takes them; `options` count in `units`, the nearest first."""

    world: World
    units: Sequence[UUID]
    options: I32
    to_case_s: F64
    from_case_s: F64
    per_h: F64


def _scene(
    case: Case, ground: Field, slack: Sequence[Ranked], *, at: datetime, town: Town, target_s: float
) -> _Scene | None:
    now = open_roads(case.tenant_id, at)
    if now is None or case.lat is None or case.lon is None:
        return None
    stays = {
        one.unit_id for one in list_running_shifts(case.tenant_id, at + timedelta(seconds=STAYS_S))
    }
    weighed = {one.candidate.unit for one in slack}
    driving = [
        one
        for one in ground.candidates
        if one.unit in weighed or (one.unit in stays and _covers(one, ground.demand))
    ]
    positions = newest_positions([one.unit for one in driving])
    placed = [one for one in driving if one.unit in positions]
    net = net_on(now.roads, town.where)
    from_case_s = net.travel_s("movers", ((case.lat, case.lon),), "sites", town.where)[0]
    stands = tuple((positions[one.unit].lat, positions[one.unit].lon) for one in placed)
    here_s = net.travel_s("units", stands, "sites", town.where)
    reached = np.isfinite(from_case_s)
    moves = np.atleast_1d(np.isfinite(here_s[:, reached]).all(axis=1))
    units = [one.unit for one, can in zip(placed, moves, strict=True) if can]
    table_s = net.travel_s("sites", town.where, "sites", town.where)[np.ix_(reached, reached)]
    if not reached.any() or not np.isfinite(table_s).all():
        return None
    at_worst = {one.candidate.unit: one.arrival.latest_s for one in slack if one.arrival}
    options = [units.index(one) for one in at_worst if one in units]
    if not options or units[options[0]] != slack[0].candidate.unit:
        return None
    here_s = here_s[np.ix_(moves, reached)]
    clear_at = _clear_at(case, units, np.array(town.where)[reached])
    nothing = np.zeros(len(units))
    world = World(
        table_s, town.service_s, target_s, post=here_s.argmin(axis=1).astype(np.int32),
        here_s=here_s, clear_at=clear_at, clear_in_s=nothing,
        work_s=np.where(clear_at == IDLE, 0.0, town.service_s), back_s=nothing,
    )  # fmt: skip
    to_case_s = np.array([at_worst.get(one, 0.0) for one in units])
    return _Scene(
        world, units, np.array(options, np.int32), to_case_s, from_case_s[reached],
        town.per_h[reached],
    )  # fmt: skip


def _covers(one: Candidate, demand: Demand) -> bool:
    """Tell whether a unit would go to the next case of the kind: free, or busy for now."""
    if one.on_foot or one.state not in {"available", "busy"}:
        return False
    return find_breach(replace(one, state="available", already_asked=False), demand) is None


def _clear_at(but: Case, units: Sequence[UUID], where: F64) -> I32:
    """Return the place at which each unit busy with another case will be clear, as the crow flies; else `IDLE`."""
    cases = cases_of(units)
    found = np.full(len(units), IDLE, np.int32)
    for number, unit in enumerate(units):
        case = next((one for one in cases.get(unit, ()) if one.pk != but.pk), None)
        if case is not None and case.lat is not None and case.lon is not None:
            east = np.cos(np.radians(case.lat)) * (where[:, 1] - case.lon)
            found[number] = int(((where[:, 0] - case.lat) ** 2 + east**2).argmin())
    return found


def count_known(tenant_id: UUID, at: datetime) -> int:
    """Count the cases that tell where the next comes; below `ENOUGH` nothing is weighed."""
    return _known(tenant_id, at).count()


def _known(tenant_id: UUID, until: datetime) -> QuerySet[Case]:
    return sent_to(Case.objects.published()).filter(
        tenant_id=tenant_id, received_at__gte=until - YEAR, received_at__lt=until,
        site__lat__isnull=False,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _town(tenant_id: UUID, hour: datetime, timezone: str) -> Town | None:
    """Return what is expected in an hour; None where too little is known. Kept for that hour."""
    zone = ZoneInfo(timezone)
    rows = list(_known(tenant_id, hour).values_list("site_id", "received_at"))
    by_site: Counter[UUID] = Counter()
    by_hour = np.zeros(24)
    for site, received_at in rows:
        by_site[site] += 1
        by_hour[received_at.astimezone(zone).hour] += 1
    total = sum(by_site.values())
    if total < ENOUGH:
        return None
    chosen = [
        site for site, _count in sorted(by_site.items(), key=lambda one: (-one[1], one[0].hex))
    ]
    places = Site.objects.filter(pk__in=by_site).values_list("pk", "lat", "lon")
    lies = {pk: (lat, lon) for pk, lat, lon in places if lat is not None and lon is not None}
    chosen = chosen[:MOST_PLACES]
    local = hour.astimezone(zone).hour
    days = max(1.0, (hour - min(at for _site, at in rows)).total_seconds() / 86_400)
    near = by_hour[[(local - 1) % 24, local, (local + 1) % 24]].mean() / days
    counts = np.array([by_site[site] for site in chosen], np.float64)
    per_h = near * counts / total  # those left out are left out of the sum too
    service_s = _service_s(tenant_id, hour - YEAR, hour)
    return Town(tuple(lies[site] for site in chosen), per_h, service_s)


def _service_s(tenant_id: UUID, since: datetime, until: datetime) -> float:
    """Return the mean seconds from a unit's arrival until it left, over the last of our responses."""
    ended = Response.objects.filter(
        tenant_id=tenant_id, batch=None, accepted_at__gte=since, accepted_at__lt=until,
        time_points__point="left",
    ).order_by("-accepted_at")  # fmt: skip
    newest = list(ended.values_list("pk", flat=True).distinct()[:LAST_STAYS])
    first: dict[tuple[UUID, str], datetime] = {}
    points = TimePoint.objects.filter(response__in=newest, point__in=("on_scene", "left"))
    for one in points.order_by("-at"):
        first[one.response_id, one.point] = one.at
    stays = [
        (left - there).total_seconds()
        for pk in newest
        if (there := first.get((pk, "on_scene"))) and (left := first.get((pk, "left")))
    ]
    stays = [one for one in stays if 0 < one <= LONGEST_STAY_S]
    return float(np.mean(stays)) if len(stays) >= ENOUGH_STAYS else SERVICE_S


def forget() -> None:
    """Count anew from the next question on."""
    _town.cache_clear()
