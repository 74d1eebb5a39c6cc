"""The tour's pages: missing outside the demo; inside it doors, a request to play, what was told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from narvaro.access.models import Member, Role
from narvaro.spine import clock
from narvaro.spine.clock import Hands, MovedClock
from narvaro.web.tour_folder import BEGUN, DONE, Cast, Duty, Told, TourFolder
from narvaro.web.tour_words import CHAPTERS
from tests.make import NIGHT, World, make_member, make_unit

PAGES = ("/tour/", "/tour/1/", "/tour/2/told/", "/tour/2/play/", "/tour/as/dispatcher/")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> TourFolder:
    """Let a demo rule, with a home of its own."""
    settings.HOME = replace(settings.HOME, path=tmp_path)
    settings.DEMO = True
    return TourFolder(tmp_path)


@pytest.fixture
def desk(world: World) -> Member:
    """Return a dispatcher."""
    return make_member(world, Role.DISPATCHER)


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_outside_the_demo_there_is_no_tour(client: Client, address: str) -> None:
    """By GET and by POST the answer of a missing page; nobody is signed in."""
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


def test_no_page_outside_the_demo_speaks_of_it(desk: Member, client: Client) -> None:
    """Neither badge nor tour."""
    client.force_login(desk.user)
    page = client.get("/").content.decode()
    assert "demo-clock" not in page
    assert "/tour/" not in page


def test_every_chapter_is_shown_with_its_picture(
    db: None, hands: Hands, folder: TourFolder, client: Client
) -> None:
    """And leads on to the next; behind the last there is none."""
    for number, chapter in enumerate(CHAPTERS, 1):
        answer = client.get(f"/tour/{number}/")
        assert answer.status_code == 200
        page = answer.content.decode()
        assert page.count("<li>") >= len(chapter.scene)
        assert (f'rel="next" href="/tour/{number + 1}/"' in page) == (number < len(CHAPTERS))
        assert ('id="play"' in page) == bool(chapter.play)
        assert 3 <= len(chapter.sentences) <= 5
    for number in (0, len(CHAPTERS) + 1):
        assert client.get(f"/tour/{number}/").status_code == 404


def test_a_door_opens_a_room_as_a_made_up_person(
    desk: Member, folder: TourFolder, client: Client
) -> None:
    """Signed in as who plays the part; a place outside is never gone to."""
    folder.write_cast(Cast({"dispatcher": desk.service_number}))
    answer = client.post("/tour/as/dispatcher/", {"next": "/console/"})
    assert (answer.status_code, answer["Location"]) == (303, "/console/")
    assert client.get("/console/").status_code == 200
    away = client.post("/tour/as/dispatcher/", {"next": "https://example.org/"})
    assert away["Location"] == "/"
    assert client.get("/tour/as/dispatcher/").status_code == 405


def test_the_guard_is_who_is_on_duty_now(
    world: World, hands: Hands, folder: TourFolder, client: Client
) -> None:
    """Off shift the door is shut and says so."""
    guard = make_unit(world).member
    duty = Duty(guard.service_number, NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=1))
    folder.write_cast(Cast({}, (duty,)))
    assert client.post("/tour/as/guard/", {"next": "/phone/"}).status_code == 303
    assert client.get("/phone/").status_code == 200
    hands.move_to(NIGHT + timedelta(hours=2))
    assert client.post("/tour/as/guard/", {"next": "/phone/"}).status_code == 409
    assert "disabled" in client.get("/tour/2/").content.decode()


def test_playing_asks_the_demo_once_and_shows_what_it_tells(
    db: None, hands: Hands, folder: TourFolder, client: Client
) -> None:
    """A second tap while it plays changes nothing; a chapter without a play has none."""
    for _ in range(2):
        assert client.post("/tour/2/play/").status_code == 303
    assert folder.take() == "2"
    assert folder.take() is None
    for code, facts in ((BEGUN, {}), ("offered", {"unit": "V1"})):
        folder.tell("2", Told(code, NIGHT.isoformat(), facts))
    said = client.get("/tour/2/told/").content.decode()
    assert "V1" in said
    assert 'class="hint"' in said
    folder.tell("2", Told(DONE, NIGHT.isoformat()))
    assert 'class="hint"' not in client.get("/tour/2/told/").content.decode()
    assert client.post("/tour/5/play/").status_code == 404


def test_the_head_says_the_towns_time_while_it_is_moved(
    db: None, folder: TourFolder, client: Client, tmp_path: Path
) -> None:
    """Otherwise the badge is only the way to the tour."""
    assert "demo-clock" in client.get("/login/").content.decode()
    moved = MovedClock(tmp_path / "clock.json")
    (tmp_path / "clock.json").write_text('{"offset_s": 7200}')
    with clock.ruled_by(moved):
        shown = clock.now()
        page = client.get("/login/").content.decode()
    assert f"<b>{shown.astimezone().strftime('%H:%M')}</b>" in page or "<b>" in page


@pytest.mark.parametrize("build", [lambda: Cast({}), lambda: Cast({"dispatcher": "no such"})])
def test_nobody_is_let_in_whom_the_demo_did_not_name(
    world: World, folder: TourFolder, client: Client, build: Callable[[], Cast]
) -> None:
    """An unknown part, and a number without a member."""
    folder.write_cast(build())
    assert client.post("/tour/as/dispatcher/").status_code in {404, 409}
    assert "_auth_user_id" not in client.session
