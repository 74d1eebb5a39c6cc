"""Proposals fall due: tonight's in the afternoon, a week's when its picture is published."""

from datetime import date, timedelta

import pytest

from narvaro.directory.models import RoadMap, Site
from narvaro.plan.models import PatrolPlan
from narvaro.plan.running import count_due, list_due, propose_due
from narvaro.spine.ids import uuid7
from tests.plan.evening import DAY, Night, local, moment, publish_picture

WEDNESDAY = DAY + timedelta(days=1)


def due(night: Night, clock: str, day: date = DAY) -> list[date]:
    """List the nights whose plan is due."""
    return [one for company, one in list_due(moment(clock, day)) if company == night.world.company]


def test_tonights_plan_is_due_from_three_in_the_afternoon(night: Night) -> None:
    night.unit("V1")
    assert due(night, "14:59") == []
    assert due(night, "15:00") == [DAY]
    night.propose(at="14:00")
    assert due(night, "15:00") == [DAY]
    night.propose(at="15:01")
    assert due(night, "15:02") == []
    assert due(night, "23:00") == []


@pytest.mark.parametrize("lacking", ["shift", "map"])
def test_nothing_is_due_where_nothing_can_be_planned(night: Night, lacking: str) -> None:
    unit = night.unit("V1")
    if lacking == "shift":
        unit.shifts.all().delete()
    else:
        RoadMap.objects.all().delete()
    assert due(night, "15:00") == []


def test_what_a_shift_leader_has_done_is_left_alone(night: Night) -> None:
    night.unit("V1")
    plan = night.propose(at="12:00")
    plan.facts["changes"] = [{"what": "moved"}]
    plan.save()
    assert due(night, "15:00") == []
    plan.facts["changes"] = []
    plan.save()
    assert due(night, "15:00") == [DAY]
    night.publish(plan, at="14:00")
    assert due(night, "15:00") == []


def test_a_published_picture_makes_its_weeks_nights_due_one_at_a_time(night: Night) -> None:
    """Drafts for Wed–Tue right after the meeting, each in a run of its own."""
    unit = night.unit("V1")
    for number in (1, 2):
        shift = unit.shifts.get(starts_at=local("18:00"))
        shift.id = uuid7()
        shift.starts_at += timedelta(days=number)
        shift.ends_at += timedelta(days=number)
        shift.save(force_insert=True)
    publish_picture(night)
    nights = [WEDNESDAY, WEDNESDAY + timedelta(days=1)]
    assert due(night, "10:06") == nights


def test_a_run_proposes_what_is_due(night: Night) -> None:
    night.unit("V1")
    assert count_due(local("15:00")) == 1
    assert propose_due() == 1
    assert PatrolPlan.objects.get().made_at == local("15:00")
    assert (count_due(local("15:00")), propose_due()) == (0, 0)


def test_a_night_that_cannot_be_planned_is_said_and_holds_up_no_other(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    """The tenant's only sites lie off the map."""
    night.unit("V1")
    Site.objects.update(lat=57.0)
    with caplog.at_level("INFO"):
        assert propose_due() == 0
    assert [one.message for one in caplog.records if one.name == "narvaro.plan.running"] == [
        "no plan"
    ]
