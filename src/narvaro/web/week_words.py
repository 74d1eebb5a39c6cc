"""The words of the week room. In: codes and numbers of a picture. Out: words in the viewer's language."""

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from narvaro.situation.contents import Counted, Unsaid, When
from narvaro.spine.refusal import Refused
from narvaro.web.labels import say

_Words = dict[str, "str | Promise"]

STATE: _Words = {
    "collecting": pgettext_lazy("picture", "Collecting"),
    "frozen": pgettext_lazy("picture", "Frozen"),
    "decided": pgettext_lazy("picture", "Decided"),
    "published": pgettext_lazy("picture", "Published"),
}
FOCUS: _Words = {
    "be_seen": lazy("Be seen"),
    "talk": lazy("Talk with young people"),
    "guard": lazy("Guard the site"),
    "camera": lazy("Together with the camera operators"),
}
MEASURE_STATE: _Words = {
    "decided": pgettext_lazy("measure", "Decided"),
    "in_progress": pgettext_lazy("measure", "In progress"),
    "done": pgettext_lazy("measure", "Done"),
    "cancelled": pgettext_lazy("measure", "Dropped"),
}
MEASURE_MOVE: _Words = {
    "again": lazy("Take up again"),
    "in_progress": pgettext_lazy("measure", "Start"),
    "done": pgettext_lazy("measure", "Done"),
    "cancelled": pgettext_lazy("measure", "Drop"),
}
NATURE: _Words = {
    "situational": lazy("The place: light, locks, bushes, presence"),
    "social": lazy("People: conversation, activities, support"),
}
VERDICT: _Words = {
    "more": lazy("More than usual"),
    "usual": lazy("As usual"),
    "fewer": lazy("Fewer than usual"),
    "unknown": lazy("Nothing to compare with yet"),
    "not_over": lazy("The week is not over"),
}
PLACE_KIND: _Words = {"site": lazy("Sites"), "area": lazy("Areas")}
WEEKDAY: tuple[Promise, ...] = (
    lazy("Mon"), lazy("Tue"), lazy("Wed"), lazy("Thu"), lazy("Fri"), lazy("Sat"), lazy("Sun"),
)  # fmt: skip


# an action's no, in words; what it names stands in its own detail, which is for programs
REFUSAL: _Words = {
    "picture_further": lazy("The week has come further; the page shows what holds now."),
    "picture_not_yet": lazy("The week has not come that far yet."),
    "still_collecting": lazy("Collecting has not closed yet; the picture is frozen after that."),
    "too_few_places": lazy("Decide on at least three prioritised places first."),
    "too_many_places": lazy("Five places are decided; take one off the list first."),
    "place_decided": lazy("That place is on the list already."),
    "half_hours": lazy("Give both hours, and not the same, or none."),
    "no_text": lazy("Say what is to be done, in at most 400 characters."),
    "due_past": lazy("The day lies before the week of the meeting."),
    "no_target": lazy("Merge into another report, one that stands by itself."),
    "id_taken": lazy("The form was damaged; open it anew."),
}


def mean_text(counted: Counted) -> str:
    """Write the mean of the weeks before with one decimal; unknown as a dash."""
    return "–" if counted.mean is None else number_format(counted.mean, decimal_pos=1)


def range_text(counted: Counted) -> str:
    """Write within what a count is as usual; nothing where that is not known."""
    if counted.low is None or counted.high is None:
        return ""
    return f"{counted.low}–{counted.high}"


def kronor_text(sek: int) -> str:
    """Write whole Swedish kronor."""
    return _("SEK %(amount)s") % {
        "amount": number_format(sek, use_l10n=True, force_grouping=True),
    }


def days_text(weekdays: Sequence[int], hours_from: str, hours_until: str) -> str:
    """Write on which days and hours; without days it is every day."""
    days = ", ".join(str(WEEKDAY[one]) for one in weekdays) or _("Every day")
    return f"{days} {hours_from}–{hours_until}" if hours_from else days


def when_text(when: Sequence[When]) -> str:
    """Write the stretches of the week in which most reports lie."""
    return ", ".join(
        f"{WEEKDAY[one.weekday]} {one.hour_from:02}–{one.hour_until:02} ({one.count})"
        for one in when
    )


def _of_reports(code: str, number: int) -> str | None:
    match code:
        case "no_place":
            return ngettext(
                "%(n)s report names no place that is known: it is in the total, at no place.",
                "%(n)s reports name no place that is known: they are in the total, at no place.",
                number,
            )
        case "no_area":
            return ngettext(
                "%(n)s report has a point in no named area: it is in the total, at no place.",
                "%(n)s reports have a point in no named area: they are in the total, at no place.",
                number,
            )
        case "late":
            return ngettext(
                "%(n)s report came too late for its own week: it is in no comparison.",
                "%(n)s reports came too late for their own week: they are in no comparison.",
                number,
            )
        case "ahead":
            return ngettext(
                "%(n)s report is about days to come: it is not counted yet.",
                "%(n)s reports are about days to come: they are not counted yet.",
                number,
            )
        case "from_files":
            return ngettext(
                "%(n)s report came by file: when it became known is not recorded.",
                "%(n)s reports came by file: when they became known is not recorded.",
                number,
            )
        case _:
            return None


def _of_the_rest(code: str, number: int) -> str | None:
    match code:
        case "silent":
            return ngettext(
                "%(n)s organisation reported nothing: that may be a calm week or a silent one.",
                "%(n)s organisations reported nothing: that may be a calm week or a silent one.",
                number,
            )
        case "no_cost":
            return ngettext(
                "%(n)s damage has no cost yet: the sum is too low.",
                "%(n)s damages have no cost yet: the sum is too low.",
                number,
            )
        case "unsettled":
            return ngettext(
                "%(n)s report waits for somebody to settle its words: kind, time and place are counted.",
                "%(n)s reports wait for somebody to settle their words: kind, time and place are counted.",
                number,
            )
        case "weeks_missing":
            return ngettext(
                "%(n)s of the four weeks before holds no report at all and is left out of the mean.",
                "%(n)s of the four weeks before hold no report at all and are left out of the mean.",
                number,
            )
        case "police_left_out":
            return ngettext(
                "%(n)s older police event is not listed.",
                "%(n)s older police events are not listed.",
                number,
            )
        case _:
            return None


def unsaid_text(one: Unsaid) -> str:
    """Return what the figures cannot say; an unknown code is shown as it is, never hidden."""
    if one.code == "by_chance":
        chance = _("Of the places compared, about %(n)s would look like more than usual by chance.")
        return chance % {"n": number_format(one.number, decimal_pos=1)}
    number = round(one.number)
    if one.code == "files_until":
        until = _(
            "The files reach until %(day)s: what happened later is not in them, and by them nothing is "
            "called fewer than usual."
        )
        return until % {"day": date_format(date.fromordinal(number), "Y-m-d")}
    words = _of_reports(one.code, number) or _of_the_rest(one.code, number)
    return words % {"n": number} if words else f"{one.code}: {number}"


def categories_text(categories: Sequence[tuple[str, int]], words: _Words) -> str:
    """Write the kinds of a place's reports with their counts."""
    return ", ".join(f"{say(words, code)} {count}" for code, count in categories)


def refusal_words(refused: Refused) -> str:
    """Return an action's no in words; an unknown code shows its own."""
    return say(REFUSAL, refused.code) if refused.code in REFUSAL else refused.detail
