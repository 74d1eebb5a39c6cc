"""What own drives say of travel times. In: drives with what the map said of them. Out: factors, errors.

The model, by drive: log(actual) = log(Σ seconds of class c · exp β_c) + γ_g(hour) + noise. It is fitted
by Gauss-Newton with Huber's weights, and with normal priors about 0 on β and γ: without drives every
factor is 1, with few it stays near 1, and no single drive can move it far.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from narvaro.core.jit import F64, I64
from narvaro.core.roads.graph import ROAD_CLASSES, Pace

HOURS: dict[str, tuple[int, ...]] = {
    "night": (22, 23, 0, 1, 2, 3, 4, 5),
    "morning": (6, 7, 8),
    "day": (9, 10, 11, 12, 13, 14),
    "afternoon": (15, 16, 17),
    "evening": (18, 19, 20, 21),
}
"""Hours of the day that share a factor."""
LEAST_DRIVES, LEAST_IN_HOUR = 50, 10
PRIOR_SD = 0.25
"""Of the logarithm of a factor: before any drive, 19 of 20 factors are held to lie in 0.6 … 1.6."""
HUBER_K = 1.345
LEAST_SPREAD = 0.05
LOWEST, HIGHEST = 0.5, 3.0
FOLDS = 5
_GROUP_OF = np.array([next(k for k, of in enumerate(HOURS.values()) if h in of) for h in range(24)])


class Drives(NamedTuple):
    """Drives (n): local hour and day, seconds the map says by class of roads and last waiting, and true."""

    hour: I64  # [n] 0 … 23
    day: I64  # [n] any count of days
    parts_s: F64  # [n, len(ROAD_CLASSES) + 1]
    actual_s: F64  # [n]

    @property
    def predicted_s(self) -> F64:
        """Return what the map says, [n]."""
        return np.asarray(self.parts_s.sum(axis=1), np.float64)

    def take(self, which: I64) -> "Drives":
        """Return some of them."""
        return Drives(self.hour[which], self.day[which], self.parts_s[which], self.actual_s[which])


@dataclass(frozen=True, slots=True)
class Factor:
    """What times are multiplied by, with the 95 % interval of the fit."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """The error of predictions, in seconds: its size (median, 9 in 10), and its median with the sign.

    Above 0 the prediction was too long. The sizes are None where there are too few drives to tell.
    """

    drives: int
    median_s: float | None = None
    p90_s: float | None = None
    signed_s: float | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """In all, and for each hour of the day."""

    overall: ErrorRow
    by_hour: tuple[ErrorRow, ...]

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Rebuild them from `asdict`."""
        by_hour = tuple(ErrorRow(**one) for one in plain["by_hour"])
        return cls(ErrorRow(**plain["overall"]), by_hour)


@dataclass(frozen=True, slots=True)
class Apart:
    """The errors of drives that are kept out of a fit, without and with its factors (None: no factors)."""

    before: ErrorRow
    after: ErrorRow | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Rebuild it from `to_plain`."""
        after = plain["after"]
        return cls(ErrorRow(**plain["before"]), ErrorRow(**after) if after else None)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was found of drives; without factors where there are too few.

    `after` is what drives of days that were left out of the fit say of its factors.
    """

    drives: int
    before: Errors
    after: Errors | None = None
    by_class: tuple[Factor, ...] = ()  # by ROAD_CLASSES, last waiting
    by_hours: tuple[Factor, ...] = ()  # by HOURS

    def pace(self, hour: int) -> Pace:
        """Return the factors of an hour of the day as roads take them; raises ValueError without any."""
        if not self.by_class:
            raise ValueError(f"{self.drives} drives have no factors; {LEAST_DRIVES} are needed.")
        of_hour = self.by_hours[_GROUP_OF[hour]].value
        *running, waiting = (one.value * of_hour for one in self.by_class)
        return Pace(tuple(running), waiting)

    def judge(self, others: Drives) -> Apart:
        """Return the errors of drives that had no part in the factors."""
        before = _row(others.predicted_s - others.actual_s)
        if not self.by_class:
            return Apart(before)
        log = np.log([one.value for one in (*self.by_class, *self.by_hours)])
        return Apart(before, _row(np.exp(_predicted_log(others, log)) - others.actual_s))

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Rebuild it from `to_plain`."""
        after = plain["after"]
        by_class, by_hours = (
            tuple(Factor(**one) for one in plain[name]) for name in ("by_class", "by_hours")
        )
        return cls(
            plain["drives"], Errors.from_plain(plain["before"]),
            Errors.from_plain(after) if after else None, by_class, by_hours,
        )  # fmt: skip


def calibrate(drives: Drives) -> Calibration:
    """Return what drives say; factors only where there are at least LEAST_DRIVES of them."""
    before = errors_of(drives.predicted_s, drives.actual_s, drives.hour)
    count = len(drives.actual_s)
    if count < LEAST_DRIVES:
        return Calibration(count, before)
    log, error = _fit(drives)
    factors = [
        Factor(*np.exp([at, at - 1.96 * sd, at + 1.96 * sd]).tolist())
        for at, sd in zip(log, error, strict=True)
    ]
    size = len(ROAD_CLASSES) + 1
    after = errors_of(_left_out_s(drives), drives.actual_s, drives.hour)
    return Calibration(count, before, after, tuple(factors[:size]), tuple(factors[size:]))


def errors_of(predicted_s: F64, actual_s: F64, hour: I64) -> Errors:
    """Return the errors of predictions, in all and by the hour of the day."""
    error = predicted_s - actual_s
    rows = [_row(error[hour == one]) for one in range(24)]
    return Errors(_row(error), tuple(rows))


def _row(error: F64) -> ErrorRow:
    if len(error) < LEAST_IN_HOUR:
        return ErrorRow(len(error))
    middle, most = np.quantile(np.abs(error), [0.5, 0.9]).tolist()
    return ErrorRow(len(error), middle, most, float(np.median(error)))


def _fit(drives: Drives) -> tuple[F64, F64]:
    """Return the logarithms of the factors (classes, waiting, hours) and their standard errors."""
    size = drives.parts_s.shape[1]
    log = np.zeros(size + len(HOURS))
    prior = np.full(len(log), PRIOR_SD**-2)
    curve = np.diag(prior)
    spread = LEAST_SPREAD
    for _ in range(100):
        weighed = drives.parts_s * np.exp(log[:size])
        whole = weighed.sum(axis=1)
        slope = np.zeros((len(whole), len(log)))
        slope[:, :size] = weighed / whole[:, np.newaxis]
        slope[np.arange(len(whole)), size + _GROUP_OF[drives.hour]] = 1.0
        off = np.log(drives.actual_s) - _predicted_log(drives, log)
        spread = max(LEAST_SPREAD, 1.4826 * float(np.median(np.abs(off))) if len(off) else 0.0)
        trust = np.minimum(1.0, HUBER_K * spread / np.maximum(np.abs(off), 1e-9)) / spread**2
        curve = (slope.T * trust) @ slope + np.diag(prior)
        step = np.linalg.solve(curve, slope.T @ (trust * off) - prior * log)
        log = np.clip(log + step, np.log(LOWEST), np.log(HIGHEST))
        if np.abs(step).max() < 1e-7:
            break
    return log, np.sqrt(np.diag(np.linalg.inv(curve)))


def _predicted_log(drives: Drives, log: F64) -> F64:
    size = drives.parts_s.shape[1]
    by_hour = log[size:][_GROUP_OF[drives.hour]]
    return np.asarray(np.log(drives.parts_s @ np.exp(log[:size])) + by_hour, np.float64)


def _left_out_s(drives: Drives) -> F64:
    """Return the seconds of each drive by factors that its day had no part in."""
    days, of_day = np.unique(drives.day, return_inverse=True)
    folds = min(FOLDS, len(days))
    fold = of_day % folds if folds > 1 else np.arange(len(drives.day)) % FOLDS
    seconds = np.zeros(len(fold))
    for one in np.unique(fold):
        held = np.flatnonzero(fold == one)
        log, _ = _fit(drives.take(np.flatnonzero(fold != one)))
        seconds[held] = np.exp(_predicted_log(drives.take(held), log))
    return seconds
