"""The cameras' page: what an operator sees, his two answers, and where they lead."""

from datetime import timedelta

from narvaro.access.models import Role
from narvaro.situation.cameras import KINDS
from narvaro.situation.models import CameraEvent, Case
from narvaro.spine.clock import Hands
from narvaro.web.camera_words import KIND, REASON, WHAT
from tests.make import NIGHT, World, make_camera, make_member, make_site, observe
from tests.web.test_phone import browser_of, shown


def test_there_are_words_for_every_code() -> None:
    assert list(WHAT) == CameraEvent.What.values
    assert list(REASON) == CameraEvent.Reason.values
    assert tuple(KIND) == KINDS


def test_what_where_when_and_how_many(world: World) -> None:
    camera = make_camera(make_site(world), review_on=NIGHT.date())
    event = observe(camera, "crowd", count=30, note="CrowdDetector/Count")
    assert event is not None
    page = shown(
        browser_of(make_member(world, Role.CAMERA_OPERATOR, world.municipality)), "/cameras/"
    )
    for said in ("Many at one place", "Trasten skola", "K-12", "140°", "at most 30", "going on",
                 "CrowdDetector/Count", "due for review", "02:00:00"):  # fmt: skip
        assert said in page, said
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
