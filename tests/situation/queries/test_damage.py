"""Damage as each sees it, and what it costs by site, month and kind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from narvaro.access.models import Member
from narvaro.situation.models import Damage
from narvaro.situation.queries import (
    DamageFilter,
    damage_sums,
    damages_seen_by,
    get_damage,
    list_damages,
    list_own_reports,
)
from narvaro.situation.report_facts import DamageChange, Where
from narvaro.situation.reports import change_damage
from narvaro.spine.refusal import Missing
from tests.make import NIGHT, World, make_damage, make_member, make_site, make_viewer

HOUR = timedelta(hours=1)
DOUBTFUL = "En kille från Ronna sprang mot torget."


def test_each_sees_his_damage_his_companys_or_all(
    world: World, guard: Member, leader: Member, coordinator: Member
) -> None:
    colleague = make_member(world)
    mine = make_damage(guard, Where(place="A"), text=DOUBTFUL)
    theirs = make_damage(colleague, Where(place="B"))
    own = make_damage(coordinator, Where(place="C"))
    seen = {
        who: set(damages_seen_by(make_viewer(who)).values_list("pk", flat=True))
        for who in (guard, leader, coordinator)
    }
    assert seen[guard] == {mine.pk}
    assert seen[leader] == {mine.pk, theirs.pk}
    assert seen[coordinator] == {mine.pk, theirs.pk, own.pk}
    assert get_damage(make_viewer(coordinator), mine.pk).text == ""
    assert get_damage(make_viewer(leader), mine.pk).text == DOUBTFUL
    with pytest.raises(Missing):
        get_damage(make_viewer(colleague), mine.pk)
    assert [one.pk for one in list_own_reports(make_viewer(guard))] == [mine.pk]


def test_sums_take_the_final_cost_or_else_the_estimate(
    world: World, guard: Member, coordinator: Member
) -> None:
    """By site, by local month of the beginning, by kind; what has no cost is counted, not guessed."""
    school, hall = make_site(world, "Trasten skola"), make_site(world, "Sporthallen")
    first = make_damage(guard, Where(site=school), estimate=1000)
    make_damage(guard, Where(site=school), kind=Damage.Kind.GLASS)
    # 23:30 UTC on 31 October is November in Stockholm
    turn = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    make_damage(guard, Where(site=hall), at=turn, hours=0, estimate=500)
    change_damage(
        damage=first, change=DamageChange(final_sek=Decimal("812.50")), member=coordinator, at=NIGHT
    )
    viewer = make_viewer(coordinator)
    sums = damage_sums(viewer, DamageFilter())
    assert (sums.all.count, sums.all.cost_sek, sums.all.unknown) == (3, Decimal("1312.50"), 1)
    assert [(one.key, one.cost_sek, one.unknown) for one in sums.by_site] == [
        ("Trasten skola", Decimal("812.50"), 1), ("Sporthallen", Decimal(500), 0),
    ]  # fmt: skip
    assert [(one.key, one.count) for one in sums.by_month] == [("2026-11", 3)]
    assert [one.key for one in sums.by_kind] == ["graffiti", "glass"]
    chosen = DamageFilter(site_id=school.pk, kind="glass", state="reported", since=NIGHT - 2 * HOUR)
    assert damage_sums(viewer, chosen).all.count == 1
    assert [one.kind for one in list_damages(viewer, chosen, 10)] == ["glass"]
    none = damage_sums(viewer, DamageFilter(until=turn))
    assert (none.all.count, none.all.cost_sek) == (0, Decimal(0))
