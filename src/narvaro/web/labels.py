"""Codes in words. In: codes of the core and the rows. Out: words in the viewer's language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in

_Words = dict[str, "str | Promise"]

ROLE: _Words = {
    "dispatcher": lazy("Dispatcher"),
    "shift_leader": lazy("Shift leader"),
    "guard": lazy("Guard"),
    "coordinator": lazy("Security coordinator"),
    "contract_manager": lazy("Contract manager"),
    "property_manager": lazy("Property manager"),
    "camera_operator": lazy("Camera operator"),
    "reporter": lazy("Reporter"),
    "police_guest": lazy("Guest from the police"),
}
UNIT_ROLE: _Words = {
    "guard": lazy("Guard"),
    "public_order_officer": lazy("Public order officer"),
}
TRAVEL: _Words = {"car": lazy("Car"), "foot": lazy("On foot")}
MODE: _Words = {
    "follow_up": lazy("Follow-up: cases come in as history"),
    "unmanned": lazy("Unmanned: offers go out by the response plans"),
    "manned": lazy("Manned: a dispatcher sees every case"),
}
CASE_KIND: _Words = {
    "intruder": lazy("Intruder alarm"),
    "duress": lazy("Duress alarm"),
    "assistance": lazy("Staff assistance alarm"),
    "fire": lazy("Fire alarm"),
    "medical": lazy("Medical alarm"),
    "tamper": lazy("Tamper alarm"),
    "technical": lazy("Technical alarm"),
    "path": lazy("Path fault"),
    "disturbance": lazy("Disturbance"),
    "other": lazy("Other"),
}
CASE_STATE: _Words = {
    "open": lazy_in("case", "New"),
    "offered": lazy_in("case", "Offered"),
    "accepted": lazy_in("case", "Accepted"),
    "rolling": lazy_in("case", "Rolling"),
    "on_scene": lazy_in("case", "On scene"),
    "secured": lazy_in("case", "Secured"),
    "cleared": lazy_in("case", "Cleared"),
    "closed": lazy_in("case", "Closed"),
}
OFFER_STATE: _Words = {
    "waiting": lazy("Waiting for an answer"),
    "accepted": lazy_in("offer", "Accepted"),
    "declined": lazy_in("offer", "Declined"),
    "expired": lazy_in("offer", "No answer in time"),
    "withdrawn": lazy_in("offer", "Withdrawn"),
}
RESPONSE_STATE: _Words = {
    "accepted": lazy_in("response", "Accepted"),
    "rolling": lazy_in("response", "Rolling"),
    "on_scene": lazy_in("response", "On scene"),
    "secured": lazy_in("response", "Secured"),
    "left": lazy_in("response", "Cleared"),
    "reported": lazy_in("response", "Reported"),
    "recalled": lazy_in("response", "Recalled"),
    "reassigned": lazy_in("response", "Reassigned"),
}
UNIT_STATE: _Words = {
    "available": lazy("Available"),
    "offered": lazy("Asked"),
    "busy": lazy("On a case"),
    "break": lazy("On a break"),
    "off_duty": lazy("Off duty"),
    "silent": lazy("No sign of life"),
    **{code: RESPONSE_STATE[code] for code in ("accepted", "rolling", "on_scene", "secured")},
}
PRIORITY: _Words = {
    "1": lazy("Priority 1, highest"),
    "2": lazy("Priority 2"),
    "3": lazy("Priority 3"),
    "4": lazy("Priority 4, lowest"),
}
POINT: _Words = {
    "triggered": lazy("Triggered"),
    "received": lazy("Received"),
    "acknowledged": lazy("Case opened"),
    "decided": lazy("Decided"),
    "offered": lazy("Offered"),
    "accepted": lazy("Accepted"),
    "rolling": lazy("Rolling"),
    "on_scene": lazy("On scene"),
    "secured": lazy("Secured"),
    "left": lazy("Left"),
    "reported": lazy("Reported"),
}
SOURCE: _Words = {
    "panel": lazy("the panel"),
    "receiver": lazy("the receiver"),
    "system": lazy("the system"),
    "dispatcher": lazy("the dispatcher"),
    "phone": lazy("the guard's phone"),
    "position": lazy("the unit's position"),
    "typed": lazy("typed in"),
    "centre": lazy("the alarm centre's journal"),
    "stated": lazy("the supplier's own list"),
}
COMPETENCE: _Words = {
    "guard": lazy("security guard"),
    "public_order_officer": lazy("public order officer"),
    "cpr": lazy("CPR"),
    "fire": lazy("first response to fire"),
    "dog": lazy("dog handler"),
}
KIT: _Words = {
    "aed": lazy("defibrillator"),
    "extinguisher": lazy("fire extinguisher"),
    "fire_blanket": lazy("fire blanket"),
    "first_aid": lazy("first-aid kit"),
    "dog": lazy("dog"),
}
SITE_KIND: _Words = {
    "school": lazy("School"),
    "preschool": lazy("Preschool"),
    "library": lazy("Library"),
    "hall": lazy("Sports hall"),
    "other": lazy("Other building"),
}
CATEGORY: _Words = {
    "vandalism": lazy("Vandalism"),
    "graffiti": lazy("Graffiti"),
    "fire": lazy("Fire"),
    "arson": lazy("Arson"),
    "break_in": lazy("Break-in"),
    "attempt": lazy("Attempted break-in"),
    "theft": lazy("Theft"),
    "violence": lazy("Violence or threat"),
    "robbery": lazy("Robbery"),
    "drugs": lazy("Drugs, suspected"),
    "alcohol": lazy("Alcohol, intoxication"),
    "gathering": lazy("Disorderly gathering"),
    "youth_gathering": lazy("Young people gathering"),
    "reckless_driving": lazy("Reckless driving"),
    "littering": lazy("Littering"),
    "unsafe_place": lazy("Place felt unsafe"),
    "broken_lighting": lazy("Broken lighting"),
    "staff_incident": lazy("Incident against staff"),
    "rumour": lazy("Rumour, social media"),
    "event": lazy("Public event"),
    "extremist_symbol": lazy("Extremist symbol"),
    "trespass": lazy("Trespass"),
    "disturbance": lazy("Disturbance"),
    "unwarranted": lazy("Unwarranted alarm"),
    "technical": lazy("Technical fault"),
    "nothing_found": lazy("Nothing found"),
    "other": lazy("Other"),
}
PHASE: _Words = {
    "alarm": lazy("alarm"),
    "restore": lazy("restored"),
    "trouble": lazy("fault"),
    "test": lazy("test"),
    "info": lazy("information"),
    "cancel": lazy("cancel code"),
}
PRICE_UNIT: _Words = {
    "each": lazy("each"),
    "hour": lazy("per hour"),
    "month": lazy("per month"),
}
PERIOD_STATE: _Words = {
    "ended": lazy_in("period", "Ended"),
    "current": lazy_in("period", "In force"),
    "agreed": lazy_in("period", "Agreed, to come"),
    "open": lazy_in("period", "Open: not yet decided"),
    "lapsed": lazy_in("period", "Lapsed"),
}
BORN: _Words = {
    "panel": lazy_in("born of", "a panel"),
    "typed": lazy("a call typed in"),
    "watch": lazy("the system noticed the silence"),
    "camera": lazy_in("born of", "a camera event"),
    "file": lazy_in("born of", "a file: history"),
}
CHANNEL: _Words = {"sms": lazy("text message"), "mail": lazy("mail")}
NOTIFICATION_STATE: _Words = {
    "sent": lazy_in("notice", "Sent"),
    "waiting": lazy_in("notice", "Not sent yet"),
    "given_up": lazy_in("notice", "Given up"),
}
EVENT: _Words = {
    "case.opened": lazy("The case was opened"),
    "case.changed": lazy("The case changed"),
    "case.signal": lazy("A signal came in"),
    "offer.made": lazy("The case was offered to a unit"),
    "offer.answered": lazy("The offer was answered"),
    "response.changed": lazy("The response went on"),
    "unit.changed": lazy("The unit changed state"),
    "incident.reported": lazy("The report was sent"),
    "observation.reported": lazy("An observation was reported"),
    "damage.reported": lazy("Damage was reported"),
    "damage.changed": lazy("The damage changed"),
    "photo.kept": lazy("A photo was put to the report"),
    "case.passed_on": lazy("The alarm was passed on to an alarm centre"),
    "case.escalated": lazy("People were told that nobody has answered"),
    "unit.watch": lazy("Signs of life were waited for"),
    "words.settled": lazy("Doubtful words were settled"),
    "camera.seen": lazy("A camera saw something"),
    "camera.decided": lazy("What a camera saw was decided on"),
    "system.trouble": lazy("A trouble of the system was raised or ended"),
}
# what, why, what to do; without a why the action's own words stand there


def say(words: Mapping[str, "str | Promise"], code: str) -> str:
    """Return the words for a code; an unknown code is shown as it is, never hidden."""
    return str(words.get(code, code))


def case_kind(kind: str, born: str) -> str:
    """Return what a case is about; a missed sign of life is no alarm that somebody pressed."""
    missed = born == "watch" and kind == "assistance"
    return _("Missed sign of life") if missed else say(CASE_KIND, kind)
