"""A ranking's reasons in the viewer's words. In: a line of a ranking. Out: why it stands where it does."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.web.labels import COMPETENCE, say

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
    "busy": lazy("On another case"),
    "no_agreement": lazy("No agreement lets this organisation's units be sent"),
    "no_key": lazy("Nothing can be done there without the key, and it has none"),
    "already_asked": lazy("Was asked and did not take it"),
    "no_road": lazy("No road leads from there to the place"),
}


def reasons_of(line: Mapping[str, object]) -> tuple[str, ...]:
    """Return in words why a unit stands where it stands in a ranking."""
    reasons = line.get("reasons")
    said = [say(REASON, str(one)) for one in reasons] if isinstance(reasons, list) else []
    longer_s = line.get("longer_s")
    if isinstance(longer_s, int | float):
        whole = f"{round(longer_s) // 60}:{round(longer_s) % 60:02}"
        said.append(_("Closed roads make its way %(time)s longer") % {"time": whole})
    return tuple(said)


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


_DETAILED: dict[str, Callable[[str], str]] = {
    "lacks_competence": _competence_text,
    "competence_expired": _expired_text,
    "lacks_equipment": _kit_text,
    "no_permit": _permit_text,
}
