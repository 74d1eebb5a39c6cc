"""What every page carries. In: a request. Out: who is looking, and the rooms that are his."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.spine import clock
from narvaro.web.labels import ROLE, say
from narvaro.web.screens import MenuItem
from narvaro.web.screens.tour import DemoClock


@dataclass(frozen=True)
class Who:
    """The viewer as the page's head shows it."""

    service_number: str
    role_label: str
    organisation_name: str
    has_own_record: bool = False


def menu_of(viewer: Viewer, address: str) -> tuple[MenuItem, ...]:
    """Return the rooms that the viewer has; a room that is off is not there."""
    rooms = (
        (
            "console", _("Console"), "/console/", viewer.may(Record.CASE, Verb.WRITE),
            _("Cases, units and the map: what happens now, and who goes."),
        ),
        (
            "phone", _("Phone"), "/phone/", viewer.may(Record.OFFER, Verb.ANSWER),
            _("Your unit: offers, the case that you are out on, reports."),
        ),
        (
            "night", _("Night"), "/night/", viewer.may(Record.CASE, Verb.LEAD),
            _("The night without a dispatcher: what went out, who answered, what needs you."),
        ),
        (
            "reports", _("Reports"), "/reports/", viewer.may(Record.OBSERVATION, Verb.REPORT),
            _("Report what you noticed, and see what became of it."),
        ),
        (
            "damage", _("Damage"), "/damage/",
            viewer.scope(Record.DAMAGE) in {Scope.TENANT, Scope.SHARED},
            _("What was damaged, where, what it costs, and how far the repair has come."),
        ),
        (
            "words", _("Words"), "/words/", viewer.may(Record.OBSERVATION, Verb.LEAD),
            _("Doubtful words in your guards' reports: settle them within 24 hours."),
        ),
        (
            "week", _("Week"), "/week/", viewer.may(Record.PICTURE),
            _("The week's shared situation picture, its prioritised places and its measures."),
        ),
        (
            "risk", _("Harm risk"), "/risk/", viewer.may(Record.FORECAST),
            _("Where harm is expected tonight, why, and how good that forecast has been."),
        ),
        (
            "effect", _("Effect"), "/effect/", viewer.scope(Record.PICTURE) == Scope.TENANT,
            _("Did it help? Before and after at the prioritised places, or why nothing can be said."),
        ),
        (
            "plan", _("Plan"), "/plan/",
            viewer.scope(Record.PATROL_PLAN) in {Scope.TENANT, Scope.SHARED},
            _("Tonight's visits: where, when, by which unit, and why."),
        ),
        (
            "contract", _("Contract"), "/contract/", viewer.may(Record.CONTRACT),
            _("Terms, options and their deadlines, and what each month gave."),
        ),
        (
            "first-report", _("First report"), "/report/", viewer.may(Record.FIRST_REPORT),
            _("What a year of files says, and what it cannot say."),
        ),
        (
            "files", _("Files"), "/files/", viewer.may(Record.IMPORT, Verb.WRITE),
            _("Put in Excel and CSV as they are; the first report comes out."),
        ),
    )  # fmt: skip
    return tuple(
        MenuItem(code, label, href, current=address.startswith(href), text=text)
        for code, label, href, granted, text in rooms
        if granted
    )


def demo_clock() -> DemoClock | None:
    """Return the badge that leads to the demo's tour; None where no demo rules."""
    if not settings.DEMO:
        return None
    return DemoClock(reverse("tour"), clock.now() if clock.offset() else None)


def frame(request: HttpRequest) -> dict[str, object]:
    """Give templates `viewer` and `menu`, and in the demo its clock."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None:
        return {"viewer": None, "menu": (), "demo": demo_clock()}
    who = Who(
        viewer.service_number, say(ROLE, viewer.role), viewer.organisation_name,
        has_own_record=viewer.may(Record.OWN_RECORD),
    )  # fmt: skip
    return {"viewer": who, "menu": menu_of(viewer, request.path), "demo": demo_clock()}
