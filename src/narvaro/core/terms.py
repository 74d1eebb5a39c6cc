"""Contract terms: what was agreed comes in; periods, options and deadlines on a day go out.

Dates are local calendar days and each period includes its last day. Money is Decimal SEK. The
definitions in plain words: docs/formulas/terms.md. Response times: narvaro.core.response_times.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from narvaro.core.said import Said

# The eleven time points of a response, t0 … t10, in order (docs/glossary.md).
TIME_POINTS = (
    "triggered",
    "received",
    "acknowledged",
    "decided",
    "offered",
    "accepted",
    "rolling",
    "on_scene",
    "secured",
    "left",
    "reported",
)
CASE_KINDS = (
    "intruder",
    "duress",
    "assistance",
    "fire",
    "medical",
    "tamper",
    "technical",
    "path",
    "disturbance",
    "other",
)
REMINDER_MONTHS = (12, 9, 6, 3)
RETENDER_LEAD_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a term: `where` (a path), `what`, and what `todo`."""

    where: str
    what: Said
    todo: Said

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.todo}"


class TermsError(ValueError):
    """Terms that contradict themselves, with every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def _refuse(problems: Iterable[Problem]) -> None:
    if found := tuple(problems):
        raise TermsError(found)


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later; the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_before(starts_on: date, months: int) -> date:
    """Return the last day that leaves `months` whole months before `starts_on`."""
    return add_months(starts_on, -months) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Option:
    """A right to prolong the contract; `exercised_on` is None while it is open."""

    starts_on: date
    ends_on: date
    exercised_on: date | None = None

    def __post_init__(self) -> None:
        _refuse(self._list_problems())

    def _list_problems(self) -> Iterator[Problem]:
        yield from _list_span_problems(self.starts_on, self.ends_on)
        if self.exercised_on and self.exercised_on > self.ends_on:
            yield Problem(
                "exercised_on",
                Said(
                    "%(day)s is after the option's last day %(last)s",
                    day=str(self.exercised_on),
                    last=str(self.ends_on),
                ),
                Said("write the day on which the option was exercised, or leave it out"),
            )


@dataclass(frozen=True, slots=True)
class ResponseTerm:
    """An agreed response time: from time point `start` to `stop`, within `target_s` seconds.

    `share` (0–1) of the measured responses are to be within it; `penalty_sek` per late one.
    """

    name: str
    case_kinds: tuple[str, ...]
    start: str
    stop: str
    target_s: int
    share: Decimal
    penalty_sek: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _refuse(self._list_problems())

    def _list_problems(self) -> Iterator[Problem]:
        unknown = [kind for kind in self.case_kinds if kind not in CASE_KINDS]
        if unknown or not self.case_kinds:
            what = Said("no kind of case is named")
            if unknown:
                what = Said("%(words)s is no kind of case", words=", ".join(unknown))
            todo = Said("name some of %(words)s", words=", ".join(CASE_KINDS))
            yield Problem("case_kinds", what, todo)
        points = {"start": self.start, "stop": self.stop}
        strange = [where for where, point in points.items() if point not in TIME_POINTS]
        for where in strange:
            what = Said("“%(word)s” is not a time point", word=points[where])
            todo = Said("write one of %(words)s", words=", ".join(TIME_POINTS))
            yield Problem(where, what, todo)
        if not strange and TIME_POINTS.index(self.start) >= TIME_POINTS.index(self.stop):
            what = Said("%(stop)s does not come after %(start)s", stop=self.stop, start=self.start)
            todo = Said("let the response time stop at a later point than it starts")
            yield Problem("stop", what, todo)
        if self.target_s <= 0:
            what = Said("the target is not above 0")
            yield Problem("target_minutes", what, Said("write it in minutes"))
        if not 0 <= self.share <= 1:
            what = Said("%(number)s is not from 0 to 1", number=str(self.share))
            yield Problem("share", what, Said("write 0.90 for 90 %"))
        if not self.penalty_sek >= 0:
            what = Said("%(number)s is below 0", number=str(self.penalty_sek))
            yield Problem("penalty_sek", what, Said("write 0 for none"))


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What a contract says of time: base period, options in order, response terms."""

    starts_on: date
    ends_on: date
    notice_months: int
    options: tuple[Option, ...] = ()
    response_terms: tuple[ResponseTerm, ...] = ()

    def __post_init__(self) -> None:
        _refuse(self._list_problems())

    def _list_problems(self) -> Iterator[Problem]:
        yield from _list_span_problems(self.starts_on, self.ends_on)
        if not 0 <= self.notice_months <= 60:
            what = Said(
                "%(number)s months of notice is not from 0 to 60", number=self.notice_months
            )
            yield Problem("notice_months", what, Said("write whole months"))
        yield from self._list_option_problems()

    def _list_option_problems(self) -> Iterator[Problem]:
        before: str = Said("the base period")
        ends_on, is_open = self.ends_on, ""
        for number, option in enumerate(self.options, start=1):
            where = f"option[{number}]"
            expected = ends_on + timedelta(days=1)
            if option.starts_on != expected:
                facts = {"day": str(option.starts_on), "before": before, "last": str(ends_on)}
                what = Said("%(day)s leaves a gap after %(before)s, which ends %(last)s", **facts)
                if option.starts_on < expected:
                    what = Said("%(day)s overlaps %(before)s, which ends %(last)s", **facts)
                yield Problem(f"{where}.starts_on", what, Said("write %(day)s", day=str(expected)))
            if option.exercised_on and is_open:
                what = Said("exercised while the earlier %(option)s is not", option=is_open)
                todo = Said(
                    "write when %(option)s was exercised, or leave this out", option=is_open
                )
                yield Problem(f"{where}.exercised_on", what, todo)
            if option.exercised_on and option.exercised_on < self.starts_on:
                what = Said(
                    "%(day)s is before the contract starts %(first)s",
                    day=str(option.exercised_on), first=str(self.starts_on),
                )  # fmt: skip
                yield Problem(f"{where}.exercised_on", what, Said("write the day of the decision"))
            is_open = is_open or ("" if option.exercised_on else where)
            before, ends_on = where, option.ends_on


def _list_span_problems(starts_on: date, ends_on: date) -> Iterator[Problem]:
    for where, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if not 1950 <= day.year <= 2150:
            what = Said("the year %(year)s is outside 1950–2150", year=day.year)
            yield Problem(where, what, Said("correct the year"))
    if ends_on < starts_on:
        what = Said("%(day)s is before the start %(first)s", day=str(ends_on), first=str(starts_on))
        todo = Said("write the last day of the period, itself included")
        yield Problem("ends_on", what, todo)


PeriodState = Literal["past", "running", "coming", "open", "overdue", "lapsed"]


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a contract on a given day; number 0 is the base period, 1 the first option.

    `last_day` is the last day on which an option can be exercised.
    """

    number: int
    starts_on: date
    ends_on: date
    state: PeriodState
    exercised_on: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A day on which a deadline is brought up: `months` before the running time ends."""

    months: int
    on: date


@dataclass(frozen=True, slots=True)
class Deadline:
    """What must be decided next: exercise option `option`, or (None) start a new tender.

    `ends_on` is the day on which the contract ends unless something is done.
    """

    option: int | None
    last_day: date
    ends_on: date
    reminders: tuple[Reminder, ...]
    overdue: bool

    @property
    def no_further_option(self) -> bool:
        """Whether there is no option left to exercise."""
        return self.option is None

    def reminders_due(self, today: date) -> tuple[Reminder, ...]:
        """Return the reminders whose day has come."""
        return tuple(reminder for reminder in self.reminders if reminder.on <= today)


def periods(terms: ContractTerms, today: date) -> tuple[Period, ...]:
    """List the base period and every option, in order, as they stand on `today`."""
    base = Period(0, terms.starts_on, terms.ends_on, _agreed(terms.starts_on, terms.ends_on, today))
    found = [base]
    for number, option in enumerate(terms.options, start=1):
        last_day = months_before(option.starts_on, terms.notice_months)
        state: PeriodState = "open"
        if option.exercised_on:
            state = _agreed(option.starts_on, option.ends_on, today)
        elif found[-1].state == "lapsed" or today >= option.starts_on:
            state = "lapsed"
        elif today > last_day:
            state = "overdue"
        found.append(
            Period(number, option.starts_on, option.ends_on, state, option.exercised_on, last_day)
        )
    return tuple(found)


def _agreed(starts_on: date, ends_on: date, today: date) -> PeriodState:
    if today < starts_on:
        return "coming"
    return "running" if today <= ends_on else "past"


def in_force(terms: ContractTerms, day: date) -> bool:
    """Say whether `day` lies in the base period or in an exercised option."""
    return terms.starts_on <= day <= agreed_until(terms)


def agreed_until(terms: ContractTerms) -> date:
    """Return the last day of the base period and the exercised options."""
    return max([terms.ends_on, *(o.ends_on for o in terms.options if o.exercised_on)])


def next_deadline(terms: ContractTerms, today: date) -> Deadline:
    """Return the next option to exercise, or the start of a new tender when none is left."""
    ends_on = agreed_until(terms)
    after = ends_on + timedelta(days=1)
    waiting = next((p for p in periods(terms, today) if p.state in {"open", "overdue"}), None)
    if waiting is None or waiting.last_day is None:
        last_day = months_before(after, RETENDER_LEAD_MONTHS)
        months = {*REMINDER_MONTHS, RETENDER_LEAD_MONTHS + 3}
    else:
        last_day = waiting.last_day
        # A notice as long as the first reminder would leave no warning before the last day.
        months = {*REMINDER_MONTHS, terms.notice_months + 3}
    reminders = [Reminder(m, months_before(after, m)) for m in sorted(months, reverse=True)]
    number = waiting.number if waiting else None
    return Deadline(number, last_day, ends_on, tuple(reminders), overdue=today > last_day)


def exercise_option(terms: ContractTerms, on: date) -> ContractTerms:
    """Return the terms with the next open option exercised `on`; TermsError where none can be."""
    deadline = next_deadline(terms, on)
    if deadline.option is None:
        what = Said(
            "no further option: the contract has %(number)s and ends %(last)s",
            number=len(terms.options), last=str(deadline.ends_on),
        )  # fmt: skip
        todo = Said("start a new tender by %(day)s", day=str(deadline.last_day))
        raise TermsError([Problem("option", what, todo)])
    where = f"option[{deadline.option}].exercised_on"
    if deadline.overdue:
        what = Said(
            "%(day)s is after the last day %(last)s", day=str(on), last=str(deadline.last_day)
        )
        todo = Said("an option not exercised in time has lapsed")
        raise TermsError([Problem(where, what, todo)])
    options = list(terms.options)
    options[deadline.option - 1] = replace(options[deadline.option - 1], exercised_on=on)
    return replace(terms, options=tuple(options))
