"""A ranking's reasons in the viewer's words. In: a line of a ranking. Out: why it stands where it does."""

from collections.abc import Callable, Mapping

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.web.labels import COMPETENCE, say
from narvaro.web.templatetags.screen import distance

REASON: dict[str, str | Promise] = {
    "nearest": lazy("Nearest by road of those who may be sent"),
    "readiness": lazy("Keeps the others readier for the next case"),
    "taken_from_visit": lazy("Would leave a planned visit"),
    "taken_from_case": lazy("Would leave a less urgent case"),
    "position_fresh": lazy("Road time from a fresh position"),
    "position_old": lazy("Its position is old: it may be further away"),
    "position_unknown": lazy("Its position is not known: no time can be given"),
    "closed_off": lazy("Closed roads leave it no way on the map: no time can be given"),
    "off_map": lazy("It is far from any road on the map: no time can be given"),
    "place_unknown": lazy("The place is not on the map: no time can be given"),
    "permit_covers": lazy("A permit covers the place now"),
    "agreement_covers": lazy("An agreement covers the case"),
    "key_held": lazy("Has the site's key"),
    "key_missing": lazy("Does not have the site's key"),
    "on_foot": lazy("On foot, along streets and paths"),
}
LEFT_OUT: dict[str, str | Promise] = {
    "off_duty": lazy("Not on a shift"),
    "silent": lazy("Its own sign of life is missing"),
    "sought": lazy("The case is about this unit itself"),
    "on_break": lazy("On a break"),
    "already_asked": lazy("Was asked and did not take it"),
    "no_road": lazy("No road leads from there to the place"),
}


def reasons_of(line: Mapping[str, object]) -> tuple[str, ...]:
    """Return in words why a unit stands where it stands in a ranking."""
    reasons, details = line.get("reasons"), line.get("details")
    of = details if isinstance(details, dict) else {}
    said = (
        [_reason_text(str(one), str(of.get(one, ""))) for one in reasons]
        if isinstance(reasons, list)
        else []
    )
    said = [*_task_text(line), *said, *_arrival_text(line)]
    longer_s = line.get("longer_s")
    if isinstance(longer_s, int | float):
        said.append(_("Closed roads make its way %(time)s longer") % {"time": _clock(longer_s)})
    return tuple(said)


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"


def _reason_text(code: str, detail: str) -> str:
    """Return a reason in words, with what it is about where that is known."""
    if not detail or code not in _OF_WHAT:
        return say(REASON, code)
    return _OF_WHAT[code](detail)


def _saved_text(detail: str) -> str:
    costs, late, minutes = detail.split(":")
    return _(
        "Keeps the others readier: %(costs)s later here, %(late)s fewer cases late and %(minutes)s "
        "minutes less delay expected in the next hour and a half"
    ) % {
        "costs": _clock(float(costs)),
        "late": number_format(float(late), 2),
        "minutes": number_format(float(minutes), 1),
    }


def _closed_text(streets: str) -> str:
    named = ", ".join(one or _("a road without a name") for one in streets.split(";"))
    words = _("Closed roads leave it no way on the map (%(streets)s): no time can be given")
    return words % {"streets": named}


def _off_map_text(detail: str) -> str:
    if detail.startswith("place:"):
        return _place_text(detail)
    if detail == "paths_only":
        return _("Only paths lead to where it is, no road for a car: no time can be given")
    if detail == "beyond":
        return _("It is more than 50 km from any road on the map: no time can be given")
    words = _("It is %(distance)s from any road on the map: no time can be given")
    return words % {"distance": distance(float(detail))}


def _place_text(detail: str) -> str:
    detail = detail.removeprefix("place:")
    if detail == "no_map":
        return _("No map is in use: no time can be given")
    if detail == "paths_only":
        return _("Only paths lead to the place, no road for a car: no time can be given")
    if detail == "beyond":
        return _("The place is more than 50 km from any road on the map: no time can be given")
    words = _("The place is %(distance)s from any road on the map: no time can be given")
    return words % {"distance": distance(float(detail))}


_OF_WHAT: dict[str, Callable[[str], str]] = {
    "closed_off": _closed_text,
    "off_map": _off_map_text,
    "place_unknown": _place_text,
    "readiness": _saved_text,
    "taken_from_case": lambda number: (
        _("Would leave case %(number)s, which is less urgent") % {"number": number}
    ),
    "permit_covers": lambda number: (
        _("Permit %(decision)s covers the place now") % {"decision": number}
    ),
    "agreement_covers": lambda number: (
        _("Agreement %(number)s covers the case") % {"number": number}
    ),
    "key_held": lambda key: _("Has the site's key %(key)s") % {"key": key},
    "key_missing": lambda key: _("Does not have the site's key %(key)s") % {"key": key},
}


def _task_text(line: Mapping[str, object]) -> list[str]:
    """Say for what a unit is proposed besides the leading one."""
    aed, seat = line.get("aed"), line.get("seat")
    if isinstance(aed, dict):
        facts = {"aed": aed["name"], "time": _clock(float(aed["with_s"]))}
        if aed["name"]:
            return [
                _(
                    "Fetches the defibrillator at %(aed)s, there with it in %(time)s. Call 112 if nobody has."
                )
                % facts
            ]
        return [_("Brings its own defibrillator in %(time)s. Call 112 if nobody has.") % facts]
    return [_("Comes in support")] if isinstance(seat, int) and seat > 1 else []


def _arrival_text(line: Mapping[str, object]) -> list[str]:
    """Say between which times it may be there, where its position is old."""
    arrival = line.get("arrival_s")
    if not isinstance(arrival, list):
        return []
    earliest, latest = (_clock(float(one)) for one in arrival)
    return [_("There in %(earliest)s to %(latest)s") % {"earliest": earliest, "latest": latest}]


def left_out_text(why: str, detail: str) -> str:
    """Return in words why a unit is not asked."""
    if why in _DETAILED:
        return _DETAILED[why](detail)
    return say(LEFT_OUT, why)


def _competence_text(detail: str) -> str:
    return _("Lacks: %(competence)s") % {"competence": say(COMPETENCE, detail)}


def _expired_text(detail: str) -> str:
    return _("Not valid today: %(competence)s") % {"competence": say(COMPETENCE, detail)}


def _kit_text(detail: str) -> str:
    return _("Does not carry: %(kit)s") % {"kit": detail}


def _permit_text(detail: str) -> str:
    reason, _colon, decision = detail.partition(":")
    if reason == "outside_hours":
        return _("Permit %(decision)s does not cover this hour") % {"decision": decision}
    if reason == "place_unknown":
        return _("The place is not known, so no permit can be checked")
    if reason == "not_valid":
        return _("Permit %(decision)s is not valid today") % {"decision": decision}
    return _("No permit covers the place; a police permit for it is missing")


def _busy_text(detail: str) -> str:
    return _("On case %(number)s") % {"number": detail} if detail else _("On another case")


def _agreement_text(detail: str) -> str:
    reason, _colon, number = detail.partition(":")
    if not number:
        return _("No agreement lets this organisation's units be sent")
    if reason == "outside_hours":
        return _("Agreement %(number)s does not cover this hour") % {"number": number}
    return _("Agreement %(number)s does not cover this case") % {"number": number}


def _key_text(detail: str) -> str:
    key, _line, where = detail.partition("\n")
    words = _("Nothing can be done there without the key %(key)s, and it has none") % {"key": key}
    return f"{words}. {where}" if where else words


_DETAILED: dict[str, Callable[[str], str]] = {
    "lacks_competence": _competence_text,
    "competence_expired": _expired_text,
    "lacks_equipment": _kit_text,
    "no_permit": _permit_text,
    "no_agreement": _agreement_text,
    "no_key": _key_text,
    "busy": _busy_text,
}
