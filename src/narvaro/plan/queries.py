"""Reads of the roster, plans and visits. The viewer first, nothing unscoped.

A plan is secret while it lives: its company and the municipality see it, a guard his own unit's
visits once they are published, nobody else anything.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.directory.models import Key, Unit
from narvaro.plan.models import KeyReceipt, PatrolPlan, Shift, Visit
from narvaro.situation.models import UnitStatus
from narvaro.spine.refusal import Missing

State = PatrolPlan.State


def list_running_shifts(tenant_id: UUID, at: datetime) -> list[Shift]:
    """List the shifts that run at a time, with unit and crew."""
    running = Shift.objects.running_at(at).filter(tenant_id=tenant_id)
    return list(
        running.select_related("unit", "unit__organisation").prefetch_related("crew__competences")
    )


def state_on(shift: Shift, said: UnitStatus | None) -> str:
    """Return what a unit does on its shift; what it said before the shift began counts no more."""
    if said is None or said.since < shift.starts_at:
        return UnitStatus.State.AVAILABLE
    return said.state


def find_own_shift(viewer: Viewer, at: datetime) -> Shift | None:
    """Return the shift that the viewer works at a time, or None."""
    shifts = Shift.objects.running_at(at).filter(
        tenant_id=viewer.tenant_id, crew__id=viewer.member_id
    )
    return shifts.select_related("unit", "unit__organisation").order_by("starts_at").first()


def find_own_unit(viewer: Viewer, at: datetime) -> Unit | None:
    """Return the unit that the viewer crews at a time, or None off shift."""
    shift = find_own_shift(viewer, at)
    return shift.unit if shift else None


def plans_seen_by(viewer: Viewer) -> QuerySet[PatrolPlan]:
    """Return the plans that the viewer sees whole: the tenant's, or his own company's."""
    seen = PatrolPlan.objects.filter(tenant_id=viewer.tenant_id)
    seen = seen.select_related("organisation__tenant", "forecast", "published_by")
    match viewer.scope(Record.PATROL_PLAN):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            return seen.filter(organisation_id=viewer.organisation_id)
        case _:
            return PatrolPlan.objects.none()


def get_plan(viewer: Viewer, plan_id: UUID) -> PatrolPlan:
    """Return a plan; raises Missing where the viewer may not know of it."""
    found = plans_seen_by(viewer).filter(pk=plan_id).first()
    if found is None:
        raise Missing
    return found


def list_planning_companies(viewer: Viewer) -> list[Organisation]:
    """List the companies whose plans the viewer sees."""
    companies = Organisation.objects.filter(
        tenant_id=viewer.tenant_id, kind=OrganisationKind.GUARDING_COMPANY
    ).select_related("tenant")
    match viewer.scope(Record.PATROL_PLAN):
        case Scope.TENANT:
            return list(companies.order_by("name"))
        case Scope.SHARED:
            return list(companies.filter(pk=viewer.organisation_id))
        case _:
            return []


def list_plans_of_night(
    viewer: Viewer, organisation_id: UUID, starts_at: datetime
) -> list[PatrolPlan]:
    """List what holds for a company's night: the published plan first, then the newest proposal."""
    plans = plans_seen_by(viewer).filter(organisation_id=organisation_id, starts_at=starts_at)
    return list(plans.exclude(state=State.SUPERSEDED).order_by("-state", "-made_at"))


def list_visits(viewer: Viewer, plan: PatrolPlan) -> list[Visit]:
    """List a plan's visits in order, unit by unit."""
    visits = Visit.objects.filter(plan=get_plan(viewer, plan.pk))
    visits = visits.select_related("unit", "site", "area")
    return list(visits.order_by("unit__call_sign", "arrive_at"))


def get_visit(viewer: Viewer, visit_id: UUID) -> Visit:
    """Return a visit of a plan that the viewer sees whole; raises Missing."""
    found = Visit.objects.filter(plan__in=plans_seen_by(viewer), pk=visit_id)
    visit = found.select_related("plan__organisation__tenant", "unit", "site", "area").first()
    if visit is None:
        raise Missing
    return visit


def _told(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """Keep what holds: visits of published plans, and what had begun before a plan was replaced."""
    begun = Q(plan__state=State.SUPERSEDED) & ~Q(state=Visit.State.PLANNED)
    return visits.filter(Q(plan__state=State.PUBLISHED) | begun)


def own_visits(viewer: Viewer, at: datetime) -> QuerySet[Visit]:
    """Return the visits of the viewer's own unit on its running shift; none off shift."""
    if viewer.scope(Record.PATROL_PLAN) != Scope.OWN:
        return Visit.objects.none()
    shift = find_own_shift(viewer, at)
    if shift is None:
        return Visit.objects.none()
    visits = _told(Visit.objects.filter(tenant_id=viewer.tenant_id, unit=shift.unit))
    visits = visits.filter(arrive_at__gte=shift.starts_at, arrive_at__lt=shift.ends_at)
    return visits.select_related("plan", "unit", "site", "area").order_by("arrive_at")


def get_own_visit(viewer: Viewer, visit_id: UUID, at: datetime) -> Visit:
    """Return a visit of the viewer's own unit; raises Missing."""
    found = own_visits(viewer, at).filter(pk=visit_id).first()
    if found is None:
        raise Missing
    return found


@dataclass(frozen=True)
class PlaceCount:
    """What was planned at a place in some nights, and what became of it."""

    place: str
    states: Counter[str]

    @property
    def planned(self) -> int:
        """Return how many visits were planned."""
        return self.states.total()


def count_visits(viewer: Viewer, since: datetime, until: datetime) -> list[PlaceCount]:
    """Count visits per place between two times, most planned first; never per unit or guard.

    A visit whose time is over and of which nobody said anything is counted as `planned`.
    """
    visits = _told(Visit.objects.filter(plan__in=plans_seen_by(viewer)))
    visits = visits.filter(window_until__gte=since, window_until__lt=until)
    counts: dict[str, Counter[str]] = {}
    for one in visits.select_related("site", "area"):
        counts.setdefault(one.place_name, Counter())[one.state] += 1
    found = [PlaceCount(place, states) for place, states in counts.items()]
    return sorted(found, key=lambda one: (-one.planned, one.place))


def keys_held(unit_ids: Collection[UUID], at: datetime) -> dict[UUID, frozenset[str]]:
    """Return by unit the codes of the keys that it has at a time; a key that is missing is no one's."""
    out = KeyReceipt.objects.out_at(at).filter(unit_id__in=unit_ids)
    out = out.filter(Q(key__lost_at=None) | Q(key__lost_at__gt=at))
    found: dict[UUID, set[str]] = {}
    for unit, code in out.values_list("unit_id", "key__code"):
        found.setdefault(unit, set()).add(code)
    return {unit: frozenset(codes) for unit, codes in found.items()}


def keys_seen_by(viewer: Viewer) -> QuerySet[Key]:
    """Return the keys that the viewer sees: the tenant's, or those that no other company has out."""
    seen = Key.objects.filter(tenant_id=viewer.tenant_id)
    match viewer.scope(Record.KEY):
        case Scope.TENANT:
            return seen
        case Scope.SHARED:
            others = KeyReceipt.objects.filter(tenant_id=viewer.tenant_id, back_at=None)
            others = others.exclude(unit__organisation_id=viewer.organisation_id)
            return seen.exclude(pk__in=others.values("key_id"))
        case _:
            return Key.objects.none()


@dataclass(frozen=True)
class KeyNow:
    """A key, what it opens, and who has it."""

    key: Key
    sites: tuple[str, ...]
    receipt: KeyReceipt | None


def list_keys(viewer: Viewer) -> list[KeyNow]:
    """List the keys that the viewer sees, by code, each with the receipt of who has it."""
    return _as_now(viewer, keys_seen_by(viewer))


def list_keys_to(viewer: Viewer, site_id: UUID) -> list[KeyNow]:
    """List the keys that open a site, of those that the viewer sees."""
    return _as_now(viewer, keys_seen_by(viewer).filter(sites=site_id))


def _as_now(viewer: Viewer, keys: QuerySet[Key]) -> list[KeyNow]:
    rows = list(keys.prefetch_related("sites").order_by("code"))
    out = KeyReceipt.objects.filter(tenant_id=viewer.tenant_id, back_at=None, key__in=rows)
    receipts = {one.key_id: one for one in out.select_related("unit")}
    return [
        KeyNow(one, tuple(sorted(site.name for site in one.sites.all())), receipts.get(one.pk))
        for one in rows
    ]
