"""The week's two forms: a prioritised place, a measure. In: a request. Out: typed values, or a form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.core.wording import mark
from narvaro.directory.models import Area, Site
from narvaro.situation.contents import Contents
from narvaro.situation.models import Decision, Measure, Picture
from narvaro.situation.pictures import Focus, Task
from narvaro.situation.queries import find_place, list_decisions, list_owners, list_places
from narvaro.spine.ids import uuid7
from narvaro.spine.refusal import Refused
from narvaro.web import week_words
from narvaro.web.days import read_day
from narvaro.web.labels import say
from narvaro.web.screens import Choice, ChoiceGroup, DecideForm, MeasureForm, Problem

_Code = TypeVar("_Code", bound=TextChoices)


def _invalid(words: str) -> Refused:
    return Refused("invalid", words, status=422)


def read_id(given: Mapping[str, str], name: str = "id") -> UUID:
    """Read an id that the form proposes; raises Refused."""
    try:
        return UUID(given.get(name, ""))
    except ValueError as fault:
        raise _invalid(_("The form was damaged; open it anew.")) from fault


def _code(codes: type[_Code], written: str, words: str) -> _Code:
    if written not in codes.values:
        raise _invalid(words)
    return codes(written)


def _time(written: str) -> time | None:
    try:
        return time.fromisoformat(written) if written else None
    except ValueError as fault:
        raise _invalid(_("Write a time as 20:00.")) from fault


def _ask_about(given: QueryDict, *names: str) -> None:
    """Ask once about words that may point at a person; raises Refused until they are sent again."""
    written = "; ".join(given.get(one, "") for one in names)
    doubtful = ", ".join(written[one.start : one.end] for one in mark(written))
    if doubtful and given.get("sure") != written:
        asked = _("Does this point at a person: %(words)s? Change it, or send it again to keep it.")
        raise _invalid(asked % {"words": doubtful})


def read_place(viewer: Viewer, written: str) -> Site | Area:
    """Read the place that the form chose; raises Refused."""
    kind, _colon, key = written.partition(":")
    try:
        found = find_place(viewer, kind, UUID(key))
    except ValueError:
        found = None
    if found is None:
        raise _invalid(_("Choose a place."))
    return found


def read_focus(given: QueryDict) -> Focus:
    """Read what is to be done at the place, and when; raises Refused."""
    days = given.getlist("weekday")
    if not all(one in set("0123456") for one in days):
        raise _invalid(_("The form was damaged; open it anew."))
    _ask_about(given, "why")
    return Focus(
        focus=_code(Decision.Focus, given.get("focus", ""), _("Choose a focus.")),
        weekdays=tuple(int(one) for one in days),
        hours_from=_time(given.get("hours_from", "")),
        hours_until=_time(given.get("hours_until", "")),
        why=given.get("why", ""),
    )


def read_task(viewer: Viewer, given: QueryDict) -> Task:
    """Read a measure; raises Refused."""
    owners = {str(one.pk): one for one in list_owners(viewer)}
    owner = owners.get(given.get("owner", ""))
    if owner is None:
        raise _invalid(_("Choose who does it."))
    try:
        due_on = read_day(given.get("due_on", ""))
    except ValueError as fault:
        raise _invalid(_("Write the day as 2026-11-27.")) from fault
    _ask_about(given, "text", "expected")
    nature = _code(Measure.Nature, given.get("nature", ""), _("Choose what it works on."))
    return Task(given.get("text", ""), nature, owner, due_on, given.get("expected", ""))


def _place_groups(
    viewer: Viewer, contents: Contents, chosen: str, taken: frozenset[str]
) -> tuple[ChoiceGroup, ...]:
    """Return the places to choose among: those with reports first, as the list has them, then all."""
    reported = {f"{one.kind}:{one.id}": one for one in contents.places}
    first = tuple(
        Choice(value, f"{one.name} ({one.counted.now})", value == chosen)
        for value, one in reported.items()
        if value not in taken
    )
    rest: dict[str, list[Choice]] = {"site": [], "area": []}
    for place in list_places(viewer):
        kind = "site" if isinstance(place, Site) else "area"
        value = f"{kind}:{place.pk}"
        if value not in reported and value not in taken:
            rest[kind].append(Choice(value, place.name, value == chosen))
    groups = [(_("With reports this week"), first)]
    groups += [(say(week_words.PLACE_KIND, kind), tuple(found)) for kind, found in rest.items()]
    return tuple(ChoiceGroup(label, choices) for label, choices in groups if choices)


def decide_form(
    viewer: Viewer, picture: Picture, contents: Contents, given: QueryDict, problem: str = ""
) -> DecideForm:
    """Return the form for a place: as it was sent, or empty with the place that was pointed at."""
    taken = frozenset(
        f"site:{one.site_id}" if one.site_id else f"area:{one.area_id}"
        for one in list_decisions(viewer, picture)
    )
    days = given.getlist("weekday")
    return DecideForm(
        id=given.get("id") or str(uuid7()),
        places=_place_groups(viewer, contents, given.get("place", ""), taken),
        focuses=tuple(
            Choice(one, say(week_words.FOCUS, one), one == given.get("focus"))
            for one in Decision.Focus.values
        ),
        weekdays=tuple(
            Choice(str(number), str(name), str(number) in days)
            for number, name in enumerate(week_words.WEEKDAY)
        ),
        hours_from=given.get("hours_from", ""),
        hours_until=given.get("hours_until", ""),
        why=given.get("why", ""),
        problem=Problem(problem) if problem else None,
    )


def measure_form(
    viewer: Viewer, picture: Picture, given: QueryDict, problem: str = ""
) -> MeasureForm:
    """Return the form for a measure: as it was sent, or empty and due before the next meeting."""
    due_on = given.get("due_on") or (picture.monday + timedelta(days=7)).isoformat()
    form = MeasureForm(
        id=given.get("id") or str(uuid7()),
        owners=tuple(
            Choice(str(one.pk), one.name, str(one.pk) == given.get("owner"))
            for one in list_owners(viewer)
        ),
        natures=tuple(
            Choice(one, say(week_words.NATURE, one), one == given.get("nature"))
            for one in Measure.Nature.values
        ),
        due_on=due_on,
        text=given.get("text", ""),
        expected=given.get("expected", ""),
    )
    return replace(form, problem=Problem(problem)) if problem else form
