"""What cameras saw: one row for what goes on, a case only by a person, and who may know."""

import json
from datetime import timedelta
from typing import Any, get_args

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from narvaro.access.actions import add_organisation
from narvaro.access.models import OrganisationKind
from narvaro.dispatch.models import Offer
from narvaro.intake.message import What
from narvaro.situation.camera_words import WHAT, direction_of
from narvaro.situation.cameras import dismiss, drop_old_camera_events, kind_of, make_case
from narvaro.situation.models import CameraEvent, Case, CaseShare
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from tests.conftest import Running
from tests.make import NIGHT, World, make_camera, make_plan, make_site, make_unit, observe

Reason, State = CameraEvent.Reason, CameraEvent.State
BY: dict[str, Any] = {"number": "K101", "by": "test", "at": NIGHT}


def after(seconds: float) -> dict[str, Any]:
    """Return when a camera says something, so long after the first time."""
    return {"at": NIGHT + timedelta(seconds=seconds)}


def test_every_word_of_the_intake_is_known_here() -> None:
    assert {*CameraEvent.What.values, CameraEvent.BACK} == set(get_args(What))
    assert all(kind_of(what) for what in CameraEvent.What.values)
    assert list(WHAT) == CameraEvent.What.values


def test_a_camera_that_chatters_is_one_event(world: World) -> None:
    camera = make_camera(make_site(world))
    first = observe(camera, count=3)
    assert first is not None
    observe(camera, **after(20), began=False)
    observe(camera, **after(50), count=6)
    observe(camera, **after(70), began=False, count=2)
    event = CameraEvent.objects.get()
    assert (event.pk, event.began_at, event.count) == (first.pk, NIGHT, 6)
    assert event.ended_at == event.heard_at == NIGHT + timedelta(seconds=70)
    assert Event.objects.filter(kind="camera.seen").count() == 1


def test_over_a_minute_after_its_end_it_is_another(world: World) -> None:
    camera = make_camera(make_site(world))
    observe(camera)
    observe(camera, **after(10), began=False)
    observe(camera, **after(71))
    assert CameraEvent.objects.count() == 2


def test_another_kind_and_another_camera_are_events_of_their_own(world: World) -> None:
    site = make_site(world)
    camera, other = make_camera(site), make_camera(site, code="K-13")
    for one, what in ((camera, "motion"), (camera, "crowd"), (other, "crowd")):
        observe(one, what)
    assert CameraEvent.objects.count() == 3


def test_what_is_never_ended_is_not_taken_to_go_on_for_ever(world: World) -> None:
    camera = make_camera(make_site(world))
    observe(camera, "line_crossing")
    observe(camera, "line_crossing", **after(500))
    observe(camera, "line_crossing", **after(500 + 601))
    newest, oldest = CameraEvent.objects.order_by("-began_at")
    assert not oldest.is_running_at(newest.began_at)
    assert newest.is_running_at(newest.began_at)


def test_after_a_decision_new_things_are_shown_anew(world: World) -> None:
    """A tree in the wind that was dismissed must not hide who comes an hour later."""
    camera = make_camera(make_site(world))
    event = observe(camera, "motion")
    assert event is not None
    dismiss(event=event, reason=Reason.WEATHER, **BY)
    observe(camera, "motion", **after(59))
    assert CameraEvent.objects.count() == 1
    observe(camera, "motion", **after(200))
    assert CameraEvent.objects.filter(state=State.NEW).count() == 1
    for second in range(250, 900, 50):
        observe(camera, "motion", **after(second))
    assert CameraEvent.objects.count() == 2


def test_what_goes_on_after_a_decision_comes_back_after_ten_minutes(world: World) -> None:
    camera = make_camera(make_site(world))
    event = observe(camera, "motion")
    assert event is not None
    dismiss(event=event, reason=Reason.WEATHER, **BY)
    for second in range(50, 651, 50):
        observe(camera, "motion", **after(second))
    assert [one.state for one in CameraEvent.objects.order_by("began_at")] == ["dismissed", "new"]
    assert CameraEvent.objects.get(state=State.NEW).began_at == NIGHT + timedelta(seconds=650)


def test_a_lost_camera_is_one_event_until_it_is_back(world: World) -> None:
    camera = make_camera(make_site(world))
    observe(camera, "camera_lost")
    observe(camera, "camera_lost", **after(7200))
    back = observe(camera, "camera_back", **after(7300))
    event = CameraEvent.objects.get()
    assert back == event
    assert event.ended_at == NIGHT + timedelta(seconds=7300)
    assert not Case.objects.exists()
    assert observe(camera, "camera_back", **after(7400)) is None


def test_an_end_without_a_beginning_keeps_nothing(world: World) -> None:
    assert observe(make_camera(make_site(world)), began=False) is None
    assert not CameraEvent.objects.exists()
    assert not Event.objects.filter(kind__startswith="camera").exists()


@pytest.mark.parametrize("missing", ["purpose", "balancing_reference"])
def test_a_camera_without_its_papers_is_refused(world: World, missing: str) -> None:
    camera = make_camera(make_site(world), **{missing: ""})
    with pytest.raises(Refused, match="balancing") as no:
        observe(camera)
    assert no.value.code == "camera_undocumented"
    assert not CameraEvent.objects.exists()


def test_a_camera_of_another_tenant_is_unknown(world: World) -> None:
    camera = make_camera(make_site(world))
    camera.code = "K-99"
    with pytest.raises(Refused) as no:
        observe(camera)
    assert no.value.code == "unknown_camera"


messages = st.lists(
    st.tuples(
        st.integers(0, 1500), st.sampled_from(["motion", "camera_lost", "camera_back"]),
        st.booleans(), st.none() | st.integers(0, 50),
    ),
    max_size=12,
)  # fmt: skip


@given(said=messages)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_the_same_records_twice_change_nothing(
    world: World, said: list[tuple[int, str, bool, int | None]]
) -> None:
    """The journal is read anew from its start: what was promoted is known, joined or not."""
    CameraEvent.objects.all().delete()
    camera = make_camera(make_site(world), code=f"K-{world.next_serial()}")

    def promote() -> list[Any]:
        for record, (second, what, began, number) in enumerate(
            sorted(said, key=lambda one: one[0])
        ):
            observe(camera, what, **after(second), began=began, count=number, journal_id=record)
        return list(CameraEvent.objects.order_by("pk").values())

    once = promote()
    assert promote() == once
    assert len(once) <= len(said)


def test_nobody_is_sent_before_a_person_makes_a_case(world: World, running: Running) -> None:
    make_unit(world)
    site = make_site(world)
    make_plan(site)
    event = observe(make_camera(site), "intrusion")
    assert event is not None
    running.at(NIGHT + timedelta(minutes=1))
    assert not Case.objects.exists()
    made = make_case(event=event, kind=Case.Kind.INTRUDER, **BY)
    running.settle()
    assert made.born == Case.Born.CAMERA
    assert (made.site, made.place, made.plan is not None) == (site, site.name, True)
    with translation.override("sv"):
        said = str(WHAT["intrusion"]), direction_of(140)
    assert made.text.startswith(f"{said[0]} 02:00:00 · K-12 Skolgården, ")
    assert made.text.endswith(said[1])
    assert made.triggered_at is None
    assert Offer.objects.get().case == made


@pytest.mark.parametrize(
    ("degrees", "word"),
    [(0, "north"), (22, "north"), (23, "north-east"), (140, "south-east"), (359, "north"), (None, "")],
)  # fmt: skip
def test_a_direction_is_said_in_words(degrees: float | None, word: str) -> None:
    with translation.override("en"):
        assert direction_of(degrees) == word


def test_a_case_of_another_day_says_which_day(world: World) -> None:
    event = observe(make_camera(make_site(world), direction_deg=None), "fire_smoke")
    assert event is not None
    at = NIGHT + timedelta(hours=23)
    made = make_case(event=event, kind=Case.Kind.FIRE, number="K101", by="test", at=at)
    assert made.text.endswith(f" {NIGHT:%Y-%m-%d} 02:00:00 · K-12 Skolgården")


def test_a_case_is_made_once(world: World) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    first = make_case(event=event, kind=Case.Kind.FIRE, **BY)
    assert make_case(event=event, kind=Case.Kind.DISTURBANCE, **BY) == first
    event.refresh_from_db()
    assert (event.state, event.case, event.decided_by) == ("case", first, "K101")
    assert Event.objects.filter(kind="camera.decided").count() == 1
    with pytest.raises(Refused) as no:
        dismiss(event=event, reason=Reason.ANIMAL, **BY)
    assert no.value.code == "camera_case"


def test_what_was_dismissed_stays_dismissed(world: World) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    dismiss(event=event, reason=Reason.ANIMAL, **BY)
    dismiss(event=event, reason=Reason.WORK, **BY)
    event.refresh_from_db()
    assert (event.state, event.reason) == ("dismissed", "animal")
    with pytest.raises(Refused) as no:
        make_case(event=event, kind=Case.Kind.FIRE, **BY)
    assert no.value.code == "camera_decided"
    assert not Case.objects.exists()


def test_a_kind_that_no_camera_can_tell_is_no_choice(world: World) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    with pytest.raises(Refused):
        make_case(event=event, kind=Case.Kind.DURESS, **BY)


def test_a_place_in_words_and_the_cameras_own_point(world: World) -> None:
    camera = make_camera(make_site(world), place="Stortorget", lat=59.1, lon=17.9)
    camera.site = None
    camera.save()
    event = observe(camera, "crowd", count=30)
    assert event is not None
    made = make_case(event=event, kind=Case.Kind.DISTURBANCE, **BY)
    assert (made.site, made.place, made.lat, made.lon) == (None, "Stortorget", 59.1, 17.9)


def test_the_guarding_company_hears_of_it_with_the_case_only(world: World) -> None:
    centre = add_organisation(
        tenant=world.tenant, name="Larm", kind=OrganisationKind.ALARM_CENTRE, by="test", at=NIGHT
    )
    landlord = add_organisation(
        tenant=world.tenant, name="Bo", kind=OrganisationKind.HOUSING_COMPANY, by="test", at=NIGHT
    )
    event = observe(make_camera(make_site(world), organisation=landlord))
    assert event is not None
    made = make_case(event=event, kind=Case.Kind.FIRE, **BY)
    told = {str(one.pk) for one in (world.municipality, centre, landlord)}
    for log in Event.objects.filter(kind__startswith="camera"):
        assert set(json.loads(log.audience)) == told
    shared = CaseShare.objects.filter(case=made).values_list("organisation_id", flat=True)
    assert world.municipality.pk in shared


def test_after_90_days_nothing_is_left_but_the_case(world: World) -> None:
    camera = make_camera(make_site(world))
    event = observe(camera)
    assert event is not None
    make_case(event=event, kind=Case.Kind.FIRE, **BY)
    observe(camera, **after(3600))
    assert drop_old_camera_events(at=NIGHT + timedelta(days=90)) == 0
    assert drop_old_camera_events(at=NIGHT + timedelta(days=90, minutes=30)) == 1
    assert CameraEvent.objects.get().began_at == NIGHT + timedelta(hours=1)
    assert Case.objects.count() == 1
    late = observe(camera, received_at=NIGHT + timedelta(days=91))
    assert late is None
