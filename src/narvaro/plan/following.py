"""What the plan follows. In: the log and the day's hours. Out: focus, proposals, replaced visits.

Importing this file names the reader and the job; the work process runs them. A proposal is computed
in a job of its own, one night at a time, so that alarms pass between two of them.
"""

import json
import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.directory.models import RoadMap
from narvaro.plan import actions, visits
from narvaro.plan.hours import PROPOSED_AT, Period, night_at, night_of
from narvaro.plan.models import Focus, PatrolPlan, Shift
from narvaro.situation.models import Picture, UnitStatus
from narvaro.spine import clock, jobs
from narvaro.spine.events import SYSTEM, Reader, get_subject
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

PROPOSE = "plan.propose"
LOOK_EVERY_S = 60
AHEAD_D = 8
State = PatrolPlan.State


def _follow(event: Event) -> None:
    if event.kind == "picture.published":
        picture = Picture.objects.select_related("tenant").get(pk=get_subject(event))
        if actions.put_focus(picture=picture, at=event.at):
            jobs.enqueue(PROPOSE, run_at=clock.now())
        return
    state = str(json.loads(event.payload or "{}").get("state", ""))
    unit_id = get_subject(event)
    if state == UnitStatus.State.BUSY:
        visits.interrupt(unit_id=unit_id, at=event.at)
    elif state == UnitStatus.State.AVAILABLE and (since := _busy_since(event, unit_id)):
        visits.replace_passed(unit_id=unit_id, since=since, at=event.at)


PLAN = Reader("plan", frozenset({"picture.published", "unit.changed"}), _follow)


def _busy_since(event: Event, unit_id: UUID) -> datetime | None:
    """Return since when the unit was out, if it was until now."""
    before = Event.objects.filter(
        tenant_id=event.tenant_id, subject=unit_id, kind=event.kind, position__lt=event.position
    )
    last = before.order_by("-position").first()
    was = str(json.loads(last.payload or "{}").get("state", "")) if last else ""
    return last.at if last and was == UnitStatus.State.BUSY else None


@jobs.does(PROPOSE)
def propose_next() -> None:
    """Propose the first plan that is due, and ask for another run where more are."""
    now = clock.now()
    for organisation, day in list_due(now):
        try:
            plan = actions.propose(organisation=organisation, day=day, by=SYSTEM, at=now)
        except Refused as no:
            # Nothing can be planned: the page says why, and a later look finds what has changed.
            logger.info("plan not proposed", extra={"why": no.code, "night": day.isoformat()})
            continue
        logger.info("plan proposed", extra={"plan": str(plan.pk)})
        jobs.enqueue(PROPOSE, run_at=now + timedelta(seconds=1))
        return


def list_due(now: datetime) -> Iterator[tuple[Organisation, date]]:
    """Yield the companies and nights whose plan is due, tonight's first.

    Tonight's is due from three in the afternoon; a night that a newly published picture weighs in
    is due at once. What a shift leader has published or changed by hand is left alone.
    """
    companies = Organisation.objects.filter(
        kind=OrganisationKind.GUARDING_COMPANY, tenant__in=RoadMap.objects.values("tenant")
    )
    for company in companies.select_related("tenant").order_by("tenant_id", "name"):
        zone = ZoneInfo(company.tenant.timezone)
        first = night_at(now, zone)
        for day in (first + timedelta(days=number) for number in range(AHEAD_D)):
            since = _due_since(company, day, zone, now)
            period = night_of(day, zone)
            if (
                since is not None
                and _is_open(company, period, since)
                and _has_shift(company, period)
            ):
                yield company, day


def _due_since(
    company: Organisation, day: date, zone: ZoneInfo, now: datetime
) -> datetime | None:  # fmt: skip
    """Return since when a night's plan is due, the latest reason first; None: not yet."""
    focus = Focus.objects.filter(
        tenant_id=company.tenant_id, starts_on__lte=day, ends_on__gt=day
    ).select_related("decision__picture")
    published = [one.decision.picture.published_at for one in focus]
    times = [at for at in published if at is not None]
    afternoon = datetime.combine(day, PROPOSED_AT, tzinfo=zone)
    if now >= afternoon:
        times.append(afternoon)
    return max(times, default=None)


def _is_open(company: Organisation, period: Period, since: datetime) -> bool:
    """Tell whether nobody has a plan for the night that is newer, published or changed by hand."""
    plans = PatrolPlan.objects.filter(organisation=company, starts_at=period.starts_at)
    newest = plans.exclude(state=State.SUPERSEDED).order_by("-made_at").first()
    if newest is None:
        return not plans.filter(made_at__gte=since).exists()
    return newest.state == State.PROPOSED and newest.made_at < since and not newest.facts["changes"]


def _has_shift(company: Organisation, period: Period) -> bool:
    return Shift.objects.filter(
        unit__organisation=company, starts_at__lt=period.ends_at, ends_at__gt=period.starts_at
    ).exists()
