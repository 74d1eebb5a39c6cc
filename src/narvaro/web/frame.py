"""What every page carries. In: a request. Out: who is looking, and the rooms that are his."""

from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.spine import clock
from narvaro.web.camera_count import count_grave
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


@dataclass(frozen=True)
class Room:
    """A room of the menu: shown to who may do the verb there, or reads the class that widely."""

    code: str
    label: Promise
    text: Promise
    record: Record
    verb: Verb = Verb.READ
    scopes: frozenset[Scope] = frozenset(Scope)

    @property
    def href(self) -> str:
        """Return the room's address."""
        return f"/{'report' if self.code == 'first-report' else self.code}/"

    def is_of(self, viewer: Viewer) -> bool:
        """Return whether the viewer has the room."""
        granted = viewer.find_grant(self.record)
        return granted is not None and self.verb in granted.verbs and granted.scope in self.scopes


OTHERS_TOO = frozenset({Scope.TENANT, Scope.SHARED})
ROOMS = (
    Room("console", lazy("Console"), lazy("Cases, units and the map: what happens now, and who goes."),
         Record.CASE, Verb.WRITE),
    Room("cameras", lazy("Cameras"),
         lazy("What cameras saw: make a case of it, or say why nothing is to be done."),
         Record.CAMERA_EVENT),
    Room("phone", lazy("Phone"), lazy("Your unit: offers, the case that you are out on, reports."),
         Record.OFFER, Verb.ANSWER),
    Room("night", lazy("Night"),
         lazy("The night without a dispatcher: what went out, who answered, what needs you."),
         Record.CASE, Verb.LEAD),
    Room("aids", lazy("AEDs"),
         lazy("The defibrillators on the walls: where they are, and which one gets at now."),
         Record.AED),
    Room("reports", lazy("Reports"), lazy("Report what you noticed, and see what became of it."),
         Record.OBSERVATION, Verb.REPORT),
    Room("damage", lazy("Damage"),
         lazy("What was damaged, where, what it costs, and how far the repair has come."),
         Record.DAMAGE, scopes=OTHERS_TOO),
    Room("words", lazy("Words"),
         lazy("Doubtful words in your guards' reports: settle them within 24 hours."),
         Record.OBSERVATION, Verb.LEAD),
    Room("week", lazy("Week"),
         lazy("The week's shared situation picture, its prioritised places and its measures."),
         Record.PICTURE),
    Room("risk", lazy("Harm risk"),
         lazy("Where harm is expected tonight, why, and how good that forecast has been."),
         Record.FORECAST),
    Room("plan", lazy("Plan"), lazy("Tonight's visits: where, when, by which unit, and why."),
         Record.PATROL_PLAN, scopes=OTHERS_TOO),
    Room("contract", lazy("Contract"),
         lazy("Terms, options and their deadlines, and what each month gave."), Record.CONTRACT),
    Room("effect", lazy("Effect"),
         lazy("Did it help? Before and after at the prioritised places, or why nothing can be said."),
         Record.PICTURE, scopes=frozenset({Scope.TENANT})),
    Room("what-if", lazy("What if"),
         lazy("What another rule, a unit more, another base or other hours would have given."),
         Record.REPLAY, Verb.WRITE),
    Room("first-report", lazy("First report"),
         lazy("What a year of files says, and what it cannot say."), Record.FIRST_REPORT),
    Room("files", lazy("Files"),
         lazy("Put in Excel and CSV as they are; the first report comes out."),
         Record.IMPORT, Verb.WRITE),
    Room("system", lazy("System"),
         lazy("Is the system well: what is wrong, what is heard, and what to do."), Record.SYSTEM),
)  # fmt: skip
"""In the order of the loop."""


def menu_of(viewer: Viewer, address: str) -> tuple[MenuItem, ...]:
    """Return the rooms that the viewer has; a room that is off is not there."""
    return tuple(
        MenuItem(
            one.code, str(one.label), one.href, current=address.startswith(one.href),
            text=str(one.text),
        )
        for one in ROOMS
        if one.is_of(viewer)
    )  # fmt: skip


def demo_clock() -> DemoClock | None:
    """Return the badge that leads to the demo's tour; None where no demo rules."""
    if not settings.DEMO:
        return None
    return DemoClock(reverse("tour"), clock.now() if clock.offset() else None)


def frame(request: HttpRequest) -> dict[str, object]:
    """Give templates `viewer`, `menu`, the count in the cameras' tab, and in the demo its clock."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None:
        return {"viewer": None, "menu": (), "demo": demo_clock()}
    who = Who(
        viewer.service_number, say(ROLE, viewer.role), viewer.organisation_name,
        has_own_record=viewer.may(Record.OWN_RECORD),
    )  # fmt: skip
    return {
        "viewer": who, "menu": menu_of(viewer, request.path), "demo": demo_clock(),
        # counted where a template asks for it: fragments have no menu
        "grave_count": partial(count_grave, viewer, quiet=request.path == reverse("cameras")),
    }  # fmt: skip
