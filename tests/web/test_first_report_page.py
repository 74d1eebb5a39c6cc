"""The first report as it is shown: figures per inhabitant, where both are known."""

from django.utils.translation import override

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Area
from narvaro.followup.first_report import get_first_report
from narvaro.situation.report_facts import Where
from narvaro.web.first_report_page import page_of
from tests.make import NIGHT, World, make_area, make_damage, make_member, make_site, make_viewer


def figures(viewer: Viewer) -> dict[str, str]:
    """Return the report's figures by what they are."""
    with override("en"):
        page = page_of(viewer, get_first_report(viewer, NIGHT), may_import=False)
    return {one.what: one.value for one in page.figures}


def test_damages_are_given_per_inhabitant_where_both_are_known(world: World) -> None:
    """Else the report says that it does not know how many live here."""
    member = make_member(world, Role.COORDINATOR)
    viewer = make_viewer(member)
    town = make_area(world, "Provköping", kind="municipality")
    what = "damages per 1,000 inhabitants (2,000 live here)"
    assert what not in figures(viewer)
    assert "no_inhabitants" not in dict(get_first_report(viewer, NIGHT).cannot_say)
    for _ in range(5):
        make_damage(member, Where(site=make_site(world)))
    assert what not in figures(viewer)
    assert dict(get_first_report(viewer, NIGHT).cannot_say)["no_inhabitants"] == 1
    Area.objects.filter(pk=town.pk).update(inhabitants=2000)
    assert figures(viewer)[what] == "2.50"
    assert "no_inhabitants" not in dict(get_first_report(viewer, NIGHT).cannot_say)
