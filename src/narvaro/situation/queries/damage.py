"""Reads of damage: rows, what it costs by site, month and kind, and waves. The viewer first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core.waves import BASELINE, Harm, Wave, find_waves
from narvaro.situation.models import Damage
from narvaro.situation.queries.reports import without_words
from narvaro.spine.refusal import Missing


@dataclass(frozen=True)
class DamageFilter:
    """Which damage; the period holds what began in it, `until` not included."""

    site_id: UUID | None = None
    kind: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None


def sees_costs(viewer: Viewer) -> bool:
    """Return whether the viewer sees what damage costs: the municipality that pays does."""
    return viewer.scope(Record.DAMAGE) == Scope.TENANT


def damages_seen_by(viewer: Viewer, chosen: DamageFilter = DamageFilter()) -> QuerySet[Damage]:
    """Return the damage that the viewer may see (its words: `list_damages`)."""
    seen = Damage.objects.published().filter(tenant_id=viewer.tenant_id)
    match viewer.scope(Record.DAMAGE):
        case Scope.TENANT:
            pass
        case Scope.SHARED:
            seen = seen.filter(organisation_id=viewer.organisation_id)
        case Scope.OWN:
            seen = seen.filter(reported_by_id=viewer.member_id)
        case _:
            return Damage.objects.none()
    wanted = {
        "site_id": chosen.site_id, "kind": chosen.kind, "state": chosen.state,
        "occurred_from__gte": chosen.since, "occurred_from__lt": chosen.until,
    }  # fmt: skip
    seen = seen.filter(**{name: value for name, value in wanted.items() if value})
    return seen.select_related("site", "area", "organisation", "case")


def list_damages(viewer: Viewer, chosen: DamageFilter, limit: int) -> list[Damage]:
    """List damage, what began last first."""
    found = damages_seen_by(viewer, chosen).order_by("-occurred_from", "-pk")
    return without_words(viewer, found[:limit])


def get_damage(viewer: Viewer, damage_id: UUID) -> Damage:
    """Return a damage; raises Missing where the viewer may not know of it."""
    found = without_words(viewer, damages_seen_by(viewer).filter(pk=damage_id))
    if not found:
        raise Missing
    return found[0]


@dataclass(frozen=True)
class Cost:
    """What some damage costs, SEK without VAT: the final cost, or else the estimate.

    `unknown` of the `count` have neither.
    """

    key: str
    count: int
    cost_sek: Decimal
    unknown: int


@dataclass(frozen=True)
class DamageSums:
    """The same damage summed in three ways; a month is that in which it began, in local time."""

    all: Cost
    by_site: tuple[Cost, ...]
    by_month: tuple[Cost, ...]
    by_kind: tuple[Cost, ...]


_SUMS: dict[str, Any] = {
    "number": Count("pk"),
    "cost": Sum(Coalesce("final_sek", "estimate_sek")),
    "known": Count(Coalesce("final_sek", "estimate_sek")),
}


def _cost(key: object, row: dict[str, Any]) -> Cost:
    said = key.strftime("%Y-%m") if isinstance(key, date) else str(key or "")
    return Cost(said, row["number"], row["cost"] or Decimal(0), row["number"] - row["known"])


def _by(rows: QuerySet[Damage], field: str) -> list[Cost]:
    found: Iterable[Any] = rows.order_by().values(field).annotate(**_SUMS)
    return [_cost(row[field], row) for row in found]


def damage_sums(viewer: Viewer, chosen: DamageFilter) -> DamageSums:
    """Sum the damage that the viewer may see; the dearest first, months in order.

    A key is the site's name (empty: at no known site), the month (2026-11), or the kind.
    """
    seen = damages_seen_by(viewer, chosen).select_related(None)
    months = seen.annotate(month=TruncMonth("occurred_from", tzinfo=viewer.zone))

    def dearest(one: Cost) -> tuple[Decimal, int, str]:
        return (-one.cost_sek, -one.count, one.key)

    return DamageSums(
        all=_cost("", seen.aggregate(**_SUMS)),
        by_site=tuple(sorted(_by(seen, "site__name"), key=dearest)),
        by_month=tuple(sorted(_by(months, "month"), key=lambda one: one.key)),
        by_kind=tuple(sorted(_by(seen, "kind"), key=dearest)),
    )


def list_waves(viewer: Viewer, at: datetime) -> list[Wave]:
    """List the kinds of site that have had more damage this week than their own year explains."""
    seen = damages_seen_by(viewer).filter(
        site__isnull=False, occurred_until__gt=at - BASELINE - timedelta(days=1)
    )
    rows = seen.values_list("site__kind", "site__name", "occurred_from", "occurred_until")
    harms = [Harm(group, site, since, until) for group, site, since, until in rows]
    return list(find_waves(harms, at))
