"""Cases of silence: a transmission path that was lost. In: whose path, when. Out: a case, joined or new.

Paths of one carrier that fall silent together are one fault and one case, not a trip to each site;
so are very many at once, whoever carries them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from narvaro.core.supervision import TOGETHER_S
from narvaro.directory.models import Site
from narvaro.situation.correlation import handling_of
from narvaro.situation.models import Case
from narvaro.situation.signals import (
    ACTIVE,
    find_plan,
    next_case_number,
    share_by_default,
    tell_changed,
    tell_opened,
)
from narvaro.spine import events

TOGETHER = timedelta(seconds=TOGETHER_S)
PATH_PRIORITY = 3
MANY = "*"
"""The carrier of what falls silent at very many sites at once."""


@dataclass(frozen=True)
class LostPath:
    """A path whose silence is a loss: its site, its carrier, and when it was last heard."""

    site: Site
    carrier: str
    heard_at: datetime


def _find_active(lost: LostPath, at: datetime) -> Case | None:
    active = Case.objects.select_for_update(no_key=True, of=("self",)).filter(
        tenant_id=lost.site.tenant_id, kind=Case.Kind.PATH, born=Case.Born.WATCH, state__in=ACTIVE
    )
    if lost.carrier:
        together = active.filter(carrier=lost.carrier, last_signal_at__gte=at - TOGETHER)
        found = together.order_by("-last_signal_at").first()
        if found is not None:
            return found
    return active.filter(site=lost.site).order_by("-last_signal_at").first()


def _handling(site: Site) -> tuple[int, list[str], bool]:
    plan = find_plan(site.pk)
    found = handling_of(
        Case.Kind.PATH,
        code_priority=PATH_PRIORITY,
        confirmed=False,
        rules=plan.rules if plan else (),
    )
    return found.priority, list(found.needs), found.offer_by_rule


def open_or_join(*, lost: LostPath, by: str, at: datetime) -> Case:
    """Return the case of a lost path, in the caller's transaction.

    While others may follow within two minutes nobody is sent by a rule: `send_if_alone` decides.
    """
    events.hold(lost.site.tenant_id)
    found = _find_active(lost, at)
    if found is None:
        return _open(lost, by, at)
    found.last_signal_at = max(found.last_signal_at, at)
    if found.site_id is not None and found.site_id != lost.site.pk:
        found.site = None
        found.place, found.lat, found.lon = lost.carrier, None, None
        found.plan, found.needs, found.offer_by_rule = None, [], False
        found.priority = PATH_PRIORITY
        found.save()
        tell_changed(found, "grouped", by=by, at=at)
    else:
        found.save(update_fields=["last_signal_at"])
    return found


def _open(lost: LostPath, by: str, at: datetime) -> Case:
    site = lost.site
    priority, needs, by_rule = _handling(site)
    case = Case.objects.create(
        tenant_id=site.tenant_id,
        number=next_case_number(site.tenant_id),
        kind=Case.Kind.PATH,
        born=Case.Born.WATCH,
        priority=priority,
        site=site,
        place=site.name,
        lat=site.lat,
        lon=site.lon,
        carrier=lost.carrier,
        plan=find_plan(site.pk),
        needs=needs,
        offer_by_rule=by_rule and not lost.carrier,
        triggered_at=lost.heard_at,
        received_at=at,
        last_signal_at=at,
    )
    tell_opened(case, share_by_default(case, at), by=by, at=at)
    return case


def send_if_alone(*, case_id: UUID, by: str, at: datetime) -> None:
    """Let the site's rule send somebody, when no other path of the carrier fell silent with it.

    In the caller's transaction.
    """
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case_id)
    if case.site is None or case.state not in ACTIVE or case.offer_by_rule:
        return
    if _handling(case.site)[2]:
        case.offer_by_rule = True
        case.save(update_fields=["offer_by_rule"])
        tell_changed(case, "raised", by=by, at=at)


def tell_heard_again(*, case_id: UUID, by: str, at: datetime) -> None:
    """Tell that all paths of a case of silence speak again, in the caller's transaction."""
    tell_changed(Case.objects.get(pk=case_id), "heard", by=by, at=at)


def close_restored(*, case_id: UUID, by: str, at: datetime) -> bool:
    """Close a case of silence whose paths all speak again, if nobody is out on it.

    In the caller's transaction; return whether it was closed.
    """
    case = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case_id)
    if case.state != Case.State.OPEN:
        return False
    case.state, case.closed_at, case.cause = Case.State.CLOSED, at, Case.Cause.TECHNICAL
    case.save(update_fields=["state", "closed_at", "cause"])
    tell_changed(case, "restored", by=by, at=at)
    return True
