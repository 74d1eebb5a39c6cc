"""A night is loaded as it is: who works, when permits hold, what was asked, what cannot be said."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.permits import Permit as CorePermit
from narvaro.core.permits import find_cover, read_area
from narvaro.core.rules import Interval
from narvaro.directory.models import Permit, RoadMap
from narvaro.plan.hours import (
    Tonight,
    breaks_of,
    covered,
    hours_on,
    night_at,
    night_of,
    without,
)
from narvaro.plan.loading import Loaded, load, load_usual
from narvaro.plan.models import Shift
from narvaro.situation.models import Presence
from narvaro.spine.refusal import Refused
from tests.make import (
    make_area,
    make_closure,
    make_decision,
    make_focus,
    make_permit,
    make_site,
    put_position,
)
from tests.plan.evening import DAY, ZONE, Harm, Night, local
from tests.roads import LON, at_km

HOUR = 3600
SOUTH = f"POLYGON ((17.9 58.9, 18.1 58.9, 18.1 {at_km(1.5)}, 17.9 {at_km(1.5)}, 17.9 58.9))"
CHANGES = (date(2026, 10, 24), date(2026, 3, 28), date(2026, 11, 24))  # back, forward, neither


def loaded(night: Night, at: str = "18:00", seed: int = 1) -> Loaded:
    """Load the company's night."""
    return load(night.world.company, night_of(DAY, ZONE), seed=seed, at=local(at))


def codes(of: Loaded) -> set[object]:
    """Return what is to be said of the night."""
    return {one["code"] for one in of.tonight.notes}


def hours(interval: Interval) -> tuple[float, float]:
    """Return an interval in hours after six in the evening."""
    return interval.from_s / HOUR, interval.until_s / HOUR


# ---- shifts --------------------------------------------------------------------------------------


def test_shifts_are_cut_to_the_night_and_those_that_overlap_are_one(night: Night) -> None:
    unit = night.unit("V1", ("14:00", "22:00"))
    Shift.objects.create(
        tenant=night.world.tenant, unit=unit, starts_at=local("21:30"), ends_at=local("02:00")
    )
    night.unit("V2", ("06:45", "11:00"))
    [slot] = loaded(night).slots
    assert (slot.unit, hours(slot.work)) == (unit, (0, 8))


def test_crews_that_relieve_each_other_have_each_their_own_breaks(night: Night) -> None:
    unit = night.unit("V1", ("12:00", "19:00"))
    Shift.objects.create(
        tenant=night.world.tenant, unit=unit, starts_at=local("19:00"), ends_at=local("07:00")
    )
    day, evening = loaded(night).slots
    assert (hours(day.work), len(day.breaks)) == ((0, 1), 0)
    assert (hours(evening.work), len(evening.breaks)) == ((1, 13), 2)


def test_a_plan_that_is_made_in_the_night_begins_then(night: Night) -> None:
    night.unit("V1")
    [slot] = loaded(night, at="23:00").slots
    assert hours(slot.work) == (5, 13)
    assert all(one.earliest_s >= slot.work.from_s for one in slot.breaks)


@given(st.integers(60, 24 * 60))
def test_nobody_works_more_than_five_hours_without_a_break(minutes: int) -> None:
    """By the latest beginning of each break after the earliest end of the one before."""
    ends_s, free_s = minutes * 60, 0
    for one in breaks_of(0, ends_s):
        assert one.latest_s - free_s <= 5 * HOUR
        free_s = one.earliest_s + one.length_s
    assert ends_s - free_s <= 5 * HOUR


def test_no_position_of_a_unit_is_read(night: Night) -> None:
    """Positions were collected to send units to alarms; a plan begins at the middle of its places."""
    unit = night.unit("V1")
    before = loaded(night).slots[0].base
    put_position(unit, local("14:59"), at_km(15), LON)
    assert loaded(night).slots[0].base == before
    assert loaded(night).spots[before].name == "Skola 2"


def test_those_who_walk_and_those_who_drive_have_their_own_times(night: Night) -> None:
    night.unit("V1")
    night.unit("OV1", travel="foot")
    foot, car = loaded(night).parties
    assert (foot.travel, car.travel) == ("foot", "car")
    assert car.travel_s[1, 2] == pytest.approx(60, abs=2)
    assert foot.travel_s[1, 2] == pytest.approx(1000 / 1.4, abs=5)
    assert "apart" in codes(loaded(night))


def test_roads_that_are_closed_into_the_night_are_closed_for_the_plan(night: Night) -> None:
    """Between the second and the third school; walkers pass, and who drives has no other way."""
    night.unit("V1")
    night.unit("OV1", travel="foot")
    before = loaded(night)
    line = (at_km(1.5), 17.99), (at_km(1.5), 18.005)
    made = make_closure(night.world, *line, closed_at=local("14:00"), until_at=local("17:59"))
    assert "closed_roads" not in codes(loaded(night))
    for until_at in (local("18:01"), None):
        made.until_at = until_at
        made.save()
        foot, car = loaded(night).parties
        assert np.isinf(car.travel_s[1, 2])
        assert car.travel_s[2, 3] == before.parties[1].travel_s[2, 3]
        assert foot.travel_s.tolist() == before.parties[0].travel_s.tolist()
        assert {"code": "closed_roads", "n": 1} in loaded(night).tonight.notes
    made.opened_at = local("16:00")
    made.save()
    assert "closed_roads" not in codes(loaded(night))


# ---- what is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["no_shifts", "no_map", "no_places"])
def test_what_cannot_be_planned_is_refused_in_words(night: Night, code: str) -> None:
    if code != "no_shifts":
        night.unit("V1")
    if code == "no_map":
        RoadMap.objects.all().delete()
    if code == "no_places":
        for site in night.schools:
            site.lat = site.lon = None
            site.save()
    with pytest.raises(Refused) as refused:
        loaded(night)
    assert refused.value.code == code
    assert refused.value.detail.endswith((".", "coordinates."))


def test_without_a_forecast_the_plan_says_so(
    night: Night, expect: Callable[[Harm | None], None]
) -> None:
    night.unit("V1")
    assert "no_forecast" not in codes(loaded(night))
    expect(None)
    found = loaded(night)
    assert "no_forecast" in codes(found)
    assert found.harm.shape == (5, (13 + 3) * 30)
    assert not found.harm.any()


def test_a_place_far_from_any_road_is_left_out_and_counted(night: Night) -> None:
    night.unit("V1")
    make_site(night.world, "Ön", lat=58.5, lon=17.0)
    found = loaded(night)
    assert "Ön" not in [one.name for one in found.spots]
    assert {"code": "off_map", "n": 1} in found.tonight.notes


# ---- permits -------------------------------------------------------------------------------------


def test_public_order_officers_may_be_only_where_and_when_a_permit_says(night: Night) -> None:
    make_permit(night.world, SOUTH, (time(20), time(2)))
    night.unit("OV1", role="public_order_officer")
    night.unit("V1")
    officer, guard = loaded(night).slots
    assert officer.allowed is not None
    assert [[hours(one) for one in free] for free in officer.allowed] == [
        [(2, 8)], [(2, 8)], [], [], [],
    ]  # fmt: skip
    assert guard.allowed is None
    assert officer.base in {0, 1}


def test_officers_without_a_permit_have_nowhere_to_be_and_too_many_are_said(night: Night) -> None:
    night.unit("OV1", role="public_order_officer")
    assert {"code": "no_permit", "unit": "OV1"} in loaded(night).tonight.notes
    permit = make_permit(night.world, SOUTH)
    night.unit("OV2", role="public_order_officer")
    assert "many_officers" not in codes(loaded(night))
    Permit.objects.filter(pk=permit.pk).update(max_officers=1)
    note = next(one for one in loaded(night).tonight.notes if one["code"] == "many_officers")
    assert (note["n"], note["most"], note["permit"]) == (2, 1, permit.decision_no)


@given(
    st.sampled_from(CHANGES), st.times(), st.times(), st.frozensets(st.integers(0, 6)),
    st.integers(0, 13 * 60),
)  # fmt: skip
def test_allowed_hours_are_never_wider_than_the_permit(
    day: date, begins: time, ends: time, weekdays: frozenset[int], minute: int
) -> None:
    """Against the judge that dispatch asks, minute by minute, also when the clock is changed."""
    begins, ends = (
        one.replace(microsecond=0, fold=0) for one in (begins, ends)
    )  # as a column gives it
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    area = "POLYGON ((17 58, 19 58, 19 60, 17 60, 17 58))"
    row = Permit(
        area_wkt=area, weekdays=list(weekdays), valid_from=first, valid_until=last,
        hours_from=begins, hours_until=ends,
    )  # fmt: skip
    period = night_of(day, ZONE)
    [free] = covered([row], [(59.0, 18.0)], Tonight(period, ZONE, 1))
    judge = CorePermit("A1", read_area(area), first, last, weekdays, begins, ends)
    at = period.at(minute * 60)
    inside = any(one.from_s <= minute * 60 < one.until_s for one in free)
    by_judge = find_cover([judge], 59.0, 18.0, at.astimezone(ZONE)).covered
    if inside:
        assert by_judge
    elif day == CHANGES[2] and at < period.ends_at:
        assert not by_judge


def test_a_night_is_twelve_to_fourteen_hours_by_the_clocks_change() -> None:
    lengths = [night_of(day, ZONE).whole.until_s / HOUR for day in CHANGES]
    assert lengths == [14, 12, 13]
    assert hours_on(DAY, time(22), time(2), ZONE).ends_at == local("02:00")


@pytest.mark.parametrize(
    ("at", "day"), [("06:59", DAY), ("07:00", DAY + timedelta(days=1)), ("15:00", DAY)]
)
def test_until_a_night_is_over_it_is_tonight(at: str, day: date) -> None:
    assert night_at(local(at), ZoneInfo("Europe/Stockholm")) == day


def test_gaps_are_cut_out() -> None:
    one = Interval(0, 100)
    assert without([one], [Interval(20, 30), Interval(90, 120), Interval(-5, 0)]) == (
        Interval(0, 20), Interval(30, 90),
    )  # fmt: skip


# ---- what was asked for --------------------------------------------------------------------------


def test_a_decided_place_gets_stays_in_windows_of_its_hours(night: Night) -> None:
    night.unit("V1")
    decision = make_decision(night.world, night.schools[4], hours=(time(19), time(23)))
    make_focus(decision)
    asked = loaded(night).asked
    assert [one.spot for one in asked] == [4, 4]
    (a, b), (c, d) = (hours(one.window) for one in asked)
    assert (a, d) == (1, 5)
    assert c - b == pytest.approx(0.5, abs=0.01)
    assert 2.5 < b < 3.1
    assert [one.window for one in loaded(night, seed=2).asked] != [one.window for one in asked]


@pytest.mark.parametrize(
    ("weekdays", "starts_on", "windows"),
    [
        ((0, 2, 3, 4, 5, 6), DAY, 0),
        ((1,), DAY, 1),
        ((), DAY + timedelta(days=1), 0),
        ((2,), DAY, 0),
    ],
    ids=["not on Tuesdays", "on Tuesdays", "from tomorrow", "Wednesday's evening is another night"],
)
def test_days_hold(
    night: Night, weekdays: tuple[int, ...], starts_on: date, windows: int
) -> None:  # fmt: skip
    night.unit("V1")
    decision = make_decision(
        night.world, night.schools[0], weekdays=weekdays, hours=(time(21), time(23))
    )
    make_focus(decision, starts_on=starts_on)
    assert len(loaded(night).asked) == windows


def test_hours_after_midnight_belong_to_the_day_they_begin(night: Night) -> None:
    night.unit("V1")
    decision = make_decision(night.world, night.schools[0], weekdays=(2,), hours=(time(1), time(3)))
    make_focus(decision)
    assert [hours(one.window) for one in loaded(night).asked] == [(7, 9)]


def test_talking_is_announced_and_begins_on_the_hour(night: Night) -> None:
    night.unit("V1")
    square = make_area(night.world, "Torget", lat=at_km(2.5))
    make_focus(make_decision(night.world, square, "talk", hours=(time(20), time(23))))
    found = loaded(night)
    [asked] = found.asked
    assert found.spots[asked.spot].name == "Torget"
    assert (asked.announced, hours(asked.window), asked.dwell_s) == (True, (2, 2.5), 1800)


def test_what_was_asked_for_and_cannot_be_is_said(night: Night) -> None:
    night.unit("V1")
    first, second, _rest, *_ = night.schools
    make_focus(make_decision(night.world, first, "talk"))
    make_focus(make_decision(night.world, second, hours=(time(10), time(14))))
    found = loaded(night)
    assert {"code": "no_fixed_time", "place": "Skola 0"} in found.tonight.notes
    assert {"code": "outside_night", "place": "Skola 1"} in found.tonight.notes
    assert {one.spot for one in found.asked} == {0}
    assert not any(one.announced for one in found.asked)


# ---- as usual ------------------------------------------------------------------------------------


def test_the_week_before_is_what_was_recorded_then(night: Night) -> None:
    night.unit("V1")
    for begins, grade in (("22:00", "tap"), ("22:05", "stated"), ("23:00", "stated")):
        Presence.objects.create(
            tenant=night.world.tenant, organisation=night.world.company, site=night.schools[3],
            starts_at=local(begins) - timedelta(days=7), grade=grade,
            ends_at=local(begins) - timedelta(days=7) + timedelta(minutes=12),
        )  # fmt: skip
    [stays] = load_usual(loaded(night)).values()
    assert [(one.arrive_s / HOUR, one.dwell_s) for one in stays] == [(4, 17 * 60), (5, 12 * 60)]


def test_a_utc_period_is_kept_in_utc() -> None:
    assert night_of(DAY, ZONE).starts_at == datetime(2026, 11, 24, 17, tzinfo=UTC)
