"""Writes of incidents, observations and damage. Words are masked before they are kept.

What reaches this file is masked already by the browser; it is masked here once more, so that no
other way in can leave a number behind.
"""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from narvaro.access.models import Member
from narvaro.core.wording import mark, mask
from narvaro.situation.events import IncidentReported
from narvaro.situation.models import Case, Category, Incident
from narvaro.situation.signals import audience_of
from narvaro.spine import events
from narvaro.spine.refusal import Refused


def worded(text: str) -> dict[str, object]:
    """Return the fields of a row's words: masked, with what is doubtful in them."""
    masked = mask(text.strip()).text
    return {"text": masked, "marks": [asdict(one) for one in mark(masked)]}


@transaction.atomic
def report_incident(
    *, incident_id: UUID, case: Case, category: Category, text: str,
    police_reference: str, member: Member, unit: UUID | None, at: datetime,
) -> Incident:  # fmt: skip
    """Write what had happened; the same id sent twice is one report."""
    there = Incident.objects.filter(case=case).first()
    if there is not None:
        if there.pk != incident_id:
            raise Refused("reported", f"Case {case.number} is reported already.")
        return there
    if Incident.objects.filter(pk=incident_id).exists():
        raise Refused("id_taken", "That id is another record's; send the report once more.")
    began = case.triggered_at or case.received_at
    incident = Incident.objects.create(
        id=incident_id, tenant_id=case.tenant_id, case=case, category=category,
        site_id=case.site_id, place=case.place, lat=case.lat, lon=case.lon,
        placed_by=Incident.PlacedBy.CHOSEN if case.site_id else Incident.PlacedBy.NONE,
        occurred_from=min(began, case.received_at), occurred_until=case.received_at,
        police_reference=mask(police_reference.strip()).text, reported_by=member, reported_at=at,
        **worded(text),
    )  # fmt: skip
    events.append(
        IncidentReported(case.pk, incident.pk, category, unit),
        tenant_id=case.tenant_id, subject=case.pk, audience=audience_of(case),
        by=f"member:{member.pk}", at=at,
    )  # fmt: skip
    return incident
