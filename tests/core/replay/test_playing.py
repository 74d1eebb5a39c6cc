"""A replay keeps its rules: against the literal story, and in what may never be."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from narvaro.core.replay import (
    Hours,
    Incidents,
    Kept,
    Outcome,
    Policy,
    Rule,
    Town,
    Units,
    Visits,
    events,
    play,
)  # fmt: skip
from tests.core.replay.literal import Story
from tests.core.replay.worlds import Case, cases

KEPT = {"done": Kept.DONE, "broken": Kept.BROKEN}
FEW = settings(max_examples=20)  # drawing a town takes longer than playing in it


@given(cases())
@settings(max_examples=60)
def test_the_compiled_loop_tells_the_literal_story(case: Case) -> None:
    outcome, story = play(*case), Story(*case).play()
    assert outcome.events == story.events
    for i, sent in story.sent.items():
        for seat in range(2):
            told = (outcome.unit[i, seat], outcome.sent_s[i, seat], outcome.arrived_s[i, seat],
                    outcome.cleared_s[i, seat])  # fmt: skip
            if seat < len(sent):
                assert told == tuple(sent[seat].values())
            else:
                assert told[0] == -1
                assert np.isnan(told[1:]).all()
    assert set(np.flatnonzero(outcome.queued)) == story.queued
    for v in range(len(case.visits)):
        kept, begins, ends = story.kept.get(v, ("skipped", np.nan, np.nan))
        assert outcome.visit[v] == KEPT.get(kept, Kept.SKIPPED)
        stayed = outcome.visit_from_s[v], outcome.visit_until_s[v]
        np.testing.assert_array_equal(stayed, (begins, ends))


@given(cases())
@FEW
def test_the_accounts_of_the_literal_story_agree(case: Case) -> None:
    outcome, story = play(*case), Story(*case).play()
    names = {"to visit": outcome.to_visits_s, "visit": outcome.visiting_s,
             "to alarm": outcome.to_alarms_s, "alarm": outcome.at_alarms_s}  # fmt: skip
    for u, guard in enumerate(story.guards):
        for doing, spent_s in names.items():
            whole = sum(until - begins for what, begins, until in guard.spans if what == doing)
            assert spent_s[u] == pytest.approx(whole)
        assert outcome.overtime_s[u] == pytest.approx(story.overtime(u))
        assert outcome.driven_m[u] == pytest.approx(guard.driven_m)
        assert outcome.home_m[u] == pytest.approx(guard.home_m)
    work = sum(names.values(), np.zeros(len(case.units)))
    held = outcome.idle_s + work
    np.testing.assert_allclose(held, outcome.shift_s + outcome.overtime_s, atol=1e-6)
    assert (outcome.idle_s >= -1e-6).all()


def windows_of(units: Units, unit: int) -> list[tuple[float, float, bool]]:
    """Return when a unit may be sent."""
    mine, open_ = units.windows.unit == unit, units.windows
    columns = (open_.from_s[mine], open_.until_s[mine], open_.anew[mine])
    return list(zip(*columns, strict=True))


def stays(outcome: Outcome, case: Case, unit: int) -> list[tuple[float, float]]:
    """Return what a unit was busy with: alarms from being sent on, visits from arriving on."""
    sent = outcome.unit == unit
    rows = list(zip(outcome.sent_s[sent], outcome.cleared_s[sent], strict=True))
    mine = (case.visits.unit == unit) & (outcome.visit != Kept.SKIPPED)
    rows += zip(outcome.visit_from_s[mine], outcome.visit_until_s[mine], strict=True)
    return sorted(rows)


@given(cases())
@FEW
def test_nobody_is_in_two_places_or_goes_where_it_may_not(case: Case) -> None:
    _town, units, incidents, _visits, _policy = case
    outcome = play(*case)
    for u in range(len(units)):
        for (_, ends), (begins, _) in pairwise(stays(outcome, case, u)):
            assert ends <= begins
        open_ = windows_of(units, u)
        for i, seat in np.argwhere(outcome.unit == u):
            sent_s = outcome.sent_s[i, seat]
            assert any(begins <= sent_s < ends for begins, ends, _ in open_)
            assert incidents.needs[i] & ~units.competence[u] == 0
            assert units.covers[u, incidents.place[i]]
    both = outcome.unit[(outcome.unit >= 0).all(axis=1)]
    assert (both[:, 0] != both[:, 1]).all()
    assert (incidents.units_needed[outcome.unit[:, 1] >= 0] == 2).all()


@given(cases())
@FEW
def test_nobody_waits_behind_a_later_one_that_the_same_unit_could_have_left(case: Case) -> None:
    _town, units, incidents, _visits, policy = case
    outcome = play(*case)
    ways = np.isfinite(case.town.travel_s).all()
    for i in np.flatnonzero(outcome.queued & (outcome.unit[:, 0] >= 0)) if ways else []:
        u, sent_s = outcome.unit[i, 0], outcome.sent_s[i, 0]
        for other in range(len(incidents)):
            if not incidents.at_s[other] < sent_s or not outcome.queued[other]:
                continue
            ahead = (incidents.danger[other], -other) > (incidents.danger[i], -i)
            waited = not outcome.sent_s[other, 0] < sent_s and outcome.unit[other, 0] != u
            serves = incidents.needs[other] & ~units.competence[u] == 0
            serves &= units.covers[u, incidents.place[other]]
            served_now = outcome.sent_s[other, 0] == sent_s  # by another unit, earlier in number
            stale = sent_s - incidents.at_s[other] > policy.waits_most_s
            assert not (ahead and waited and serves) or served_now or stale


@given(cases())
@FEW
def test_the_same_input_gives_the_same_outcome_to_the_bit(case: Case) -> None:
    one, other = play(*case), play(*case)
    for name in Outcome.__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_numbers_mean_the_same_to_the_kernel() -> None:
    assert tuple(Rule) == (events.NEAREST, events.RESERVE, events.AHEAD)
    assert tuple(Kept) == (events.SKIPPED, events.DONE, events.BROKEN)


def test_windows_are_shifts_or_what_permits_leave_of_them() -> None:
    units = Units(
        base=np.zeros(2, np.int64),
        shifts=Hours.of([(0, 0, 10), (0, 20, 30), (1, 0, 10), (1, 20, 30)]),
        needs_permit=np.array([False, True]),
        permits=Hours.of([(1, 2, 4), (1, 4, 5), (1, 8, 22), (1, 25, 40)]),
    )
    assert windows_of(units, 0) == [(0, 10, True), (20, 30, True)]
    assert windows_of(units, 1) == [(2, 5, True), (8, 10, False), (20, 22, True), (25, 30, False)]


def test_without_units_everything_stays_queued() -> None:
    town = Town(np.zeros((1, 1)), np.zeros((1, 1)))
    nobody = Units(np.empty(0, np.int64), Hours.none())
    calls = Incidents(np.array([1.0, 2.0]), np.zeros(2, np.int64), np.ones(2))
    outcome = play(town, nobody, calls, Visits.none(), Policy())
    assert outcome.queued.all()
    assert np.isinf(outcome.response_s(calls.at_s)).all()
    assert outcome.events == 2
