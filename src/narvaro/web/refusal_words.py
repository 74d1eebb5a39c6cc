"""Refusals in the viewer's words. In: a code and an action's own words. Out: what, why, what to do."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.web.ranking_words import left_out_text
from narvaro.web.reasons import in_words


@dataclass(frozen=True)
class RefusalText:
    """A refusal in words: what, why, what to do."""

    title: str
    detail: str
    what_to_do: str


_REFUSALS: dict[str, tuple[Promise, Promise | None, Promise | None]] = {
    "no_map": (
        lazy("There is no map"),
        lazy("No roads are imported for this municipality."),
        lazy("Import a map first."),
    ),
    "no_road_crossed": (
        lazy("No road was closed"),
        lazy("The line crosses no road."),
        lazy("Draw it across a road."),
    ),
    "long_line": (
        lazy("No road was closed"),
        lazy("The line is longer than 300 m."),
        lazy("Draw it across the road, not along it."),
    ),
    "winter_end": (
        lazy("Nothing was changed"),
        lazy("Winter roads end later than now, within 7 days."),
        lazy("Choose another end."),
    ),
    "few_drives": (
        lazy("Nothing was changed"),
        lazy("There are too few drives yet."),
        lazy("Wait until more drives were made."),
    ),
    "other_map": (
        lazy("Nothing was changed"),
        lazy("They are of another map."),
        lazy("Wait for the next night, or run “narvaro roads calibrate”."),
    ),
    "not_found": (
        lazy("There is nothing here"),
        lazy("The page does not exist, or it is not yours to see."),
        lazy("Check the address, or go back to the start page."),
    ),
    "offer_over": (
        lazy("The offer is over"),
        lazy("It was withdrawn, or it went to another unit."),
        lazy("You need do nothing; the page shows what holds now."),
    ),
    "case_taken": (
        lazy("A unit has the case"),
        lazy("The case is already being handled."),
        lazy("Look at the case to see which unit has it."),
    ),
    "carrier_fault": (
        lazy("Nobody is sent to a carrier's fault"),
        lazy("Paths of many sites are silent together: the fault is at no one place."),
        lazy(
            "Call the carrier. For a site that needs a guard all the same, type in a case of its own."
        ),
    ),
    "step_back": (
        lazy("The response has come further"),
        lazy("That step is already passed."),
        lazy("You need do nothing; the page shows what holds now."),
    ),
    "not_on_scene": (
        lazy("Not on scene yet"),
        lazy("A case is cleared after the unit was on scene."),
        lazy("Say that you are on scene first."),
    ),
    "recalled": (
        lazy("The case was ended from the desk"),
        lazy("You are recalled; nothing more is to be done on it."),
        lazy("You are free for the next case."),
    ),
    "reassigned": (
        lazy("You went to a graver case"),
        lazy("Another unit is sought for this one."),
        lazy("You need do nothing more on it."),
    ),
    "not_taken": (
        lazy("No unit has the case"),
        lazy("Support comes to a case that a unit has."),
        lazy("Offer it to a unit first."),
    ),
    "units_most": (
        lazy("Five units are wanted already"),
        lazy("That is the most for one case."),
        lazy("Open another case for what is needed beside it, or end what waits."),
    ),
    "not_cleared": (
        lazy("Not cleared yet"),
        lazy("A report is written when the unit has left."),
        lazy("Clear the case first."),
    ),
    "reported": (
        lazy("Already reported"),
        lazy("The case has its report."),
        lazy("You need do nothing."),
    ),
    "others": (
        lazy("That time cannot be"),
        lazy(
            "Ambulance or rescue service came after the alarm, within 12 hours, and not ahead of now."
        ),
        lazy("Write when they came as HH:MM, or leave it empty."),
    ),
    "unit_out": (
        lazy("The unit is out on a case"),
        lazy("That cannot be done while a unit is out on the case."),
        lazy("Clear the case first."),
    ),
    "key_out": (
        lazy("The key is out"),
        None,
        lazy("Take it back first, or choose another key."),
    ),
    "key_in": (
        lazy("The key is in its cabinet"),
        None,
        lazy("You need do nothing; the page shows what holds now."),
    ),
    "key_lost": (
        lazy("The key is missing"),
        None,
        lazy("Where it was found, take it back first."),
    ),
    "no_place": (
        lazy("The place is missing"),
        lazy("A case needs a place."),
        lazy("Choose a site, or write the place."),
    ),
    "interval": (
        lazy("That interval cannot be chosen"),
        lazy("A sign of life is waited for every 15, 30, 45 or 60 minutes."),
        lazy("Choose one of them."),
    ),
    "watch_left": (
        lazy("The guard before you is still waited for"),
        lazy("The unit's watch of the shift before has not been ended."),
        lazy("Make sure that all is well there, end it, and begin your own."),
    ),
    "camera_decided": (
        lazy("Somebody was before you"),
        lazy("Somebody has said that nothing is to be done."),
        lazy("Where it must be handled all the same, type in a case."),
    ),
    "camera_case": (
        lazy("Somebody was before you"),
        lazy("A case was made of it."),
        lazy("Look at the case."),
    ),
    "no_site": (
        lazy("The case has no site"),
        lazy("Only an alarm of a known site is passed on: a centre must know where it is."),
        lazy("Call the alarm centre."),
    ),
    "case_closed": (
        lazy("The case is closed"),
        lazy("Nothing is passed on of a closed case."),
        lazy("Where help is needed all the same, call the alarm centre."),
    ),
    "too_many_what_ifs": (
        lazy("It was not asked"),
        lazy("Three of your organisation are still to be played."),
        lazy("Wait until one is answered, or stop one."),
    ),
    "id_taken": (lazy("That was not done"), lazy("The form was damaged; open it anew."), None),
    "invalid": (lazy("That is not understood"), None, lazy("Correct it and send again.")),
}


def refusal_text(code: str, detail: str) -> RefusalText:
    """Return a refusal in the viewer's words; an unknown code shows the action's own words."""
    if code.startswith("left_out."):
        return RefusalText(
            _("This unit may not be sent"),
            left_out_text(code.removeprefix("left_out."), detail),
            _("Choose another unit in the ranking."),
        )
    title, why, remedy = _REFUSALS.get(code, (lazy("That was not done"), None, None))
    return RefusalText(str(title), str(why or in_words(detail)), str(remedy or ""))
