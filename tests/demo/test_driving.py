"""Driving: along the roads, at their speed, the right way down one-way streets."""

import pytest

from narvaro.demo.driving import PACE, Roads, free_trapped, where
from narvaro.demo.frame import Frame
from narvaro.demo.network import Network, Way

FRAME = Frame(58.6, 19.5)


def _square(*, oneway: bool) -> Network:
    """A kilometre of fast road straight on, and a detour over two slow sides."""
    network = Network([(0.0, 0.0), (1000.0, 0.0), (500.0, 400.0)])
    network.ways = [
        Way([1, 0] if oneway else [0, 1], "secondary", maxspeed=60, oneway=oneway),
        Way([0, 2, 1], "residential", maxspeed=30),
    ]
    return network


def test_the_quickest_way_is_driven_at_the_roads_speed() -> None:
    """A kilometre at 60 km/h and a town's pace."""
    track = Roads(FRAME, _square(oneway=False)).track(FRAME.degrees(0, 0), FRAME.degrees(1000, 0))
    assert track[-1].after_s == pytest.approx(1000 / (PACE * 60 / 3.6))
    assert (track[0].bearing, track[0].speed_ms) == pytest.approx((90, PACE * 60 / 3.6))


def test_one_way_streets_are_not_driven_against() -> None:
    """The detour is taken instead."""
    track = Roads(FRAME, _square(oneway=True)).track(FRAME.degrees(0, 0), FRAME.degrees(1000, 0))
    assert len(track) == 3


def test_where_stands_between_two_points_of_the_track() -> None:
    """Half the time is half the way; before and after, the ends."""
    track = Roads(FRAME, _square(oneway=False)).track(FRAME.degrees(0, 0), FRAME.degrees(1000, 0))
    half = where(track, track[-1].after_s / 2)
    assert FRAME.metres(half.lat, half.lon)[0] == pytest.approx(500, abs=1)
    assert where(track, -1) == track[0]
    assert where(track, 1e9) == track[-1]


def test_a_walker_keeps_his_own_pace() -> None:
    """A kilometre on foot at 1.4 m/s."""
    roads = Roads(FRAME, _square(oneway=False))
    track = roads.track(FRAME.degrees(0, 0), FRAME.degrees(1000, 0), pace_ms=1.4)
    assert track[-1].after_s == pytest.approx(1000 / 1.4)


def test_no_way_is_an_empty_track() -> None:
    """Two roads that never meet."""
    network = Network([(0.0, 0.0), (10.0, 0.0), (900.0, 0.0), (910.0, 0.0)])
    network.ways = [Way([0, 1], "residential"), Way([2, 3], "residential")]
    assert Roads(FRAME, network).track(FRAME.degrees(0, 0), FRAME.degrees(905, 0)) == []


def test_a_trap_of_one_way_streets_is_opened() -> None:
    """A dead end that only leads in gets its way out."""
    network = Network([(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)])
    network.ways = [Way([0, 1], "residential"), Way([1, 2], "residential", oneway=True)]
    free_trapped(network, 0)
    assert not network.ways[1].oneway
