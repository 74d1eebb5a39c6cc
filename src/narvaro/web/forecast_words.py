"""Words of expected harm. In: codes. Out: words in the viewer's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

INPUT: dict[str, Promise] = {
    "damage": lazy("damage in the owner's register"),
    "work_order": lazy("repairs that were ordered"),
    "confirmed_alarm": lazy("alarms that turned out to be real"),
    "reported_incident": lazy("incidents reported by others than guards"),
    "reported_offence": lazy("reported offences, open data"),
}
LEFT_OUT: dict[str, tuple[Promise, Promise]] = {
    "guard_discovery": (
        lazy("found by guards themselves"),
        lazy(
            "what guards find follows where guards are; learning from it would send them back there"
        ),
    ),
    "observation": (
        lazy("observations, and what is no harm to property or public order"),
        lazy("a forecast of harm learns from harm alone"),
    ),
    "unconfirmed_alarm": (
        lazy("alarms that nobody found to be real"),
        lazy("most of them are false, and follow the sensors"),
    ),
    "youth_contact": (
        lazy("young people gathering"),
        lazy("contacts with young people are not harm"),
    ),
    "perceived_safety": (
        lazy("places felt unsafe"),
        lazy("felt safety is a currency of its own, never added to harm"),
    ),
    "water_damage": (
        lazy("water damage"),
        lazy("nobody's presence prevents it"),
    ),
    "no_position": (
        lazy("without a place on the map"),
        lazy(
            "bring in the streets or the sites' positions; else a place, an address or coordinates"
        ),
    ),
    "told_twice": (
        lazy("told of by two registers"),
        lazy("an alarm or a report of a damage that is counted already"),
    ),
    "off_grid": (lazy("beyond the map"), lazy("outside the streets that were imported")),
    "too_new": (
        lazy("newer than the register that ended first"),
        lazy("after its end a register's silence says nothing, so all are used until then"),
    ),
}
GROUP: dict[str, Promise] = {
    "long_run": lazy("What has happened here over the years"),
    "time_of_day": lazy("What has happened here at this time of the day"),
    "lately": lazy("The last months"),
    "near_repeat": lazy("The last two weeks, here and nearby"),
    "floor": lazy("It could happen anywhere"),
}
SPEAKS: dict[str, Promise] = {
    "long_run": lazy("much has happened here over the years"),
    "time_of_day": lazy("it happens here at this time of the day"),
    "lately": lazy("more than usual in the last months"),
    "near_repeat": lazy("something happened here or nearby in the last two weeks"),
    "floor": lazy("little is known of this place"),
}
PERIOD: dict[str, Promise] = {
    "tonight": lazy("Tonight"),
    "tomorrow": lazy("Tomorrow night"),
    "all": lazy("All hours of the forecast"),
}
AREA_KIND: dict[str, Promise] = {
    "square": lazy("Square"),
    "park": lazy("Park"),
    "yard": lazy("Yard"),
}
CANNOT_SAY: tuple[Promise, ...] = (
    lazy(
        "What nobody reports is in no forecast: few reports may mean calm, or that nobody reports."
    ),
    lazy(
        "Where guards have been, less may have happened because of them. The forecast does not "
        "correct for that yet; where guards were is kept for it."
    ),
    lazy("Nothing here is about persons, and no classification of an area goes into it."),
)
COST_NOTE = lazy(
    "Cost: the expected number times the mean cost nearby. What has no known cost is taken to cost "
    "as much as what has one, so the sum is a weight for choosing places, not a budget."
)
