"""Sorting a week's reports: merged, referred, left out; and whose words are seen doing it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from narvaro.access.models import Member
from narvaro.situation import pictures
from narvaro.situation.contents import read_contents
from narvaro.situation.models import Category, Observation
from narvaro.situation.queries import list_to_triage, own_outcome
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from tests.make import NIGHT, World, make_observation, make_site, make_viewer
from tests.situation.weekly import IN_WEEK, MONDAY, freeze, freeze_contents

BY: dict[str, Any] = {"by": "test", "at": NIGHT}


def test_what_is_merged_referred_or_left_out_does_not_count(
    world: World, coordinator: Member, reporter: Member
) -> None:
    rows = [make_observation(reporter, make_site(world), at=IN_WEEK) for _ in range(6)]
    state = Observation.State
    pictures.merge_observation(observation=rows[0], into=rows[1], **BY)
    pictures.merge_observation(observation=rows[1], into=rows[2], **BY)
    pictures.sort_observation(observation=rows[3], state=state.REFERRED, **BY)
    pictures.sort_observation(observation=rows[4], state=state.REJECTED, **BY)
    assert {one.merged_into_id for one in Observation.objects.filter(state=state.MERGED)} == {
        rows[2].pk
    }
    intake = freeze_contents(world).intake
    assert (intake.received, intake.merged, intake.referred, intake.rejected) == (6, 2, 1, 1)
    assert (intake.untouched, intake.counted) == (2, 2)
    assert Observation.objects.filter(state=state.IN_PICTURE).count() == 2
    outcome = own_outcome(make_viewer(reporter), MONDAY)
    assert outcome == {"merged": 2, "referred": 1, "rejected": 1, "in_picture": 2}


def test_triage_ends_when_the_week_is_frozen(
    world: World, coordinator: Member, reporter: Member
) -> None:
    one, two = (make_observation(reporter, make_site(world), at=IN_WEEK) for _ in range(2))
    with pytest.raises(Refused) as no:
        pictures.merge_observation(observation=one, into=one, **BY)
    assert no.value.code == "no_target"
    with pytest.raises(Refused) as no:
        pictures.sort_observation(observation=one, state=Observation.State.MERGED, **BY)
    assert no.value.code == "no_target"
    freeze(world)
    with pytest.raises(Refused) as no:
        pictures.merge_observation(observation=one, into=two, **BY)
    assert no.value.code == "picture_further"
    with pytest.raises(Refused) as no:
        pictures.sort_observation(observation=one, state=Observation.State.REJECTED, **BY)
    assert no.value.code == "picture_further"


def test_reports_of_one_thing_are_put_side_by_side(
    world: World, coordinator: Member, reporter: Member
) -> None:
    site = make_site(world)
    one = make_observation(reporter, site, at=IN_WEEK)
    same = make_observation(reporter, site, at=IN_WEEK + timedelta(hours=3))
    make_observation(reporter, site, category=Category.FIRE, at=IN_WEEK)
    make_observation(reporter, site, at=IN_WEEK + timedelta(days=2))
    make_observation(reporter, make_site(world, lat=59.2), at=IN_WEEK)
    near = make_observation(reporter, at=IN_WEEK, lat=59.0, lon=18.0)
    beside = make_observation(reporter, at=IN_WEEK, lat=59.001, lon=18.0)
    found = {
        row.observation.pk: {other.pk for other in row.alike}
        for row in list_to_triage(make_viewer(coordinator), MONDAY)
    }
    assert (found[one.pk], found[same.pk]) == (set(), {one.pk})
    assert {*found[near.pk], *found[beside.pk]} == {min(near.pk, beside.pk)}


def test_words_of_others_wait_until_they_are_settled(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """Triage shows the settled ones, and their reading is noted once; the picture holds none."""
    make_observation(reporter, at=IN_WEEK, text="Killen i röd jacka kastade sten")
    plain = make_observation(reporter, at=IN_WEEK, text="Rutan mot gården är krossad")
    viewer = make_viewer(coordinator)
    rows = list_to_triage(viewer, MONDAY)
    assert sorted(row.observation.text for row in rows) == ["", "Rutan mot gården är krossad"]
    read = [row.observation for row in rows if row.words_of_others]
    assert read == [plain]
    pictures.note_words_read(viewer=viewer, read=read, what="week", at=NIGHT)
    pictures.note_words_read(viewer=viewer, read=[], what="week", at=NIGHT)
    event = Event.objects.get(kind="words.read")
    assert str(reporter.organisation_id) in event.audience
    picture = freeze(world)
    assert "jacka" not in json.dumps(picture.contents)
    assert "krossad" not in json.dumps(picture.contents)
    assert read_contents(picture.contents).intake.reworded == 1
