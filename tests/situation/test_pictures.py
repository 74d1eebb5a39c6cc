"""The week's course: what stands fast, in which order it goes, and who may know."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from narvaro.access.models import Member, Role
from narvaro.directory.models import Site
from narvaro.situation import pictures
from narvaro.situation.contents import Contents, read_contents
from narvaro.situation.models import Decision, Measure, Observation, Picture
from narvaro.situation.pictures import Focus, Task
from narvaro.situation.queries import (
    find_last_published,
    get_contents,
    get_picture,
    list_follow_up,
    neighbours,
    states_at,
)
from narvaro.situation.queries.week_contents import compute_contents
from narvaro.situation.weeks import closing_of
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.make import (
    NIGHT,
    World,
    make_area,
    make_member,
    make_observation,
    make_site,
    make_viewer,
    make_world,
)
from tests.situation.weekly import CLOSES, IN_WEEK, MONDAY, ZONE, freeze, place

BE_SEEN = Focus(Decision.Focus.BE_SEEN)
BY: dict[str, Any] = {"by": "test", "at": NIGHT}


def decide(picture: Picture, member: Member, site: Site, at: datetime = NIGHT) -> Decision:
    """Decide on a place."""
    return pictures.decide_place(
        decision_id=uuid7(), picture=picture, place=site, focus=BE_SEEN, member_id=member.pk, at=at
    )


def give(picture: Picture, task: Task, measure_id: UUID | None = None) -> Measure:
    """Give a measure."""
    return pictures.add_measure(
        measure_id=measure_id or uuid7(), picture=picture, task=task, by="test", at=NIGHT
    )


def task_of(world: World, text: str = "Klipp buskarna", due_on: date = date(2026, 11, 27)) -> Task:
    """Return a measure for the municipality."""
    return Task(text, Measure.Nature.SITUATIONAL, world.municipality, due_on)


def test_a_picture_is_named_by_its_monday(world: World) -> None:
    with pytest.raises(Refused) as no:
        pictures.ensure_picture(tenant_id=world.tenant.pk, monday=date(2026, 11, 24))
    assert no.value.code == "no_monday"
    made = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY)
    assert pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY) == made


def test_what_was_frozen_stands_fast(world: World, coordinator: Member, reporter: Member) -> None:
    site = make_site(world, "Trasten skola")
    make_observation(reporter, site, at=IN_WEEK)
    with pytest.raises(Refused) as no:
        freeze(world, at=CLOSES - timedelta(seconds=1))
    assert no.value.code == "still_collecting"
    picture = freeze(world)
    before = json.loads(json.dumps(picture.contents))
    make_observation(reporter, site, at=IN_WEEK)
    site.name = "Annat namn"
    site.save()
    with pytest.raises(Refused) as no:
        freeze(world)
    assert no.value.code == "picture_further"
    picture.refresh_from_db()
    assert picture.contents == before
    viewer = make_viewer(coordinator)
    shown = get_contents(viewer, get_picture(viewer, MONDAY, NIGHT), NIGHT)
    assert place(shown, "Trasten skola").counted.now == 1
    assert json.loads(json.dumps(shown.to_plain())) == before


def test_what_comes_in_while_the_picture_is_computed_is_in_it(
    world: World, coordinator: Member, reporter: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contents are computed before the lock is taken; what was written meanwhile is not lost."""
    site, computed = make_site(world), compute_contents
    row = make_observation(reporter, site, at=IN_WEEK)
    calls: list[Contents] = []

    def slowly(*given: Any, **named: Any) -> Contents:
        found = computed(*given, **named)
        if not calls:
            state = Observation.State.REJECTED
            pictures.sort_observation(observation=row, state=state, **BY)
        calls.append(found)
        return found

    monkeypatch.setattr(pictures, "compute_contents", slowly)
    picture = freeze(world)
    assert [one.total.now for one in calls] == [1, 0]
    assert read_contents(picture.contents).total.now == 0


def test_the_course_goes_one_way(world: World, coordinator: Member) -> None:
    """Collecting, frozen, decided, published; each step out of order is refused with a code."""
    sites = [make_site(world, f"Plats {number}") for number in range(6)]
    picture = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=MONDAY)

    def codes() -> list[str]:
        found = []
        for step in (
            lambda: decide(picture, coordinator, sites[5]),
            lambda: give(picture, task_of(world)),
            lambda: pictures.mark_decided(picture=picture, **BY),
            lambda: pictures.publish(picture=picture, **BY),
        ):
            with pytest.raises(Refused) as no:
                step()
            found.append(no.value.code)
        return found

    assert codes() == ["picture_not_yet"] * 4
    freeze(world)
    made = [decide(picture, coordinator, one) for one in sites[:2]]
    with pytest.raises(Refused) as no:
        pictures.mark_decided(picture=picture, **BY)
    assert no.value.code == "too_few_places"
    made += [decide(picture, coordinator, one) for one in sites[2:5]]
    with pytest.raises(Refused) as no:
        decide(picture, coordinator, sites[5])
    assert no.value.code == "too_many_places"
    pictures.drop_place(decision=made[0], **BY)
    pictures.drop_place(decision=made[0], **BY)
    give(picture, task_of(world))
    pictures.mark_decided(picture=picture, **BY)
    with pytest.raises(Refused) as no:
        pictures.drop_place(decision=made[1], **BY)
    assert no.value.code == "picture_further"
    pictures.publish(picture=picture, **BY)
    assert codes() == ["picture_further"] * 4
    kinds = list(Event.objects.order_by("position").values_list("kind", flat=True))
    assert kinds[-10:] == [
        "picture.frozen", *["picture.decided"] * 5, "picture.decided", "measure.changed",
        "picture.decided", "picture.published",
    ]  # fmt: skip
    assert find_last_published(make_viewer(coordinator)) == picture


def test_a_decision_says_where_when_and_why(world: World, coordinator: Member) -> None:
    site, other = make_site(world), make_area(world, "Torget")
    picture = freeze(world)
    focus = Focus(
        Decision.Focus.TALK, (5, 4, 4), time(19), time(1), "Ring 070-123 45 67 till värden"
    )
    made = pictures.decide_place(
        decision_id=uuid7(), picture=picture, place=other, focus=focus, member_id=coordinator.pk,
        at=NIGHT,
    )  # fmt: skip
    assert (made.area, made.weekdays, made.hours_until) == (other, [4, 5], time(1))
    assert made.why == "Ring [telefonnummer] till värden"
    again = pictures.decide_place(
        decision_id=made.pk, picture=picture, place=other, focus=focus, member_id=coordinator.pk,
        at=NIGHT,
    )  # fmt: skip
    assert again == made
    for code, wrong in (
        ("half_hours", replace(focus, hours_until=None)),
        ("half_hours", replace(focus, hours_until=time(19))),
        ("invalid", replace(focus, weekdays=(7,))),
    ):
        with pytest.raises(Refused) as no:
            pictures.decide_place(
                decision_id=uuid7(), picture=picture, place=site, focus=wrong,
                member_id=coordinator.pk, at=NIGHT,
            )  # fmt: skip
        assert no.value.code == code
    with pytest.raises(Refused) as no:
        pictures.decide_place(
            decision_id=uuid7(), picture=picture, place=other, focus=focus,
            member_id=coordinator.pk, at=NIGHT,
        )  # fmt: skip
    assert no.value.code == "place_decided"
    elsewhere = make_site(make_world("Annanstans"))
    with pytest.raises(Missing):
        decide(picture, coordinator, elsewhere)


def test_measures_are_followed_up_until_they_are_done(world: World, coordinator: Member) -> None:
    """Open ones come back every week, late ones say so; the log knows how far each had come when."""
    picture = freeze(world)
    done, late = (give(picture, task_of(world, name)) for name in ("Klar", "Sen"))
    assert give(picture, task_of(world, "Klar"), done.pk) == done
    for code, task in (
        ("no_text", task_of(world, " ")),
        ("due_past", task_of(world, due_on=date(2026, 11, 22))),
    ):
        with pytest.raises(Refused) as no:
            give(picture, task)
        assert no.value.code == code
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    moved = pictures.move_measure(measure=done, state=Measure.State.DONE, by="test", at=friday)
    assert moved.done_on == friday.date()
    viewer = make_viewer(coordinator)
    at = closing_of(MONDAY + timedelta(days=7), ZONE)
    following = freeze(world, MONDAY + timedelta(days=7), at)
    lines = read_contents(following.contents).last_measures
    assert {(one.text, one.state, one.late) for one in lines} == {
        ("Klar", "done", False), ("Sen", "decided", True),
    }  # fmt: skip
    third = freeze(world, MONDAY + timedelta(days=14))
    assert list_follow_up(viewer, third) == [late]
    assert set(list_follow_up(viewer, following)) == {done, late}
    assert states_at([moved], NIGHT) == {done.pk: "decided"}
    assert states_at([moved], friday) == {done.pk: "done"}


def test_others_see_a_picture_when_it_is_published_and_their_reading_is_noted(
    world: World, coordinator: Member, reporter: Member
) -> None:
    picture = freeze(world)
    everybody = {str(world.municipality.pk), str(world.company.pk), str(reporter.organisation_id)}
    guest, boss = make_viewer(reporter), make_viewer(coordinator)
    with pytest.raises(Missing):
        get_picture(guest, MONDAY, NIGHT)
    with pytest.raises(Missing):
        get_contents(guest, Picture(tenant=world.tenant, monday=MONDAY), NIGHT)
    assert neighbours(guest, MONDAY, NIGHT) == (None, None)
    assert neighbours(boss, MONDAY, NIGHT)[1] == MONDAY + timedelta(days=7)
    for number in range(3):
        decide(picture, coordinator, make_site(world, f"Plats {number}"))
    pictures.mark_decided(picture=picture, **BY)
    told = Event.objects.filter(record_class="picture")
    assert {tuple(json.loads(one.audience)) for one in told} == {(str(world.municipality.pk),)}
    pictures.publish(picture=picture, **BY)
    assert set(json.loads(told.get(kind="picture.published").audience)) == everybody
    assert get_picture(guest, MONDAY, NIGHT) == picture
    for viewer in (guest, boss):
        pictures.note_reading(viewer=viewer, picture=picture, what="page", at=NIGHT)
    read = told.get(kind="picture.read")
    assert read.actor == guest.signature
    assert json.loads(read.payload or "")["what"] == "page"
    stranger = make_viewer(make_member(make_world("Annanstans"), Role.COORDINATOR))
    assert get_picture(stranger, MONDAY, NIGHT).pk != picture.pk
    assert find_last_published(stranger) is None


def test_a_week_that_is_not_collected_yet_has_no_picture(world: World, coordinator: Member) -> None:
    viewer = make_viewer(coordinator)
    assert get_picture(viewer, MONDAY + timedelta(days=7), NIGHT).monday > MONDAY
    for monday in (MONDAY + timedelta(days=14), date(2026, 11, 24)):
        with pytest.raises(Missing):
            get_picture(viewer, monday, NIGHT)
