"""Response times: time points and an agreed term come in; times, lateness and a month's sums go out.

Time points are aware date-times; times are whole seconds. Money is Decimal SEK. The definitions
in plain words: docs/formulas/terms.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from narvaro.core.terms import TIME_POINTS, ResponseTerm


@dataclass(frozen=True, slots=True)
class Measurement:
    """A response time in whole seconds; or None, with the `missing` points or a reversed order."""

    seconds: int | None
    missing: tuple[str, ...] = ()
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """A response to a case: its id, the kind of case, and the time points that are known."""

    id: str
    case_kind: str
    points: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A response and its measurement."""

    response: Response
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Summary:
    """A response term over one month; times in seconds, None where nothing was measured."""

    term: ResponseTerm
    count: int
    measured: int
    within: int
    share: Decimal | None
    is_share_met: bool | None
    p50_s: int | None
    p90_s: int | None
    late: tuple[Measured, ...]
    unmeasured: tuple[Measured, ...]
    penalty_sek: Decimal


def response_time_s(points: Mapping[str, datetime | None], term: ResponseTerm) -> Measurement:
    """Measure from the term's start to its stop, each cut to its whole second; never guess.

    Cutting first makes the time equal the difference of the clock times that people see.
    """
    return time_between_s(points, term.start, term.stop)


def time_between_s(points: Mapping[str, datetime | None], first: str, last: str) -> Measurement:
    """Measure from one time point to another, as `response_time_s` does under a term."""
    start, stop = points.get(first), points.get(last)
    if start is None or stop is None:
        missing = (name for name in (first, last) if points.get(name) is None)
        return Measurement(None, missing=tuple(missing))
    seconds = int((stop.replace(microsecond=0) - start.replace(microsecond=0)).total_seconds())
    return Measurement(None, is_reversed=True) if seconds < 0 else Measurement(seconds)


def within_target(measurement: Measurement, term: ResponseTerm) -> bool | None:
    """Say whether the time is at most the target; None for what was not measured."""
    return None if measurement.seconds is None else measurement.seconds <= term.target_s


def nearest_rank(times_s: Sequence[int], percent: int) -> int | None:
    """Return the smallest time that at least `percent` of the times do not exceed.

    Nearest-rank percentile: value number ceil(percent · n / 100) in rising order.
    """
    ordered = sorted(times_s)
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1] if ordered else None


def belongs_at(response: Response) -> datetime | None:
    """Return the time that decides a response's month: received, else its first known point."""
    points = ("received", *TIME_POINTS)
    return next((at for name in points if (at := response.points.get(name)) is not None), None)


def monthly_summary(
    responses: Iterable[Response], term: ResponseTerm, begins: datetime, ends: datetime
) -> Summary:
    """Sum up the responses of the term's kinds in the month [begins, ends), given in UTC.

    A response without any time point belongs to no month: it is counted, as unmeasured.
    """
    ours: list[Measured] = []
    for response in responses:
        at = belongs_at(response)
        if response.case_kind in term.case_kinds and (at is None or begins <= at < ends):
            ours.append(Measured(response, response_time_s(response.points, term)))
    times_s = [one.measurement.seconds for one in ours if one.measurement.seconds is not None]
    late = tuple(one for one in ours if within_target(one.measurement, term) is False)
    within = len(times_s) - len(late)
    return Summary(
        term=term,
        count=len(ours),
        measured=len(times_s),
        within=within,
        share=Decimal(within) / len(times_s) if times_s else None,
        is_share_met=within >= term.share * len(times_s) if times_s else None,
        p50_s=nearest_rank(times_s, 50),
        p90_s=nearest_rank(times_s, 90),
        late=late,
        unmeasured=tuple(one for one in ours if one.measurement.seconds is None),
        penalty_sek=term.penalty_sek * len(late),
    )
