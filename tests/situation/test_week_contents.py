"""What a week's picture counts, compares and cannot say."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from narvaro.access.actions import add_organisation
from narvaro.access.models import Member, OrganisationKind, Role
from narvaro.directory.models import ImportBatch, Site
from narvaro.situation.contents import Unsaid
from narvaro.situation.models import Case, Category, Damage, Incident
from narvaro.web.week_words import unsaid_text
from tests.make import NIGHT, World, make_area, make_member, make_observation, make_site
from tests.situation.weekly import CLOSES, IN_WEEK, MONDAY, contents_of, place, unsaid


def test_reports_count_where_they_are_placed(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """A site, an area, the smallest area around a point; else in the total alone, and it is said."""
    site = make_site(world, "Trasten skola")
    square = "POLYGON ((17.9 58.9, 18.1 58.9, 18.1 59.1, 17.9 59.1, 17.9 58.9))"
    yard = "POLYGON ((17.99 58.99, 18.01 58.99, 18.01 59.01, 17.99 59.01, 17.99 58.99))"
    district = make_area(world, "Ängby", square, kind="housing")
    make_area(world, "Ängby gård", yard, kind="yard")
    watched = make_area(world, "Utsatt", yard, kind="police_class")
    make_observation(reporter, site, at=IN_WEEK, lat=59.0, lon=18.0)
    make_observation(reporter, district, at=IN_WEEK)
    make_observation(reporter, at=IN_WEEK, lat=59.0, lon=18.0)
    make_observation(reporter, at=IN_WEEK, lat=59.05, lon=18.05)
    make_observation(reporter, at=IN_WEEK, lat=60.0, lon=18.0)
    make_observation(reporter, watched, at=IN_WEEK)
    found = contents_of(coordinator)
    assert {one.name: one.counted.now for one in found.places} == {
        "Ängby": 2, "Trasten skola": 1, "Ängby gård": 1,
    }  # fmt: skip
    assert found.total.now == 6
    assert (unsaid(found)["no_place"], unsaid(found)["no_area"]) == (1, 1)


def test_more_than_usual_is_said_only_where_chance_seldom_gives_it(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """Against the mean of four weeks, of which those that hold nothing at all are left out."""
    calm, struck = make_site(world, "Lugna skolan"), make_site(world, "Drabbade skolan")
    for week in (1, 2, 4):
        make_observation(reporter, calm, at=IN_WEEK - timedelta(weeks=week))
    for number in range(5):
        make_observation(reporter, struck, at=IN_WEEK + timedelta(minutes=number))
    make_observation(reporter, calm, at=IN_WEEK)
    make_observation(reporter, calm, at=IN_WEEK)
    found = contents_of(coordinator)
    assert found.places[0].name == "Drabbade skolan"
    counted = place(found, "Drabbade skolan").counted
    assert (counted.verdict, counted.mean, counted.low, counted.high) == ("more", 0.0, 0, 2)
    assert place(found, "Lugna skolan").counted.verdict == "usual"
    early = contents_of(coordinator, at=IN_WEEK + timedelta(hours=1))
    assert place(early, "Drabbade skolan").counted.verdict == "more"
    assert place(early, "Lugna skolan").counted.verdict == "not_over"
    assert (found.weeks_compared, unsaid(found)["weeks_missing"]) == (3, 1)
    assert place(found, "Drabbade skolan").when[0].count == 5
    assert (place(found, "Drabbade skolan").when[0].weekday) == 4


def test_without_weeks_before_nothing_is_called_more(
    world: World, coordinator: Member, reporter: Member
) -> None:
    for _ in range(9):
        make_observation(reporter, make_site(world), at=IN_WEEK)
    found = contents_of(coordinator)
    assert {one.counted.verdict for one in found.places} == {"unknown"}
    assert found.total.mean is None
    assert unsaid(found)["weeks_missing"] == 4


def test_what_comes_too_late_for_its_week_is_in_no_comparison(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """Neither in this week's count nor in the mean of its own: both were known as well as this one."""
    site = make_site(world)
    make_observation(reporter, site, at=IN_WEEK - timedelta(weeks=1), reported_at=IN_WEEK)
    make_observation(
        reporter, site, at=IN_WEEK - timedelta(weeks=3), reported_at=IN_WEEK - timedelta(weeks=2)
    )
    ahead = CLOSES + timedelta(days=2)
    make_observation(reporter, site, category=Category.EVENT, at=ahead, reported_at=IN_WEEK)
    make_observation(reporter, site, at=IN_WEEK)
    found = contents_of(coordinator)
    assert (found.total.now, found.weeks_compared) == (1, 0)
    assert (unsaid(found)["late"], unsaid(found)["ahead"]) == (1, 1)
    assert found.intake.received == 3


def test_an_interval_counts_in_the_week_in_which_it_was_over(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """A window broken over the weekend and found on Monday at one o'clock is next week's."""
    row = make_observation(reporter, make_site(world), at=CLOSES + timedelta(hours=1))
    row.occurred_from = CLOSES - timedelta(days=2)
    row.save()
    assert contents_of(coordinator).total.now == 0
    later = contents_of(coordinator, MONDAY + timedelta(days=7), CLOSES + timedelta(days=7))
    assert later.total.now == 1


def test_damage_and_the_incident_of_its_case_are_one_report(
    world: World, coordinator: Member
) -> None:
    """Its cost is counted all the same; water is nobody's deed; a file's rows count where they lie."""
    site = make_site(world, "Trasten skola")
    case = Case.objects.create(
        tenant=world.tenant, number=1, kind="intruder", born="panel", priority=2, site=site,
        received_at=IN_WEEK, last_signal_at=IN_WEEK,
    )  # fmt: skip
    when = {"occurred_from": IN_WEEK, "occurred_until": IN_WEEK, "tenant": world.tenant}
    Incident.objects.create(
        case=case, category="break_in", reported_at=IN_WEEK, reported_by=None, site=site, **when
    )
    Incident.objects.create(category="nothing_found", reported_at=IN_WEEK, site=site, **when)
    batch = ImportBatch.objects.create(
        tenant=world.tenant, kind="damage", file_name="skador.xlsx", sha256="1" * 64,
        started_at=NIGHT, published_at=NIGHT,
    )  # fmt: skip
    hidden = ImportBatch.objects.create(
        tenant=world.tenant, kind="damage", file_name="fler.xlsx", sha256="2" * 64,
        started_at=NIGHT,
    )  # fmt: skip
    damage = {"site": site, "reported_at": IN_WEEK, **when}
    Damage.objects.create(kind="glass", case=case, estimate_sek=Decimal("4200.40"), **damage)
    Damage.objects.create(kind="water", final_sek=Decimal(900), **damage)
    filed = damage | {"reported_at": NIGHT}
    Damage.objects.create(kind="graffiti", batch=batch, row_key="a", **filed)
    Damage.objects.create(kind="graffiti", batch=hidden, row_key="b", **filed)
    found = contents_of(coordinator)
    assert (found.total.now, found.damages, found.damage_sek) == (2, 3, 5100)
    line = place(found, "Trasten skola")
    assert dict(line.categories) == {"break_in": 1, "graffiti": 1}
    assert line.damage_sek == 5100
    assert (unsaid(found)["no_cost"], unsaid(found)["from_files"]) == (1, 1)


def test_who_did_not_report_is_said(world: World, coordinator: Member, reporter: Member) -> None:
    """The week before too; who only sorts reports is not expected to send any."""
    make_member(world, Role.GUARD)
    school = add_organisation(
        tenant=world.tenant, name="Skolan", kind=OrganisationKind.MUNICIPALITY, by="test", at=NIGHT
    )
    make_observation(make_member(world, Role.REPORTER, school), at=IN_WEEK)
    make_observation(reporter, at=IN_WEEK - timedelta(weeks=1))
    lines = {one.organisation: one for one in contents_of(coordinator).reporters}
    assert set(lines) == {"Skolan", "Provbo", "Provköping bevakning"}
    assert lines["Skolan"].reports == 1
    assert (lines["Provbo"].reports, lines["Provbo"].reports_week_before) == (0, 1)
    assert lines["Provköping bevakning"].reports_week_before == 0


def filed(world: World, site: Site, at: datetime, number: int = 1) -> None:
    """Let a file tell of damage."""
    for _ in range(number):
        Damage.objects.create(
            tenant=world.tenant, site=site, kind="glass", batch=world.batch, reported_at=NIGHT,
            occurred_from=at, occurred_until=at,
        )  # fmt: skip


def test_a_week_is_not_calm_because_a_file_ended(world: World, coordinator: Member) -> None:
    """Ten a week by file, then nothing: not fewer, but unknown, and until when the file reaches."""
    site = make_site(world, "Trasten skola")
    for week in (1, 2, 3, 4):
        filed(world, site, IN_WEEK - timedelta(weeks=week), 10)
    found = contents_of(coordinator)
    assert (found.total.now, found.total.verdict, found.total.mean) == (0, "unknown", None)
    assert not found.places
    assert date.fromordinal(round(unsaid(found)["files_until"])) == date(2026, 11, 13)
    going_on = contents_of(coordinator, at=IN_WEEK)
    assert going_on.total.verdict == "not_over"
    assert "files_until" not in unsaid(going_on)


def test_a_file_that_goes_on_may_tell_of_a_calm_week(world: World, coordinator: Member) -> None:
    """A row near the week's end, or a later one, says that the silence is the place's."""
    site, other = make_site(world, "Trasten skola"), make_site(world, "Hasseln")
    for week in (1, 2, 3, 4):
        filed(world, site, IN_WEEK - timedelta(weeks=week), 20)
    filed(world, other, CLOSES - timedelta(hours=2))
    found = contents_of(coordinator)
    assert place(found, "Trasten skola").counted.verdict == "fewer"
    assert "files_until" not in unsaid(found)
    Damage.objects.filter(site=other).update(
        occurred_from=CLOSES + timedelta(days=1), occurred_until=CLOSES + timedelta(days=1)
    )
    later = contents_of(coordinator, at=CLOSES + timedelta(days=2))
    assert later.total.verdict == "fewer"


def test_what_was_reported_here_may_be_fewer_though_a_file_ended(
    world: World, coordinator: Member, reporter: Member
) -> None:
    """Where fewer holds without the file's rows it is said; more is said as ever."""
    calm, struck = make_site(world, "Lugna skolan"), make_site(world, "Drabbade skolan")
    filed(world, calm, IN_WEEK - timedelta(weeks=3), 2)
    filed(world, struck, IN_WEEK - timedelta(weeks=3), 2)
    for week in (1, 2, 3, 4):
        for _ in range(6):
            make_observation(reporter, calm, at=IN_WEEK - timedelta(weeks=week))
    for _ in range(9):
        make_observation(reporter, struck, at=IN_WEEK)
    found = contents_of(coordinator)
    assert place(found, "Lugna skolan").counted.verdict == "fewer"
    assert place(found, "Drabbade skolan").counted.verdict == "more"
    assert "files_until" in unsaid(found)


def test_until_when_files_reach_is_said_as_a_day() -> None:
    day = float(date(2026, 11, 13).toordinal())
    assert "2026-11-13" in unsaid_text(Unsaid("files_until", day))
