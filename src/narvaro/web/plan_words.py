"""The words of the plan. In: codes and values of a plan. Out: words that a guard understands."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from narvaro.web.labels import say

_Words = dict[str, "str | Promise"]
_Json = Mapping[str, Any]

STATE: _Words = {
    "proposed": pgettext_lazy("plan", "Proposal"),
    "published": pgettext_lazy("plan", "Published"),
    "superseded": pgettext_lazy("plan", "Replaced by a later one"),
}
VISIT_STATE: _Words = {
    "planned": pgettext_lazy("visit", "Planned"),
    "started": pgettext_lazy("visit", "There now"),
    "done": pgettext_lazy("visit", "Done"),
    "short": pgettext_lazy("visit", "Cut short"),
    "missed": pgettext_lazy("visit", "Not made"),
    "replaced": pgettext_lazy("visit", "Replaced by a case"),
}
CAUSE: _Words = {
    "alarm": lazy("Alarm"),
    "backup": lazy("Backup for another unit"),
    "weather": lazy("Weather"),
    "blocked": lazy("The way or the place was blocked"),
    "safety": lazy("Own safety"),
}
ASKED: _Words = {
    "be_seen": lazy("Prioritised place this week: be seen"),
    "talk": lazy("Prioritised place this week: talk with young people"),
    "guard": lazy("Prioritised place this week: guard the site"),
    "camera": lazy("Prioritised place this week: together with the camera operators"),
}
PLAIN: _Words = {
    "announced": lazy("Announced: people there know the time"),
    "by_hand": lazy("Put in by the shift leader"),
    "first_tonight": lazy("Nobody has been there before tonight"),
}
RULE: _Words = {
    "no_permit": lazy("No permit lets the unit be there then"),
    "no_road": lazy("No road leads there"),
    "outside_shift": lazy("Nobody who may go is on shift then"),
    "past_shift_end": lazy("The unit would not be back before its shift ends"),
    "break_missing": lazy("A break would be lost"),
    "on_break": lazy("The unit is on its break then"),
    "not_there_yet": lazy("The unit cannot be there in time"),
    "outside_window": lazy("Nobody can be there within the hours"),
    "other_unit": lazy("It was promised to another unit"),
    "too_soon_again": lazy("Somebody else is there less than half an hour before or after"),
    "too_short": lazy("The visit is shorter than ten minutes"),
    "too_long": lazy("The visit is longer than a quarter of an hour"),
    "no_unit": lazy("No unit is on shift"),
    "outranked": lazy("Other places give more for the same time"),
}
REFUSAL: _Words = {
    "no_map": lazy("There is no map, so no way has a time. Import the roads first."),
    "no_shifts": lazy("No shift of the company lies in this night. Import the roster first."),
    "no_places": lazy("No place has a position on the map. Import sites with coordinates first."),
    "night_over": lazy("The night is over."),
    "forecast_changes": lazy("The forecast is just being made anew. Propose the plan again."),
    "no_why": lazy("Write why: the guards read it."),
    "plan_superseded": lazy("A later plan holds for this night; look at that one."),
    "plan_changed": lazy("Somebody changed the plan meanwhile. Look at it and try again."),
    "night_changed": lazy("The roster or the places have changed since. Propose the plan anew."),
    "no_shift_then": lazy("The unit is on no shift at that time. Choose another time or unit."),
    "no_place": lazy("Choose a place."),
    "visit_begun": lazy("The visit has begun or is over; it cannot be changed."),
    "visit_gone": lazy("The visit is not in the plan any more."),
    "visit_over": lazy("That is already said of the visit."),
    "not_arrived": lazy("Say that you are there first; then say when you leave."),
    "short_needs_cause": lazy("Under five minutes counts as cut short: say why."),
    "no_cause": lazy("Say why."),
    "other_started": lazy("You are still at another place: say first that you have left it."),
    "visit_started": lazy("You are there: say that you leave, and why so soon."),
}


def refusal_text(code: str, detail: str) -> str:
    """Return why a change was refused; a rule is named with the place where it would be broken."""
    if code.startswith("rule."):
        why = say(RULE, code.removeprefix("rule."))
        return f"{why}: {detail}" if detail else why
    return say(REFUSAL, code) if code in REFUSAL else detail


def _times(value: float) -> str:
    return number_format(value, decimal_pos=1)


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


def reason_text(reason: _Json) -> str:
    """Return one reason in words; an unknown code is shown as it is, never hidden."""
    code, value = str(reason["code"]), float(reason.get("value", 0))
    if code == "asked":
        return say(ASKED, reason["focus"])
    if code == "harm":
        return _rank_text(round(value), reason["of"])
    valued = {"peak": _peak_text, "last_visit": _since_text, "on_the_way": _on_the_way}
    return valued[code](value) if code in valued else say(PLAIN, code)


def _peak_text(times: float) -> str:
    words = _("The harm risk there is higher at this hour: %(times)s times its mean")
    return words % {"times": _times(times)}


def _since_text(seconds: float) -> str:
    words = _("%(minutes)s min since the last visit there")
    return words % {"minutes": _minutes(seconds)}


def _rank_text(rank: int, places: int) -> str:
    if rank == 1:
        return _("The highest harm risk of all places then")
    words = _("The harm risk is number %(rank)s of %(places)s places then")
    return words % {"rank": rank, "places": places}


def _on_the_way(seconds: float) -> str:
    minutes = _minutes(seconds)
    if minutes == 0:
        return _("On the way: no detour")
    words = _("On the way: a detour of %(minutes)s min")
    return words % {"minutes": minutes}


def note_text(note: _Json) -> str:
    """Return what is to be said of a night; an unknown code is shown as it is, never hidden."""
    match note["code"]:
        case "no_forecast":
            return _(
                "There is no forecast for this night: only what the week's meeting decided is "
                "planned. The rest of the time is the shift leader's."
            )
        case "naive":
            return _(
                "The forecast is switched off: the plan uses the plain history of each place, the "
                "same at all hours."
            )
        case "apart":
            return _("Units on foot are planned first; those who drive take what is left.")
        case "off_map" | "closed_roads" | "fewer_places":
            words = _counted_words(note["code"], note["n"])
        case "no_fixed_time":
            words = _(
                "%(place)s: to be talked at, but the meeting set no hours, so nothing can be "
                "announced. It is visited at times that nobody can foretell."
            )
        case "outside_night":
            words = _("%(place)s: the decided hours do not begin in this night.")
        case "no_permit":
            words = _("%(unit)s: public order officers, and no permit covers any place tonight.")
        case "many_officers":
            words = _(
                "Permit %(permit)s allows %(most)s officers at once; %(n)s are on shift. The shift "
                "leader sees to it that no more are within its area."
            )
        case code:
            return str(code)
    return words % note


def _counted_words(code: str, n: int) -> str:
    if code == "off_map":
        return ngettext(
            "%(n)s place lies off the map and is not planned.",
            "%(n)s places lie off the map and are not planned.",
            n,
        )
    if code == "closed_roads":
        return ngettext(
            "%(n)s closed road is counted; it is closed when the night begins.",
            "%(n)s closed roads are counted; they are closed when the night begins.",
            n,
        )
    return ngettext(
        "%(n)s place with the lowest harm risk was left out of the computation.",
        "%(n)s places with the lowest harm risk were left out of the computation.",
        n,
    )


def is_about_permits(note: _Json) -> bool:
    """Tell whether a note is about permits."""
    return note["code"] in {"no_permit", "many_officers"}


def change_text(entry: _Json) -> str:
    """Return what was changed."""
    words = {
        "moved": _("%(place)s was moved, to %(unit)s"),
        "put_in": _("%(place)s was put in, for %(unit)s"),
        "taken_out": _("%(place)s was taken out, of %(unit)s"),
    }.get(entry["what"], entry["what"])
    return str(words) % {"place": entry["place"], "unit": entry["unit"]}


def cost_text(entry: _Json, expected: float) -> str:
    """Return what a change gave or cost: harm covered, way, visits that made room, rules set aside."""
    parts = []
    change = 100 * entry["prevented"] / expected if expected > 0 else 0.0
    if abs(change) >= 0.05:
        words = _("harm risk covered: %(points)s percentage points")
        parts.append(words % {"points": f"{'+' if change >= 0 else '−'}{_times(abs(change))}"})
    minutes = _minutes(entry["travel_s"])
    if minutes:
        parts.append(_("%(minutes)s min of way") % {"minutes": f"{minutes:+}".replace("-", "−")})
    if entry["left_out"]:
        names = ", ".join(f"{one['place']} ({one['unit']})" for one in entry["left_out"])
        parts.append(_("made room: %(names)s") % {"names": names})
    parts += [say(RULE, one) for one in entry["set_aside"]]
    return "; ".join(parts)
