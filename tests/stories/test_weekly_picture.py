"""Story 8: the weekly picture, from Monday noon to Tuesday's meeting. The clock times are the story's."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.test import Client
from pypdf import PdfReader

from narvaro.access.actions import add_organisation
from narvaro.access.models import Member, OrganisationKind, Role
from narvaro.directory.models import Area, Site
from narvaro.situation import pictures
from narvaro.situation.contents import read_contents
from narvaro.situation.models import (
    Category,
    Decision,
    KnownBy,
    Measure,
    Observation,
    Picture,
)
from narvaro.situation.report_facts import ObservationFacts, Where
from narvaro.situation.reports import report_observation
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from tests.make import World, make_area, make_member, make_site, make_viewer
from tests.web.test_phone import browser_of, shown

ZONE = ZoneInfo("Europe/Stockholm")
MONDAY, BEFORE, TUESDAY = date(2026, 11, 23), date(2026, 11, 16), date(2026, 11, 24)
HERE = f"/week/{MONDAY}/"
MUNICIPAL, HOUSING = OrganisationKind.MUNICIPALITY, OrganisationKind.HOUSING_COMPANY
REPORTERS = {
    "Skolorna": MUNICIPAL, "Fritid": MUNICIPAL, "Fältgruppen": MUNICIPAL, "Fastighet": MUNICIPAL,
    "Gata och park": MUNICIPAL, "Biblioteken": MUNICIPAL, "Provbo": HOUSING, "Torgbo": HOUSING,
    "Kulturhuset": MUNICIPAL, "Ungdomsgården": MUNICIPAL,
}  # fmt: skip
SILENT = ("Kulturhuset", "Ungdomsgården")
DOUBTFUL = (
    "Killen i röd jacka sparkade in rutan", "Ring vittnet på 070-123 45 67",
    "En kille från Ronna stod för det", "Han heter Anders Svensson",
)  # fmt: skip


def local(day: date, clock: str) -> datetime:
    """Return a local time of the story in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE).astimezone(UTC)


@dataclass
class Town:
    """Who reports, and the places of the story."""

    world: World
    members: list[Member]
    square: Area
    schools: list[Site]

    def report(
        self, number: int, place: Site | Area, at: datetime, *,
        category: Category = Category.GRAFFITI, text: str = "",
    ) -> Observation:  # fmt: skip
        """Let the organisations report in turn, an hour after the thing was over."""
        where = Where(site=place) if isinstance(place, Site) else Where(area=place)
        facts = ObservationFacts(
            category, KnownBy.SEEN, where, at - timedelta(hours=1), at, text=text
        )
        member = self.members[number % len(self.members)]
        return report_observation(
            observation_id=uuid7(), facts=facts, member=member, at=at + timedelta(hours=1)
        )


def make_town(world: World) -> Town:
    """Make the reporting organisations: ten and the guarding company; two of them stay silent."""
    members = [make_member(world, Role.GUARD)]
    for name, kind in REPORTERS.items():
        organisation = add_organisation(
            tenant=world.tenant, name=name, kind=kind, by="test", at=local(BEFORE, "08:00")
        )
        member = make_member(world, Role.REPORTER, organisation)
        if name not in SILENT:
            members.append(member)
    schools = [make_site(world, f"{name} skola") for name in ("Trasten", "Hasseln", "Linden")]
    return Town(world, members, make_area(world, "Hovsjö torg"), schools)


def report_weeks(town: Town) -> list[Observation]:
    """Report four ordinary weeks, then one of 83 reports with youths at the square; return that one."""
    everywhere: list[Site | Area] = [*town.schools, town.square]
    for week in range(1, 5):
        friday = local(MONDAY - timedelta(days=3 + 7 * week), "20:00")
        for number in range(48):
            town.report(number, everywhere[number % 4], friday + timedelta(minutes=number))
    friday = local(MONDAY - timedelta(days=3), "20:00")
    found = []
    for number in range(36):
        text = DOUBTFUL[number] if number < len(DOUBTFUL) else ""
        at = friday + timedelta(minutes=number)
        found.append(town.report(number, town.schools[number % 3], at, text=text))
    for number in range(36):
        at = friday + timedelta(days=1, minutes=number)
        found.append(town.report(number, town.square, at, category=Category.YOUTH_GATHERING))
    for number in range(11):
        at = friday + timedelta(minutes=number + 5)
        found.append(town.report(number, town.schools[number % 3], at))
    return found


def hold_meeting_before(town: Town, coordinator: Member) -> list[Measure]:
    """Hold last week's meeting: three places, four measures, of which three get done in time."""
    tuesday = local(BEFORE + timedelta(days=1), "09:30")
    picture = pictures.ensure_picture(tenant_id=town.world.tenant.pk, monday=BEFORE)
    by = make_viewer(coordinator).signature
    pictures.freeze(picture=picture, by=by, at=local(BEFORE, "13:00"))
    for place in town.schools:
        pictures.decide_place(
            decision_id=uuid7(), picture=picture, place=place,
            focus=pictures.Focus(Decision.Focus.BE_SEEN), member_id=coordinator.pk, at=tuesday,
        )  # fmt: skip
    given = []
    for text in ("Flytta kärl från fasaden", "Laga belysningen", "Öppet längre", "Klipp buskarna"):
        task = pictures.Task(
            text, Measure.Nature.SITUATIONAL, town.world.municipality, date(2026, 11, 20)
        )
        given.append(
            pictures.add_measure(
                measure_id=uuid7(), picture=picture, task=task, by=by, at=tuesday
            )
        )  # fmt: skip
    pictures.mark_decided(picture=picture, by=by, at=tuesday)
    pictures.publish(picture=picture, by=by, at=tuesday)
    for one in given[:3]:
        pictures.move_measure(
            measure=one, state=Measure.State.DONE, by=by, at=local(date(2026, 11, 19), "15:00")
        )
    return given


def decision(place: Site | Area, focus: str, days: list[str]) -> dict[str, object]:
    """Return the form for a place as it is typed in the meeting."""
    kind = "site" if isinstance(place, Site) else "area"
    return {
        "id": str(uuid7()), "place": f"{kind}:{place.pk}", "focus": focus, "weekday": days,
        "hours_from": "19:00", "hours_until": "23:00", "why": "Ungdomar på torget, klotter",
    }  # fmt: skip


def close_and_freeze(town: Town, desk: Client, hands: Hands) -> Picture:
    """Monday: 83 reports from nine organisations, eleven of them doubles, frozen at 13:00."""
    reports = report_weeks(town)
    hands.move_to(local(MONDAY, "12:00"))
    assert len(reports) == 83
    assert len({one.organisation_id for one in reports}) == 9
    page = shown(desk, HERE)
    assert "Sort the reports: 83 left" in page
    assert "sparkade in rutan" not in page
    hands.move_to(local(MONDAY, "12:40"))
    for number, double in enumerate(reports[72:]):
        into = {"into": str(reports[number % 3].pk)}
        assert desk.post(f"/week/triage/{double.pk}/merge/", into).status_code == 303
    hands.move_to(local(MONDAY, "13:00"))
    assert desk.post(f"{HERE}freeze/").status_code == 303
    assert "070-123" not in str(list(Observation.objects.values_list("text", flat=True)))
    return Picture.objects.get(monday=MONDAY)


def check_contents(picture: Picture) -> None:
    """What the meeting has before it: counts, change, last week's measures, who is missing."""
    contents = read_contents(picture.contents)
    intake = contents.intake
    assert picture.frozen_at == local(MONDAY, "13:00")
    assert (intake.received, intake.organisations, intake.merged, intake.reworded) == (83, 9, 11, 4)
    assert (intake.counted, contents.total.now) == (72, 72)
    assert {one.organisation for one in contents.reporters if not one.reports} == set(SILENT)
    assert {one.code: one.number for one in contents.unsaid}["silent"] == 2
    square = contents.places[0]
    assert (square.name, square.counted.now, square.counted.verdict) == ("Hovsjö torg", 36, "more")
    assert {one.counted.verdict for one in contents.places[1:]} == {"usual"}
    assert [one.text for one in contents.last_measures if one.late] == ["Klipp buskarna"]
    assert sum(one.state == "done" for one in contents.last_measures) == 3


def meet(town: Town, desk: Client, hands: Hands) -> None:
    """Tuesday 09:00: last week first, three places and a measure typed live, published at 10:05."""
    hands.move_to(local(TUESDAY, "09:00"))
    page = shown(desk, HERE)
    assert page.index("Klipp buskarna") < page.index("Hovsjö torg")
    assert all(name in page for name in SILENT)
    chosen: list[tuple[Site | Area, str]] = [
        (town.square, "talk"), (town.schools[0], "be_seen"), (town.schools[1], "guard"),
    ]  # fmt: skip
    for minutes, (place, focus) in enumerate(chosen):
        hands.move_to(local(TUESDAY, f"09:{20 + minutes}"))
        sent = desk.post(f"{HERE}decide/", decision(place, focus, ["4", "5", "6"]))
        assert sent.status_code == 303
    given = {
        "id": str(uuid7()), "text": "Ungdomsgården öppen till 23", "nature": "social",
        "owner": str(town.world.municipality.pk), "due_on": "2026-11-27",
        "expected": "Färre på torget",
    }  # fmt: skip
    assert desk.post(f"{HERE}measures/", given).status_code == 303
    assert desk.post(f"{HERE}decided/").status_code == 303
    hands.move_to(local(TUESDAY, "10:05"))
    assert desk.post(f"{HERE}publish/").status_code == 303


def test_the_weekly_picture(world: World, hands: Hands) -> None:
    """From 83 reports to three places, minutes, and what became of the reports."""
    town = make_town(world)
    coordinator = make_member(world, Role.COORDINATOR)
    desk, reporter = browser_of(coordinator), browser_of(town.members[1])
    hold_meeting_before(town, coordinator)
    picture = close_and_freeze(town, desk, hands)
    check_contents(picture)
    assert reporter.get(HERE).status_code == 404
    meet(town, desk, hands)

    hands.move_to(local(TUESDAY, "10:06"))
    page = shown(reporter, "/week/")
    assert "What became of your reports" in page
    assert "Ungdomsgården öppen till 23" in page
    leader = browser_of(make_member(world, Role.SHIFT_LEADER))
    paper = leader.get(f"{HERE}paper.pdf")
    words = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
    assert "Hovsjö torg" in words
    told = Event.objects.filter(subject=picture.pk).order_by("position")
    assert [one.kind for one in told] == [
        "picture.frozen", *["picture.decided"] * 3, "measure.changed", "picture.decided",
        "picture.published", "picture.read",
    ]  # fmt: skip
    assert told.get(kind="picture.published").at == local(TUESDAY, "10:05")
