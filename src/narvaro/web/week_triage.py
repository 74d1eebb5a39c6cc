"""The week's reports as the coordinator sorts them. In: a viewer, a Monday. Out: rows of a screen."""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.situation.models import Observation
from narvaro.situation.queries import Triage
from narvaro.web import labels, report_words
from narvaro.web.labels import say
from narvaro.web.screens import Choice, TriageRow, TriageView

STANDING = frozenset({Observation.State.SUBMITTED, Observation.State.IN_PICTURE})


def _place(one: Observation) -> str:
    known = one.site or one.area
    return known.name if known is not None else one.place or _("place not known")


def _facts(one: Observation) -> str:
    facts = [
        say(report_words.KNOWN_BY, one.known_by),
        say(report_words.SEVERITY, str(one.severity)),
    ]
    if one.count != "unknown":
        facts.append(say(report_words.COUNT, one.count))
    if one.age_band != "unknown":
        facts.append(say(report_words.AGE_BAND, one.age_band))
    if one.police_told:
        facts.append(_("the police know"))
    return ", ".join(facts)


def _short(viewer: Viewer, one: Observation) -> str:
    """Return a report in so few words that a button holds them."""
    local = one.occurred_from.astimezone(viewer.zone)
    return f"{local:%d/%m %H:%M} {one.organisation.name}"


def _row(viewer: Viewer, triage: Triage, base: str, merging: UUID | None) -> TriageRow:
    one = triage.observation
    return TriageRow(
        id=str(one.pk),
        since=one.occurred_from,
        until=one.occurred_until,
        category_label=say(labels.CATEGORY, one.category),
        place=_place(one),
        organisation=one.organisation.name,
        facts=_facts(one),
        words=one.text,
        words_wait=bool(one.marks) and not one.text,
        state=one.state,
        state_label=say(report_words.OBSERVATION_STATE, one.state),
        url=reverse("week_triage", args=[one.pk, "what"]).removesuffix("what/"),
        merge_href=f"{base}?merge={one.pk}#triage",
        alike=tuple(Choice(str(other.pk), _short(viewer, other)) for other in triage.alike),
        target=merging is not None and one.pk != merging and one.state in STANDING,
    )


def triage_view(viewer: Viewer, found: list[Triage], base: str, merging: UUID | None) -> TriageView:
    """Return a week's reports; while one is being merged, each other says whether it may take it."""
    rows = [_row(viewer, one, base, merging) for one in found]
    chosen = next((one for one in rows if merging is not None and one.id == str(merging)), None)
    waiting = tuple(one for one in rows if one.state == Observation.State.SUBMITTED)
    rest = tuple(one for one in rows if one.state != Observation.State.SUBMITTED)
    return TriageView(waiting, rest, chosen)
