"""The week's room: a meeting run by posts alone, what others may read, and the minutes."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pypdf import PdfReader

from narvaro.access.actions import add_organisation
from narvaro.access.models import Member, OrganisationKind, Role
from narvaro.situation.models import Decision, Measure, Observation, Picture
from narvaro.situation.report_facts import Where
from narvaro.situation.weeks import closing_of
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from tests.make import NIGHT, World, make_damage, make_member, make_observation, make_site
from tests.web.test_phone import browser_of, shown

MONDAY = date(2026, 11, 23)
CLOSES = closing_of(MONDAY, ZoneInfo("Europe/Stockholm"))
IN_WEEK = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
HERE = "/week/2026-11-23/"


@pytest.fixture
def meeting(world: World) -> Client:
    """Return the coordinator's browser."""
    return browser_of(make_member(world, Role.COORDINATOR))


@pytest.fixture
def guest(world: World) -> Member:
    """Return a guest of the police."""
    police = add_organisation(
        tenant=world.tenant, name="Polisen", kind=OrganisationKind.POLICE, by="test", at=NIGHT
    )
    return make_member(world, Role.POLICE_GUEST, police)


def decision(world: World, name: str, **changes: object) -> dict[str, object]:
    """Return the form for a place as a browser sends it."""
    return {
        "id": str(uuid7()), "place": f"site:{make_site(world, name).pk}", "focus": "talk",
        "weekday": ["4", "5"], "hours_from": "19:00", "hours_until": "01:00", "why": "Klotter",
    } | changes  # fmt: skip


def measure(world: World, **changes: object) -> dict[str, object]:
    """Return the form for a measure as a browser sends it."""
    return {
        "id": str(uuid7()), "text": "Klipp buskarna", "owner": str(world.municipality.pk),
        "due_on": "2026-11-27", "nature": "situational", "expected": "Bättre sikt",
    } | changes  # fmt: skip


def hold_meeting(world: World, browser: Client) -> None:
    """Freeze, decide on three places and publish."""
    assert browser.post(f"{HERE}freeze/").status_code == 303
    for number in range(3):
        sent = browser.post(f"{HERE}decide/", decision(world, f"Plats {number}"))
        assert (sent.status_code, sent["Location"]) == (303, f"{HERE}?at=decide")
    assert browser.post(f"{HERE}measures/", measure(world)).status_code == 303
    assert browser.post(f"{HERE}decided/").status_code == 303
    assert browser.post(f"{HERE}publish/").status_code == 303


def test_a_meeting_is_run_without_a_script(world: World, meeting: Client) -> None:
    """Frozen, decided, published: each step by one form, each page with what comes next."""
    hold_meeting(world, meeting)
    picture = Picture.objects.get()
    assert picture.state == Picture.State.PUBLISHED
    first = Decision.objects.order_by("decided_at", "id").first()
    assert first is not None
    assert (first.focus, first.weekdays, str(first.hours_until)) == ("talk", [4, 5], "01:00:00")
    page = shown(meeting, HERE)
    assert "Plats 2" in page
    assert "Bättre sikt" in page
    assert f"{HERE}decide/" not in page


@pytest.mark.parametrize("monday", ["0001-01-01", "9999-12-27", "1899-12-25", "2201-01-05"])
def test_a_week_of_no_year_that_is_meant_is_a_missing_page(meeting: Client, monday: str) -> None:
    """Its neighbours may lie outside the calendar."""
    assert meeting.get(f"/week/{monday}/").status_code == 404
    assert meeting.get(f"/week/{monday}/paper.pdf").status_code == 404


@pytest.mark.parametrize("due_on", ["0001-01-01", "9999-12-31"])
def test_a_measure_is_due_in_a_year_that_is_meant(
    world: World, meeting: Client, due_on: str
) -> None:
    """The form comes back with what was written."""
    meeting.post(f"{HERE}freeze/")
    answer = meeting.post(f"{HERE}measures/", measure(world, due_on=due_on))
    assert answer.status_code == 422
    assert "Write the day as 2026-11-27." in answer.content.decode()


def test_a_form_that_is_refused_keeps_what_was_written(world: World, meeting: Client) -> None:
    meeting.post(f"{HERE}freeze/")
    sent = decision(world, "Plats", hours_until="", why="Fönster krossade")
    answer = meeting.post(f"{HERE}decide/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Fönster krossade"' in page
    assert 'role="alert"' in page
    assert f'value="{sent["id"]}"' in page
    answer = meeting.post(f"{HERE}measures/", measure(world, text="Lampor", due_on="fredag"))
    assert answer.status_code == 422
    assert 'value="Lampor"' in answer.content.decode()
    for wrong in ({"place": "site:1"}, {"place": ""}, {"focus": "x"}, {"weekday": "9"}, {"id": ""}):
        answer = meeting.post(f"{HERE}decide/", decision(world, "Annan", **wrong))
        assert answer.status_code == 422, wrong
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "They weigh in the plans of the nights 25 Nov to 1 Dec."),
        (7, "They weigh in the plan of the night of 1 Dec alone."),
        (8, "They weigh in no night’s plan: the week that they are for is over."),
    ],
)
def test_the_page_says_on_which_nights_its_places_weigh(
    world: World, meeting: Client, hands: Hands, days: int, said: str
) -> None:
    """From the Wednesday after the meeting through the next Tuesday; of a late one what is left."""
    hands.move_to(CLOSES + timedelta(days=days, hours=1))
    meeting.post(f"{HERE}freeze/")
    assert said.replace("’", "&#x27;") in shown(meeting, HERE)


def test_a_form_sent_twice_is_one_decision(world: World, meeting: Client) -> None:
    meeting.post(f"{HERE}freeze/")
    sent, given = decision(world, "Plats"), measure(world)
    for _ in range(2):
        assert meeting.post(f"{HERE}decide/", sent).status_code == 303
        assert meeting.post(f"{HERE}measures/", given).status_code == 303
    assert (Decision.objects.count(), Measure.objects.count()) == (1, 1)
    drop = f"/week/decisions/{sent['id']}/drop/"
    assert meeting.post(drop).status_code == 303
    assert not Decision.objects.exists()


def test_words_about_persons_are_asked_about_once(world: World, meeting: Client) -> None:
    """The meeting is not stopped by a doubt, but nobody is pointed out by accident."""
    meeting.post(f"{HERE}freeze/")
    given = measure(world, text="Prata med killen i röd jacka")
    answer = meeting.post(f"{HERE}measures/", given)
    assert answer.status_code == 422
    assert "Does this point at a person: killen i röd" in answer.content.decode()
    kept = "Prata med killen i röd jacka; Bättre sikt"
    assert f'name="sure" value="{kept}"' in answer.content.decode()
    assert meeting.post(f"{HERE}measures/", given | {"sure": kept}).status_code == 303
    assert "Does this point at a person" in shown(meeting, HERE)
    sent = decision(world, "Plats", why="Killen i röd jacka")
    assert meeting.post(f"{HERE}decide/", sent).status_code == 422
    assert not Decision.objects.exists()


def test_reports_are_sorted_on_the_page(world: World, meeting: Client) -> None:
    reporter = make_member(world, Role.REPORTER, world.municipality)
    site = make_site(world, "Trasten skola")
    rows = [make_observation(reporter, site, at=IN_WEEK) for _ in range(4)]
    page = shown(meeting, HERE)
    assert page.count('name="into"') == 5  # one, then two earlier ones beside each
    go = [f"/week/triage/{one.pk}" for one in rows]
    into = {"into": str(rows[0].pk)}
    assert "Into this one" in shown(meeting, f"{HERE}?merge={rows[1].pk}")
    assert meeting.post(f"{go[1]}/merge/", into)["Location"] == f"{HERE}#triage"
    meeting.post(f"{go[2]}/refer/")
    meeting.post(f"{go[3]}/reject/")
    meeting.post(f"{go[3]}/undo/")
    assert [Observation.objects.get(pk=one.pk).state for one in rows] == [
        "submitted", "merged", "referred", "submitted",
    ]  # fmt: skip
    assert meeting.post(f"{go[0]}/burn/").status_code == 404
    assert meeting.post(f"{go[0]}/merge/", {"into": "x"}).status_code == 422


def test_reading_others_words_while_sorting_is_noted_once_a_page(
    world: World, meeting: Client
) -> None:
    for _ in range(3):
        make_observation(make_member(world), make_site(world), at=IN_WEEK, text="Krossad ruta")
    assert "Krossad ruta" in shown(meeting, HERE)
    event = Event.objects.get(kind="words.read")
    assert '"reports": 3' in (event.payload or "")


def test_the_week_that_asks_for_work_is_shown(world: World, meeting: Client) -> None:
    """The closed one until it is published, then the one that is being collected."""
    assert "Freeze the picture" in shown(meeting, "/week/")
    hold_meeting(world, meeting)
    page = shown(meeting, "/week/")
    assert "Situation picture, week 48" in page
    assert "Collecting closes on Monday 30 November 12:00." in page
    assert meeting.post("/week/2026-11-30/freeze/").status_code == 409
    assert meeting.post("/week/2026-12-07/freeze/").status_code == 404
    assert meeting.get("/week/2026-11-31/").status_code == 404


def test_a_measure_is_followed_up_on_next_weeks_page(
    world: World, meeting: Client, hands: Hands
) -> None:
    hold_meeting(world, meeting)
    hands.move_to(CLOSES + timedelta(days=8))
    following = "/week/2026-11-30/"
    page = shown(meeting, following)
    assert "data-late" in page
    row = Measure.objects.get()
    sent = meeting.post(f"/week/measures/{row.pk}/done/", {"week": "2026-11-30"})
    assert sent["Location"] == f"{following}#measure-{row.pk}"
    assert "data-late" not in shown(meeting, following)
    assert meeting.post(f"/week/measures/{row.pk}/burnt/").status_code == 404


def test_a_guest_reads_what_is_published_and_it_is_noted(
    world: World, meeting: Client, guest: Member
) -> None:
    """Once for a page, once for the paper; nothing before, and no form ever."""
    browser = browser_of(guest)
    assert "No week is published yet" in shown(browser, "/week/")
    meeting.post(f"{HERE}freeze/")
    assert browser.get(HERE).status_code == 404
    assert browser.get(f"{HERE}paper.pdf").status_code == 404
    assert meeting.get(f"{HERE}paper.pdf").status_code == 200
    for number in range(3):
        meeting.post(f"{HERE}decide/", decision(world, f"Plats {number}"))
    meeting.post(f"{HERE}decided/")
    meeting.post(f"{HERE}publish/")
    page = shown(browser, "/week/")
    assert "Plats 1" in page
    assert 'action="/week/' not in page
    assert browser.get(f"{HERE}paper.pdf").status_code == 200
    shown(meeting, HERE)
    read = Event.objects.filter(kind="picture.read").order_by("position")
    assert [one.payload and '"page"' in one.payload for one in read] == [True, False]
    assert {one.actor for one in read} == {f"member:{guest.pk}"}


def test_what_damage_costs_is_told_to_the_municipality_alone(
    world: World, meeting: Client, guest: Member
) -> None:
    """The guest reads how many, on the page and the paper; who pays reads the sum too."""
    handles = make_member(world, Role.PROPERTY_MANAGER, world.municipality)
    site = make_site(world)
    make_damage(handles, Where(site=site), at=IN_WEEK, estimate=43_210)
    hold_meeting(world, meeting)
    browser = browser_of(guest)
    for one in (browser, meeting):
        said = "43,210" in shown(one, HERE)
        on_paper = "43,210" in text_of(one)
        assert (said, on_paper) == (one is meeting, one is meeting)
    assert "damages" in shown(browser, HERE)


def test_a_reporter_sees_what_became_of_his_reports(world: World, meeting: Client) -> None:
    reporter = make_member(world, Role.REPORTER, world.municipality)
    for _ in range(2):
        make_observation(reporter, make_site(world), at=IN_WEEK)
    hold_meeting(world, meeting)
    page = shown(browser_of(reporter), "/week/")
    assert "What became of your reports" in page
    assert "picture.read" not in Event.objects.values_list("kind", flat=True)


def test_the_minutes_say_what_was_decided_then(world: World, meeting: Client, hands: Hands) -> None:
    """A paper fetched later is the same, however far a measure has come since."""
    make_observation(
        make_member(world, Role.REPORTER, world.municipality), make_site(world, "Trasten skola"),
        at=IN_WEEK,
    )  # fmt: skip
    meeting.post(f"{HERE}freeze/")
    assert "Draft" in text_of(meeting)
    for number in range(3):
        meeting.post(f"{HERE}decide/", decision(world, f"Plats {number}"))
    meeting.post(f"{HERE}measures/", measure(world))
    meeting.post(f"{HERE}decided/")
    meeting.post(f"{HERE}publish/")
    before = text_of(meeting)
    for words in ("Plats 2", "Klipp buskarna", "Trasten skola", "2026-11-27", "19:00–01:00"):
        assert words in before
    assert "Draft" not in before
    hands.advance(9 * 86_400)
    meeting.post(f"/week/measures/{Measure.objects.get().pk}/done/")
    assert text_of(meeting) == before


def text_of(browser: Client) -> str:
    """Return the words of the week's paper."""
    answer = browser.get(f"{HERE}paper.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="lagesbild-2026-v47.pdf"' in answer["Content-Disposition"]
    reader = PdfReader(io.BytesIO(answer.content))
    return "\n".join(page.extract_text() for page in reader.pages)
