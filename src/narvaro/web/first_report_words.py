"""Words of the first report. In: codes. Out: words in the viewer's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy as lazy_in

CAUSE: dict[str, Promise] = {
    "real": lazy_in("cause", "Real"),
    "unwarranted": lazy_in("cause", "Unwarranted"),
    "technical": lazy_in("cause", "Technical fault"),
    "test": lazy_in("cause", "Test"),
    "cancelled": lazy_in("cause", "Cancelled"),
    "": lazy_in("cause", "Not said"),
}
ACTIVITY: dict[str, Promise] = {
    "patrol": lazy_in("activity", "Patrol rounds"),
    "response": lazy_in("activity", "Alarm responses"),
    "stationary": lazy_in("activity", "Stationary guarding"),
    "youth": lazy_in("activity", "Preventive work, young people"),
    "camera": lazy_in("activity", "Camera operation"),
    "public_order": lazy_in("activity", "Public order officers"),
    "leading": lazy_in("activity", "Leading the shift"),
    "other": lazy_in("activity", "Other"),
}
# What the data cannot say: the sentence for it; %(count)s is how many rows it concerns.
CANNOT_SAY: dict[str, Promise] = {
    "no_alarms": lazy(
        "No alarms of this year are known, so nothing is said of them. Bring in the alarm centre's "
        "journal."
    ),
    "no_damage": lazy(
        "No damage of this year is known, so no cost and no place is given. Bring in the property "
        "register's damage."
    ),
    "no_incidents": lazy(
        "No incidents of this year are known, so the report cannot say where harm is. The police's "
        "public events have no street: they are context, not incidents."
    ),
    "no_inhabitants": lazy(
        "How many live here is not known, so nothing is given per inhabitant. Bring in the "
        "municipality's border and its population."
    ),
    "no_terms": lazy(
        "%(count)s responses fall under no agreed response time: no term in force covers them, so "
        "nothing is called late. Bring in the contract."
    ),
    "no_price": lazy(
        "No price of an alarm response is known, so unwarranted alarms have no cost here. Bring in "
        "the contract with its price list."
    ),
    "several_prices": lazy(
        "%(count)s prices of an alarm response held in the year; each response has its own day's."
    ),
    "cause_unknown": lazy("%(count)s alarms have no cause: nobody has said what they were."),
    "not_measured": lazy(
        "%(count)s responses could not be measured: a time that the clock needs is missing."
    ),
    "stated_only": lazy(
        "%(count)s arrivals are known from the supplier's own list alone. That is a statement, not "
        "a proof."
    ),
    "alarm_without_site": lazy("%(count)s alarms belong to no known site."),
    "damage_without_site": lazy("%(count)s damages belong to no known site."),
    "damage_without_cost": lazy("%(count)s damages have no cost at all; they count as 0 in sums."),
    "damage_estimated": lazy("%(count)s damages have an estimate and no final cost."),
    "incident_without_place": lazy(
        "%(count)s incidents have no place and are in no place's count."
    ),
    "no_visits": lazy("No visits are known, so hours and places cannot be compared."),
    "site_not_on_map": lazy("%(count)s sites have no position."),
}
ALWAYS: tuple[Promise, ...] = (
    lazy(
        "What was never reported is in no file: few reports from a place may mean calm, or that "
        "nobody reports."
    ),
    lazy("Nothing here says why something happened, nor whether a visit prevented anything."),
)
