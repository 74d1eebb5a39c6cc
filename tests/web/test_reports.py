"""Reporting in a browser without script: several at a time, nothing lost, doubtful words settled."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.situation.models import Observation, Photo
from narvaro.situation.queries import list_observations
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.web.report_forms import night_before, weekend_before
from tests.make import NIGHT, World, make_area, make_member, make_site, make_unit, make_viewer
from tests.web.test_phone import browser_of, shown

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DOUBTFUL = "En kille från Ronna sprang mot torget."


def entry(number: int = 0, **given: str) -> dict[str, str]:
    """Return the fields of one report as a browser sends them."""
    base = {
        "id": str(uuid7()), "category": "graffiti", "where": "Bron vid ån", "when": "now",
        "known_by": "seen", "severity": "2", "count": "1-4", "age_band": "youth", "text": "",
    }  # fmt: skip
    return {f"{number}-{name}": value for name, value in (base | given).items()}


@pytest.fixture
def guard(world: World) -> Member:
    """Return a guard on his shift."""
    return make_unit(world).member


@pytest.fixture
def client(guard: Member) -> Client:
    """Return the guard's browser."""
    return browser_of(guard)


@pytest.fixture
def photos(settings: Any, tmp_path: Path) -> Path:
    """Give photos a home of their own."""
    settings.HOME = replace(settings.HOME, path=tmp_path)
    return tmp_path / "photos"


def jpeg(name: str = "foto.jpg") -> SimpleUploadedFile:
    """Return a photo as a browser sends it, with the place in it."""
    image, out = Image.new("RGB", (32, 24), "green"), io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (59.0, 11.0, 30.0)}
    image.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def test_several_reports_are_sent_at_once_and_each_has_its_receipt(
    world: World, client: Client
) -> None:
    site = make_site(world)
    square = make_area(world, "Hovsjö torg")
    sent = {
        **entry(0, where=f"trasten skola ({site.code})"),
        **entry(1, where="Hovsjö torg", category="littering"),
        **entry(2, where="Bakom kiosken", category="unsafe_place"),
    }
    answer = client.post("/reports/new/", sent)
    assert answer.status_code == 303
    first, second, third = Observation.objects.order_by("pk")
    assert str(first.pk) == sent["0-id"]
    assert (first.site, second.area, third.place) == (site, square, "Bakom kiosken")
    assert (first.severity, first.count, first.age_band) == (2, "1-4", "youth")
    page = shown(client, answer["Location"])
    assert f'data-sent="{first.pk}"' in page
    for what in ("Graffiti, Trasten skola", "Littering, Hovsjö torg", "Place felt unsafe, Bakom"):
        assert what in page
    assert "It waits for the weekly meeting." in page


def test_the_same_form_sent_twice_is_one_report(client: Client) -> None:
    sent = entry()
    for _ in range(2):
        assert client.post("/reports/new/", sent).status_code == 303
    assert Observation.objects.count() == 1


def test_one_more_keeps_what_is_written_and_copies_place_and_time(client: Client) -> None:
    """The button works without script: nothing is sent, the page comes back with a second report."""
    given = entry(text="Två meter klotter", when="night") | {"add": "1"}
    page = client.post("/reports/new/", given).content.decode()
    assert not Observation.objects.exists()
    assert "Två meter klotter" in page
    assert page.count('value="Bron vid ån"') == 2
    ids = re.findall(r'name="[01]-id" value="([0-9a-f-]{36})"', page)
    assert ids[0] == given["0-id"]
    assert len(set(ids)) == 2
    assert len(re.findall(r'name="[01]-when" value="night" checked', page)) == 2


def test_ten_reports_are_the_most(client: Client) -> None:
    given = {name: value for number in range(10) for name, value in entry(number).items()}
    page = client.post("/reports/new/", given | {"add": "1"}).content.decode()
    assert 'name="10-id"' not in page
    assert client.post("/reports/new/", given).status_code == 303
    assert Observation.objects.count() == 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"where": ""}, "Say where"),
        ({"category": ""}, "Choose what it is."),
        ({"category": "unwarranted"}, "Choose what it is."),
        ({"count": "5000"}, "Choose how many."),
        ({"known_by": "recorded"}, "Choose how you know."),
        ({"severity": "9"}, "Choose how serious"),
        ({"id": "1"}, "The form was damaged"),
        ({"when": "own", "from": ""}, "Write when it began"),
        ({"when": "own", "from": "i går"}, "Write the time as"),
        ({"when": "own", "from": "2026-11-23T22:00", "until": "2026-11-23T21:00"}, "ended before"),
        ({"when": "own", "from": "2027-11-23T22:00"}, "The times do not fit"),
    ],
)
def test_a_problem_is_said_and_nothing_of_the_form_is_lost(
    client: Client, wrong: dict[str, str], said: str
) -> None:
    given = entry(0, text="Det första") | entry(1, **({"text": "Det andra"} | wrong))
    answer = client.post("/reports/new/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Det första" in page
    assert "Det andra" in page
    assert "data-refused" in page


def test_a_program_gets_a_problem_it_can_read(client: Client) -> None:
    json = {"accept": "application/json"}
    answer = client.post("/reports/new/", entry(where=""), headers=json)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:narvaro:invalid"
    assert "Say where" in answer.json()["detail"]
    answer = client.post("/reports/new/", entry(), headers=json)
    assert answer.json() == {"ok": True, "reports": [str(Observation.objects.get().pk)]}


def test_a_name_that_two_places_have_is_words_and_a_code_is_the_place(
    world: World, client: Client
) -> None:
    first, _second = make_site(world, "Trasten"), make_site(world, "Trasten")
    client.post("/reports/new/", entry(where="Trasten"))
    assert Observation.objects.get().site is None
    client.post("/reports/new/", entry(where=first.code.lower()))
    assert Observation.objects.filter(site=first).exists()


def test_the_phones_place_is_taken_with_words_or_without(client: Client) -> None:
    client.post("/reports/new/", entry(where="", lat="59.171", lon="17.602"))
    row = Observation.objects.get()
    assert (row.lat, row.lon, row.placed_by) == (59.171, 17.602, "coordinate")


def test_times_are_local_and_the_doubled_hour_is_taken_whole(hands: Hands, client: Client) -> None:
    hands.move_to(datetime(2026, 10, 25, 9, tzinfo=UTC))
    doubled = entry(when="own", until="2026-10-25T02:45") | {"0-from": "2026-10-25T02:30"}
    client.post("/reports/new/", doubled)
    row = Observation.objects.get()
    assert row.occurred_from == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert row.occurred_until == datetime(2026, 10, 25, 1, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    "wild", ["0001-01-01T00:00", "9999-12-31T23:59", "1899-12-31T23:59", "2201-01-01T00:00"]
)
@pytest.mark.parametrize("name", ["from", "until"])
def test_a_time_of_no_year_that_is_meant_is_said(client: Client, name: str, wild: str) -> None:
    """A year that nobody means is a slip of the hand, and no fault of the system."""
    times = {"0-from": "2026-11-20T10:00", "0-until": "2026-11-20T11:00"} | {f"0-{name}": wild}
    answer = client.post("/reports/new/", entry(when="own") | times)
    assert answer.status_code == 422
    assert "Write the time as 2026-11-24 21:30." in answer.content.decode()
    assert not Observation.objects.exists()


def local(day: int, hour: int) -> datetime:
    """Return a time of November 2026 in Stockholm; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    ("now", "night", "weekend"),
    [
        (local(24, 2), (local(23, 17), local(24, 2)), (local(20, 17), local(23, 7))),
        (local(24, 9), (local(23, 17), local(24, 7)), (local(20, 17), local(23, 7))),
        (local(24, 18), (local(24, 17), local(24, 18)), (local(20, 17), local(23, 7))),
        (local(20, 16), (local(19, 17), local(20, 7)), (local(13, 17), local(16, 7))),
        (local(21, 12), (local(20, 17), local(21, 7)), (local(20, 17), local(21, 12))),
    ],
    ids=["in the night", "in the morning", "in the evening", "friday afternoon", "in the weekend"],
)
def test_last_night_and_last_weekend(
    now: datetime, night: tuple[datetime, datetime], weekend: tuple[datetime, datetime]
) -> None:
    assert night_before(now, STOCKHOLM) == night
    assert weekend_before(now, STOCKHOLM) == weekend


def test_a_photo_is_kept_and_a_file_that_is_none_costs_no_report(
    photos: Path, client: Client, guard: Member, world: World
) -> None:
    """A report is never refused for its photo; what was not kept is said."""
    bad = SimpleUploadedFile("brev.pdf", b"%PDF-1.7", "application/pdf")
    given: dict[str, Any] = entry() | {"0-photos": [jpeg(), bad]}
    answer = client.post("/reports/new/", given)
    page = shown(client, answer["Location"])
    assert "Photo 2 was not kept. The file is no picture" in page
    kept = Photo.objects.get(subject=Observation.objects.get().pk)
    address = f"/photos/{kept.pk}.jpg"
    assert address in page
    photo = client.get(address)
    assert photo["Content-Type"] == "image/jpeg"
    assert photo["Cache-Control"].startswith("private")
    assert photo.content.startswith(b"\xff\xd8")
    assert b"Exif" not in photo.content
    assert browser_of(make_member(world)).get(address).status_code == 404
    next((photos).rglob("*.jpg")).unlink()
    assert client.get(address).status_code == 404


def test_doubtful_words_are_sent_and_settled_on_the_leaders_page(
    world: World, client: Client, guard: Member, hands: Hands
) -> None:
    coordinator = make_viewer(make_member(world, Role.COORDINATOR))
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    answer = client.post("/reports/new/", entry(text=DOUBTFUL))
    assert "1 doubtful place in the text" in shown(client, answer["Location"])
    row = Observation.objects.get()
    page = shown(leader, "/words/")
    assert "<mark>kille från Ronna" in page
    assert "settle by 2026-11-25 02:00" in page
    assert "Late" not in page
    hands.advance(25 * 3600)
    assert "Late" in shown(leader, "/words/")
    assert [one.text for one in list_observations(coordinator, NIGHT - timedelta(days=1))] == [""]
    answer = leader.post("/words/", {"id": str(row.pk), "text": "Någon sprang mot torget."})
    assert answer.status_code == 303
    assert "Nothing waits." in shown(leader, "/words/")
    (seen,) = list_observations(coordinator, NIGHT - timedelta(days=1))
    assert seen.text == "Någon sprang mot torget."


def test_the_leader_may_keep_the_words_and_the_author_may_not(
    world: World, client: Client, guard: Member
) -> None:
    client.post("/reports/new/", entry(text=DOUBTFUL))
    row = Observation.objects.get()
    assert "The words may stay" not in shown(client, "/words/")
    answer = client.post("/words/", {"id": str(row.pk), "keep": "1", "text": DOUBTFUL})
    assert answer.status_code == 422
    assert "doubtful words still" in answer.content.decode()
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    assert leader.post("/words/", {"id": str(row.pk), "keep": "1"}).status_code == 303
    row.refresh_from_db()
    assert (row.text, row.is_settled) == (DOUBTFUL, True)


def test_a_housing_companys_reporter_writes_his_own_words_anew(world: World) -> None:
    """There is nobody above him here who settles; what he writes without doubt is seen."""
    company = Organisation.objects.create(
        tenant=world.tenant, name="Bo AB", kind=OrganisationKind.HOUSING_COMPANY
    )
    browser = browser_of(make_member(world, Role.REPORTER, company))
    browser.post("/reports/new/", entry(text=DOUBTFUL))
    row = Observation.objects.get()
    sent = {"id": str(row.pk), "text": "En person sprang mot torget."}
    assert browser.post("/words/", sent).status_code == 303
    row.refresh_from_db()
    assert row.is_settled


def test_a_guard_who_writes_is_told_of_an_offer(world: World, client: Client) -> None:
    page = shown(client, "/reports/new/")
    assert "data-live-after" in page
    assert 'hx-get="/reports/new/"' in page
    fragment = shown(client, "/reports/new/", fragment=True)
    assert "<form" not in fragment
    reporter = browser_of(make_member(world, Role.REPORTER, world.municipality))
    assert "data-live-after" not in shown(reporter, "/reports/new/")


def test_the_phone_leads_to_the_forms(client: Client) -> None:
    page = shown(client, "/phone/")
    assert 'href="/reports/new/"' in page
    assert 'href="/damage/new/"' in page
    assert client.get("/")["Location"] == "/phone/"


def test_each_field_has_its_own_name_in_the_piece_that_is_copied(client: Client) -> None:
    page = shown(client, "/reports/new/")
    blank = page.partition("<template data-blank>")[2].partition("</template>")[0]
    names = set(re.findall(r'\sname="([^"]+)"', blank))
    assert names
    assert all(name.startswith("__n__-") for name in names)
    first = {name.replace("__n__-", "0-") for name in names}
    assert first <= set(re.findall(r'\sname="([^"]+)"', page))
