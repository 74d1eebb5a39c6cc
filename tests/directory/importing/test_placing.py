"""Rows onto places: what a person is asked, and what he answers once."""

from narvaro.directory.importing.placing import Placer
from tests.make import World, make_site

FAR = ({"lat": 63.11, "lon": 20.52}, {"lat": 63.12, "lon": 20.48}, {"lat": 64.0, "lon": 20.5})


def test_points_far_off_are_asked_about_together_and_can_be_answered(world: World) -> None:
    """Without a word on where they are: one question for each tenth of a degree."""
    site = make_site(world)
    asking = Placer(world.tenant, {})
    assert [asking.place(one)["placed_by"] for one in FAR] == ["none"] * 3
    assert {one.text: one.rows for one in asking.list_unsure()} == {
        "63.1, 20.5": 2, "64.0, 20.5": 1
    }  # fmt: skip
    told = Placer(world.tenant, {"63.1, 20.5": f"site:{site.pk}", "64.0, 20.5": ""})
    assert [told.place(one)["site_id"] for one in FAR] == [site.pk, site.pk, None]
    assert told.list_unsure() == ()


def test_a_point_on_the_map_is_its_own_place(world: World) -> None:
    """Nobody is asked."""
    make_site(world, lat=59.0, lon=18.0)
    placer = Placer(world.tenant, {})
    found = placer.place({"lat": 59.05, "lon": 18.02})
    assert (found["lat"], found["lon"], found["placed_by"]) == (59.05, 18.02, "coordinate")
    assert placer.list_unsure() == ()
