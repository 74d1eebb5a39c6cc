"""What the week's meeting asked for, in one night. In: its decisions. Out: visits that are kept first.

A decided place gets stays inside its days and hours before anything is drawn: they lie somewhere in
windows of about two hours, cut anew by the seed each night. Talking with young people is announced
presence: it begins when the decided hours begin, and stands outside the lottery. So the meeting's
wishes and the expected harm are two currencies that are never added; how the hours are shared
between them follows from how much was decided.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from narvaro.core.rules import Interval
from narvaro.directory.models import Area, Site
from narvaro.plan.hours import Period, Tonight, hours_on, merge
from narvaro.plan.models import Focus
from narvaro.situation.models import Decision

STAY_S = 12 * 60
TALK_S = 30 * 60  # announced presence: so long from when the decided hours begin
EVERY_S = 2 * 3600
STAYS_AT_MOST = 4  # a night, at one place
APART_S = 30 * 60  # between the windows of two stays
SHORTEST_S = STAY_S + 5 * 60  # a window must leave something to choose


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit that was asked for: at a place (by index), somewhere in a window, so long.

    A person may move it within all of the decided `hours`; the window is only tonight's cut of them.
    """

    key: str  # the focus and the visit's number: the same for the same seed
    spot: int
    decision_id: UUID
    focus: str
    window: Interval
    hours: Interval
    dwell_s: int
    announced: bool


def ask(
    foci: Sequence[Focus], places: Mapping[UUID, int], tonight: Tonight
) -> tuple[Asked, ...]:  # fmt: skip
    """Return what was asked for in a night; what cannot be planned is noted."""
    return tuple(
        asked
        for one in foci
        if (place := one.decision.site or one.decision.area) is not None and place.pk in places
        for asked in _ask(one, place, places[place.pk], tonight)
    )


def _ask(focus: Focus, place: Site | Area, spot: int, tonight: Tonight) -> Iterator[Asked]:
    decision, hours = focus.decision, _hours(focus, tonight)
    talk = decision.focus == Decision.Focus.TALK
    if talk and decision.hours_from is None:
        tonight.note("no_fixed_time", place=place.name)
    if not hours and _concerns(focus, tonight):
        tonight.note("outside_night", place=place.name)
    announced = talk and decision.hours_from is not None
    cuts = (
        [(one._replace(until_s=min(one.until_s, one.from_s + TALK_S)),) * 2 for one in hours]
        if announced
        else _windows(hours, Random(f"{tonight.seed} {focus.pk}"))
    )
    for number, (window, within) in enumerate(cuts):
        dwell_s = window.until_s - window.from_s if announced else STAY_S
        key = f"{focus.pk}:{number}"
        yield Asked(key, spot, decision.pk, decision.focus, window, within, dwell_s, announced)


def _concerns(focus: Focus, tonight: Tonight) -> bool:
    """Tell whether the decision is about the night's own evening, at whatever hour."""
    weekdays = focus.decision.weekdays
    holds = focus.starts_on <= tonight.day < focus.ends_on
    return holds and (not weekdays or tonight.day.weekday() in weekdays)


def _hours(focus: Focus, tonight: Tonight) -> tuple[Interval, ...]:
    """Return the decided hours that lie in the night; without hours, the whole of it."""
    decision = focus.decision
    if decision.hours_from is None or decision.hours_until is None:
        return (tonight.period.whole,) if _concerns(focus, tonight) else ()
    talk = decision.focus == Decision.Focus.TALK
    found = [
        _part(
            hours_on(day, decision.hours_from, decision.hours_until, tonight.zone),
            tonight.period, whole=talk,
        )
        for day in tonight.days
        if focus.starts_on <= day < focus.ends_on
        and (not decision.weekdays or day.weekday() in decision.weekdays)
    ]  # fmt: skip
    return merge(one for one in found if one is not None)


def _part(hours: Period, period: Period, *, whole: bool) -> Interval | None:
    """Return the part of the hours in the night; `whole`: none where they began before it."""
    if whole and hours.starts_at < period.starts_at:
        return None
    return period.clip(hours.starts_at, hours.ends_at)


def _windows(hours: Sequence[Interval], chance: Random) -> list[tuple[Interval, Interval]]:
    """Cut hours into windows of about two hours, another cut each night; return both of each."""
    windows: list[tuple[Interval, Interval]] = []
    for one in hours:
        length_s = one.until_s - one.from_s
        count = min(STAYS_AT_MOST, max(1, round(length_s / EVERY_S)))
        slack_s = length_s / count / 8
        cuts = [
            round(one.from_s + length_s * n / count + chance.uniform(-slack_s, slack_s))
            for n in range(1, count)
        ]
        begins = [one.from_s, *(cut + APART_S // 2 for cut in cuts)]
        ends = [*(cut - APART_S // 2 for cut in cuts), one.until_s]
        windows += [(Interval(*pair), one) for pair in zip(begins, ends, strict=True)]
    return [(part, one) for part, one in windows if part.until_s - part.from_s >= SHORTEST_S]
