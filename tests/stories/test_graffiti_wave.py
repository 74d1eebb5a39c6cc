"""Story 3: youths gather, graffiti follows at three schools in nine days. Times are the story's."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from narvaro.access.models import Member, Role
from narvaro.directory.models import Site
from narvaro.situation.models import AgeBand, Category, Count, Damage, KnownBy
from narvaro.situation.queries import (
    DamageFilter,
    damage_sums,
    get_damage,
    list_observations,
    list_waves,
    list_words_to_settle,
)
from narvaro.situation.report_facts import DamageChange, DamageFacts, ObservationFacts, Where
from narvaro.situation.reports import (
    change_damage,
    report_damage,
    report_observation,
    settle_words,
)
from narvaro.spine.clock import Hands
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Event
from tests.make import World, make_area, make_damage, make_member, make_site, make_viewer

NICKNAME = 'Klotter 3 x 2 m på gaveln. Vittne säger att "Loppan" gjorde det, kallad Loppan.'
DAY_1 = date(2026, 10, 2)  # a Friday


def local(day: int, clock: str) -> datetime:
    """Return a time of a day of the story, Stockholm time, in UTC."""
    moment = datetime.combine(DAY_1 + timedelta(days=day - 1), time.fromisoformat(clock))
    return moment.replace(tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)


def tag(member: Member, site: Site, day: int, text: str = "", *, offensive: bool = False) -> Damage:
    """Let somebody find graffiti in the morning that was not there the evening before."""
    facts = DamageFacts(
        kind=Damage.Kind.GRAFFITI, where=Where(site=site), occurred_from=local(day - 1, "17:00"),
        occurred_until=local(day, "07:00"), discovered_at=local(day, "07:00"),
        part="Gaveln mot skolgården", offensive=offensive, text=text,
    )  # fmt: skip
    return report_damage(damage_id=uuid7(), facts=facts, member=member, at=local(day, "07:10"))


def gathering(member: Member, where: Where, day: int, text: str) -> None:
    """Let somebody report young people on a square, as a count and an age band."""
    facts = ObservationFacts(
        category=Category.YOUTH_GATHERING, known_by=KnownBy.SEEN, where=where,
        occurred_from=local(day, "20:00"), occurred_until=local(day, "23:59"), severity=1,
        count=Count.MANY, age_band=AgeBand.YOUTH, text=text,
    )  # fmt: skip
    report_observation(
        observation_id=uuid7(), facts=facts, member=member, at=local(day + 1, "09:00")
    )


def ordinary_year(world: World, guard: Member, schools: list[Site]) -> None:
    """Give the schools a year with a few damages, as the wave's measure."""
    for months in range(1, 12):
        at = local(1, "08:00") - timedelta(days=30 * months)
        make_damage(guard, Where(site=schools[months % 3]), at=at)


def test_the_graffiti_wave(world: World, hands: Hands) -> None:  # noqa: PLR0915 - a story
    """Nine days, from the first talk on the square to the card that the coordinator sees."""
    field_worker = make_member(world, Role.REPORTER, world.municipality)
    leisure_centre = make_member(world, Role.REPORTER, world.municipality)
    guard, leader = make_member(world), make_member(world, Role.SHIFT_LEADER)
    coordinator = make_member(world, Role.COORDINATOR)
    manager = make_member(world, Role.PROPERTY_MANAGER, world.municipality)
    buyer = make_viewer(coordinator)
    schools = [make_site(world, name) for name in ("Skola A", "Skola B", "Skola C")]
    square = make_area(world, "Hovsjö torg")
    ordinary_year(world, guard, schools)

    gathering(field_worker, Where(area=square), 1, "Omkring 30–40 ungdomar, lugn stämning.")
    gathering(leisure_centre, Where(area=square), 2, "Många på väg från fritidsgården.")
    seen = list_observations(buyer, local(1, "00:00"))
    assert {one.count for one in seen} == {"over_10"}
    assert all(one.text for one in seen)  # nothing doubtful: it is there for the meeting

    first = tag(guard, schools[0], 3, offensive=True)
    second = tag(guard, schools[0], 3)
    assert list_waves(buyer, local(3, "12:00")) == []
    assert first.removal_due_at == local(4, "07:10")
    assert second.removal_due_at == local(5, "07:10")

    third = tag(guard, schools[1], 5, NICKNAME)
    assert third.by_patrol
    assert {one["code"] for one in third.marks} == {"nickname"}
    assert get_damage(buyer, third.pk).text == ""
    assert get_damage(make_viewer(manager), third.pk).text == ""
    (waiting,) = list_words_to_settle(make_viewer(leader))
    assert waiting.due_at == local(6, "07:10")
    settle_words(
        row=waiting.row, text="Klotter 3 x 2 m på gaveln.", leads=True, member=leader,
        at=local(5, "14:00"),
    )  # fmt: skip
    assert get_damage(buyer, third.pk).text == "Klotter 3 x 2 m på gaveln."
    assert get_damage(make_viewer(manager), third.pk).text == "Klotter 3 x 2 m på gaveln."
    told = "".join(one or "" for one in Event.objects.values_list("payload", flat=True))
    assert "Loppan" not in told

    change_damage(
        damage=second, change=DamageChange(state=Damage.State.RESTORED), member=manager,
        at=local(4, "15:00"),
    )  # fmt: skip
    assert Damage.objects.get(pk=second.pk).removal_due_at is None

    tag(guard, schools[2], 7)
    (wave,) = list_waves(buyer, local(7, "12:00"))
    assert (wave.group, wave.count) == ("school", 4)
    assert wave.places == ("Skola A", "Skola B", "Skola C")
    assert 0.1 < wave.expected < 0.4
    assert wave.chance < 0.001
    week = DamageFilter(since=local(1, "00:00"))
    assert damage_sums(buyer, week).all.count == 4
    assert list_waves(make_viewer(leader), local(7, "12:00")) == [wave]  # its own guards found it
    assert list_waves(make_viewer(field_worker), local(7, "12:00")) == []


def test_the_same_week_at_schools_that_are_tagged_every_other_day_is_no_wave(
    world: World, hands: Hands
) -> None:
    """What is usual somewhere is no news, however sad."""
    guard, school = make_member(world), make_site(world, "Skola A")
    for days in range(2, 350, 2):
        make_damage(guard, Where(site=school), at=local(7, "08:00") - timedelta(days=days))
    buyer = make_viewer(make_member(world, Role.COORDINATOR))
    assert list_waves(buyer, local(7, "12:00")) == []
