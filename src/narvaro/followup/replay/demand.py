"""Rows → what happens in a replayed town. In: cases, responses' time points. Out: calls, rates, kinds.

What units are sent to are cases. Rates are those of the last year, by place and shift of day; what a
place has too few cases to tell is taken from the whole town.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import inf, nan
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models.functions import Coalesce

from narvaro.core.jit import F64, I64
from narvaro.core.replay import Incidents, Kind
from narvaro.core.said import Said
from narvaro.dispatch.duty import is_danger
from narvaro.dispatch.models import TimePoint
from narvaro.followup.points import best_points
from narvaro.followup.replay.scenario import Calibration, Note
from narvaro.situation.models import Case
from narvaro.situation.queries import sent_to
from narvaro.situation.queries.known import Register, known_until
from narvaro.spine.refusal import Refused

YEAR = timedelta(days=365)
LEAST_DAYS = 7
SHIFTS_OF_DAY = ((6, 14), (14, 22), (22, 6))  # local hours
OWN_COUNT = 5.0  # from so many cases on a place's own day counts as much as the town's
STAY_S, STAY_SHAPE = 25 * 60.0, 2.0  # where no response tells how long units stay
LEAST_STAYS = 5
LONGEST_STAY_S, LONGEST_RESPONSE_S = 6 * 3600.0, 12 * 3600.0
DAY_S, HOUR_S = 86_400.0, 3600.0


_COLUMNS = (
    "pk", "tenant_id", "received_at", "kind", "priority", "cause",
    Coalesce("lat", "site__lat"), Coalesce("lon", "site__lon"), "needs", "units",
)  # fmt: skip


class _Row(NamedTuple):
    pk: UUID
    tenant_id: UUID
    received_at: datetime
    kind: str
    priority: int
    cause: str
    lat: float | None
    lon: float | None
    needs: list[str]
    units: int


@dataclass(frozen=True)
class Call:
    """A case that units are sent to; `at_s`: local seconds after the midnight of `Calls.first`.

    `stay_s`, `received_s` and `accepted_s` (until on scene): None where nobody noted it.
    """

    at_s: float
    kind: str
    lat: float
    lon: float
    needs: int
    danger: bool
    units: int
    stay_s: float | None = None
    received_s: float | None = None
    accepted_s: float | None = None


@dataclass(frozen=True)
class Calls:
    """The calls of a year in order of time, from the midnight of `first` for `days` days.

    `bits`: which bit stands for which competence.
    """

    first: date
    days: int
    rows: tuple[Call, ...]
    bits: Mapping[str, int]
    notes: tuple[Note, ...]

    @property
    def where(self) -> tuple[F64, F64]:
        """Return their positions."""
        where = np.array([(one.lat, one.lon) for one in self.rows], np.float64).reshape(-1, 2)
        return where[:, 0], where[:, 1]


def local_s(at: datetime, first: date, zone: ZoneInfo) -> float:
    """Return the seconds that a local clock shows at a time, after the midnight of a day."""
    local = at.astimezone(zone).replace(tzinfo=None)
    return (local - datetime.combine(first, time())).total_seconds()


def load_calls(tenant_id: UUID, zone: ZoneInfo, at: datetime) -> Calls:
    """Load the cases of the last year; raises Refused where there are none, or for under a week."""
    known = known_until(tenant_id, at, (Register.ALARMS,))
    last = (known or at).astimezone(zone).date()
    begins = datetime.combine(last - YEAR, time(), zone)
    ends = datetime.combine(last, time(), zone)
    rows = Case.objects.published().filter(
        tenant_id=tenant_id, received_at__gte=begins, received_at__lt=ends
    )
    sent = sent_to(rows)
    found = sent.order_by("received_at", "number").values_list(*_COLUMNS)
    left_out, kept = Counter[str](not_sent=rows.count() - sent.count()), []
    for row in (_Row(*one) for one in found):
        why = _why_not(row)
        left_out[why] += 1
        if not why:
            kept.append(row)
    if not kept:
        detail = Said(
            "There is no case of the last year with a place; import an alarm journal, or the "
            "supplier's list of responses, with sites that have coordinates."
        )
        raise Refused("no_cases", detail)
    first = kept[0].received_at.astimezone(zone).date()
    days = (last - first).days
    if days < LEAST_DAYS:
        detail = Said(
            "Cases are known for %(days)s days, from %(first)s; a replay needs a week at least. "
            "Import an older alarm journal, or wait.",
            days=days,
            first=str(first),
        )
        raise Refused("few_days", detail)
    return _calls(kept, first, days, zone, left_out)


def _why_not(row: _Row) -> str:
    """Return why a case that a unit is sent to is not played; nothing where it is."""
    if row.cause == Case.Cause.CANCELLED:
        return row.cause
    return "" if row.lat is not None and row.lon is not None else "no_position"


def _calls(
    kept: Sequence[_Row], first: date, days: int, zone: ZoneInfo, left_out: Counter[str]
) -> Calls:
    times = _times(kept)
    bits: dict[str, int] = {}
    rows = []
    for row in kept:
        assert row.lat is not None
        assert row.lon is not None
        needs = {bits.setdefault(str(need), 1 << len(bits)) for need in row.needs}
        rows.append(
            Call(
                at_s=local_s(row.received_at, first, zone), kind=row.kind, lat=row.lat, lon=row.lon,
                needs=sum(needs), danger=is_danger(row.kind, row.priority),
                units=min(2, row.units), **times.get(row.pk, {}),
            )
        )  # fmt: skip
    facts = {why: count for why, count in left_out.items() if why and count}
    notes = (Note("cases_left_out", facts),) if facts else ()
    rows.sort(key=lambda one: one.at_s)  # the doubled hour of autumn
    return Calls(first, days, tuple(rows), bits, notes)


def _times(kept: Sequence[_Row]) -> dict[UUID, dict[str, float]]:
    """Return what responses tell of each case: how long somebody stayed, and when the first came."""
    begins, ends = kept[0].received_at, kept[-1].received_at
    points = TimePoint.objects.filter(
        response__case__tenant_id=kept[0].tenant_id, response__case__received_at__gte=begins,
        response__case__received_at__lte=ends,
        point__in=("accepted", "on_scene", "secured", "left"),
    ).select_related("response")  # fmt: skip
    by_response: dict[UUID, list[TimePoint]] = defaultdict(list)
    for one in points:
        by_response[one.response_id].append(one)
    received = {row.pk: row.received_at for row in kept}
    found: dict[UUID, dict[str, float]] = {}
    for rows in by_response.values():
        case_id = rows[0].response.case_id
        if case_id in received:
            told = _times_of(received[case_id], {n: p.at for n, p in best_points(rows).items()})
            held = found.setdefault(case_id, told)
            if told.get("received_s", inf) < held.get("received_s", inf):
                found[case_id] = told
    return found


def _times_of(received: datetime, at: Mapping[str, datetime]) -> dict[str, float]:
    there, left = at.get("on_scene"), at.get("left") or at.get("secured")
    if there is None:
        return {}
    told = {"received_s": (there - received).total_seconds()}
    if "accepted" in at:
        told["accepted_s"] = (there - at["accepted"]).total_seconds()
    told = {name: value for name, value in told.items() if 0 <= value <= LONGEST_RESPONSE_S}
    stay_s = (left - there).total_seconds() if left else 0.0
    return told | ({"stay_s": stay_s} if 0 < stay_s <= LONGEST_STAY_S else {})


def rates_of(calls: Calls, of: I64, places: int) -> F64:
    """Return expected calls of a day, [places, 24]: counts by place and shift of day, over the days.

    A place's own day counts by n / (n + 5), the town's for the rest; within a shift of day all hours
    are alike. The sum is that of the calls.
    """
    hour = np.array([one.at_s for one in calls.rows]) % DAY_S // HOUR_S
    table = np.zeros(24, np.int64)
    for number, (begins, ends) in enumerate(SHIFTS_OF_DAY):
        table[[h % 24 for h in range(begins, ends if ends > begins else ends + 24)]] = number
    on = of >= 0
    counts = np.zeros((places, len(SHIFTS_OF_DAY)))
    np.add.at(counts, (of[on], table[hour.astype(np.int64)][on]), 1.0)
    own = counts.sum(axis=1, keepdims=True)
    town = counts.sum(axis=0) / max(1.0, counts.sum())
    trust = own / (own + OWN_COUNT)
    smooth = trust * counts + (1 - trust) * own * town
    return np.asarray(smooth[:, table] / np.bincount(table)[table] / calls.days, np.float64)


def kinds_of(calls: Calls) -> tuple[list[Kind], list[Note]]:
    """Return the kinds of call with their shares and how long units stay, and what was taken to be so."""
    groups = Counter((one.kind, one.needs, one.danger, one.units) for one in calls.rows)
    stays = defaultdict[str, list[float]](list)
    for one in calls.rows:
        if one.stay_s is not None:
            stays[one.kind].append(one.stay_s)
    everything = [stay for rows in stays.values() for stay in rows]
    kinds = []
    for (kind, needs, danger, units), count in sorted(groups.items()):
        mean_s, shape = stay_of(stays[kind] if len(stays[kind]) >= LEAST_STAYS else everything)
        kinds.append(Kind(count / len(calls.rows), mean_s, shape, needs, danger, units))
    mean_s, _ = stay_of(everything)
    code = "stays_measured" if len(everything) >= LEAST_STAYS else "stays_guessed"
    facts = {"responses": len(everything), "mean_min": round(mean_s / 60, 1)}
    return kinds, [Note(code, facts)]


def stay_of(stays_s: Sequence[float]) -> tuple[float, float]:
    """Return mean and gamma shape of some stays; of fewer than five, what is usual."""
    if len(stays_s) < LEAST_STAYS:
        return STAY_S, STAY_SHAPE
    mean_s, spread = float(np.mean(stays_s)), float(np.var(stays_s))
    return mean_s, float(np.clip(mean_s**2 / spread, 0.5, 10.0)) if spread > 0 else 10.0


@dataclass(frozen=True, eq=False)
class RealDays:
    """Some real days as they happened: `calls` are those of `incidents`, row by row."""

    incidents: Incidents
    calls: tuple[Call, ...]


def real_days(calls: Calls, of: I64, kinds: Sequence[Kind], first_day: int, days: int) -> RealDays:
    """Return the calls of some days as incidents, in seconds after the midnight of `Calls.first`.

    Where nobody noted how long a unit stayed, it is the mean of its kind.
    """
    begins, ends = first_day * DAY_S, (first_day + days) * DAY_S
    rows = [
        (one, int(place))
        for one, place in zip(calls.rows, of, strict=True)
        if begins <= one.at_s < ends and place >= 0
    ]
    mean_s = {(one.needs, one.danger, one.units_needed): one.mean_s for one in kinds}
    incidents = Incidents(
        at_s=np.array([one.at_s for one, _ in rows]),
        place=np.array([place for _, place in rows], np.int64),
        on_scene_s=np.array(
            [one.stay_s or mean_s[one.needs, one.danger, one.units] for one, _ in rows], np.float64
        ),
        needs=np.array([one.needs for one, _ in rows], np.int64),
        danger=np.array([one.danger for one, _ in rows], bool),
        units_needed=np.array([one.units for one, _ in rows], np.int64),
    )
    return RealDays(incidents, tuple(one for one, _ in rows))


def calibrate(calls: Sequence[Call], played_s: F64) -> Calibration | None:
    """Return real response times beside those played; None where no case has both."""
    both = [
        (one, played)
        for one, played in zip(calls, played_s.tolist(), strict=True)
        if one.received_s is not None and np.isfinite(played)
    ]
    if not both:
        return None
    received = _middle([one.received_s for one, _ in both if one.received_s is not None])
    way = [one.accepted_s for one, _ in both if one.accepted_s is not None]
    return Calibration(
        len(both), *received, len(way), *_middle(way), *_middle([played for _, played in both])
    )


def _middle(seconds: Sequence[float]) -> tuple[float, float]:
    if not seconds:
        return nan, nan
    p50, p90 = np.quantile(np.array(seconds), (0.5, 0.9))
    return float(p50), float(p90)
