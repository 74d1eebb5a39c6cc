"""Response times: measured to the second, counted when they cannot be, summed up by the month."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.response_times import (
    Measurement,
    Response,
    monthly_summary,
    nearest_rank,
    response_time_s,
    within_target,
)
from narvaro.core.terms import ResponseTerm

TERM = ResponseTerm(
    "Tätort",
    ("intruder", "tamper"),
    "received",
    "on_scene",
    1200,
    Decimal("0.90"),
    Decimal(1500),
)
# November 2026 in Stockholm as a half-open interval in UTC.
BEGINS = datetime(2026, 10, 31, 23, tzinfo=UTC)
ENDS = datetime(2026, 11, 30, 23, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 1, 13, 7, tzinfo=UTC)


def respond(
    name: str, seconds: float | None, at: datetime = NIGHT, kind: str = "intruder"
) -> Response:
    """Return a response that arrived `seconds` after it was received, or never."""
    arrived = None if seconds is None else at + timedelta(seconds=seconds)
    return Response(name, kind, {"received": at, "on_scene": arrived})


def test_story_1_takes_six_minutes_and_forty_three_seconds() -> None:
    """From 02:13:07 to 02:19:50 local time; from the order it is 6:25."""
    points = {
        "received": NIGHT,
        "offered": NIGHT + timedelta(seconds=18),
        "on_scene": NIGHT + timedelta(minutes=6, seconds=43),
    }
    measurement = response_time_s(points, TERM)
    assert measurement == Measurement(6 * 60 + 43)
    assert within_target(measurement, TERM)
    from_order = ResponseTerm("x", ("fire",), "offered", "on_scene", 60, Decimal(1))
    assert response_time_s(points, from_order).seconds == 6 * 60 + 25
    assert within_target(response_time_s(points, from_order), from_order) is False


def test_points_are_cut_to_the_second_that_people_see() -> None:
    """02:13:07.9 to 02:19:50.1 is 6:43, as the two clock times say."""
    points = {
        "received": NIGHT.replace(microsecond=900_000),
        "on_scene": NIGHT.replace(microsecond=100_000) + timedelta(seconds=403),
    }
    assert response_time_s(points, TERM).seconds == 403


def test_what_is_missing_or_reversed_is_named_and_never_guessed() -> None:
    """No time is made up from another point."""
    assert response_time_s({"on_scene": NIGHT, "accepted": NIGHT}, TERM) == Measurement(
        None, missing=("received",)
    )
    assert response_time_s({}, TERM).missing == ("received", "on_scene")
    turned = response_time_s({"received": NIGHT, "on_scene": NIGHT - timedelta(hours=1)}, TERM)
    assert turned == Measurement(None, is_reversed=True)
    assert within_target(turned, TERM) is None


def test_a_month_is_summed_up_with_its_late_and_its_unmeasured() -> None:
    """Exactly on target is within; unmeasured ones count but weigh in no share or penalty."""
    responses = [
        respond("a", 1200),
        respond("b", 1201),
        respond("c", None),
        respond("d", 600, kind="tamper"),
        respond("e", 60, kind="fire"),
        respond("f", 60, at=BEGINS),
        respond("g", 5000, at=ENDS),
        respond("h", 5000, at=BEGINS - timedelta(seconds=1)),
    ]
    summary = monthly_summary(responses, TERM, BEGINS, ENDS)
    assert (summary.count, summary.measured, summary.within) == (5, 4, 3)
    assert summary.share == Decimal("0.75")
    assert summary.is_share_met is False
    assert (summary.p50_s, summary.p90_s) == (600, 1201)
    assert [(one.response.id, one.measurement.seconds) for one in summary.late] == [("b", 1201)]
    assert [(one.response.id, one.measurement.missing) for one in summary.unmeasured] == [
        ("c", ("on_scene",))
    ]
    assert summary.penalty_sek == Decimal(1500)


def test_a_month_without_responses_claims_nothing() -> None:
    """No share is met or missed where nothing was measured."""
    summary = monthly_summary([], TERM, BEGINS, ENDS)
    assert (summary.count, summary.share, summary.is_share_met, summary.p90_s) == (
        0,
        None,
        None,
        None,
    )
    assert summary.penalty_sek == 0


def test_nine_of_ten_meets_ninety_percent_exactly() -> None:
    """The agreed share is compared without rounding."""
    responses = [respond(str(number), 60) for number in range(9)]
    assert monthly_summary([*responses, respond("x", 9999)], TERM, BEGINS, ENDS).is_share_met
    assert not monthly_summary(
        [*responses[:8], respond("x", 9999)], TERM, BEGINS, ENDS
    ).is_share_met


def test_a_response_with_no_received_time_belongs_where_it_is_first_known() -> None:
    """It is counted in one month as unmeasured; without any point it is still counted."""
    offered = Response("a", "intruder", {"offered": NIGHT, "on_scene": NIGHT})
    nothing = Response("b", "intruder", {})
    summary = monthly_summary([offered, nothing], TERM, BEGINS, ENDS)
    assert [one.response.id for one in summary.unmeasured] == ["a", "b"]
    later = monthly_summary([offered], TERM, ENDS, ENDS + timedelta(days=31))
    assert later.count == 0


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(1, 100))
def test_percentiles_agree_with_numpy(times_s: list[int], percent: int) -> None:
    """The nearest rank is numpy's inverted distribution function."""
    expected = np.percentile(np.array(times_s), percent, method="inverted_cdf")
    assert nearest_rank(times_s, percent) == expected


@given(st.lists(st.none() | st.integers(-5, 3000)))
def test_every_response_is_within_late_or_unmeasured(times_s: list[int | None]) -> None:
    """The three parts add up to the count, and the penalty to the late ones."""
    responses = [respond(str(number), time) for number, time in enumerate(times_s)]
    summary = monthly_summary(responses, TERM, BEGINS, ENDS)
    assert summary.within + len(summary.late) + len(summary.unmeasured) == summary.count
    assert summary.count == len(times_s)
    assert summary.penalty_sek == 1500 * len(summary.late)


def test_naive_and_aware_points_are_not_mixed() -> None:
    """A time without a zone is a fault of the caller, not a number."""
    with pytest.raises(TypeError):
        response_time_s({"received": NIGHT.replace(tzinfo=None), "on_scene": NIGHT}, TERM)
