"""The first report: what a year of files says, and what it cannot say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Site
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.first_report import FirstReport, get_first_report
from narvaro.situation.models import Case, Damage, Incident, Presence
from narvaro.spine.refusal import Missing
from tests.make import World, make_contract, make_member, make_site, make_viewer

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAST = datetime(2026, 11, 20, 1, tzinfo=UTC)


def add_alarm(
    world: World,
    site: Site,
    minutes: dict[str, float],
    *,
    cause: str = "unwarranted",
    ago: int = 0,
) -> Case:
    """Make an alarm of a file; `minutes` holds who says, how long after it, somebody came."""
    at = LAST - timedelta(days=ago)
    case = Case.objects.create(
        tenant=world.tenant, number=world.next_serial(), kind="intruder", state="closed", born="file",
        priority=2, site=site, place="x", received_at=at, last_signal_at=at, cause=cause,
    )  # fmt: skip
    if minutes:
        response = Response.objects.create(
            tenant=world.tenant, case=case, organisation=world.company, batch=world.batch,
            state="left", accepted_at=at,
        )  # fmt: skip
        TimePoint.objects.create(response=response, point="received", at=at, source="centre")
        for source, after in minutes.items():
            TimePoint.objects.create(
                response=response, point="on_scene", at=at + timedelta(minutes=after), source=source
            )
    return case


@pytest.fixture
def coordinator(world: World) -> Viewer:
    """Return who reads the report."""
    return make_viewer(make_member(world, Role.COORDINATOR, competences=()))


def report_of(viewer: Viewer) -> FirstReport:
    """Return the report as it is read now."""
    return get_first_report(viewer, NOW)


def test_an_empty_house_says_that_it_knows_nothing(coordinator: Viewer) -> None:
    """No number is made up."""
    report = report_of(coordinator)
    assert (report.sites, report.term_lines, report.hours) == ((), (), ())
    said = ("no_alarms", "no_damage", "no_incidents", "no_price", "no_visits")
    assert dict(report.cannot_say) == dict.fromkeys(said, 1)


def test_unwarranted_alarms_cost_what_the_contract_says(world: World, coordinator: Viewer) -> None:
    """Only those to which somebody was sent; no price, no cost."""
    site = make_site(world)
    add_alarm(world, site, {"centre": 9})
    add_alarm(world, site, {"centre": 12}, cause="technical", ago=1)
    add_alarm(world, site, {}, ago=2)
    add_alarm(world, site, {"centre": 8}, cause="real", ago=3)
    (line,) = report_of(coordinator).sites
    assert (line.alarms, line.unwarranted, line.responses_to_unwarranted) == (4, 3, 2)
    assert line.unwarranted_cost_sek is None
    make_contract(world)
    (line,) = report_of(coordinator).sites
    assert line.unwarranted_cost_sek == 2 * Decimal(640)


def test_the_contracts_clock_takes_the_best_proof(world: World, coordinator: Viewer) -> None:
    """The centre's word goes before the supplier's, and the report says whose it was."""
    make_contract(world)
    site = make_site(world)
    add_alarm(world, site, {"centre": 25, "stated": 15})
    add_alarm(world, site, {"stated": 12}, ago=1)
    add_alarm(world, site, {"position": 5, "stated": 9}, ago=2)
    report = report_of(coordinator)
    (line,) = report.term_lines
    assert (line.measured, line.within, line.p50_s) == (3, 2, 12 * 60)
    assert dict(line.sources) == {"centre": 1, "stated": 1, "position": 1}
    assert dict(report.cannot_say)["stated_only"] == 1


def test_two_tellers_are_compared(world: World, coordinator: Viewer) -> None:
    """More than five minutes apart is said; so is what only one of them tells."""
    site = make_site(world)
    add_alarm(world, site, {"centre": 10, "stated": 11})
    add_alarm(world, site, {"centre": 30, "stated": 14}, ago=1)
    add_alarm(world, site, {"stated": 8}, ago=2)
    found = report_of(coordinator).disagreement
    assert (found.both, found.differ, found.median_s, found.only_supplier) == (2, 1, 960, 1)


def test_damage_counts_its_final_cost_else_its_estimate(world: World, coordinator: Viewer) -> None:
    """And says how much of it is only estimated, or not known at all."""
    site = make_site(world)
    span = {"occurred_from": LAST, "occurred_until": LAST, "reported_at": LAST}
    for final, estimate in ((900, 500), (None, 400), (None, None)):
        Damage.objects.create(
            tenant=world.tenant,
            site=site,
            kind="glass",
            final_sek=final,
            estimate_sek=estimate,
            **span,
        )
    Damage.objects.create(tenant=world.tenant, kind="glass", final_sek=70, **span)
    report = report_of(coordinator)
    assert (report.sites[0].damages, report.sites[0].damage_sek) == (3, Decimal(1300))
    assert report.damage_by_kind == (("glass", 4, Decimal(1370)),)
    said = dict(report.cannot_say)
    assert (said["damage_estimated"], said["damage_without_cost"]) == (1, 1)
    assert said["damage_without_site"] == 1


def test_what_is_hidden_or_older_is_not_in_it(world: World, coordinator: Viewer) -> None:
    """A file on its way in shows nothing; the year ends with the last thing known."""
    site = make_site(world)
    add_alarm(world, site, {})
    add_alarm(world, site, {}, ago=400)
    world.batch.published_at = None
    hidden = type(world.batch).objects.create(
        tenant=world.tenant, kind="incidents", file_name="x", sha256="", started_at=NOW
    )
    Incident.objects.create(
        tenant=world.tenant, site=site, category="graffiti", batch=hidden, occurred_from=LAST,
        occurred_until=LAST, reported_at=LAST,
    )  # fmt: skip
    report = report_of(coordinator)
    assert (report.sites[0].alarms, report.incidents) == (1, 0)
    assert report.ends == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_visits_stand_beside_harm(world: World, coordinator: Viewer) -> None:
    """Hours on the place, whatever their proof."""
    site = make_site(world)
    add_alarm(world, site, {})
    Presence.objects.create(
        tenant=world.tenant, organisation=world.company, site=site, starts_at=LAST,
        ends_at=LAST + timedelta(minutes=90), grade="stated",
    )  # fmt: skip
    (line,) = report_of(coordinator).sites
    assert (line.visits, line.visit_hours) == (1, 1.5)


@pytest.mark.parametrize("role", [Role.GUARD, Role.SHIFT_LEADER, Role.DISPATCHER])
def test_nobody_else_reads_it(world: World, role: Role) -> None:
    """It is the buyer's."""
    with pytest.raises(Missing):
        get_first_report(make_viewer(make_member(world, role)), NOW)


def test_a_stay_that_is_stated_and_proven_is_one_stay(world: World, coordinator: Viewer) -> None:
    """The better proof stands for both."""
    site = make_site(world)
    for grade, minutes in (("stated", 90), ("position", 80)):
        Presence.objects.create(
            tenant=world.tenant, organisation=world.company, site=site, starts_at=LAST,
            ends_at=LAST + timedelta(minutes=minutes), grade=grade,
        )  # fmt: skip
    (line,) = report_of(coordinator).sites
    assert (line.visits, round(line.visit_hours * 60)) == (1, 80)


def test_a_contract_of_another_year_prices_nothing(world: World, coordinator: Viewer) -> None:
    """A response costs what was agreed on its day."""
    add_alarm(world, make_site(world), {"centre": 9})
    contract = make_contract(world)
    contract.options.all().delete()
    contract.starts_on = LAST.date() + timedelta(days=60)
    contract.ends_on = contract.starts_on + timedelta(days=365)
    contract.save()
    report = report_of(coordinator)
    assert (report.prices_each_sek, report.sites[0].unwarranted_cost_sek) == ((), None)


def test_a_list_of_old_damage_alone_is_reported(world: World, coordinator: Viewer) -> None:
    """The year ends with the last thing known, whatever kind it is."""
    old = NOW - timedelta(days=500)
    Damage.objects.create(
        tenant=world.tenant, site=make_site(world), kind="glass", final_sek=5, occurred_from=old,
        occurred_until=old, reported_at=old,
    )  # fmt: skip
    report = report_of(coordinator)
    assert report.sites[0].damages == 1
    assert "no_damage" not in dict(report.cannot_say)
