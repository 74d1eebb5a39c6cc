"""Winter on the roads, and travel times that follow own drives."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import ArrayLike

from narvaro.access.models import Role
from narvaro.core.roads import PROFILES, ROAD_CLASSES, USUAL, Crossings, Roads
from narvaro.core.roads.calibration import Apart, Calibration
from narvaro.directory import roads_now
from narvaro.directory.models import DriveSample, RoadCalibration, RoadCondition, RoadMap
from narvaro.directory.queries import (
    find_calibration,
    find_condition,
    get_calibration,
    have_roads_changed,
)
from narvaro.directory.roads_now import find_roads_now
from narvaro.directory.weights import (
    make_calibration,
    set_road_condition,
    stop_calibration,
    use_calibration,
)
from narvaro.directory.winter import winter_pace
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.make import NIGHT, World, make_closure, make_member, make_viewer, make_world

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)


def seconds(world: World, at: datetime = NIGHT, *, walking: bool = False) -> float:
    """Return the seconds over eight kilometres of the main road."""
    now = find_roads_now(world.tenant.pk, at)
    assert now is not None
    roads = now.walking if walking else now.roads
    return float(roads.travel_s(roads.place(59.01, 18.0), roads.place(59.08, 18.0))[0, 0])


def winter(
    world: World, state: str, hours: float = 0, until: datetime | None = None
) -> RoadCondition | None:
    """Set what lies on the roads, so many hours into the night."""
    return set_road_condition(
        tenant_id=world.tenant.pk, state=state, until_at=until, number="K101", by="member:test",
        at=NIGHT + hours * HOUR,
    )  # fmt: skip


def test_winter_makes_all_roads_slower_at_once_and_ends(street: World) -> None:
    car, foot = seconds(street), seconds(street, walking=True)
    made = winter(street, "snow")
    assert made is not None
    assert (made.set_by, made.since_at) == ("K101", NIGHT)
    assert seconds(street) == pytest.approx(car * 1.2, rel=1e-3)
    assert seconds(street, walking=True) == pytest.approx(foot * 1.2, rel=1e-3)
    winter(street, "ice", 1)
    assert seconds(street, NIGHT + HOUR) == pytest.approx(car * 1.35, rel=1e-3)
    winter(street, "", 2)
    assert seconds(street, NIGHT + 2 * HOUR) == car
    told = Event.objects.filter(kind="road.condition_set").order_by("position")
    assert [json.loads(one.payload or "")["state"] for one in told] == ["snow", "ice", ""]
    assert RoadCondition.objects.filter(ended_at=None).count() == 0


def test_saying_what_holds_already_is_no_event(street: World) -> None:
    first = winter(street, "snow")
    assert winter(street, "snow", 1) == first
    assert winter(street, "", 2) is None
    assert winter(street, "", 3) is None
    assert Event.objects.filter(kind="road.condition_set").count() == 2


def test_winter_ends_at_its_time_and_another_may_follow(street: World) -> None:
    usual = seconds(street)
    winter(street, "snow", until=NIGHT + HOUR)
    assert seconds(street, NIGHT + 0.9 * HOUR) > usual
    assert seconds(street, NIGHT + HOUR) == usual
    assert winter(street, "", 2) is None
    made = winter(street, "ice", 3)
    assert made is not None
    ended = RoadCondition.objects.exclude(pk=made.pk).get()
    assert (ended.ended_at, ended.ended_by) == (NIGHT + HOUR, "")


@pytest.mark.parametrize("hours", [0.0, -1.0, 24 * 8.0])
def test_an_end_that_is_past_or_far_off_is_refused(street: World, hours: float) -> None:
    with pytest.raises(Refused, match="7 days"):
        winter(street, "snow", until=NIGHT + hours * HOUR)


def test_every_class_and_profile_has_its_winter() -> None:
    """Ice is never better than snow; only steps by car or cycle stay as they are: nobody is there."""
    assert winter_pace("", "car") == USUAL
    for profile in PROFILES:
        snow, ice = (np.array(winter_pace(one, profile).running) for one in ("snow", "ice"))
        assert len(snow) == len(ROAD_CLASSES)
        assert (ice >= snow).all()
        assert (snow >= 1).all()
        assert winter_pace("ice", profile).waiting == 1.0


def test_roads_are_made_once_and_a_line_is_looked_for_once(
    street: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in (roads_now._paced, roads_now._cut, roads_now._crossings):
        kept.cache_clear()
    looked: list[object] = []
    real = Roads.crossings

    def look(self: Roads, line: ArrayLike) -> Crossings:
        looked.append(line)
        return real(self, line)

    monkeypatch.setattr(Roads, "crossings", look)
    for number in range(3):
        lat = 59.03 + number / 100
        make_closure(street, (lat, 17.999), (lat, 18.001))
        one, other = (find_roads_now(street.tenant.pk, NIGHT) for _ in range(2))
        assert one is not None
        assert other is not None
        assert one.roads is other.roads
        assert one.walking is other.walking
        assert len(looked) == number + 1
    winter(street, "snow")
    slow = find_roads_now(street.tenant.pk, NIGHT)
    assert slow is not None
    assert slow.uncut is not slow.ground.roads
    assert len(looked) == 3


def make_samples(
    world: World, count: int, factor: float, *, condition: str = "", map_sha256: str = ""
) -> None:
    """Note drives on main roads that took `factor` times what the map says, a day apart, at 12."""
    rng = np.random.default_rng(count)
    sha256 = map_sha256 or RoadMap.objects.get(tenant=world.tenant).sha256
    for number in range(count):
        main = float(rng.uniform(120, 900))
        DriveSample.objects.create(
            tenant=world.tenant, day=date(2026, 8, 1) + timedelta(days=number % 60), hour=12,
            profile="car", parts_s=[0.0, main, 0, 0, 0, 0, 0, 0], told_s=main,
            actual_s=main * factor, condition=condition, map_sha256=sha256,
        )  # fmt: skip


def make(world: World) -> RoadCalibration:
    """Hold the drives against the map."""
    made = make_calibration(tenant_id=world.tenant.pk, at=NOON)
    assert made is not None
    return made


def test_drives_change_times_only_once_a_person_says_so(street: World) -> None:
    make_samples(street, 120, 1.5)
    before = seconds(street, NOON)
    made = make(street)
    assert seconds(street, NOON) == before
    use_calibration(made=made, number="K101", by="member:test", at=NOON)
    use_calibration(made=made, number="K102", by="member:test", at=NOON)
    assert seconds(street, NOON) == pytest.approx(before * 1.5, rel=0.03)
    uncalibrated = find_roads_now(street.tenant.pk, NOON, calibrated=False)
    assert uncalibrated is not None
    assert uncalibrated.roads is uncalibrated.ground.roads
    winter(street, "snow")
    assert seconds(street, NOON) == pytest.approx(before * 1.5 * 1.2, rel=0.03)
    stop_calibration(tenant_id=street.tenant.pk, number="K101", by="member:test", at=NOON)
    stop_calibration(tenant_id=street.tenant.pk, number="K101", by="member:test", at=NOON)
    assert seconds(street, NOON) == pytest.approx(before * 1.2, rel=1e-3)
    told = Event.objects.filter(kind="road.times_chosen").order_by("position")
    assert [json.loads(one.payload or "")["used"] for one in told] == [True, False]


def test_the_hour_of_the_day_counts_where_the_tenant_lives(street: World) -> None:
    """Drives at 12 local time say little of the night, beside what they say of the road."""
    make_samples(street, 120, 1.5)
    use_calibration(made=make(street), number="K101", by="member:test", at=NOON - 24 * HOUR)
    night = NOON.replace(hour=1)
    assert seconds(street, NOON) > 1.1 * seconds(street, night)


def test_too_few_drives_or_another_map_are_refused(street: World) -> None:
    make_samples(street, 20, 1.5)
    few = make(street)
    with pytest.raises(Refused, match="too few"):
        use_calibration(made=few, number="K101", by="member:test", at=NOON)
    make_samples(street, 80, 1.5)
    enough = make(street)
    assert not RoadCalibration.objects.filter(pk=few.pk).exists()
    RoadCalibration.objects.update(map_sha256="0" * 64)
    with pytest.raises(Refused, match="another map"):
        use_calibration(made=enough, number="K101", by="member:test", at=NOON)


def test_factors_of_another_map_are_not_used(street: World) -> None:
    make_samples(street, 120, 1.5)
    before = seconds(street, NOON)
    use_calibration(made=make(street), number="K101", by="member:test", at=NOON)
    RoadCalibration.objects.update(map_sha256="0" * 64)
    assert seconds(street, NOON) == before


def test_winter_drives_move_no_factor_of_bare_roads_and_are_judged_apart(street: World) -> None:
    """35 in 100 drives in a winter whose factor is far too long; 9 on ice are too few to tell."""
    make_samples(street, 130, 1.0)
    bare = make(street).found
    make_samples(street, 70, 0.7, condition="snow")
    make_samples(street, 9, 0.7, condition="ice")
    made = make(street)
    assert made.found == bare
    assert Calibration.from_plain(made.found["car"]).pace(12).running[1] == pytest.approx(1.0)
    snow, ice = (Apart.from_plain(made.winter["car"][one]) for one in ("snow", "ice"))
    assert snow.before.drives == 70
    assert snow.before.signed_s is not None
    assert snow.before.signed_s > 100
    assert snow.after is not None
    assert snow.after.signed_s == pytest.approx(snow.before.signed_s, rel=0.01)
    assert (ice.before.drives, ice.before.median_s) == (9, None)


def test_winter_drives_alone_have_errors_and_no_factors(street: World) -> None:
    make_samples(street, 80, 1.2, condition="ice")
    made = make(street)
    assert Calibration.from_plain(made.found["car"]).by_class == ()
    ice = Apart.from_plain(made.winter["car"]["ice"])
    assert (ice.before.drives, ice.after) == (80, None)
    assert ice.before.signed_s is not None
    assert ice.before.signed_s < -20
    with pytest.raises(Refused, match="too few"):
        use_calibration(made=made, number="K101", by="member:test", at=NOON)


def test_drives_of_another_map_do_not_count(street: World) -> None:
    make_samples(street, 120, 2.0, map_sha256="0" * 64)
    made = make(street)
    assert (made.found, made.winter, made.told["overall"]["drives"]) == ({}, {}, 0)
    make_samples(street, 60, 1.0)
    made = make(street)
    found = Calibration.from_plain(made.found["car"])
    assert (found.drives, made.told["overall"]["drives"]) == (60, 60)
    assert found.pace(12).running[1] == pytest.approx(1.0)


def test_one_is_used_at_a_time_and_drives_are_dropped_after_a_year(street: World) -> None:
    make_samples(street, 120, 1.5)
    first = make(street)
    use_calibration(made=first, number="K101", by="member:test", at=NOON)
    second = make(street)
    use_calibration(made=second, number="K101", by="member:test", at=NOON + HOUR)
    first.refresh_from_db()
    assert first.ended_at == NOON + HOUR
    DriveSample.objects.create(
        tenant=street.tenant, day=NOON.date() - timedelta(days=366), hour=1, profile="car",
        told_s=60.0, actual_s=70.0, map_sha256=first.map_sha256,
    )  # fmt: skip
    third = make(street)
    assert Calibration.from_plain(third.found["car"]).drives == 120
    assert third.told["overall"]["drives"] == 120
    assert DriveSample.objects.count() == 120


def test_without_a_map_nothing_is_held_against_it(world: World) -> None:
    assert make_calibration(tenant_id=world.tenant.pk, at=NOON) is None


def test_a_ranking_from_before_the_snow_is_made_again(street: World) -> None:
    viewer = make_viewer(make_member(street, Role.DISPATCHER))
    assert not have_roads_changed(viewer, since=NIGHT, at=NIGHT + HOUR)
    winter(street, "snow")
    assert have_roads_changed(viewer, since=NIGHT, at=NIGHT + HOUR)
    assert not have_roads_changed(viewer, since=NIGHT + HOUR, at=NIGHT + 2 * HOUR)
    make_samples(street, 60, 1.5)
    use_calibration(made=make(street), number="K101", by="member:test", at=NIGHT + 3 * HOUR)
    assert have_roads_changed(viewer, since=NIGHT + 2 * HOUR, at=NIGHT + 4 * HOUR)


def test_another_tenants_winter_and_drives_are_not_seen(street: World) -> None:
    winter(street, "snow")
    made = make(street)
    own = make_viewer(make_member(street, Role.DISPATCHER))
    other = make_viewer(make_member(make_world("Grannköping"), Role.DISPATCHER))
    assert find_condition(own, NIGHT) is not None
    assert find_condition(other, NIGHT) is None
    assert find_calibration(own) == get_calibration(own, made.pk) == made
    assert find_calibration(own, used=True) is None
    assert find_calibration(other) is None
    with pytest.raises(Missing):
        get_calibration(other, made.pk)
