"""Both scenarios, played run by run. In: a town as it was loaded. Out: an answer.

Kept of a run are its figures and how many cases had somebody there by when; nothing else grows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf

import numpy as np

from narvaro.core.jit import F64, I64
from narvaro.core.replay import Figures, Incidents, Outcome, compare, figures, play
from narvaro.followup.replay.demand import Call, calibrate
from narvaro.followup.replay.loading import Loaded, Side
from narvaro.followup.replay.scenario import Answer, Calibration, Note
from narvaro.followup.replay.staffing import Staff
from narvaro.spine.refusal import Refused

Progress = Callable[[float], None]
GoOn = Callable[[], bool]

BIN_S = 5.0
BINS = 2160  # three hours; what comes later is counted as coming later than that
SHARES = tuple(number / 100 for number in range(1, 101))


class Stopped(Refused):
    """Somebody stopped it between two runs."""

    def __init__(self) -> None:
        super().__init__("stopped", "The replay was stopped before it was done; ask for it again.")


@dataclass
class _Tally:
    """What is kept of one side."""

    figures: list[Figures] = field(default_factory=list)
    counts: I64 = field(default_factory=lambda: np.zeros(BINS + 2, np.int64))

    def add(self, outcome: Outcome, incidents: Incidents, limit_s: float) -> F64:
        """Add a run; return the response seconds."""
        self.figures.append(figures(outcome, incidents, (limit_s,)))
        response_s = outcome.response_s(incidents.at_s)
        bins = np.minimum(response_s / BIN_S, BINS)
        number = np.where(np.isfinite(response_s), bins, BINS + 1).astype(np.int64)
        self.counts += np.bincount(number, minlength=BINS + 2)
        return response_s

    def curve(self) -> tuple[float, ...]:
        """Return by when each of `SHARES` had somebody there, to five seconds upwards; inf: never, or late."""
        total = self.counts.sum()
        if not total:
            return tuple(inf for _ in SHARES)
        reached = np.cumsum(self.counts)
        bins = np.searchsorted(reached, np.ceil(np.array(SHARES) * total - 1e-9))
        return tuple(float((n + 1) * BIN_S) if n < BINS else inf for n in bins.tolist())


@dataclass(frozen=True, eq=False)
class _Run:
    """What is played in one run, by both sides."""

    incidents: Incidents
    a: Staff
    b: Staff
    calls: tuple[Call, ...] = ()


def run(loaded: Loaded, progress: Progress, go_on: GoOn = lambda: True) -> Answer:
    """Play every run under both scenarios and compare them; raises Stopped where `go_on` says no.

    `progress` is told the share that is done, 0 … 1, after each run.
    """
    a, b = _Tally(), _Tally()
    real_s: list[F64] = []
    calls: list[Call] = []
    size = len(loaded.weeks) if loaded.asked.real else loaded.asked.runs
    visits = 0
    for number, one in enumerate(_runs(loaded)):
        if not go_on():
            raise Stopped
        response_s = _play(loaded, loaded.a, one.a, one.incidents, a)
        if loaded.asked.real:
            real_s.append(response_s)
        _play(loaded, loaded.b, one.b, one.incidents, b)
        calls += one.calls
        visits = len(one.a.visits)
        progress((number + 1) / size)
    rows = compare(a.figures, b.figures, loaded.asked.seed)
    stands_on = loaded.stands_on | {"runs": size, "visits_of_a_run": visits}
    return Answer(
        asked=loaded.asked, rows=rows, shares=SHARES, a_s=a.curve(), b_s=b.curve(),
        limit_s=loaded.limit_s, stands_on=stands_on, notes=_notes(loaded),
        calibration=_calibrated(calls, real_s) if loaded.asked.real else None,
    )  # fmt: skip


def _runs(loaded: Loaded) -> Iterator[_Run]:
    """Yield what happens in each run, with who works; drawn runs share their days."""
    if not loaded.asked.real:
        staff = _both(loaded, loaded.first, loaded.asked.days)
        for number in range(loaded.asked.runs):
            yield _Run(loaded.draw(number), *staff)
        return
    for first_day, days in loaded.weeks:
        found, first = loaded.real(first_day, days)
        shifted = replace(found.incidents, at_s=found.incidents.at_s - first_day * 86_400.0)
        yield _Run(shifted, *_both(loaded, first, days), found.calls)


def _both(loaded: Loaded, first: date, days: int) -> tuple[Staff, Staff]:
    return loaded.lay(loaded.a, first, days), loaded.lay(loaded.b, first, days)


def _play(loaded: Loaded, side: Side, staff: Staff, incidents: Incidents, tally: _Tally) -> F64:
    town = loaded.ground.town
    outcome = play(
        town, staff.units, incidents, staff.visits, side.policy, loaded.ready, loaded.expected
    )
    return tally.add(outcome, incidents, loaded.limit_s)


def _notes(loaded: Loaded) -> tuple[Note, ...]:
    if not loaded.asked.real:
        return loaded.notes
    pieces = loaded.weeks
    days = sum(size for _first, size in pieces)
    kept = [one for one in loaded.notes if one.code != "rates_smoothed"]
    return (*kept, Note("real_days", {"pieces": len(pieces), "days": days}))


def _calibrated(calls: list[Call], played_s: list[F64]) -> Calibration | None:
    """Compare with what really was; None where no case tells when somebody came."""
    return calibrate(calls, np.concatenate(played_s)) if calls else None
