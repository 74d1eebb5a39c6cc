"""Proposals as they fall due. In: the clock. Out: plans of all companies, one after the other.

Tonight's is due from three in the afternoon; the nights that a newly published picture weighs in are
due at once. What a shift leader has published, or changed by hand, is left alone.
"""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.directory.models import RoadMap, Site
from narvaro.plan import actions
from narvaro.plan.hours import PROPOSED_AT, Period, night_at, night_of
from narvaro.plan.loading import SHORTEST_S
from narvaro.plan.models import Focus, PatrolPlan, Shift
from narvaro.spine import clock
from narvaro.spine.events import SYSTEM
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

AHEAD_D = 8  # a picture's week, seen from the day of its meeting
State = PatrolPlan.State


def count_due(at: datetime) -> int:
    """Return 1 while any plan is due, else 0: the worker looks often."""
    return sum(1 for _first, _ in zip(list_due(at), range(1), strict=False))


def propose_due() -> int:
    """Propose every plan that is due; return how many were made. What cannot be planned is said."""
    made = 0
    for organisation, day in list_due(clock.now()):
        try:
            actions.propose(organisation=organisation, day=day, by=SYSTEM, at=clock.now())
            made += 1
        except Refused as no:
            logger.info("no plan", extra={"why": no.code, "night": day.isoformat()})
        except Exception:
            # One company's night must not keep the others without a plan; it is tried again later.
            logger.exception("plan failed", extra={"night": day.isoformat()})
    return made


def list_due(at: datetime) -> Iterator[tuple[Organisation, date]]:
    """Yield the companies and nights whose plan is due, each company's next night first."""
    placed = Site.objects.published().filter(lat__isnull=False)
    companies = Organisation.objects.filter(
        kind=OrganisationKind.GUARDING_COMPANY, tenant__in=RoadMap.objects.values("tenant")
    ).filter(tenant__in=placed.values("tenant"))
    for company in companies.select_related("tenant").order_by("tenant_id", "name"):
        zone = ZoneInfo(company.tenant.timezone)
        first = night_at(at, zone)
        for day in (first + timedelta(days=number) for number in range(AHEAD_D)):
            if _is_due(company, day, zone, at):
                yield company, day


def _is_due(company: Organisation, day: date, zone: ZoneInfo, at: datetime) -> bool:
    since, period = _due_since(company, day, zone, at), night_of(day, zone)
    return since is not None and _is_open(company, period, since) and _works(company, period, at)


def _due_since(company: Organisation, day: date, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return since when a night's plan is due, the latest reason first; None: not yet."""
    focus = Focus.objects.filter(
        tenant_id=company.tenant_id, starts_on__lte=day, ends_on__gt=day
    ).select_related("decision__picture")
    times = [one.decision.picture.published_at for one in focus]
    afternoon = datetime.combine(day, PROPOSED_AT, tzinfo=zone)
    if at >= afternoon:
        times.append(afternoon)
    return max((one for one in times if one is not None), default=None)


def _is_open(company: Organisation, period: Period, since: datetime) -> bool:
    """Tell whether nobody has a plan for the night that is newer, published or changed by hand."""
    plans = PatrolPlan.objects.filter(organisation=company, starts_at=period.starts_at)
    newest = plans.exclude(state=State.SUPERSEDED).order_by("-state", "-made_at").first()
    if newest is None:
        return True
    return newest.state == State.PROPOSED and newest.made_at < since and not newest.facts["changes"]


def _works(company: Organisation, period: Period, at: datetime) -> bool:
    """Tell whether a unit works long enough in what is left of the night."""
    least, begins = timedelta(seconds=SHORTEST_S), max(at, period.starts_at)
    shifts = Shift.objects.filter(
        unit__organisation=company, starts_at__lte=period.ends_at - least,
        ends_at__gte=begins + least,
    )  # fmt: skip
    return any(
        min(one.ends_at, period.ends_at) - max(one.starts_at, begins) >= least for one in shifts
    )
