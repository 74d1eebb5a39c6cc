"""The plan follows the log: the week's focus, visits that a case replaced."""

from datetime import date, datetime, timedelta

import pytest

from narvaro.plan import visits
from narvaro.plan.following import PLAN
from narvaro.plan.models import Focus, Visit
from narvaro.situation.actions import set_unit_state
from narvaro.situation.models import UnitStatus
from narvaro.spine import events
from tests.plan.evening import DAY, Night, in_order, publish_picture, state_of

MINUTE = timedelta(minutes=1)
WEDNESDAY = DAY + timedelta(days=1)


# ---- focus ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "starts_on"),
    [(DAY, WEDNESDAY), (date(2026, 11, 23), WEDNESDAY), (date(2026, 11, 27), date(2026, 11, 28))],
    ids=["at the meeting", "the day before", "late"],
)
def test_a_published_picture_is_the_focus_from_wednesday_through_tuesday(
    night: Night, day: date, starts_on: date
) -> None:
    publish_picture(night, day=day)
    focus = Focus.objects.get()
    assert (focus.starts_on, focus.ends_on) == (starts_on, date(2026, 12, 2))


def test_a_picture_that_comes_after_its_week_weighs_nowhere(night: Night) -> None:
    publish_picture(night, day=date(2026, 12, 1))
    assert not Focus.objects.exists()


# ---- visits that a case replaced -----------------------------------------------------------------


def be(night: Night, visit: Visit, state: str, at: datetime) -> None:
    """Let a unit's state change, and the plan hear of it."""
    set_unit_state(unit=visit.unit, state=UnitStatus.State(state), case=None, by="test", at=at)
    events.advance(PLAN, night.world.tenant.pk)


@pytest.mark.parametrize(
    ("minutes", "state"), [(4, ("replaced", "alarm")), (8, ("done", ""))], ids=["short", "long"]
)
def test_a_unit_that_is_called_away_ends_its_stay(
    night: Night, minutes: int, state: tuple[str, str]
) -> None:
    night.unit("V1")
    first, second, *_ = in_order(night.publish(night.propose()))
    visits.start(visit=first, by="test", at=first.arrive_at)
    be(night, first, "busy", first.arrive_at + minutes * MINUTE)
    assert state_of(first) == state
    assert state_of(second) == ("planned", "")


def test_visits_whose_time_passes_on_a_case_are_replaced(night: Night) -> None:
    night.unit("V1")
    rows = in_order(night.publish(night.propose()))
    called, free = rows[3].arrive_at, rows[7].arrive_at
    be(night, rows[0], "busy", called)
    assert all(one.state == "planned" for one in in_order(rows[0].plan))
    be(night, rows[0], "available", free)
    for one in rows:
        passed = called <= one.window_until < free
        assert state_of(one) == (("replaced", "alarm") if passed else ("planned", ""))
    assert state_of(rows[4])[0] == "replaced"


def test_a_break_replaces_nothing(night: Night) -> None:
    night.unit("V1")
    rows = in_order(night.publish(night.propose()))
    be(night, rows[0], "break", rows[3].arrive_at)
    be(night, rows[0], "available", rows[7].arrive_at)
    assert {one.state for one in in_order(rows[0].plan)} == {"planned"}
