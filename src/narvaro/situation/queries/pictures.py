"""Reads of the week: pictures, what waits for triage, measures. The viewer first.

The municipality's own see a picture from its first day; everybody else when it is published.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from narvaro.access.models import Organisation
from narvaro.access.policy import Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.core.geo import plane_m
from narvaro.directory.models import Area, Site
from narvaro.situation.contents import Contents, read_contents
from narvaro.situation.models import Decision, Measure, Observation, Picture
from narvaro.situation.queries.reports import list_observations, observations_seen_by
from narvaro.situation.queries.week_contents import compute_contents, measures_to_follow_up
from narvaro.situation.queries.week_reports import areas_of
from narvaro.situation.weeks import Week, collecting_at
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing

ALIKE_M = 300.0
ALIKE_WITHIN = timedelta(hours=12)
ALIKE_AT_MOST = 2


def pictures_seen_by(viewer: Viewer) -> QuerySet[Picture]:
    """Return the pictures that the viewer may see."""
    seen = Picture.objects.filter(tenant_id=viewer.tenant_id)
    match viewer.scope(Record.PICTURE):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            return seen.filter(state=Picture.State.PUBLISHED)
        case _:
            return Picture.objects.none()


def sees_work(viewer: Viewer) -> bool:
    """Return whether the viewer sees pictures that are not published."""
    return viewer.scope(Record.PICTURE) == Scope.TENANT


def find_last_published(viewer: Viewer) -> Picture | None:
    """Return the newest published picture, or None."""
    seen = pictures_seen_by(viewer).filter(state=Picture.State.PUBLISHED)
    return seen.order_by("-monday").first()


def get_picture(viewer: Viewer, monday: date, at: datetime) -> Picture:
    """Return a week's picture; raises Missing.

    Who sees the work gets one that is not stored yet for a week of which nobody has written
    anything, up to the one that is being collected at `at`.
    """
    found = pictures_seen_by(viewer).filter(monday=monday).first()
    if found is not None:
        return found
    if not sees_work(viewer) or monday.weekday() or monday > collecting_at(at, viewer.zone):
        raise Missing
    return Picture(tenant_id=viewer.tenant_id, monday=monday)


def get_contents(viewer: Viewer, picture: Picture, at: datetime) -> Contents:
    """Return what a picture holds: as it was frozen, or as it is known now while it is collected."""
    if picture.state != Picture.State.COLLECTING:
        return read_contents(picture.contents)
    if not sees_work(viewer):
        raise Missing
    return compute_contents(viewer.tenant_id, Week(picture.monday, viewer.zone), at=at)


def neighbours(viewer: Viewer, monday: date, at: datetime) -> tuple[date | None, date | None]:
    """Return the weeks before and after that the viewer can open."""
    if sees_work(viewer):
        after = monday + timedelta(days=7)
        newest = collecting_at(at, viewer.zone)
        return monday - timedelta(days=7), after if after <= newest else None
    seen = pictures_seen_by(viewer)
    before = seen.filter(monday__lt=monday).order_by("-monday").first()
    later = seen.filter(monday__gt=monday).order_by("monday").first()
    return before.monday if before else None, later.monday if later else None


def list_decisions(viewer: Viewer, picture: Picture) -> list[Decision]:
    """List the prioritised places of a picture that the viewer has opened."""
    viewer.require(Record.PICTURE)
    rows = Decision.objects.filter(picture_id=picture.pk, tenant_id=viewer.tenant_id)
    return list(rows.select_related("site", "area").order_by("decided_at", "id"))


def get_decision(viewer: Viewer, decision_id: UUID) -> Decision:
    """Return a decision; raises Missing."""
    seen = Decision.objects.filter(picture__in=pictures_seen_by(viewer), pk=decision_id)
    found = seen.select_related("picture").first()
    if found is None:
        raise Missing
    return found


def list_measures(viewer: Viewer, picture: Picture) -> list[Measure]:
    """List the measures that a picture's meeting gave."""
    viewer.require(Record.PICTURE)
    rows = Measure.objects.filter(picture_id=picture.pk, tenant_id=viewer.tenant_id)
    return list(rows.select_related("owner").order_by("id"))


def list_follow_up(viewer: Viewer, picture: Picture) -> list[Measure]:
    """List the measures of earlier weeks that this picture's meeting follows up, as they stand."""
    viewer.require(Record.PICTURE)
    return measures_to_follow_up(viewer.tenant_id, picture.monday)


def get_measure(viewer: Viewer, measure_id: UUID) -> Measure:
    """Return a measure; raises Missing."""
    seen = Measure.objects.filter(picture__in=pictures_seen_by(viewer), pk=measure_id)
    found = seen.select_related("picture").first()
    if found is None:
        raise Missing
    return found


def states_at(measures: Iterable[Measure], at: datetime) -> dict[UUID, str]:
    """Return how far measures had come at a time, by the log; where it is silent, as they stand."""
    rows = list(measures)
    states: dict[UUID, str] = {one.pk: one.state for one in rows}
    told = Event.objects.filter(
        kind="measure.changed", subject__in={one.picture_id for one in rows}, at__lte=at,
        payload__isnull=False,
    )  # fmt: skip
    for payload in told.order_by("position").values_list("payload", flat=True):
        said = json.loads(payload or "{}")
        if UUID(said["measure"]) in states:
            states[UUID(said["measure"])] = said["state"]
    return states


@dataclass(frozen=True)
class Triage:
    """An observation of a week, and which earlier ones may be of the same thing."""

    observation: Observation
    alike: tuple[Observation, ...]
    words_of_others: bool  # settled words of another organisation are shown: reading is noted


def _are_alike(one: Observation, other: Observation) -> bool:
    """Return whether two reports may be of one thing: same kind, same place, about the same time."""
    apart = max(one.occurred_from - other.occurred_until, other.occurred_from - one.occurred_until)
    return one.category == other.category and apart <= ALIKE_WITHIN and _are_near(one, other)


def _are_near(one: Observation, other: Observation) -> bool:
    if one.site_id is not None and other.site_id is not None:
        return one.site_id == other.site_id
    if one.area_id is not None and one.area_id == other.area_id:
        return True
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return False
    return bool(plane_m(one.lat, one.lon, other.lat, other.lon) <= ALIKE_M)


def _alike(one: Observation, earlier: Sequence[Observation]) -> tuple[Observation, ...]:
    """Return the earlier reports, in order, that a report may be merged into."""
    standing = {Observation.State.SUBMITTED, Observation.State.IN_PICTURE}
    found = [other for other in earlier if other.state in standing and _are_alike(one, other)]
    return tuple(found[:ALIKE_AT_MOST])


def list_to_triage(viewer: Viewer, monday: date) -> list[Triage]:
    """List a week's observations in the order in which they happened, for who sorts them."""
    viewer.require(Record.OBSERVATION, Verb.WRITE)
    week = Week(monday, viewer.zone)
    rows = list_observations(viewer, week.begins, week.ends)
    rows.sort(key=lambda one: (one.occurred_from, one.pk))
    return [
        Triage(
            observation=one,
            alike=_alike(one, rows[:number]) if one.state == Observation.State.SUBMITTED else (),
            words_of_others=bool(one.text) and one.organisation_id != viewer.organisation_id,
        )
        for number, one in enumerate(rows)
    ]


def get_for_triage(viewer: Viewer, observation_id: UUID) -> Observation:
    """Return an observation that the viewer sorts; raises Missing."""
    viewer.require(Record.OBSERVATION, Verb.WRITE)
    found = observations_seen_by(viewer).filter(pk=observation_id).first()
    if found is None:
        raise Missing
    return found


def own_outcome(viewer: Viewer, monday: date) -> dict[str, int]:
    """Return what became of the reports that the viewer (or who he leads) sent in a week, by state."""
    week = Week(monday, viewer.zone)
    mine = observations_seen_by(viewer).filter(organisation_id=viewer.organisation_id)
    mine = mine.filter(reported_at__gte=week.begins, reported_at__lt=week.ends)
    return dict(mine.order_by().values_list("state").annotate(Count("pk")))


def list_places(viewer: Viewer) -> list[Site | Area]:
    """List the places that a meeting can choose: sites, then areas."""
    viewer.require(Record.PICTURE, Verb.WRITE)
    sites = Site.objects.published().filter(tenant_id=viewer.tenant_id).order_by("name")
    return [*sites, *areas_of(viewer.tenant_id).order_by("name")]


def find_place(viewer: Viewer, kind: str, place_id: UUID) -> Site | Area | None:
    """Return one of the places that a meeting can choose, or None."""
    viewer.require(Record.PICTURE, Verb.WRITE)
    if kind == "site":
        sites = Site.objects.published().filter(tenant_id=viewer.tenant_id)
        return sites.filter(pk=place_id).first()
    return areas_of(viewer.tenant_id).filter(pk=place_id).first() if kind == "area" else None


def list_owners(viewer: Viewer) -> list[Organisation]:
    """List the organisations that may be given a measure."""
    viewer.require(Record.PICTURE, Verb.WRITE)
    return list(Organisation.objects.filter(tenant_id=viewer.tenant_id).order_by("name"))
