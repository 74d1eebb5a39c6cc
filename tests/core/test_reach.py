"""Points that nobody can have reached are left out; what is left is a journey."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.reach import Point, find_reachable

NORTH_100_M = 0.0009


def drive(count: int, *, from_s: float = 0.0, lat: float = 59.0) -> list[Point]:
    """Return a drive north at 20 m/s, a point every five seconds."""
    return [Point(from_s + 5 * n, lat + NORTH_100_M * n, 18.0) for n in range(count)]


def test_a_drive_is_kept_whole() -> None:
    assert find_reachable(drive(20), []) == set(range(20))
    assert find_reachable([], drive(3)) == set()


def test_a_point_that_jumps_is_left_out_and_the_rest_stays() -> None:
    """In the middle, at the end, and as the very first."""
    points = drive(20)
    for place in (0, 10, 19):
        jumped = [*points]
        jumped[place] = Point(points[place].at_s, 59.9, 18.0)
        assert find_reachable(jumped, []) == set(range(20)) - {place}


def test_what_is_known_speaks_against_a_track() -> None:
    """The unit's phone sent from elsewhere, before and after."""
    elsewhere = [Point(-60.0, 60.0, 18.0), Point(200.0, 60.0, 18.0)]
    assert find_reachable(drive(20), elsewhere) == set()
    assert find_reachable(drive(20), drive(20)[::4]) == set(range(20))


points = st.builds(Point, st.integers(0, 3600), st.floats(58.5, 59.5), st.floats(17.5, 18.5))


@given(st.lists(points, max_size=25), st.lists(points, max_size=3))
def test_each_step_can_be_made_and_a_second_look_adds_none(
    found: list[Point], certain: list[Point]
) -> None:
    kept = find_reachable(found, certain)
    told = sorted([found[index] for index in kept] + certain)
    assert all(
        a.reaches(b)
        for a, b in pairwise(told)
        if not (a in certain and b in certain)
    )  # fmt: skip
    rest = [one for index, one in enumerate(found) if index not in kept]
    assert not rest or not kept or find_reachable(rest, told) == set()
