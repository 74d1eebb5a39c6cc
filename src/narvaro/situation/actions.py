"""Writes of cases, unit states and positions (signals: `signals`, reports: `reports`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from narvaro.directory.models import Site, Unit
from narvaro.situation.correlation import LOWEST_OF_CALLS, PRIORITY_OF_KIND, handling_of
from narvaro.situation.events import UnitChanged
from narvaro.situation.models import (
    Case,
    CaseShare,
    Position,
    RefusedIntake,
    UnitStatus,
)
from narvaro.situation.signals import (
    audience_of,
    find_plan,
    next_case_number,
    share_by_default,
    tell_changed,
    tell_opened,
)
from narvaro.spine import events
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused

RAW_POSITIONS_H = 72
FUTURE_S = 60


@dataclass(frozen=True)
class Typed:
    """A call typed in: what, where (a site, or a place in words with a point), how urgent."""

    kind: Case.Kind
    priority: int | None
    text: str
    site: Site | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None


@transaction.atomic
def type_in_case(
    *, case_id: UUID, tenant_id: UUID, typed: Typed, by: str, at: datetime
) -> Case:  # fmt: skip
    """Open a case from a call; the same id sent twice by the same author is the same case."""
    events.hold(tenant_id)
    there = Case.objects.filter(pk=case_id).first()
    if there is not None:
        born = Event.objects.filter(tenant_id=tenant_id, subject=case_id, kind="case.opened")
        if not born.filter(actor=by).exists() or there.born != Case.Born.TYPED:
            raise Refused("id_taken", "That id is another record's; send the form once more.")
        return there
    if typed.site is None and not typed.place.strip():
        raise Refused("no_place", "Say where: choose a site, or write the place.", status=422)
    plan = find_plan(typed.site.pk) if typed.site else None
    handling = handling_of(
        typed.kind, code_priority=typed.priority or PRIORITY_OF_KIND.get(typed.kind, LOWEST_OF_CALLS), confirmed=False,
        rules=plan.rules if plan else (),
    )  # fmt: skip
    case = Case.objects.create(
        id=case_id,
        tenant_id=tenant_id,
        number=next_case_number(tenant_id),
        kind=typed.kind,
        born=Case.Born.TYPED,
        priority=typed.priority or handling.priority,
        site=typed.site,
        place=typed.site.name if typed.site else typed.place.strip(),
        lat=typed.site.lat if typed.site else typed.lat,
        lon=typed.site.lon if typed.site else typed.lon,
        text=typed.text.strip(),
        plan=plan,
        needs=list(handling.needs),
        units=handling.units,
        offer_by_rule=handling.offer_by_rule,
        received_at=at,
        last_signal_at=at,
    )
    tell_opened(case, share_by_default(case, at), by=by, at=at)
    return case


@transaction.atomic
def move_case(
    *, case: Case, state: Case.State, by: str, at: datetime, unit: UUID | None = None
) -> events.Appended:
    """Give a case its next state, and tell."""
    events.hold(case.tenant_id)
    row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    row.state = state
    if state == Case.State.CLOSED:
        row.closed_at = at
    row.save(update_fields=["state", "closed_at"])
    case.state, case.closed_at = row.state, row.closed_at
    return tell_changed(row, state, by=by, at=at, unit=unit)


@transaction.atomic
def mark_case(*, case: Case, mark: str, by: str, at: datetime) -> None:
    """Mark a case once as `unanswered` (nobody left to ask) or `red` (nobody there in time)."""
    events.hold(case.tenant_id)
    row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    field = {"unanswered": "unanswered_at", "red": "red_at"}[mark]
    if getattr(row, field) is None:
        setattr(row, field, at)
        row.save(update_fields=[field])
        tell_changed(row, mark, by=by, at=at)


@transaction.atomic
def want_units(
    *, case: Case, units: int, by: str, at: datetime, unit: UUID | None = None
) -> None:  # fmt: skip
    """Want so many units on scene, and tell; `unit` asks for it, where one does."""
    events.hold(case.tenant_id)
    row = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    row.units = case.units = units
    row.save(update_fields=["units"])
    tell_changed(row, "units", by=by, at=at, unit=unit, units=units)


def share_case(*, case: Case, organisation_id: UUID) -> None:
    """Let one more organisation know of a case, in the caller's transaction."""
    CaseShare.objects.get_or_create(case=case, organisation_id=organisation_id)


@transaction.atomic
def set_unit_state(
    *, unit: Unit, state: UnitStatus.State, case: Case | None, by: str, at: datetime
) -> None:
    """Say what a unit is doing, and tell those who may know of the unit."""
    events.hold(unit.tenant_id)
    UnitStatus.objects.update_or_create(
        unit=unit, defaults={"state": state, "since": at, "case": case}
    )
    audience = {unit.organisation_id}
    if case is not None:
        audience |= set(audience_of(case))
    events.append(
        UnitChanged(unit.pk, state, case.pk if case else None),
        tenant_id=unit.tenant_id, subject=unit.pk, audience=audience, by=by, at=at,
    )  # fmt: skip


@dataclass(frozen=True)
class PositionFacts:
    """Where a unit says it is; `flag` is empty, or names what is doubtful."""

    unit_id: UUID
    tenant_id: UUID
    at: datetime
    received_at: datetime
    lat: float
    lon: float
    accuracy_m: float | None
    flag: str = ""


@transaction.atomic
def record_positions(*, found: list[PositionFacts]) -> None:
    """Keep positions; one that was kept before (the phone sent it again) is kept once."""
    rows = [
        Position(
            tenant_id=one.tenant_id,
            unit_id=one.unit_id,
            at=one.at,
            received_at=one.received_at,
            lat=one.lat,
            lon=one.lon,
            accuracy_m=one.accuracy_m,
            flag=one.flag,
        )
        for one in found
    ]
    Position.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def drop_old_positions(*, at: datetime) -> int:
    """Delete raw positions of more than 72 hours ago, however late they came; return how many."""
    until = at - timedelta(hours=RAW_POSITIONS_H)
    return Position.objects.filter(Q(received_at__lt=until) | Q(at__lt=until)).delete()[0]


@transaction.atomic
def keep_refused(*, refused: RefusedIntake) -> None:
    """Keep a note of a frame that was not handled; the raw bytes stand in the journal."""
    there = RefusedIntake.objects.filter(
        receiver_id=refused.receiver_id, journal_id=refused.journal_id
    )
    if not there.exists():
        refused.save(force_insert=True)
