"""How forecasts have done, week by week, beside the naive map. In: a viewer. Out: shares and verdicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.core.score import bootstrap_ratio
from narvaro.forecast.models import Score

WEEKS = 12  # that the verdict rests on
LEAST_IN_WEEK = 10  # with fewer events a week's shares say nothing
LEAST_FOR_VERDICT = 50
LEAST_WEEKS = 4
DRAWS, SEED = 2000, 20210104  # of the range of the gain

Range: TypeAlias = tuple[float, float]


class Verdict(StrEnum):
    """What may be said of the forecast."""

    BETTER = "better"
    MIXED = "mixed"  # ahead, but not by more than chance may do, or not in hits
    NOT_BETTER = "not_better"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Result:
    """Sums of scores over some time; `final`: no late report is waited for.

    Shares of hits are of all that happened, also outside of the forecast's cells.
    """

    monday: date
    hours: int
    events: float
    outside: float
    expected: float
    hits_1: float
    hits_5: float
    log_likelihood: float
    naive_hits_1: float
    naive_hits_5: float
    naive_log_likelihood: float
    final: bool

    @property
    def happened(self) -> float:
        """Return how much happened, inside the cells and outside."""
        return self.events + self.outside

    def share(self, hits: float) -> float | None:
        """Return hits as a share of what happened; None with too few events in a week."""
        return hits / self.happened if self.happened >= LEAST_IN_WEEK else None

    @property
    def gain_nats(self) -> float | None:
        """Return how many nats per event the forecast is ahead; None with too few events."""
        if self.events < LEAST_IN_WEEK:
            return None
        return (self.log_likelihood - self.naive_log_likelihood) / self.events


@dataclass(frozen=True, slots=True)
class History:
    """The newest weeks first, their sum (None without any), and what may be said of it.

    `gain`: the 95 % range of the nats per event that the forecast is ahead; None with too few.
    """

    weeks: tuple[Result, ...]
    together: Result | None
    gain: Range | None
    verdict: Verdict


def get_history(viewer: Viewer) -> History:
    """Return the scores of the last weeks; raises Missing where forecasts are not the viewer's."""
    viewer.require(Record.FORECAST)
    rows = Score.objects.filter(tenant_id=viewer.tenant_id).order_by("-forecast__starts_at")
    weeks: dict[date, list[Score]] = {}
    for row in rows.select_related("forecast").defer("forecast__values")[: 24 * 7 * WEEKS]:
        day = row.forecast.starts_at.astimezone(viewer.zone).date()
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(row)
    results = tuple(_sum(monday, weeks[monday]) for monday in sorted(weeks, reverse=True)[:WEEKS])
    together = _add(results) if results else None
    gain = gain_range(results)
    return History(results, together, gain, judge(together, gain))


def gain_range(weeks: Sequence[Result]) -> Range | None:
    """Return the 95 % range of the gain in nats per event, whole weeks drawn with replacement.

    None with too few weeks in which anything happened, or too few events. The same weeks give the same.
    """
    told = [one for one in weeks if one.events > 0]
    if len(told) < LEAST_WEEKS or sum(one.events for one in told) < LEAST_FOR_VERDICT:
        return None
    ahead = np.array([one.log_likelihood - one.naive_log_likelihood for one in told])
    number = np.array([one.events for one in told])
    return bootstrap_ratio(ahead, number, np.arange(len(told)), draws=DRAWS, seed=SEED)


def judge(result: Result | None, gain: Range | None) -> Verdict:
    """Return whether the forecast beats the naive map: by the log score, and by hits in the top 5 %.

    Better is only what is ahead by more than chance may do, and in hits; behind is not better.
    """
    if result is None or gain is None or result.gain_nats is None:
        return Verdict.TOO_FEW
    if result.gain_nats <= 0:
        return Verdict.NOT_BETTER
    is_sure = gain[0] > 0 and result.hits_5 >= result.naive_hits_5
    return Verdict.BETTER if is_sure else Verdict.MIXED


_SUMMED = (
    "hours", "events", "outside", "expected", "hits_1", "hits_5", "log_likelihood",
    "naive_hits_1", "naive_hits_5", "naive_log_likelihood",
)  # fmt: skip


def _sum(monday: date, rows: Iterable[Score]) -> Result:
    listed = list(rows)
    sums = {name: sum(getattr(one, name) for one in listed) for name in _SUMMED}
    return Result(monday, final=all(one.final for one in listed), **sums)


def _add(results: Sequence[Result]) -> Result:
    sums = {name: sum(getattr(one, name) for one in results) for name in _SUMMED}
    return Result(results[-1].monday, final=all(one.final for one in results), **sums)
