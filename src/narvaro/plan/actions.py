"""Writes of the roster, the focus of the work, and plans (what becomes of a visit: `visits`).

A plan is computed before its transaction begins: the tenant's lock is held for its rows alone.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from narvaro.access.models import Member, Organisation, OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.core.wording import mask
from narvaro.directory.models import Unit
from narvaro.forecast.models import Forecast
from narvaro.plan import events as told
from narvaro.plan.changing import Changed, Wish, compute, find_slot
from narvaro.plan.hours import Period, night_of
from narvaro.plan.loading import Loaded, Spot, load, load_usual
from narvaro.plan.models import Focus, PatrolPlan, Shift, Visit
from narvaro.plan.proposing import ITERATIONS, Draft, Planned, describe
from narvaro.plan.proposing import propose as search
from narvaro.situation.models import Decision, Picture
from narvaro.spine import events
from narvaro.spine.refusal import Refused

WHY_AT_MOST = 200
TRIES = 3
MEETING_OFFSET_D, WEEK_D = 2, 7  # the picture is named by its Monday; its focus runs Wed–Tue
State = PatrolPlan.State


def put_shift(*, unit: Unit, starts_at: datetime, ends_at: datetime, crew: list[Member]) -> Shift:
    """Make or change a shift, in the caller's transaction."""
    shift, _ = Shift.objects.update_or_create(
        unit=unit,
        starts_at=starts_at,
        defaults={"tenant_id": unit.tenant_id, "ends_at": ends_at},
    )
    shift.crew.set(crew)
    return shift


def days_of_focus(picture: Picture, at: datetime, zone: ZoneInfo) -> tuple[date, date] | None:
    """Return the days on which a picture's decisions weigh, the last not included; None where none is left.

    A picture holds from the Wednesday after its meeting through the next Tuesday, and never before
    the day after it was published (or is, `at`); where it comes late, for what is left of its week.
    """
    published = (picture.published_at or at).astimezone(zone).date()
    first = picture.monday + timedelta(days=MEETING_OFFSET_D)
    starts_on, ends_on = max(first, published + timedelta(days=1)), first + timedelta(days=WEEK_D)
    return (starts_on, ends_on) if starts_on < ends_on else None


@transaction.atomic
def put_focus(*, picture: Picture, at: datetime) -> int:
    """Let a published picture's decisions weigh in the coming week's plans; return how many do."""
    events.hold(picture.tenant_id)
    days = days_of_focus(picture, at, ZoneInfo(picture.tenant.timezone))
    if days is None:
        return 0
    starts_on, ends_on = days
    made = [
        Focus.objects.get_or_create(
            decision=one,
            defaults={
                "tenant_id": picture.tenant_id, "starts_on": starts_on, "ends_on": ends_on,
            },
        )
        for one in Decision.objects.filter(picture=picture)
    ]  # fmt: skip
    return sum(created for _, created in made)


def audience_of(organisation_id: UUID, tenant_id: UUID) -> set[UUID]:
    """Return who may learn of a company's plan: the company itself and the municipality."""
    return {organisation_id, *list_organisation_ids(tenant_id, OrganisationKind.MUNICIPALITY)}


def tell(plan: PatrolPlan, happening: events.Happening, *, by: str, at: datetime) -> None:
    """Tell the log of a plan, in the caller's transaction."""
    events.append(
        happening, tenant_id=plan.tenant_id, subject=plan.pk,
        audience=audience_of(plan.organisation_id, plan.tenant_id), by=by, at=at,
    )  # fmt: skip


def _night(plan: PatrolPlan) -> str:
    zone = ZoneInfo(plan.organisation.tenant.timezone)
    return plan.starts_at.astimezone(zone).date().isoformat()


def propose(
    *, organisation: Organisation, day: date, by: str, at: datetime, seed: int | None = None,
    iterations: int = ITERATIONS,
) -> PatrolPlan:  # fmt: skip
    """Propose a company's plan for the night of a day; it takes the place of earlier proposals.

    During the night it plans what is left of it. Raises Refused where nothing can be planned.
    """
    period = night_of(day, ZoneInfo(organisation.tenant.timezone))
    if at >= period.ends_at:
        raise Refused("night_over", f"The night of {day} is over.")
    drawn = secrets.randbits(32) if seed is None else seed
    for _ in range(TRIES):
        loaded = load(organisation, period, seed=drawn, at=max(at, period.starts_at))
        draft = describe(loaded, search(loaded, iterations=iterations), load_usual(loaded))
        plan = _keep(loaded, draft, by=by, at=at)
        if plan is not None:
            return plan
    raise Refused("forecast_changes", "The forecast was made anew meanwhile. Propose again.")


def _is_current(loaded: Loaded) -> bool:
    """Return whether the forecast is there still: until its night begins it is made anew at times."""
    if loaded.kept is None or loaded.kept.forecast_id is None:
        return True
    return Forecast.objects.filter(pk=loaded.kept.forecast_id).exists()


@transaction.atomic
def _keep(loaded: Loaded, draft: Draft, *, by: str, at: datetime) -> PatrolPlan | None:
    """Keep a proposal; None where the forecast that it stands on is gone."""
    organisation, period = loaded.organisation, loaded.period
    events.hold(organisation.tenant_id)
    if not _is_current(loaded):
        return None
    earlier = PatrolPlan.objects.filter(organisation=organisation, starts_at=period.starts_at)
    earlier.filter(state=State.PROPOSED).update(state=State.SUPERSEDED)
    plan = PatrolPlan.objects.create(
        tenant_id=organisation.tenant_id, organisation=organisation, starts_at=period.starts_at,
        ends_at=period.ends_at, made_at=at, seed=loaded.tonight.seed,
        forecast_id=loaded.kept.forecast_id if loaded.kept else None, map_sha256=loaded.map_sha256, facts=draft.facts,
    )  # fmt: skip
    rows = [_row(plan, loaded, one) for slot in draft.visits for one in slot]
    Visit.objects.bulk_create(rows)
    happening = told.PlanProposed(plan.pk, organisation.pk, _night(plan), len(rows))
    tell(plan, happening, by=by, at=at)
    return plan


def _times(
    loaded: Loaded, one: Planned, not_before: datetime | None = None
) -> dict[str, object]:  # fmt: skip
    """Return a visit's unit and times; its window opens no earlier than a person asked for."""
    begins = loaded.period.at(one.window.from_s)
    return {
        "unit_id": one.slot.unit.pk,
        "arrive_at": loaded.period.at(one.arrive_s),
        "window_from": max(begins, not_before) if not_before else begins,
        "window_until": loaded.period.at(one.window.until_s),
        "dwell_s": one.dwell_s,
    }


def _row(
    plan: PatrolPlan, loaded: Loaded, one: Planned, not_before: datetime | None = None
) -> Visit:
    where = {"site_id" if one.spot.kind == "site" else "area_id": one.spot.id}
    return Visit(
        tenant_id=plan.tenant_id, plan=plan, reasons=list(one.reasons), **where,
        **_times(loaded, one, not_before),
    )  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a shift leader wants: `unit` None takes the visit out, `visit` None puts one in.

    `place` is a site or an area by its id; `not_before` is when the visit may begin at the earliest.
    """

    why: str
    visit: Visit | None = None
    unit: UUID | None = None
    not_before: datetime | None = None
    place: UUID | None = None
    new_id: UUID | None = None  # of a visit that is put in: sent twice, it is one


def change_visit(*, plan: PatrolPlan, wanted: Wanted, by: str, at: datetime) -> PatrolPlan:
    """Move, put in or take out a visit; raises Refused with the rule that forbids it."""
    why = mask(wanted.why.strip()).text[:WHY_AT_MOST]
    if not why:
        raise Refused("no_why", "Say why the plan is changed.", status=422)
    if wanted.new_id is not None and plan.visits.filter(pk=wanted.new_id).exists():
        return plan
    _check_open(plan, at)
    period = Period(plan.starts_at, plan.ends_at)
    loaded = load(plan.organisation, period, seed=plan.seed, at=plan.starts_at)
    rows = list(plan.visits.select_related("unit", "site", "area"))
    wish = _wish(loaded, wanted, at)
    changed = compute(loaded, rows, wish)
    draft = describe(loaded, changed.routed, load_usual(loaded), by_hand=True)
    return _keep_change(_Written(plan, loaded, draft, changed, rows), wanted, why, by=by, at=at)


def _check_open(plan: PatrolPlan, at: datetime) -> None:
    if plan.state == State.SUPERSEDED:
        raise Refused("plan_superseded", "A later plan holds for this night.")
    if at >= plan.ends_at:
        raise Refused("night_over", "The night is over.")


def _wish(loaded: Loaded, wanted: Wanted, at: datetime) -> Wish:
    """Return what is wanted in the night's own seconds and numbers."""
    if wanted.unit is None:
        return Wish(wanted.visit, None)
    earliest = max(wanted.not_before or at, at, loaded.period.starts_at)
    not_before_s = loaded.period.seconds(earliest)
    slot = find_slot(loaded, wanted.unit, not_before_s)
    if slot is None:
        raise Refused("no_shift_then", "The unit has no shift at that time.")
    if wanted.visit is not None:
        return Wish(wanted.visit, slot, not_before_s=not_before_s)
    spot = next((n for n, one in enumerate(loaded.spots) if one.id == wanted.place), None)
    if spot is None:
        raise Refused("no_place", "Choose a place that is on the map.", status=422)
    return Wish(None, slot, spot, not_before_s)


@dataclass(frozen=True)
class _Written:
    """What a change is written from; `rows` are the plan's visits as they were read."""

    plan: PatrolPlan
    loaded: Loaded
    draft: Draft
    changed: Changed
    rows: list[Visit]


def _as_read(rows: Iterable[Visit]) -> set[tuple[object, ...]]:
    return {(one.pk, one.state, one.arrive_at, one.unit_id) for one in rows}


@transaction.atomic
def _keep_change(
    new: _Written, wanted: Wanted, why: str, *, by: str, at: datetime
) -> PatrolPlan:  # fmt: skip
    events.hold(new.plan.tenant_id)
    plan = PatrolPlan.objects.select_for_update(no_key=True).get(pk=new.plan.pk)
    _check_open(plan, at)
    if _as_read(plan.visits.all()) != _as_read(new.rows):
        raise Refused("plan_changed", "The plan was changed meanwhile; look at it and try again.")
    units = _write_rows(plan, new, wanted, why)
    entry = _entry(new, wanted, why, at)
    plan.facts = {**new.draft.facts, "changes": [*plan.facts.get("changes", []), entry]}
    plan.forecast_id = new.loaded.kept.forecast_id if new.loaded.kept else None
    plan.save(update_fields=["facts", "forecast"])
    if plan.state == State.PUBLISHED:
        for unit in sorted(units):
            tell(plan, told.VisitChanged(plan.pk, unit, str(entry["what"])), by=by, at=at)
    else:
        count = plan.visits.count()
        happening = told.PlanProposed(plan.pk, plan.organisation_id, _night(plan), count)
        tell(plan, happening, by=by, at=at)
    return plan


def _write_rows(plan: PatrolPlan, new: _Written, wanted: Wanted, why: str) -> set[UUID]:
    """Write the visits as they are now; return the units that they concern."""
    units, stay = set[UUID](), set[UUID]()
    for rows, visits in zip(new.changed.rows, new.draft.visits, strict=True):
        for row, one in zip(rows, visits, strict=True):
            if row is None:
                made = _row(plan, new.loaded, one, wanted.not_before)
                made.id, made.changed_because = wanted.new_id or made.id, why
                made.reasons = [*made.reasons, {"code": "by_hand"}]
                made.save(force_insert=True)
                units.add(made.unit_id)
                continue
            stay.add(row.pk)
            wished = wanted.visit is not None and row.pk == wanted.visit.pk
            times = _times(new.loaded, one, wanted.not_before if wished else None)
            if row.state == Visit.State.PLANNED:
                units |= _put_times(row, times, one, why if wished else "")
    gone = [row for row in new.rows if row.pk not in stay]
    Visit.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return units | {row.unit_id for row in gone}


def _put_times(row: Visit, times: dict[str, object], one: Planned, why: str) -> set[UUID]:
    """Give a visit its new times and reasons; return the units whose night that changes."""
    before = row.unit_id
    moved = (before, row.arrive_at, row.dwell_s) != (
        times["unit_id"], times["arrive_at"], times["dwell_s"],
    )  # fmt: skip
    if moved:
        for name, value in times.items():
            setattr(row, name, value)
    by_hand = [given for given in row.reasons if given["code"] == "by_hand"]
    row.reasons = [*one.reasons, *by_hand]
    row.changed_because = why or row.changed_because
    row.save(update_fields=[*times, "reasons", "changed_because"])
    return {before, row.unit_id} if moved else set()


def _entry(new: _Written, wanted: Wanted, why: str, at: datetime) -> dict[str, object]:
    """Return what the plan says of a change: what, where, why, and what it gives and costs."""
    spots: dict[UUID, Spot] = {one.id: one for one in new.loaded.spots}
    visit = wanted.visit
    place_id = (visit.site_id or visit.area_id) if visit else wanted.place
    units = {one.unit.pk: one.unit.call_sign for one in new.loaded.slots}
    return {
        "at": at.isoformat(),
        "what": "taken_out" if wanted.unit is None else "moved" if visit else "put_in",
        "place": spots[place_id].name if place_id in spots else "",
        "unit": units.get(wanted.unit, "") if wanted.unit else str(visit.unit) if visit else "",
        "why": why,
        "left_out": [
            {"place": one.place_name, "unit": one.unit.call_sign} for one in new.changed.left_out
        ],
        "set_aside": list(new.changed.set_aside),
        "prevented": new.changed.prevented,
        "travel_s": new.changed.travel_s,
    }


@transaction.atomic
def publish(*, plan: PatrolPlan, member_id: UUID, by: str, at: datetime) -> PatrolPlan:
    """Publish a proposal: it holds instead of what was published for the night before."""
    events.hold(plan.tenant_id)
    row = PatrolPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if row.state == State.PUBLISHED:
        return row
    _check_open(row, at)
    held = PatrolPlan.objects.filter(
        organisation_id=row.organisation_id, starts_at=row.starts_at, state=State.PUBLISHED
    )
    units = set(Visit.objects.filter(plan__in=held).values_list("unit_id", flat=True))
    held.update(state=State.SUPERSEDED)
    row.state, row.published_at, row.published_by_id = State.PUBLISHED, at, member_id
    row.save(update_fields=["state", "published_at", "published_by"])
    units |= set(row.visits.values_list("unit_id", flat=True))
    happening = told.PlanPublished(row.pk, row.organisation_id, _night(row), row.visits.count())
    tell(row, happening, by=by, at=at)
    for unit in sorted(units):
        tell(row, told.VisitChanged(row.pk, unit, "published"), by=by, at=at)
    return row
