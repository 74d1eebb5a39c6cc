"""Contract terms: periods, options and their deadlines, and what construction refuses."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.terms import (
    ContractTerms,
    Option,
    ResponseTerm,
    TermsError,
    add_months,
    agreed_until,
    exercise_option,
    in_force,
    months_before,
    next_deadline,
    periods,
)


def story(*exercised: date) -> ContractTerms:
    """Return the contract of story 7: from 2021-10-01, 2+1+1 years, six months of notice."""
    days = [*exercised, None, None][:2]
    return ContractTerms(
        date(2021, 10, 1),
        date(2023, 9, 30),
        6,
        (
            Option(date(2023, 10, 1), date(2024, 9, 30), days[0]),
            Option(date(2024, 10, 1), date(2025, 9, 30), days[1]),
        ),
    )


def term(**changes: object) -> ResponseTerm:
    """Return a sound response term with some fields changed."""
    fields: dict[str, object] = {
        "name": "Tätort",
        "case_kinds": ("intruder",),
        "start": "received",
        "stop": "on_scene",
        "target_s": 1200,
        "share": Decimal("0.9"),
    }
    return ResponseTerm(**(fields | changes))  # type: ignore[arg-type]


def refusals(error: TermsError) -> list[str]:
    """Return where the problems are."""
    return [problem.where for problem in error.problems]


def test_story_7_the_first_option_is_warned_of_decided_and_becomes_a_period() -> None:
    """A year before the base period ends the task is due; 31 March is the last day."""
    deadline = next_deadline(story(), date(2022, 9, 30))
    assert (deadline.option, deadline.last_day) == (1, date(2023, 3, 31))
    assert deadline.ends_on == date(2023, 9, 30)
    assert [(one.months, one.on) for one in deadline.reminders] == [
        (12, date(2022, 9, 30)),
        (9, date(2022, 12, 31)),
        (6, date(2023, 3, 31)),
        (3, date(2023, 6, 30)),
    ]
    assert [one.months for one in deadline.reminders_due(date(2022, 9, 30))] == [12]
    assert deadline.reminders_due(date(2022, 9, 29)) == ()
    exercised = exercise_option(story(), date(2023, 3, 31))
    assert in_force(exercised, date(2024, 9, 30))
    assert not in_force(exercised, date(2024, 10, 1))
    assert [period.state for period in periods(exercised, date(2023, 10, 1))] == [
        "past",
        "running",
        "open",
    ]


def test_story_7_a_missed_day_is_overdue_and_then_lapsed() -> None:
    """The day after the last day escalates; from the option's own start it is lost."""
    assert not next_deadline(story(), date(2023, 3, 31)).overdue
    late = next_deadline(story(), date(2023, 4, 1))
    assert (late.option, late.overdue) == (1, True)
    with pytest.raises(TermsError, match="after the last day 2023-03-31"):
        exercise_option(story(), date(2023, 4, 1))
    assert [period.state for period in periods(story(), date(2023, 4, 1))] == [
        "running",
        "overdue",
        "open",
    ]
    assert [period.state for period in periods(story(), date(2023, 10, 1))] == [
        "past",
        "lapsed",
        "lapsed",
    ]
    assert next_deadline(story(), date(2023, 10, 1)).no_further_option


def test_story_7_no_further_option_asks_for_a_new_tender_a_year_ahead() -> None:
    """After option 2 the system wants a tender started by 30 September 2024 and refuses a third."""
    terms = story(date(2023, 3, 31), date(2024, 3, 28))
    assert agreed_until(terms) == date(2025, 9, 30)
    deadline = next_deadline(terms, date(2024, 6, 1))
    assert deadline.no_further_option
    assert deadline.last_day == date(2024, 9, 30)
    assert not deadline.overdue
    assert next_deadline(terms, date(2024, 10, 1)).overdue
    with pytest.raises(TermsError, match=r"no further option.*new tender by 2024-09-30"):
        exercise_option(terms, date(2024, 6, 1))


def test_a_notice_of_a_year_is_still_warned_of_before_its_last_day() -> None:
    """Where the first common reminder falls on the last day, an earlier one is added."""
    terms = ContractTerms(
        date(2024, 1, 1), date(2025, 12, 31), 12, (Option(date(2026, 1, 1), date(2026, 12, 31)),)
    )
    deadline = next_deadline(terms, date(2024, 1, 1))
    assert deadline.last_day == date(2024, 12, 31)
    assert deadline.reminders[0].on == date(2024, 9, 30)


def test_the_contract_is_in_force_from_its_first_to_its_last_day() -> None:
    """Both ends are included; an open option is not."""
    assert [
        in_force(story(), day)
        for day in (
            date(2021, 9, 30),
            date(2021, 10, 1),
            date(2023, 9, 30),
            date(2023, 10, 1),
        )
    ] == [False, True, True, False]
    assert periods(story(), date(2021, 1, 1))[0].state == "coming"


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2024, 1, 15), -13, date(2022, 12, 15)),
    ],
)
def test_add_months_stays_inside_the_month(day: date, months: int, result: date) -> None:
    """A day that the month lacks becomes its last."""
    assert add_months(day, months) == result


def test_options_that_overlap_or_leave_a_gap_are_refused_with_the_right_day() -> None:
    """Each option's start is compared with the end before it."""
    with pytest.raises(TermsError) as caught:
        ContractTerms(
            date(2021, 10, 1),
            date(2023, 9, 30),
            6,
            (
                Option(date(2023, 9, 1), date(2024, 9, 30)),
                Option(date(2024, 9, 30), date(2025, 9, 30)),
                Option(date(2025, 11, 1), date(2026, 9, 30)),
            ),
        )
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "option[1].starts_on: 2023-09-01 overlaps the base period, which ends 2023-09-30; "
            "write 2023-10-01"
        ),
        (
            "option[2].starts_on: 2024-09-30 overlaps option[1], which ends 2024-09-30; "
            "write 2024-10-01"
        ),
        (
            "option[3].starts_on: 2025-11-01 leaves a gap after option[2], which ends 2025-09-30; "
            "write 2025-10-01"
        ),
    ]


def test_an_option_exercised_before_an_earlier_one_is_refused() -> None:
    """The second option cannot run while the first is open."""
    with pytest.raises(TermsError) as caught:
        ContractTerms(
            date(2021, 10, 1),
            date(2023, 9, 30),
            6,
            (
                Option(date(2023, 10, 1), date(2024, 9, 30)),
                Option(date(2024, 10, 1), date(2025, 9, 30), date(2024, 3, 1)),
            ),
        )
    assert refusals(caught.value) == ["option[2].exercised_on"]


def test_dates_that_cannot_be_are_refused() -> None:
    """An end before its start, a mistyped year, a decision after the option or before it all."""
    with pytest.raises(TermsError, match="2023-09-30 is before the start 2023-10-01"):
        Option(date(2023, 10, 1), date(2023, 9, 30))
    with pytest.raises(TermsError, match="year 202 is outside"):
        Option(date(202, 10, 1), date(2023, 9, 30))
    with pytest.raises(TermsError, match="after the option's last day"):
        Option(date(2023, 10, 1), date(2024, 9, 30), date(2025, 1, 1))
    with pytest.raises(TermsError, match="before the contract starts"):
        story(date(2020, 1, 1))
    with pytest.raises(TermsError, match="-1 months of notice"):
        ContractTerms(date(2021, 10, 1), date(2023, 9, 30), -1)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"start": "alarm"}, ["start"]),
        ({"start": "ankomst", "stop": "arrived"}, ["start", "stop"]),
        ({"start": "on_scene", "stop": "received"}, ["stop"]),
        ({"stop": "received"}, ["stop"]),
        ({"target_s": 0}, ["target_minutes"]),
        ({"share": Decimal("1.01")}, ["share"]),
        ({"share": Decimal("-0.1")}, ["share"]),
        ({"case_kinds": ()}, ["case_kinds"]),
        ({"case_kinds": ("burglary",), "penalty_sek": Decimal(-1)}, ["case_kinds", "penalty_sek"]),
    ],
)
def test_response_terms_are_checked_at_construction(
    changes: dict[str, object], where: list[str]
) -> None:
    """Every problem is told at once, each with the field that is wrong and what to do."""
    with pytest.raises(TermsError) as caught:
        term(**changes)
    assert refusals(caught.value) == where
    assert all(problem.what and problem.todo for problem in caught.value.problems)


@st.composite
def contracts(draw: st.DrawFn) -> ContractTerms:
    """Draw sound terms with any number of options, some exercised."""
    start = draw(st.dates(date(1990, 1, 1), date(2040, 1, 1)))
    lengths = draw(st.lists(st.integers(1, 1500), min_size=1, max_size=5))
    spans, begins = [], start
    for length in lengths:
        spans.append((begins, begins + timedelta(days=length - 1)))
        begins += timedelta(days=length)
    exercised = draw(st.integers(0, len(spans) - 1))
    options = tuple(
        Option(first, last, start if number < exercised else None)
        for number, (first, last) in enumerate(spans[1:])
    )
    return ContractTerms(*spans[0], draw(st.integers(0, 60)), options)


@given(contracts(), st.dates(date(1985, 1, 1), date(2060, 1, 1)))
def test_periods_never_overlap_and_at_most_one_runs(terms: ContractTerms, today: date) -> None:
    """Periods follow each other day by day, and in force means that one of them runs."""
    found = periods(terms, today)
    for earlier, later in itertools.pairwise(found):
        assert later.starts_on == earlier.ends_on + timedelta(days=1)
    running = [period for period in found if period.state == "running"]
    assert len(running) == in_force(terms, today)


@given(contracts(), st.dates(date(1985, 1, 1), date(2060, 1, 1)))
def test_the_next_deadline_is_an_open_option_or_a_tender(terms: ContractTerms, today: date) -> None:
    """An option asked for can be exercised until its last day, and then it prolongs the contract."""
    deadline = next_deadline(terms, today)
    assert deadline.overdue == (today > deadline.last_day)
    assert min(reminder.on for reminder in deadline.reminders) < deadline.last_day
    if deadline.option is None:
        assert all(period.state not in {"open", "overdue"} for period in periods(terms, today))
    elif not deadline.overdue and today >= terms.starts_on:
        assert agreed_until(exercise_option(terms, today)) > agreed_until(terms)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 36))
def test_the_last_day_leaves_whole_months(starts_on: date, months: int) -> None:
    """A notice given on the last day has run its months when the next period starts."""
    last_day = months_before(starts_on, months)
    assert add_months(last_day + timedelta(days=1), months) <= starts_on
