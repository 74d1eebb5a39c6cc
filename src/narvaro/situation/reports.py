"""Writes of incidents, observations, damage and photos. Words are masked before they are kept.

What reaches this file is masked already by the browser; it is masked here once more, so that no
other way in can leave a number behind. Whoever makes a report proposes its id: sent twice it is one.
"""

import math
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias, TypeVar
from uuid import UUID

from django.db import transaction

from narvaro.access.models import Member, OrganisationKind, Role
from narvaro.access.queries import list_organisation_ids
from narvaro.core.photos import Photo as CleanPhoto
from narvaro.core.wording import mark, mask, mask_within
from narvaro.situation import events as told
from narvaro.situation.models import (
    OF_ALARMS,
    Case,
    Category,
    Damage,
    Incident,
    Observation,
    Photo,
)
from narvaro.situation.photo_files import write_photo
from narvaro.situation.report_facts import DamageChange, DamageFacts, ObservationFacts, Where
from narvaro.situation.signals import audience_of
from narvaro.spine import events
from narvaro.spine.refusal import Missing, Refused

Reported: TypeAlias = Incident | Observation | Damage
_Row = TypeVar("_Row", Incident, Observation, Damage)

AHEAD = frozenset({Category.EVENT, Category.RUMOUR})
"""What may be reported before it happens."""

CLOCK_SLACK = timedelta(minutes=5)
LONGEST = timedelta(days=366)
MOST_PHOTOS = 12

WITH_OTHERS = frozenset({Case.Kind.FIRE, Case.Kind.MEDICAL})
"""Kinds of case to which ambulance or rescue service comes as well."""
OTHERS_WITHIN = timedelta(hours=12)


def worded(text: str) -> dict[str, object]:
    """Return the fields of a row's words: masked, with what is doubtful in them."""
    if not text:  # most rows of a file: 8 % of the time that a large one takes
        return {"text": "", "marks": []}
    masked = mask(text.strip()).text
    return {"text": masked, "marks": [asdict(one) for one in mark(masked)]}


def organisation_of(row: Reported) -> UUID | None:
    """Return whose words a report holds; None for a row of a file."""
    if isinstance(row, Incident):
        return row.reported_by.organisation_id if row.reported_by else None
    return row.organisation_id


def _placed(where: Where, tenant_id: UUID) -> dict[str, object]:
    """Return the fields of a row's place; raises Refused where there is none, or an impossible one."""
    for one in (where.site, where.area):
        if one is not None and one.tenant_id != tenant_id:
            raise Missing
    known, placed_by = where.site or where.area, Damage.PlacedBy.NONE
    lat, lon = where.lat, where.lon
    if lat is not None and lon is not None:
        if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
            raise Refused("no_place", "That point is not on Earth; choose the place.", status=422)
        placed_by = Damage.PlacedBy.COORDINATE
    elif known is not None:
        lat, lon = known.lat, known.lon
    if known is not None:
        placed_by = Damage.PlacedBy.CHOSEN
    place = mask_within(where.place or (known.name if known else ""), 200)
    if not place and lat is None:
        raise Refused("no_place", "Say where: choose a place, or write it.", status=422)
    return {
        "site": where.site, "area": where.area, "place": place, "lat": lat, "lon": lon,
        "placed_by": placed_by,
    }  # fmt: skip


def _timed(
    occurred_from: datetime, occurred_until: datetime, at: datetime, *, ahead: bool = False
) -> dict[str, datetime]:
    """Return the fields of a row's interval, which cannot reach beyond now; raises Refused."""
    if occurred_until < occurred_from:
        raise Refused("times", "It ended before it began; correct the times.", status=422)
    if occurred_until - occurred_from > LONGEST:
        raise Refused("times", "That is more than a year; correct the times.", status=422)
    if not ahead:
        if occurred_from > at + CLOCK_SLACK:
            raise Refused("times", "That has not happened yet; correct the times.", status=422)
        occurred_from = min(occurred_from, at)
        occurred_until = max(min(occurred_until, at), occurred_from)
    return {"occurred_from": occurred_from, "occurred_until": occurred_until}


def _find_same(model: type[_Row], proposed: UUID, member: Member) -> _Row | None:
    """Return the row that has this id and author already; raises Refused where it is another's."""
    for one in (Incident, Observation, Damage):
        row = one.objects.filter(pk=proposed).first()
        if isinstance(row, model) and row.reported_by_id == member.pk:
            return row
        if row is not None:
            raise Refused("id_taken", "That id is another record's; send the report once more.")
    return None


def _audience(organisation_id: UUID | None, tenant_id: UUID) -> set[UUID]:
    """Return who learns that a report came: the organisation that wrote it, and the municipality."""
    found = set(list_organisation_ids(tenant_id, OrganisationKind.MUNICIPALITY))
    return found | ({organisation_id} if organisation_id else set())


def _tell(row: Reported, happening: events.Happening, member: Member, at: datetime) -> None:
    events.append(
        happening, tenant_id=row.tenant_id, subject=row.pk,
        audience=_audience(organisation_of(row), row.tenant_id), by=f"member:{member.pk}", at=at,
    )  # fmt: skip


def _check_others(case: Case, came_at: datetime | None, at: datetime) -> None:
    """Refuse a time at which ambulance or rescue service cannot have come to a case."""
    if came_at is None:
        return
    if case.kind not in WITH_OTHERS:
        raise Refused("others", "Only of fire and medical cases.", status=422)
    alarm = min(case.triggered_at or case.received_at, case.received_at)
    soonest = alarm.replace(second=0, microsecond=0)
    if not soonest <= came_at <= min(soonest + OTHERS_WITHIN, at + CLOCK_SLACK):
        raise Refused("others", "After the alarm, within 12 hours, not ahead.", status=422)


@transaction.atomic
def report_incident(
    *, incident_id: UUID, case: Case, category: Category, text: str,
    police_reference: str, member: Member, unit: UUID | None, at: datetime,
    others_arrived_at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Write what had happened; the same id sent twice is one report.

    `others_arrived_at` is when ambulance or rescue service came, to the minute.
    """
    there = Incident.objects.filter(case=case).first()
    if there is not None:
        if there.pk != incident_id:
            raise Refused("reported", f"Case {case.number} is reported already.")
        return there
    if _find_same(Incident, incident_id, member) is not None:
        raise Refused("id_taken", "That id is another record's; send the report once more.")
    began = case.triggered_at or case.received_at
    _check_others(case, others_arrived_at, at)
    incident = Incident.objects.create(
        id=incident_id, tenant_id=case.tenant_id, case=case, category=category,
        site_id=case.site_id, place=case.place, lat=case.lat, lon=case.lon,
        placed_by=Incident.PlacedBy.CHOSEN if case.site_id else Incident.PlacedBy.NONE,
        occurred_from=min(began, case.received_at), occurred_until=case.received_at,
        police_reference=mask_within(police_reference, 40), reported_by=member, reported_at=at,
        others_arrived_at=others_arrived_at, **worded(text),
    )  # fmt: skip
    events.append(
        told.IncidentReported(case.pk, incident.pk, category, unit),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case),
        by=f"member:{member.pk}", at=at,
    )  # fmt: skip
    return incident


@transaction.atomic
def report_observation(
    *, observation_id: UUID, facts: ObservationFacts, member: Member, at: datetime
) -> Observation:
    """Write what somebody noticed; the same id sent twice by the same author is one report."""
    events.hold(member.tenant_id)
    there = _find_same(Observation, observation_id, member)
    if there is not None:
        return there
    if facts.category in OF_ALARMS:
        raise Refused("invalid", f"{facts.category} is said of alarms; choose another.", status=422)
    row = Observation.objects.create(
        id=observation_id, tenant_id=member.tenant_id, organisation_id=member.organisation_id,
        reported_by=member, reported_at=at, category=facts.category, severity=facts.severity,
        known_by=facts.known_by, count=facts.count, age_band=facts.age_band,
        police_told=facts.police_told,
        **_timed(facts.occurred_from, facts.occurred_until, at, ahead=facts.category in AHEAD),
        **_placed(facts.where, member.tenant_id), **worded(facts.text),
    )  # fmt: skip
    _tell(row, told.ObservationReported(row.pk, row.category, row.site_id), member, at)
    return row


def is_patrol(member: Member) -> bool:
    """Return whether a member patrols: a guard of a guarding company."""
    return (
        member.role == Role.GUARD
        and member.organisation.kind == OrganisationKind.GUARDING_COMPANY
    )  # fmt: skip


@transaction.atomic
def report_damage(*, damage_id: UUID, facts: DamageFacts, member: Member, at: datetime) -> Damage:
    """Write what was damaged; the same id sent twice by the same author is one damage.

    What a guard finds is found by a patrol, unless an alarm led there: the forecast must know.
    """
    events.hold(member.tenant_id)
    there = _find_same(Damage, damage_id, member)
    if there is not None:
        return there
    if facts.case is not None and facts.case.tenant_id != member.tenant_id:
        raise Missing
    site = facts.where.site
    row = Damage.objects.create(
        id=damage_id, tenant_id=member.tenant_id, organisation_id=member.organisation_id,
        reported_by=member, reported_at=at, kind=facts.kind, case=facts.case,
        premises=site.premises if site else "", part=mask_within(facts.part, 120),
        discovered_at=facts.discovered_at, offensive=facts.offensive,
        estimate_sek=_money(facts.estimate_sek),
        police_reference=mask_within(facts.police_reference, 40),
        cost_centre=mask_within(facts.cost_centre, 40),
        by_patrol=facts.case is None and is_patrol(member),
        **_timed(facts.occurred_from, facts.occurred_until, at),
        **_placed(facts.where, member.tenant_id), **worded(facts.text),
    )  # fmt: skip
    _tell(row, told.DamageReported(row.pk, row.kind, row.site_id, row.by_patrol), member, at)
    return row


def _money(amount: Decimal | None) -> Decimal | None:
    if amount is not None and not (amount.is_finite() and 0 <= amount < 10**9):
        raise Refused("sum", "A cost is 0 to 1 000 000 000 SEK; correct it.", status=422)
    return amount


def _check_step(row: Damage, change: DamageChange) -> None:
    """Let a damage go forward only, and close with its cost; a closed one may be opened again."""
    order = [*Damage.State]
    new, now = change.state or row.state, Damage.State(row.state)
    reopened = now == Damage.State.CLOSED and new == Damage.State.RESTORED
    if order.index(Damage.State(new)) < order.index(now) and not reopened:
        raise Refused("damage_back", f"It is {now} already; choose a later state.")
    if now == Damage.State.CLOSED and new == now:
        raise Refused("damage_closed", "It is closed; open it again first.")
    cost = row.final_sek if change.final_sek is None else change.final_sek
    if new == Damage.State.CLOSED and cost is None:
        raise Refused(
            "no_final_cost", "Write what it cost, 0 if nothing; then close it.", status=422
        )


@transaction.atomic
def change_damage(*, damage: Damage, change: DamageChange, member: Member, at: datetime) -> Damage:
    """Note how far the restoring has come, what it costs, and its references."""
    events.hold(damage.tenant_id)
    row = Damage.objects.select_for_update(no_key=True).get(pk=damage.pk)
    _check_step(row, change)
    changed = []
    for one in fields(DamageChange):
        value = getattr(change, one.name)
        if isinstance(value, Decimal):
            value = _money(value)
        elif isinstance(value, str) and one.name != "state":
            value = mask_within(value, 40)
        if value is not None and value != getattr(row, one.name):
            setattr(row, one.name, value)
            changed.append(one.name)
    if changed:
        row.save(update_fields=changed)
        _tell(row, told.DamageChanged(row.pk, tuple(changed), row.state), member, at)
    return row


def keep_photo(*, row: Reported, photo: CleanPhoto, member: Member, at: datetime) -> Photo:
    """Put a photo of a thing to a report; the same photo put twice is one.

    The file is whole on the disk before a row names it.
    """
    write_photo(photo.sha256, photo.data)
    return _note_photo(row, photo, member, at)


@transaction.atomic
def _note_photo(row: Reported, photo: CleanPhoto, member: Member, at: datetime) -> Photo:
    events.hold(row.tenant_id)
    there = Photo.objects.filter(subject=row.pk)
    same = there.filter(sha256=photo.sha256).first()
    if same is not None:
        return same
    if there.count() >= MOST_PHOTOS:
        raise Refused("photos_many", f"A report holds {MOST_PHOTOS} photos; this one has them.")
    kept = Photo.objects.create(
        tenant_id=row.tenant_id, subject=row.pk, sha256=photo.sha256, width=photo.width,
        height=photo.height, taken_by=member, kept_at=at,
    )  # fmt: skip
    _tell(row, told.PhotoKept(kept.pk, row.pk, kept.sha256), member, at)
    return kept


@transaction.atomic
def settle_words(
    *, row: Reported, text: str | None, leads: bool, member: Member, at: datetime
) -> Reported:
    """Settle the doubtful words of a report of one's own organisation, changed or as they are.

    Whoever leads may keep words as they stand; an author only by writing without doubtful ones. The
    words of a file are the municipality's.
    """
    events.hold(row.tenant_id)
    found = type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
    if (owner := organisation_of(found)) is None:
        own = leads and member.organisation.kind == OrganisationKind.MUNICIPALITY
    else:
        own = owner == member.organisation_id
    if not own:
        raise Missing
    if found.is_settled:
        return found
    before = found.text
    if text is not None and text.strip() != before:
        words = worded(text)
        found.text, found.marks = words["text"], words["marks"]
    if leads:
        found.settled_at = at
    elif found.marks:
        raise Refused(
            "still_doubtful", "There are doubtful words still; write it without.", status=422
        )
    found.save(update_fields=["text", "marks", "settled_at"])
    _tell(found, told.WordsSettled(found.pk, found.text != before), member, at)
    return found
