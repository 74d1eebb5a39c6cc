"""Places: what is still on a tenant's map."""

import pytest

from narvaro.directory.models import RoadMap


@pytest.mark.parametrize(
    ("lat", "lon", "held"),
    [
        (59.0, 18.0, True), (58.96, 17.96, True), (59.24, 18.24, True),
        (58.94, 18.1, False), (59.26, 18.1, False), (59.1, 17.94, False), (59.1, 18.26, False),
    ],
)  # fmt: skip
def test_a_map_holds_what_is_on_it_and_a_strip_around(lat: float, lon: float, held: bool) -> None:
    road_map = RoadMap(south=59.0, west=18.0, north=59.2, east=18.2)
    assert road_map.holds(lat, lon) is held
