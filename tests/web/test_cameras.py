"""The cameras' page: what an operator sees, his two answers, and where they lead."""

from datetime import timedelta

from narvaro.access.models import Role
from narvaro.situation.cameras import KINDS
from narvaro.situation.models import CameraEvent, Case
from narvaro.spine.clock import Hands
from narvaro.web.camera_words import KIND, REASON
from tests.make import NIGHT, World, make_camera, make_member, make_site, observe
from tests.web.test_phone import browser_of, shown


def test_there_are_words_for_every_code() -> None:
    assert list(REASON) == CameraEvent.Reason.values
    assert tuple(KIND) == KINDS


def test_what_where_when_and_how_many(world: World) -> None:
    camera = make_camera(make_site(world), review_on=NIGHT.date())
    event = observe(camera, "crowd", count=30, note="crowd")
    assert event is not None
    page = shown(
        browser_of(make_member(world, Role.CAMERA_OPERATOR, world.municipality)), "/cameras/"
    )
    for said in ("Many at one place", "Trasten skola", "K-12", "south-east", "at most 30", "going on",
                 "due for review", "02:00:00"):  # fmt: skip
        assert said in page, said
    assert ">crowd<" not in page, "the kind says it in words"
    first = page.index(f'id="kind-disturbance-{event.pk}"')
    assert first < page.index(f'id="kind-fire-{event.pk}"')


def test_a_dispatcher_goes_on_to_the_case(world: World) -> None:
    event = observe(make_camera(make_site(world)), "fire_smoke")
    assert event is not None
    desk = browser_of(make_member(world, Role.DISPATCHER))
    answer = desk.post(f"/cameras/{event.pk}/case/", {"kind": "fire"})
    case = Case.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/console/cases/{case.pk}/")
    assert "a camera event" in shown(desk, f"/console/cases/{case.pk}/")
    assert f'href="/console/cases/{case.pk}/"' in shown(desk, "/cameras/")


def test_a_camera_operator_sees_how_far_the_case_has_come(world: World) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    operator = browser_of(make_member(world, Role.CAMERA_OPERATOR, world.municipality))
    answer = operator.post(f"/cameras/{event.pk}/case/", {"kind": "disturbance"})
    assert answer["Location"] == "/cameras/"
    body = shown(operator, "/cameras/", fragment=True)
    assert "Case 1" in body
    assert "<html" not in body
    assert "/console/" not in body


def test_nothing_to_do_needs_a_reason(world: World, hands: Hands) -> None:
    event = observe(make_camera(make_site(world)))
    assert event is not None
    desk = browser_of(make_member(world, Role.DISPATCHER))
    assert desk.post(f"/cameras/{event.pk}/dismiss/", {"reason": "bored"}).status_code == 422
    assert desk.post(f"/cameras/{event.pk}/case/", {"kind": "duress"}).status_code == 422
    answer = desk.post(f"/cameras/{event.pk}/dismiss/", {"reason": "animal"})
    assert answer.status_code == 303
    assert "An animal" in shown(desk, "/cameras/").partition("cameras-decided")[2]
    late = desk.post(f"/cameras/{event.pk}/case/", {"kind": "fire"})
    assert late.status_code == 409
    assert "type in a case" in late.content.decode()
    hands.move_to(NIGHT + timedelta(hours=25))
    assert "Decided, the last 24 hours" in shown(desk, "/cameras/")
    assert 'id="decided-' not in shown(desk, "/cameras/")


def test_a_coordinator_reads_without_buttons(world: World) -> None:
    observe(make_camera(make_site(world)))
    page = shown(browser_of(make_member(world, Role.COORDINATOR)), "/cameras/")
    assert "Somebody stays for long" in page
    assert "Make a case" not in page


def test_the_room_stands_in_the_menu_of_those_who_may(world: World) -> None:
    desk = make_member(world, Role.DISPATCHER)
    assert 'href="/cameras/"' in shown(browser_of(desk), "/console/")
    reporter = make_member(world, Role.REPORTER, world.municipality)
    assert 'href="/cameras/"' not in shown(browser_of(reporter), "/reports/")


def test_the_gravest_kinds_stand_first_then_the_newest(world: World) -> None:
    camera = make_camera(make_site(world))
    for second, what in enumerate(("fire_smoke", "intrusion", "motion", "camera_lost")):
        observe(camera, what, at=NIGHT + timedelta(seconds=second))
    page = shown(browser_of(make_member(world, Role.DISPATCHER)), "/cameras/")
    order = ["Fire or smoke", "Somebody in a closed area", "The camera gives no picture", "Motion"]
    assert sorted(order, key=page.index) == order


def test_the_tab_counts_what_is_grave_and_calls_it_out(world: World) -> None:
    camera = make_camera(make_site(world))
    for what in ("fire_smoke", "intrusion", "motion"):
        observe(camera, what)
    desk = browser_of(make_member(world, Role.DISPATCHER))
    console = shown(desk, "/console/")
    assert '<span class="count">2<' in console
    assert 'hx-get="/cameras/?count=called"' in console
    assert console.count('id="grave-') == 2
    assert "Camera K-12: Fire or smoke, Trasten skola" in console
    own = shown(desk, "/cameras/")
    assert '<span class="count">2<' in own
    assert 'id="grave-' not in own
    event = CameraEvent.objects.get(what="fire_smoke")
    desk.post(f"/cameras/{event.pk}/dismiss/", {"reason": "weather"})
    fragment = shown(desk, "/cameras/?count=called", fragment=True)
    assert fragment.count('id="grave-') == 1
    assert '<span class="count">1<' in fragment
    reader = browser_of(make_member(world, Role.COORDINATOR))
    assert 'id="grave-' not in shown(reader, "/cameras/?count=called", fragment=True)


def test_nothing_grave_is_no_count_and_others_have_none(world: World) -> None:
    observe(make_camera(make_site(world)), "motion")
    assert 'class="count"' not in shown(
        browser_of(make_member(world, Role.DISPATCHER)), "/console/"
    )
    reporter = make_member(world, Role.REPORTER, world.municipality)
    assert "cameras-count" not in shown(browser_of(reporter), "/reports/")


def test_a_camera_whose_events_are_refused_is_named(world: World) -> None:
    site = make_site(world)
    make_camera(site)
    make_camera(site, code="K-14", name="Bron", purpose="")
    desk = browser_of(make_member(world, Role.DISPATCHER))
    untaken = shown(desk, "/cameras/").partition("cameras-untaken")[2]
    assert "K-14 Bron" in untaken
    assert "K-12" not in untaken
