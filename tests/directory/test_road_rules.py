"""Tags of OpenStreetMap and what a car makes of them."""

import pytest

from narvaro.core.roads import BACKWARD, FORWARD, PROFILES, ROAD_CLASSES
from narvaro.directory import road_rules

BOTH = FORWARD | BACKWARD


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "motorway_link"}, True),
        ({"highway": "service", "service": "driveway"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "private", "motor_vehicle": "yes"}, True),
        ({"highway": "residential", "access": "yes", "motorcar": "no"}, False),
        ({"highway": "residential", "motor_vehicle": "destination"}, True),
        ({"highway": "unclassified", "motor_vehicle": "agricultural"}, False),
        ({"highway": "service", "access": "customers"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "cycleway", "motor_vehicle": "yes"}, False),
        ({"highway": "pedestrian"}, False),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, True),
        ({"highway": "track"}, False),
        ({"highway": "track", "motor_vehicle": "yes"}, True),
        ({"highway": "busway", "access": "no"}, False),
        ({"highway": "construction"}, False),
        ({"highway": "residential", "area": "yes"}, False),
        ({"route": "ferry"}, False),
    ],
)
def test_where_cars_may_drive(tags: dict[str, str], drivable: bool) -> None:
    assert road_rules.is_drivable(tags) is drivable


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, BOTH),
        ({"oneway": "yes"}, FORWARD),
        ({"oneway": "1"}, FORWARD),
        ({"oneway": "-1"}, BACKWARD),
        ({"oneway": "reverse"}, BACKWARD),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "alternating"}, BOTH),
        ({"oneway": "reversible"}, 0),
        ({"junction": "roundabout"}, FORWARD),
        ({"junction": "roundabout", "oneway": "-1"}, BACKWARD),
        ({"junction": "circular"}, FORWARD),
        ({"highway": "motorway"}, FORWARD),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, BOTH),
    ],
)
def test_in_which_direction(tags: dict[str, str], ways: int) -> None:
    assert road_rules.directions({"highway": "residential"} | tags) == ways


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), ("50 km/h", 50), ("30 mph", 48.28032), ("30mph", 48.28032), ("7.5", 7.5),
        ("SE:urban", 50), ("SE:rural", 70), ("NO:rural", 80), ("DE:zone:30", 30), ("DE:zone30", 30),
        ("walk", 7), ("SE:walk", 7), ("none", 120), ("70;50", 50), ("signals", 40), ("variable", 40),
        ("", 40), ("0", 40), ("fast", 40), ("-30", 40),
    ],
)  # fmt: skip
def test_signed_limits(text: str, kmh: float) -> None:
    assert road_rules.signed_kmh(text, 40) == pytest.approx(kmh)


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"highway": "residential"}, 40),
        ({"highway": "residential", "maxspeed": "30"}, 30),
        ({"highway": "residential", "maxspeed:forward": "50", "maxspeed:backward": "30"}, 30),
        ({"highway": "service"}, 20),
        ({"highway": "service", "service": "parking_aisle"}, 10),
        ({"highway": "service", "maxspeed": "70"}, 30),
        ({"highway": "living_street", "maxspeed": "SE:living_street"}, 10),
        ({"highway": "track", "motor_vehicle": "yes"}, 20),
        ({"highway": "residential", "maxspeed": "1"}, 5),
        ({"highway": "motorway", "maxspeed": "110"}, 110),
    ],
)
def test_how_fast(tags: dict[str, str], kmh: float) -> None:
    assert road_rules.speed_ms(tags) * 3.6 == pytest.approx(kmh)


@pytest.mark.parametrize(
    ("tags", "passable"),
    [
        ({"barrier": "bollard"}, False),
        ({"barrier": "rising_bollard", "motor_vehicle": "permit"}, True),
        ({"barrier": "block"}, False),
        ({"barrier": "cycle_barrier"}, False),
        ({"barrier": "bus_trap"}, False),
        ({"barrier": "gate"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "gate", "locked": "yes"}, False),
        ({"barrier": "lift_gate"}, True),
        ({"barrier": "cattle_grid"}, True),
        ({"barrier": "kerb"}, True),
        ({"barrier": "toll_booth"}, True),
        ({"highway": "crossing"}, True),
    ],
)
def test_what_stops_a_car(tags: dict[str, str], passable: bool) -> None:
    assert road_rules.is_passable(tags) is passable


@pytest.mark.parametrize(
    ("tags", "sign", "facing"),
    [
        ({"highway": "traffic_signals"}, "signals", 3),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, "signals", 1),
        ({"highway": "traffic_signals", "direction": "backward"}, "signals", 2),
        ({"highway": "stop", "direction": "forward"}, "stop", 1),
        ({"highway": "stop", "stop": "all"}, "stop", 3),
        ({"highway": "give_way", "direction": "north"}, "give_way", 3),
        ({"highway": "crossing", "crossing": "traffic_signals"}, "signalled_crossing", 3),
        ({"highway": "crossing", "crossing:signals": "yes"}, "signalled_crossing", 3),
        ({"highway": "crossing", "crossing": "zebra"}, "", 0),
        ({"barrier": "gate"}, "", 0),
    ],
)
def test_what_one_waits_at(tags: dict[str, str], sign: str, facing: int) -> None:
    assert road_rules.sign_at(tags) == (sign, facing)
    assert sign in road_rules.SIGNS


@pytest.mark.parametrize(
    ("tags", "rank", "road_class"),
    [
        ({"highway": "motorway"}, 6, "fast"),
        ({"highway": "secondary_link"}, 3, "main"),
        ({"highway": "tertiary"}, 2, "collector"),
        ({"highway": "residential", "junction": "roundabout"}, road_rules.ROUNDABOUT, "local"),
        ({"highway": "service"}, 0, "service"),
        ({"highway": "footway"}, road_rules.NO_RANK, "path"),
        ({"highway": "residential", "access": "no"}, road_rules.NO_RANK, "local"),
        ({"highway": "steps"}, road_rules.NO_RANK, "steps"),
    ],
)
def test_which_road_is_larger_and_of_what_class(
    tags: dict[str, str], rank: int, road_class: str
) -> None:
    assert road_rules.rank(tags) == rank
    assert ROAD_CLASSES[road_rules.road_class(tags)] == road_class


def test_every_road_has_a_rank_and_every_sign_a_time_for_each_profile() -> None:
    drivable = road_rules.CLASS_KMH.keys() | road_rules.BY_PERMISSION_KMH.keys()
    assert drivable == road_rules.RANK.keys()
    assert not any(road_rules.WAIT_S[""])
    waits: list[tuple[float, ...]] = list(road_rules.WAIT_S.values())
    assert {len(one) for one in waits} == {len(PROFILES)}
    assert all(min(one) >= 0 for one in waits)
