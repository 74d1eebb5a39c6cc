"""What must have been raised, from the words of the rules alone. In: what was sent, who was away. Out: spans.

Written without the product's rules and without its clock: all times are true seconds. A thing that
must be raised has a time from which it may be and one until which it must; what may be and need not
be has no such end: a sign that comes while the server has its two seconds, or a server that is away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from tests.simulated_month.course import Course, Span, find_span
from tests.simulated_month.shifts import Act

SIGN_WITHIN_S = 2.0
LOSS_WITHIN_S = 10.0
NOTICED_S = 4.0  # a receiver notices when it next saves that the clock was set
CLASS_S = {"SP1": 2_764_800, "SP2": 90_000, "SP3": 1800, "SP4": 180, "SP5": 90, "SP6": 20,
           "DP1": 90_000, "DP2": 1800, "DP3": 180, "DP4": 90}  # fmt: skip
TOGETHER_S = 120.0  # a carrier's losses, each at most so long after the one before, are one fault
KEPT_S = 10.0  # a sign that came within so long was given now
SLACK_S = 1e-3


@dataclass(frozen=True, slots=True)
class Expected:
    """Something to be raised: not before `due_s`; by `ready_s` and a little where it `must`."""

    due_s: float
    ready_s: float
    must: bool


def ready_s(due_s: float, away: Sequence[Span], within_s: float) -> float:
    """Return from when on there was time enough, where who raises it was away."""
    at_s = due_s
    while (span := find_span(away, at_s) or find_span(away, at_s + within_s)) is not None:
        at_s = span[1]
    return at_s


def expect_missing(
    acts: Sequence[Act], raised_s: Sequence[float], course: Course
) -> tuple[list[Expected], list[float]]:
    """Walk through what one guard sent; return what was to be raised, and each return to be told."""
    expected: list[Expected] = []
    told: list[float] = []
    last_s, interval_s, is_missing = acts[0].at_s, acts[0].interval_s, False
    for act in [*acts[1:], Act(float("inf"), 0, "never")]:
        due_s = last_s + interval_s
        if not is_missing and due_s <= act.at_s:
            ready = ready_s(due_s, course.down, SIGN_WITHIN_S)
            must = ready + SIGN_WITHIN_S < act.at_s
            expected.append(Expected(due_s, ready, must))
            is_missing = must or any(due_s - SLACK_S <= one <= act.at_s for one in raised_s)
        if act.what in ("end", "never"):
            break
        given_s = act.at_s if act.given_s is None else act.given_s
        is_kept = act.at_s - given_s > KEPT_S
        if is_kept and (given_s + interval_s <= act.at_s or given_s < last_s):
            continue  # it says nothing of now
        interval_s = act.interval_s or interval_s
        last_s = given_s
        if is_missing:
            told.append(act.at_s)
        is_missing = False
    return expected, told


def lost_after_s(category: str, interval_s: int) -> float:
    """Return after how long a silence is a loss: the class's time, else three polls and half a minute."""
    return CLASS_S[category] if category else 3 * interval_s + 30


def expect_losses(
    *, category: str, interval_s: int, phase_s: float, outages: Sequence[Span], course: Course
) -> list[Expected]:
    """Poll by poll around each outage of a path: return where its silence was a loss."""

    def is_heard(poll_s: float) -> bool:
        is_out = any(begin <= poll_s < end for begin, end in outages)
        return not is_out and find_span(course.receiver, poll_s) is None

    expected: list[Expected] = []
    heard_until_s = -1.0
    for begin, end in outages:
        if begin < heard_until_s:
            continue  # the same silence went on
        poll = ceil((begin - phase_s) / interval_s) - 1
        while poll >= 0 and not is_heard(phase_s + poll * interval_s):
            poll -= 1
        if poll < 0:
            continue  # never heard before: not in use yet
        last_s = phase_s + poll * interval_s
        poll = max(poll + 1, floor((end - phase_s) / interval_s))
        while not is_heard(phase_s + poll * interval_s) and phase_s < course.end_s:
            poll += 1
        heard_until_s = phase_s + poll * interval_s
        found = _loss_in(last_s, heard_until_s, lost_after_s(category, interval_s), course)
        if found is not None:
            expected.append(found)
    return expected


def _loss_in(last_s: float, next_s: float, lost_s: float, course: Course) -> Expected | None:
    """Return the loss in one silence: each time we begin to listen anew, the whole time again."""
    stops = [(begin, end, end) for begin, end in course.receiver if last_s < end and begin < next_s]
    stops += [(at, at, at + NOTICED_S) for at, _ in course.steps if last_s <= at < next_s]
    from_s, surely_s = last_s, last_s
    maybe: Expected | None = None
    for begin, end, noticed in [*sorted(stops), (next_s, next_s, next_s)]:
        due_s = from_s + lost_s
        if due_s < begin:
            ready = ready_s(surely_s + lost_s, course.worker, LOSS_WITHIN_S)
            if ready + LOSS_WITHIN_S < min(begin, course.end_s):
                return Expected(maybe.due_s if maybe else due_s, ready, must=True)
            maybe = maybe or Expected(due_s, ready, must=False)
        from_s, surely_s = max(from_s, end), max(surely_s, noticed)
    return maybe
