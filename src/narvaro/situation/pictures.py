"""Writes of the week: triage, the situation picture, its decisions, measures and police events.

A picture goes collecting → frozen → decided → published and never back. What was frozen is never
changed; the meeting decides while it is frozen. All under the tenant's one write lock.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.access.queries import list_all_organisation_ids, list_organisation_ids
from narvaro.access.viewer import Viewer
from narvaro.core.wording import mask
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import Source, is_held_back, open_batch
from narvaro.directory.importing.run import publish as publish_file
from narvaro.directory.models import Area, Site
from narvaro.situation import events as told
from narvaro.situation.models import Damage, Decision, Measure, Observation, Picture, PoliceEvent
from narvaro.situation.police_feed import NOT_KEPT, PoliceFacts, read_feed
from narvaro.situation.queries.week_contents import compute_contents
from narvaro.situation.weeks import Week, closing_of, collecting_at
from narvaro.spine import events
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Missing, Refused

PLACES_AT_LEAST, PLACES_AT_MOST = 3, 5
TEXT_AT_MOST = 400


def _zone(tenant_id: UUID) -> ZoneInfo:
    return ZoneInfo(Tenant.objects.values_list("timezone", flat=True).get(pk=tenant_id))


def _locked(picture: Picture, state: Picture.State) -> Picture:
    """Return the picture's row as it stands now; raises Refused where it is not in `state`."""
    row = Picture.objects.select_for_update(no_key=True).get(pk=picture.pk)
    if row.state == state:
        return row
    order = Picture.State.values
    if order.index(row.state) > order.index(state):
        raise Refused("picture_further", f"The picture of {row.monday} is {row.state} already.")
    raise Refused("picture_not_yet", f"The picture of {row.monday} is only {row.state}.")


def _tell(picture: Picture, happening: events.Happening, *, by: str, at: datetime) -> None:
    """Tell the municipality; once the picture is published, everybody."""
    audience = list_organisation_ids(picture.tenant_id, OrganisationKind.MUNICIPALITY)
    if picture.state == Picture.State.PUBLISHED:
        audience = list_all_organisation_ids(picture.tenant_id)
    events.append(
        happening, tenant_id=picture.tenant_id, subject=picture.pk, audience=audience, by=by, at=at
    )


@transaction.atomic
def ensure_picture(*, tenant_id: UUID, monday: date) -> Picture:
    """Return the picture that closes on `monday`, opened if need be; opening tells nothing yet."""
    events.hold(tenant_id)
    if monday.weekday() != 0:
        raise Refused("no_monday", f"{monday} is no Monday; a picture is named by its Monday.")
    picture, _ = Picture.objects.get_or_create(tenant_id=tenant_id, monday=monday)
    return picture


def _for_triage(observation: Observation) -> Observation:
    """Return an observation's row; raises Refused once its week is frozen."""
    row = Observation.objects.select_for_update(no_key=True).get(pk=observation.pk)
    monday = collecting_at(row.reported_at, _zone(row.tenant_id))
    frozen = Picture.objects.filter(tenant_id=row.tenant_id, monday=monday)
    if frozen.exclude(state=Picture.State.COLLECTING).exists():
        raise Refused("picture_further", f"The picture of {monday} is frozen.")
    return row


def _triaged(row: Observation, *, by: str, at: datetime) -> None:
    row.save(update_fields=["state", "merged_into"])
    municipality = list_organisation_ids(row.tenant_id, OrganisationKind.MUNICIPALITY)
    events.append(
        told.ObservationTriaged(row.pk, row.state, row.merged_into_id),
        tenant_id=row.tenant_id, subject=row.pk, audience={*municipality, row.organisation_id},
        by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def sort_observation(
    *, observation: Observation, state: Observation.State, by: str, at: datetime
) -> Observation:
    """Take an observation into the picture, refer it, reject it, or put it back among the unsorted."""
    if state == Observation.State.MERGED:
        raise Refused("no_target", "Say into which report it is merged.", status=422)
    events.hold(observation.tenant_id)
    row = _for_triage(observation)
    if row.state != state:
        row.state, row.merged_into = state, None
        _triaged(row, by=by, at=at)
    return row


@transaction.atomic
def merge_observation(
    *, observation: Observation, into: Observation, by: str, at: datetime
) -> Observation:
    """Merge an observation into another report of the same thing; what was merged into it follows."""
    events.hold(observation.tenant_id)
    row, target = _for_triage(observation), _for_triage(into)
    if target.tenant_id != row.tenant_id:
        raise Missing
    stands = target.state in {Observation.State.SUBMITTED, Observation.State.IN_PICTURE}
    if target.pk == row.pk or not stands:
        raise Refused("no_target", "Merge into a report that stands by itself.", status=422)
    for one in (row, *Observation.objects.filter(merged_into=row)):
        one.state, one.merged_into = Observation.State.MERGED, target
        _triaged(one, by=by, at=at)
    return row


def freeze(*, picture: Picture, by: str, at: datetime) -> Picture:
    """Freeze a closed week: what nobody has sorted is taken in, and the contents stand fast.

    They are computed before the lock is taken, and once more under it if something was written
    meanwhile: a big municipality's week takes longer than others should wait.
    """
    zone = _zone(picture.tenant_id)
    if at < closing_of(picture.monday, zone):
        raise Refused("still_collecting", f"Collecting closes on {picture.monday} at 12:00.")
    week = Week(picture.monday, zone)
    seen = events.head_positions()[picture.tenant_id]
    contents = compute_contents(picture.tenant_id, week, at=at)
    with transaction.atomic():
        events.hold(picture.tenant_id)
        row = _locked(picture, Picture.State.COLLECTING)
        if events.head_positions()[picture.tenant_id] != seen:
            contents = compute_contents(picture.tenant_id, week, at=at)
        Observation.objects.filter(
            tenant_id=row.tenant_id, state=Observation.State.SUBMITTED,
            reported_at__gte=week.begins, reported_at__lt=week.ends,
        ).update(state=Observation.State.IN_PICTURE)  # fmt: skip
        row.state, row.frozen_at, row.contents = Picture.State.FROZEN, at, contents.to_plain()
        row.save(update_fields=["state", "frozen_at", "contents"])
        happening = told.PictureFrozen(row.pk, row.monday.isoformat(), contents.intake.received)
        _tell(row, happening, by=by, at=at)
    return row


@dataclass(frozen=True)
class Focus:
    """What is to be done at a prioritised place, when and why; the hours may run past midnight."""

    focus: Decision.Focus
    weekdays: tuple[int, ...] = ()
    hours_from: time | None = None
    hours_until: time | None = None
    why: str = ""

    def check(self) -> None:
        """Raise Refused where days or hours make no sense."""
        if any(not 0 <= one <= 6 for one in self.weekdays):
            raise Refused("invalid", "A weekday is 0 (Monday) to 6 (Sunday).", status=422)
        if (self.hours_from is None) != (self.hours_until is None):
            raise Refused("half_hours", "Give both hours, or none.", status=422)
        if self.hours_from is not None and self.hours_from == self.hours_until:
            raise Refused("half_hours", "The hours begin and end at once.", status=422)


@transaction.atomic
def decide_place(
    *, decision_id: UUID, picture: Picture, place: Site | Area, focus: Focus, member_id: UUID,
    at: datetime,
) -> Decision:  # fmt: skip
    """Make a place one of the coming week's prioritised places; the same id twice is one decision."""
    events.hold(picture.tenant_id)
    there = Decision.objects.filter(pk=decision_id).first()
    if there is not None:
        if there.picture_id != picture.pk or there.decided_by_id != member_id:
            raise Refused("id_taken", "That id is another record's; send the form once more.")
        return there
    row = _locked(picture, Picture.State.FROZEN)
    if place.tenant_id != row.tenant_id:
        raise Missing
    focus.check()
    decided = Decision.objects.filter(picture=row)
    where = {"site": place} if isinstance(place, Site) else {"area": place}
    if decided.filter(**where).exists():
        raise Refused("place_decided", f"{place} is one of the places already.")
    if decided.count() >= PLACES_AT_MOST:
        raise Refused("too_many_places", f"At most {PLACES_AT_MOST} places; drop one first.")
    made = Decision.objects.create(
        id=decision_id, tenant_id=row.tenant_id, picture=row, focus=focus.focus, **where,
        weekdays=sorted(set(focus.weekdays)), hours_from=focus.hours_from,
        hours_until=focus.hours_until, why=mask(focus.why.strip()).text[:TEXT_AT_MOST],
        decided_by_id=member_id, decided_at=at,
    )  # fmt: skip
    happening = told.PictureDecided(row.pk, row.monday.isoformat(), "place", made.pk, made.focus)
    _tell(row, happening, by=f"member:{member_id}", at=at)
    return made


@transaction.atomic
def drop_place(*, decision: Decision, by: str, at: datetime) -> None:
    """Take a place off the list again, while the meeting lasts."""
    events.hold(decision.tenant_id)
    row = _locked(decision.picture, Picture.State.FROZEN)
    gone, _ = Decision.objects.filter(pk=decision.pk).delete()
    if gone:
        happening = told.PictureDecided(
            row.pk, row.monday.isoformat(), "dropped", decision.pk, decision.focus
        )
        _tell(row, happening, by=by, at=at)


@dataclass(frozen=True)
class Task:
    """What somebody is given to do, until when, and what it is expected to give."""

    text: str
    nature: Measure.Nature
    owner: Organisation
    due_on: date
    expected: str = ""


@transaction.atomic
def add_measure(
    *, measure_id: UUID, picture: Picture, task: Task, by: str, at: datetime
) -> Measure:
    """Give somebody a measure, while the meeting lasts; the same id sent twice is one measure."""
    events.hold(picture.tenant_id)
    there = Measure.objects.filter(pk=measure_id).first()
    if there is not None:
        if there.picture_id != picture.pk:
            raise Refused("id_taken", "That id is another record's; send the form once more.")
        return there
    row = _locked(picture, Picture.State.FROZEN)
    if task.owner.tenant_id != row.tenant_id:
        raise Missing
    text = mask(task.text.strip()).text
    if not text or len(text) > TEXT_AT_MOST:
        raise Refused(
            "no_text", f"Say what is to be done, in at most {TEXT_AT_MOST} characters.", status=422
        )
    if task.due_on < row.monday:
        raise Refused("due_past", f"{task.due_on} is before the week of the meeting.", status=422)
    made = Measure.objects.create(
        id=measure_id, tenant_id=row.tenant_id, picture=row, text=text, nature=task.nature,
        owner=task.owner, due_on=task.due_on,
        expected=mask(task.expected.strip()).text[:TEXT_AT_MOST],
    )  # fmt: skip
    _tell_measure(made, row, by=by, at=at)
    return made


def _tell_measure(measure: Measure, picture: Picture, *, by: str, at: datetime) -> None:
    happening = told.MeasureChanged(picture.pk, measure.pk, measure.owner_id, measure.state)
    _tell(picture, happening, by=by, at=at)


@transaction.atomic
def move_measure(*, measure: Measure, state: Measure.State, by: str, at: datetime) -> Measure:
    """Say how far a measure has come; one that was done by mistake may be opened again."""
    events.hold(measure.tenant_id)
    row = Measure.objects.select_for_update(no_key=True).get(pk=measure.pk)
    if row.state != state:
        row.state = state
        done = state == Measure.State.DONE
        row.done_on = at.astimezone(_zone(row.tenant_id)).date() if done else None
        row.save(update_fields=["state", "done_on"])
        _tell_measure(row, row.picture, by=by, at=at)
    return row


@transaction.atomic
def mark_decided(*, picture: Picture, by: str, at: datetime) -> Picture:
    """End the meeting: its decisions stand; raises Refused with too few places."""
    events.hold(picture.tenant_id)
    row = _locked(picture, Picture.State.FROZEN)
    places = Decision.objects.filter(picture=row).count()
    if places < PLACES_AT_LEAST:
        raise Refused(
            "too_few_places", f"{places} places are decided; at least {PLACES_AT_LEAST} are needed."
        )
    row.state, row.decided_at = Picture.State.DECIDED, at
    row.save(update_fields=["state", "decided_at"])
    _tell(row, told.PictureDecided(row.pk, row.monday.isoformat(), "done"), by=by, at=at)
    return row


@transaction.atomic
def publish(*, picture: Picture, by: str, at: datetime) -> Picture:
    """Open picture, decisions and measures to all who work together."""
    events.hold(picture.tenant_id)
    row = _locked(picture, Picture.State.DECIDED)
    row.state, row.published_at = Picture.State.PUBLISHED, at
    row.save(update_fields=["state", "published_at"])
    places, measures = row.decisions.count(), row.measures.count()
    happening = told.PicturePublished(row.pk, row.monday.isoformat(), places, measures)
    _tell(row, happening, by=by, at=at)
    return row


@transaction.atomic
def note_reading(*, viewer: Viewer, picture: Picture, what: str, at: datetime) -> None:
    """Note that somebody outside of the municipality read a picture."""
    if viewer.organisation_kind == OrganisationKind.MUNICIPALITY:
        return
    events.hold(viewer.tenant_id)
    municipality = list_organisation_ids(viewer.tenant_id, OrganisationKind.MUNICIPALITY)
    events.append(
        told.PictureRead(picture.pk, picture.monday.isoformat(), what, viewer.organisation_id),
        tenant_id=viewer.tenant_id, subject=picture.pk,
        audience={*municipality, viewer.organisation_id}, by=viewer.signature, at=at,
    )  # fmt: skip


@transaction.atomic
def note_words_read(
    *, viewer: Viewer, read: Iterable[Observation | Damage], what: str, at: datetime
) -> None:  # fmt: skip
    """Note that a page showed words of other organisations' reports; a file's are nobody's."""
    of = [
        one.organisation_id
        for one in read
        if one.organisation_id not in {None, viewer.organisation_id}
    ]
    if not of:
        return
    events.hold(viewer.tenant_id)
    events.append(
        told.WordsRead(what, len(of), tuple(sorted(set(of)))),
        tenant_id=viewer.tenant_id, subject=None, audience={viewer.organisation_id, *of},
        by=viewer.signature, at=at,
    )  # fmt: skip


def _is_news(known: PoliceEvent | None, facts: PoliceFacts) -> bool:
    """Return whether the feed says something that is not kept; an older text never comes back."""
    if known is None:
        return True
    same = all(getattr(known, name) == value for name, value in asdict(facts).items())
    return not same and facts.published_at >= known.published_at


def import_police_events(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import the police's public feed, as JSON; a revised event is changed in place."""
    good, refused = read_feed(source.data, ZoneInfo(tenant.timezone))
    written = bool(good) and not is_held_back(refused, source)
    with transaction.atomic():
        events.hold(tenant.pk)
        ids = [one.police_id for one in good]
        rows = PoliceEvent.objects.filter(tenant=tenant, police_id__in=ids)
        known = {one.police_id: one for one in rows}
        news = [one for one in good if _is_news(known.get(one.police_id), one)]
        if written and news:
            batch = open_batch(tenant, "police-events", source, len(news), len(refused), at)
            PoliceEvent.objects.bulk_create(
                [PoliceEvent(tenant=tenant, **asdict(one)) for one in news],
                update_conflicts=True,
                unique_fields=["tenant", "police_id"],
                update_fields=[one.name for one in fields(PoliceFacts) if one.name != "police_id"],
            )
            publish_file(batch, by=by, at=at)
    return ImportReport(
        "police-events", source.name, len(good), tuple(refused), NOT_KEPT, written=written,
        known=len(good) - len(news),
    )  # fmt: skip
