"""The guided tour in words: six chapters, their pictures, their doors, and what the demo tells."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

_Text = str | Promise


@dataclass(frozen=True)
class Door:
    """A room that a chapter opens: as whom, called what, where.

    `{closed}` in an address stands for the Monday of the newest week whose collecting has closed.
    """

    part: str
    room: _Text
    href: str
    why: _Text = ""


@dataclass(frozen=True)
class Chapter:
    """A chapter: what it says, its picture as (icon, large words, small words), its doors."""

    title: _Text
    sentences: tuple[_Text, ...]
    scene: tuple[tuple[str, _Text, _Text], ...]
    doors: tuple[Door, ...]
    play: _Text = ""


CONSOLE, PHONE, WEEK = lazy("Console"), lazy("Phone"), lazy("Week")
REPORT_FORM = lazy("Report what you noticed")

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        lazy("Four files become the first report"),
        (
            lazy("A municipality starts with what it has: four Excel files, written by four hands."),
            lazy("Put in as they are, they are placed on the map and read; what is unclear is asked once."),
            lazy("Out comes the first report: unwarranted alarms and their cost, response times by the contract's own clock, damage per site, and what the data cannot say."),
            lazy("In this town the alarm centre's journal and the supplier's lists are put in for you; the other two files lie in the demo's folder, town/first-day, for you to try."),
        ),
        (
            ("files", lazy("4 files"), lazy("as they are")),
            ("hand", lazy("A few questions"), lazy("each place and word once")),
            ("report", lazy("First report"), lazy("screen, PDF, Excel")),
        ),
        (
            Door("coordinator", lazy("Files"), "/files/"),
            Door("coordinator", lazy("First report"), "/report/"),
            Door("property_manager", lazy("Damage"), "/damage/"),
        ),
    ),
    Chapter(
        lazy("The alarm at 02:13, and the phone without net"),
        (
            lazy("A panel at Trasten skola sends two zones within eight seconds: one case, confirmed."),
            lazy("The nearest unit that may go gets the offer; beside it stands why, and why not the others."),
            lazy("Play it, see it on the console, then take the guard's phone: accept, on scene, clear."),
            lazy("Turn the net off and report something: it waits in sight on the phone, goes when the net is back, and gets a receipt."),
        ),
        (
            ("door", "02:13:07", lazy("zone 3, then tamper")),
            ("alert", lazy("Priority 1"), lazy("one case, confirmed")),
            ("car", "V1", lazy("the offer, and why V1")),
            ("unplug", lazy("No net"), lazy("kept, sent later, receipt")),
        ),
        (
            Door("dispatcher", CONSOLE, "/console/"),
            Door("guard", PHONE, "/phone/"),
            Door("guard", REPORT_FORM, "/reports/new/", lazy("turn the net off before you send")),
        ),
        lazy("Play the night at 02:13"),
    ),
    Chapter(
        lazy("“I am going”: minutes ahead"),
        (
            lazy("At 16:42 a call is typed in: unconscious, not breathing."),
            lazy("A patrol with valid training is near, says that it goes, and is there minutes before the ambulance."),
            lazy("The guard types when the ambulance came; the difference is what the patrol gave."),
            lazy("First responders complement 112, ambulance and fire service. They never take their place."),
        ),
        (
            ("heart", "16:42", lazy("112 first, then the call here")),
            ("hand", lazy("I am going"), lazy("one tap; a no needs no reason")),
            ("pin", "16:44:20", lazy("on scene")),
            ("clock", lazy("6:40 ahead"), lazy("of the ambulance, typed")),
        ),
        (
            Door("dispatcher", CONSOLE, "/console/"),
            Door("guard", PHONE, "/phone/"),
            Door("contract_manager", lazy("Contract"), "/contract/", lazy("the month's statement says how far ahead")),
        ),
        lazy("Play the call at 16:42"),
    ),
    Chapter(
        lazy("The meeting moves the focus, the company publishes"),
        (
            lazy("On Monday the week's picture is frozen: the places, how they changed, who did not report."),
            lazy("The meeting decides prioritised places and measures, and publishes them."),
            lazy("The decision becomes the focus of the plan: where to be, ten to fifteen minutes at a time, and why."),
            lazy("The municipality orders, the company leads: the plan is a proposal until the shift leader publishes it."),
        ),
        (
            ("calendar", lazy("The picture"), lazy("frozen for the meeting")),
            ("flag", lazy("A decision"), lazy("a place, a focus, a reason")),
            ("way", lazy("The plan"), lazy("a proposal, visit by visit")),
            ("send", lazy("Published"), lazy("by the shift leader")),
        ),
        (
            Door("coordinator", WEEK, "/week/{closed}/"),
            Door("coordinator", lazy("Risk of harm"), "/risk/"),
            Door("shift_leader", lazy("Plan"), "/plan/"),
            Door("police_guest", WEEK, "/week/", lazy("published weeks only; each reading is logged")),
        ),
        lazy("Play the meeting"),
    ),
    Chapter(
        lazy("The same night in the statement"),
        (
            lazy("What happened tonight is a line in the month's statement: eleven time points, each with its source."),
            lazy("The contract's own clock measures it; the line opens down to each event of the log."),
            lazy("What the supplier only states is marked so, until better proof takes its place."),
            lazy("Buyer and supplier see the same page."),
        ),
        (
            ("bell", lazy("Alarm"), lazy("to the scene")),
            ("clock", lazy("11 points"), lazy("each with its source")),
            ("document", lazy("A line"), lazy("the month's statement")),
        ),
        (
            Door("contract_manager", lazy("Contract"), "/contract/"),
            Door("supplier", lazy("Contract"), "/contract/"),
        ),
    ),
    Chapter(
        lazy("What is stored about me, and an honest “cannot tell yet”"),
        (
            lazy("Each guard can open all that is stored about him. Positions are kept for 72 hours at most."),
            lazy("Nothing is ranked or summed per guard."),
            lazy("Did it help? The effect page compares before and after at the places that the meeting chose, with an interval."),
            lazy("Where the data are too few it says “cannot tell yet”."),
        ),
        (
            ("user", lazy("About me"), lazy("all of it, to download")),
            ("shield", "72 h", lazy("positions, then no more")),
            ("hourglass", lazy("Cannot tell yet"), lazy("with what is missing")),
        ),
        (
            Door("guard", lazy("What is stored about me"), "/me/"),
            Door("coordinator", lazy("Effect"), "/effect/"),
        ),
    ),
)  # fmt: skip

ENTER_AS: tuple[Door, ...] = (
    Door("dispatcher", CONSOLE, "/console/"),
    Door("guard", PHONE, "/phone/"),
    Door("shift_leader", lazy("Night"), "/night/"),
    Door("coordinator", WEEK, "/week/"),
    Door("contract_manager", lazy("Contract"), "/contract/"),
    Door("property_manager", lazy("Damage"), "/damage/"),
    Door("camera_operator", REPORT_FORM, "/reports/new/"),
    Door("reporter", REPORT_FORM, "/reports/new/"),
    Door("police_guest", WEEK, "/week/"),
)

SUPPLIER = lazy("Contract manager of the company")
NOBODY = lazy("Nobody of this role is on duty at this hour.")

TOLD: Mapping[str, _Text] = {
    "begun": lazy("It begins."),
    "done": lazy("Done."),
    "failed": lazy("It did not work: %(why)s"),
    "coming": lazy("%(what)s is coming in"),
    "in": lazy("%(what)s is in: %(count)s rows"),
    "refused_file": lazy("%(what)s did not come in: %(why)s"),
    "asked": lazy("%(what)s asked %(count)s things; the first suggestion was confirmed"),
    "forecast": lazy("A forecast was made"),
    "plan": lazy("A plan was proposed"),
    "clock": lazy("The town's clock goes to %(time)s"),
    "cleared": lazy("The desk ends %(count)s open cases"),
    "signal": lazy("%(site)s: the panel says %(signal)s, acknowledged"),
    "positions": lazy("%(count)s units say where they are"),
    "offered": lazy("The case is offered to %(unit)s"),
    "yours": lazy("The phone of %(unit)s is yours: open it and answer"),
    "typed": lazy("The dispatcher types it in: %(site)s"),
    "no_offer": lazy("No unit was offered the case: the console says why"),
    "accepted": lazy("%(unit)s: I am going"),
    "on_scene": lazy("%(unit)s is on scene"),
    "ambulance": lazy("The ambulance comes; %(unit)s hands over"),
    "reported": lazy("%(unit)s writes its report"),
    "ahead": lazy("%(unit)s was there %(minutes)s before the ambulance"),
    "frozen": lazy("The week's picture is frozen"),
    "decided": lazy("The meeting decides: %(place)s"),
    "published": lazy("The week is published"),
    "already": lazy("The week is published already; open it"),
    "plan_published": lazy("The shift leader publishes the plan"),
    "no_plan": lazy("There is no proposed plan to publish"),
}
