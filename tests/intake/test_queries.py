"""What is asked of the intake: how journals stand, which paths are silent, when sites were out of reach."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narvaro.access.models import OrganisationKind, Role
from narvaro.directory.models import TransmissionPath, Transmitter
from narvaro.intake.actions import move_place
from narvaro.intake.journal import Journal
from narvaro.intake.models import Outage, PathState
from narvaro.intake.queries import (
    count_all_paths,
    count_paths,
    list_receivers,
    list_silent_paths,
    list_unavailable,
    read_receivers,
)
from narvaro.intake.records import Record, now_us
from narvaro.spine.clock import Hands
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_member, make_site, make_transmitter, make_viewer

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def put_out(path: TransmissionPath, begin: datetime, until: datetime | None) -> None:
    """Let a path have been lost from one time until another."""
    Outage.objects.create(
        tenant_id=path.tenant_id, path=path, began_at=begin, flagged_at=begin, ended_at=until
    )


def make_paths(world: World, name: str, *carriers: str) -> list[TransmissionPath]:
    """Make a site whose transmitter has a supervised path for each carrier."""
    panel = make_transmitter(make_site(world, name))
    TransmissionPath.objects.filter(transmitter=panel).delete()
    return [
        TransmissionPath.objects.create(
            tenant=world.tenant, transmitter=panel, name=f"p{number}", category="DP3",
            carrier=carrier,
        )
        for number, carrier in enumerate(carriers)
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_journal_behind_its_place_says_for_how_long(tmp_path: Path, hands: Hands) -> None:
    """The age of the oldest record that waits; none where everything is promoted."""
    file = tmp_path / "intake.db"
    assert read_receivers({"main": file})[0].listening_since is None
    journal = Journal(file, "main")
    stored = [
        journal.append(Record("main", now_us() - ago * 1_000_000, "signal", "test", "[]")).result(5)
        for ago in (9, 3)
    ]
    journal.close()
    [seen] = read_receivers({"main": file})
    assert (seen.last_id, round(seen.lag_s), seen.fault) == (stored[-1], 9, "")
    assert seen.listening_since is not None
    move_place(receiver_id="main", record_id=stored[0])
    assert round(read_receivers({"main": file})[0].lag_s) == 3
    move_place(receiver_id="main", record_id=stored[1])
    assert read_receivers({"main": file})[0].lag_s == 0


@pytest.mark.django_db
def test_a_journal_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "intake.db").write_bytes(b"no journal at all" * 100)
    [seen] = read_receivers({"main": tmp_path / "intake.db"})
    assert "cannot be read" in seen.fault


def test_paths_are_counted_and_the_longest_silent_stands_first(world: World) -> None:
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    paths = make_paths(world, "Trasten skola", "Fiber AB", "Mobil AB", "", "")
    states = (PathState.State.LOST, PathState.State.LATE, PathState.State.OK)
    for number, (path, state) in enumerate(zip(paths, states, strict=False)):
        heard_at = NIGHT + number * HOUR
        PathState.objects.create(path=path, state=state, since=heard_at, heard_at=heard_at)
    expected = {"ok": 1, "late": 1, "lost": 1, "unheard": 1}
    assert count_paths(viewer) == count_all_paths() == expected
    assert [one.path.carrier for one in list_silent_paths(viewer)] == ["Fiber AB", "Mobil AB"]


def test_a_site_is_out_of_reach_while_all_paths_of_a_transmitter_are(
    world: World, hands: Hands
) -> None:
    """One of two is a loss, not an outage of the site; two transmitters' times are not summed twice."""
    viewer = make_viewer(make_member(world, Role.CONTRACT_MANAGER, world.municipality))
    first, second = make_paths(world, "Trasten skola", "a", "b")
    put_out(first, MONTH, MONTH + 3 * HOUR)
    put_out(second, MONTH + 2 * HOUR, MONTH + 4 * HOUR)
    other = Transmitter.objects.create(
        tenant=world.tenant, site=first.transmitter.site, account="B1"
    )
    lone = TransmissionPath.objects.create(
        tenant=world.tenant, transmitter=other, category="SP4", name=""
    )
    put_out(lone, MONTH + 2.5 * HOUR, MONTH + 3.5 * HOUR)
    [row] = list_unavailable(viewer, MONTH, hands.now())
    assert (row.site, row.seconds, row.losses) == ("Trasten skola", 1.5 * 3600, 3)


def test_a_month_holds_only_its_own_part_and_what_lasts_counts_until_now(
    world: World, hands: Hands
) -> None:
    viewer = make_viewer(make_member(world, Role.DISPATCHER))
    [before] = make_paths(world, "Ugglans skola", "a")
    put_out(before, MONTH - 2 * HOUR, MONTH + HOUR)
    [lasting] = make_paths(world, "Hasselns skola", "a")
    put_out(lasting, NIGHT - 2 * HOUR, None)
    rows = list_unavailable(viewer, MONTH, NIGHT + 24 * HOUR)
    assert [(one.site, one.seconds) for one in rows] == [
        ("Hasselns skola", 7200.0), ("Ugglans skola", 3600.0),
    ]  # fmt: skip
    last = list_unavailable(viewer, MONTH - timedelta(days=30), MONTH)
    assert [(one.site, one.seconds) for one in last] == [("Ugglans skola", 7200.0)]


def test_sites_stay_with_who_may_see_them(world: World, tmp_path: Path, hands: Hands) -> None:
    """The supplier's office learns how the system is, not which site is out of reach."""
    [path] = make_paths(world, "Trasten skola", "a")
    put_out(path, NIGHT - HOUR, None)
    PathState.objects.create(path=path, state="lost", since=NIGHT, heard_at=NIGHT)
    office = make_viewer(make_member(world, Role.CONTRACT_MANAGER, world.company))
    assert office.organisation_kind == OrganisationKind.GUARDING_COMPANY
    assert count_paths(office)["lost"] == 1
    assert list_silent_paths(office) == []
    assert list_unavailable(office, MONTH, NIGHT) == []
    guard = make_viewer(make_member(world, Role.GUARD))
    for asked in (
        lambda: count_paths(guard),
        lambda: list_receivers(guard, {}),
        lambda: list_silent_paths(guard),
        lambda: list_unavailable(guard, MONTH, NIGHT),
    ):
        with pytest.raises(Missing):
            asked()
