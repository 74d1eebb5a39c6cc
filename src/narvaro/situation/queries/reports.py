"""Reads of reports: observations, incidents, and words to settle. The viewer first.

Words of another organisation are not in any row that leaves this room before somebody has settled
what is doubtful in them: the text is empty and the marks stay, which say that there is something.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.situation.models import SETTLE_WITHIN, Damage, Incident, Observation
from narvaro.situation.reports import Reported, organisation_of
from narvaro.spine.refusal import Missing

_Row = TypeVar("_Row", Incident, Observation, Damage)

NEWEST = 200
OF_FILES = 20


def may_read_words(viewer: Viewer, row: Reported) -> bool:
    """Return whether the viewer may read a report's words: his own organisation's, or settled ones.

    The words of a file are the municipality's, whose file it is.
    """
    owner = organisation_of(row)
    own = owner == viewer.organisation_id if owner else _leads_files(viewer)
    return row.is_settled or own


def without_words(viewer: Viewer, rows: Iterable[_Row]) -> list[_Row]:
    """Return the rows with the words that the viewer may read, and no others."""
    shown = list(rows)
    for row in shown:
        if not may_read_words(viewer, row):
            row.text = ""
    return shown


def observations_seen_by(viewer: Viewer) -> QuerySet[Observation]:
    """Return the observations that the viewer may see (their words: `without_words`)."""
    seen = Observation.objects.filter(tenant_id=viewer.tenant_id).select_related(
        "site", "area", "organisation"
    )
    match viewer.scope(Record.OBSERVATION):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            return seen.filter(organisation_id=viewer.organisation_id)
        case Scope.OWN:
            return seen.filter(reported_by_id=viewer.member_id)
        case _:
            return Observation.objects.none()


def list_observations(
    viewer: Viewer, since: datetime, until: datetime | None = None
) -> list[Observation]:
    """List the observations reported from `since` until (not including) `until`, newest first."""
    found = observations_seen_by(viewer).filter(reported_at__gte=since)
    if until is not None:
        found = found.filter(reported_at__lt=until)
    return without_words(viewer, found.order_by("-reported_at"))


def incidents_seen_by(viewer: Viewer) -> QuerySet[Incident]:
    """Return the incidents that the viewer may see: all, of shared cases, or his own."""
    seen = Incident.objects.published().filter(tenant_id=viewer.tenant_id)
    seen = seen.select_related("site", "area", "case", "reported_by")
    if viewer.scope(Record.INCIDENT) == Scope.TENANT:
        return seen
    own = Q(reported_by_id=viewer.member_id)
    match viewer.scope(Record.REPORT):
        case Scope.SHARED:
            return seen.filter(
                Q(case__shares__organisation_id=viewer.organisation_id)
                | Q(reported_by__organisation_id=viewer.organisation_id)
            ).distinct()
        case Scope.OWN:
            return seen.filter(own)
        case _:
            return Incident.objects.none()


def own_reports(
    viewer: Viewer,
) -> tuple[QuerySet[Observation], QuerySet[Damage], QuerySet[Incident]]:
    """Return what the viewer has reported himself."""
    return (
        Observation.objects.filter(reported_by_id=viewer.member_id).select_related("site", "area"),
        Damage.objects.filter(reported_by_id=viewer.member_id).select_related("site", "area"),
        Incident.objects.filter(reported_by_id=viewer.member_id).select_related("case"),
    )


def list_own_reports(viewer: Viewer, limit: int = NEWEST) -> list[Reported]:
    """List what the viewer has reported himself, newest first."""
    found: list[Reported] = []
    for rows in own_reports(viewer):
        found += rows.order_by("-reported_at")[:limit]
    return sorted(found, key=lambda row: row.reported_at, reverse=True)[:limit]


@dataclass(frozen=True)
class ToSettle:
    """A report whose words wait to be settled, and until when they should be."""

    row: Reported
    due_at: datetime
    leads: bool


def leads_words(viewer: Viewer) -> bool:
    """Return whether the viewer settles the words of his organisation."""
    return viewer.may(Record.OBSERVATION, Verb.LEAD) or viewer.may(Record.OBSERVATION, Verb.WRITE)


def _leads_files(viewer: Viewer) -> bool:
    return leads_words(viewer) and viewer.scope(Record.OBSERVATION) == Scope.TENANT


def list_words_to_settle(viewer: Viewer) -> list[ToSettle]:
    """List the reports whose words the viewer may settle, what is due first.

    Who leads settles those of his organisation, and the municipality those of files, some at a
    time; an author may rewrite his own.
    """
    viewer.require(Record.OBSERVATION)
    leads = leads_words(viewer)
    whose = Q(reported_by__organisation_id=viewer.organisation_id)
    if not leads:
        whose = Q(reported_by_id=viewer.member_id)
    doubtful = Q(tenant_id=viewer.tenant_id, settled_at=None) & ~Q(marks=[])
    rows: list[Reported] = []
    for model in (Observation, Damage, Incident):
        rows += model.objects.filter(doubtful & whose).select_related("reported_by")
    rows.sort(key=lambda row: row.reported_at)
    for of_file in (Damage, Incident) if _leads_files(viewer) else ():
        found = of_file.objects.published().filter(doubtful, reported_by=None)
        rows += found.order_by("-occurred_from")[:OF_FILES]
    return [ToSettle(row, row.reported_at + SETTLE_WITHIN, leads) for row in rows]


def get_words_to_settle(viewer: Viewer, report_id: UUID) -> ToSettle:
    """Return one of the reports whose words the viewer may settle; raises Missing."""
    for one in list_words_to_settle(viewer):
        if one.row.pk == report_id:
            return one
    raise Missing
