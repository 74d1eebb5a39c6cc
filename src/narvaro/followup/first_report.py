"""The first-day report. In: a viewer, a year. Out: what the files say, and what they cannot say.

Nothing is stored: the report is computed from rows that files (or the product's own nights) brought.
Where several sources tell a time, the best proof counts, and the report says which it was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract
from narvaro.contract.queries import list_contracts
from narvaro.core import terms
from narvaro.core.response_times import nearest_rank, time_between_s
from narvaro.directory.models import Area, ImportBatch, Site
from narvaro.directory.queries import sites_seen_by
from narvaro.dispatch.models import Response
from narvaro.followup.models import DeliveredHours
from narvaro.followup.points import best_points, times_of
from narvaro.followup.queries import SERVICE, find_term, terms_of
from narvaro.situation.models import Case, Damage, Incident, Presence

YEAR = timedelta(days=365)
DIFFER = timedelta(minutes=5)
UNWARRANTED = (Case.Cause.UNWARRANTED, Case.Cause.TECHNICAL)


@dataclass(frozen=True)
class SiteLine:
    """One site over the period; `visit_hours` are as stated unless better proven."""

    site: Site
    alarms: int
    unwarranted: int
    responses_to_unwarranted: int
    unwarranted_cost_sek: Decimal | None
    damages: int
    damage_sek: Decimal
    damages_without_cost: int
    incidents: int
    visits: int
    visit_hours: float


@dataclass(frozen=True)
class TermLine:
    """Responses under one term, or (term None) from received to on scene without any."""

    term: terms.ResponseTerm | None
    contract: str
    responses: int
    measured: int
    within: int
    p50_s: int | None
    p90_s: int | None
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Disagreement:
    """Where the alarm centre and the supplier tell different times of arrival."""

    both: int
    differ: int
    median_s: float | None
    only_centre: int
    only_supplier: int


@dataclass(frozen=True)
class FirstReport:
    """Everything that the report shows."""

    begins: datetime
    ends: datetime
    files: tuple[ImportBatch, ...]
    sites: tuple[SiteLine, ...]
    causes: tuple[tuple[str, int], ...]
    alarms_without_site: int
    price_each_sek: Decimal | None
    term_lines: tuple[TermLine, ...]
    disagreement: Disagreement
    damage_by_kind: tuple[tuple[str, int, Decimal], ...]
    damage_by_month: tuple[tuple[date, int, Decimal], ...]
    damages_without_site: int
    hours: tuple[tuple[str, Decimal], ...]
    incidents: int
    incidents_without_place: int
    categories: tuple[tuple[str, int], ...]
    contracts: tuple[tuple[Contract, terms.Deadline], ...]
    inhabitants: int | None
    cannot_say: tuple[tuple[str, int], ...]


def period_of(viewer: Viewer, now: datetime) -> tuple[datetime, datetime]:
    """Return the year that ends with the last thing known, in whole days of the tenant's zone."""
    newest = [
        Case.objects.published().filter(tenant_id=viewer.tenant_id).order_by("-received_at")
        .values_list("received_at", flat=True).first(),
        Incident.objects.published().filter(tenant_id=viewer.tenant_id).order_by("-occurred_from")
        .values_list("occurred_from", flat=True).first(),
    ]  # fmt: skip
    last = min(max((one for one in newest if one), default=now), now).astimezone(viewer.zone)
    ends = datetime(last.year, last.month, last.day, tzinfo=viewer.zone) + timedelta(days=1)
    return ends - YEAR, ends


def _damage_cost() -> Any:  # noqa: ANN401 - a database expression
    return Coalesce("final_sek", "estimate_sek")


class _Rows:
    """The rows of the period that the report is made of."""

    def __init__(self, viewer: Viewer, begins: datetime, ends: datetime) -> None:
        tenant = {"tenant_id": viewer.tenant_id}
        time = {"received_at__gte": begins, "received_at__lt": ends}
        occurred = {"occurred_from__gte": begins, "occurred_from__lt": ends}
        alarms = Q(born__in=[Case.Born.PANEL, Case.Born.FILE])
        self.cases: QuerySet[Case] = Case.objects.published().filter(alarms, **tenant, **time)
        self.responses = list(
            Response.objects.published()
            .filter(**tenant, case__received_at__gte=begins, case__received_at__lt=ends)
            .select_related("case")
            .prefetch_related("time_points")
        )
        self.damages = Damage.objects.published().filter(**tenant, **occurred)
        self.incidents = Incident.objects.published().filter(**tenant, **occurred)
        self.presences = Presence.objects.published().filter(
            **tenant, starts_at__gte=begins, starts_at__lt=ends
        )
        self.hours = DeliveredHours.objects.published().filter(
            **tenant, day__gte=begins.date(), day__lt=ends.date()
        )


def _price_each(contracts: Sequence[Contract]) -> Decimal | None:
    prices = [
        one.price_sek
        for contract in contracts
        for one in contract.prices.all()
        if (one.service, one.unit) == (SERVICE, "each")
    ]
    return prices[0] if prices else None


def _by_site(rows: QuerySet[Any], **sums: Any) -> dict[UUID, dict[str, Any]]:  # noqa: ANN401 - database expressions
    found = rows.exclude(site=None).values("site_id").annotate(number=Count("pk"), **sums)
    return {one["site_id"]: one for one in found.order_by()}


def _site_lines(viewer: Viewer, rows: _Rows, price: Decimal | None) -> tuple[SiteLine, ...]:
    alarms = _by_site(rows.cases, bad=Count("pk", filter=Q(cause__in=UNWARRANTED)))
    damages = _by_site(
        rows.damages, cost=Sum(_damage_cost()),
        free=Count("pk", filter=Q(final_sek=None, estimate_sek=None)),
    )  # fmt: skip
    incidents = _by_site(rows.incidents.exclude(case__isnull=False))
    sent = Counter(one.case.site_id for one in rows.responses if one.case.cause in UNWARRANTED)
    seconds: dict[UUID, float] = defaultdict(float)
    visits: Counter[UUID] = Counter()
    for site_id, begins, ends in rows.presences.exclude(site=None).values_list(
        "site_id", "starts_at", "ends_at"
    ):
        seconds[site_id] += (ends - begins).total_seconds()
        visits[site_id] += 1
    lines = []
    for site in sites_seen_by(viewer):
        key = site.pk
        alarm, damage = alarms.get(key, {}), damages.get(key, {})
        lines.append(
            SiteLine(
                site=site, alarms=alarm.get("number", 0), unwarranted=alarm.get("bad", 0),
                responses_to_unwarranted=sent[key],
                unwarranted_cost_sek=None if price is None else price * sent[key],
                damages=damage.get("number", 0), damage_sek=damage.get("cost") or Decimal(0),
                damages_without_cost=damage.get("free", 0),
                incidents=incidents.get(key, {}).get("number", 0), visits=visits[key],
                visit_hours=seconds[key] / 3600,
            )
        )  # fmt: skip
    return tuple(lines)


def _term_lines(viewer: Viewer, rows: _Rows, contracts: Sequence[Contract]) -> tuple[TermLine, ...]:
    found: dict[tuple[str, terms.ResponseTerm | None], list[Response]] = defaultdict(list)
    agreements = [(one, terms_of(one)) for one in contracts]
    for response in rows.responses:
        day = response.case.received_at.astimezone(viewer.zone).date()
        term, number = None, ""
        for contract, agreement in agreements:
            mine = contract.supplier_id == response.organisation_id
            if mine and terms.in_force(agreement, day):
                term, number = (
                    find_term(agreement.response_terms, response.case.kind),
                    contract.number,
                )
                break
        found[number, term].append(response)
    return tuple(_term_line(number, term, those) for (number, term), those in found.items())


def _term_line(
    number: str, term: terms.ResponseTerm | None, responses: Sequence[Response]
) -> TermLine:
    start, stop = (term.start, term.stop) if term else ("received", "on_scene")
    seconds: list[int] = []
    sources: Counter[str] = Counter()
    for one in responses:
        points = list(one.time_points.all())
        measured = time_between_s(times_of(points), start, stop).seconds
        if measured is not None:
            seconds.append(measured)
            sources[best_points(points)[stop].source] += 1
    return TermLine(
        term=term, contract=number, responses=len(responses), measured=len(seconds),
        within=sum(one <= term.target_s for one in seconds) if term else 0,
        p50_s=nearest_rank(seconds, 50),
        p90_s=nearest_rank(seconds, 90),
        sources=tuple(sources.most_common()),
    )  # fmt: skip


def _disagreement(rows: _Rows) -> Disagreement:
    gaps: list[float] = []
    only = Counter[str]()
    for response in rows.responses:
        told = {one.source: one.at for one in response.time_points.all() if one.point == "on_scene"}
        centre, stated = told.get("centre"), told.get("stated")
        if centre and stated:
            gaps.append(abs((centre - stated).total_seconds()))
        elif centre or stated:
            only["centre" if centre else "stated"] += 1
    wide = [one for one in gaps if one > DIFFER.total_seconds()]
    return Disagreement(
        len(gaps), len(wide), median(wide) if wide else None, only["centre"], only["stated"]
    )


def _counts(rows: QuerySet[Any], name: str) -> tuple[tuple[str, int], ...]:
    found = rows.values_list(name).annotate(number=Count("pk")).order_by("-number", name)
    return tuple(found)


def _damage_tables(
    viewer: Viewer, damages: QuerySet[Damage]
) -> tuple[tuple[tuple[str, int, Decimal], ...], tuple[tuple[date, int, Decimal], ...]]:
    kinds: dict[str, list[Decimal]] = defaultdict(list)
    months: dict[date, list[Decimal]] = defaultdict(list)
    for kind, at, cost in damages.values_list("kind", "occurred_from", _damage_cost()):
        kinds[kind].append(cost or Decimal(0))
        months[at.astimezone(viewer.zone).date().replace(day=1)].append(cost or Decimal(0))
    by_kind = sorted(
        ((kind, len(costs), sum(costs, Decimal(0))) for kind, costs in kinds.items()),
        key=lambda one: -one[2],
    )
    by_month = sorted((m, len(costs), sum(costs, Decimal(0))) for m, costs in months.items())
    return tuple(by_kind), tuple(by_month)


def _inhabitants(viewer: Viewer) -> int | None:
    """Return how many live in the municipality; None where no file has said it."""
    areas = Area.objects.filter(tenant_id=viewer.tenant_id, kind=Area.Kind.MUNICIPALITY)
    known = areas.exclude(inhabitants=None).order_by("name")
    return known.values_list("inhabitants", flat=True).first()


def _cannot_say(known: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return what the data cannot say, each with its count; what is whole is not named."""
    return tuple((code, count) for code, count in known.items() if count)


def get_first_report(viewer: Viewer, now: datetime) -> FirstReport:
    """Return the report of the year that ends with the last thing known; raises Missing."""
    viewer.require(Record.FIRST_REPORT)
    begins, ends = period_of(viewer, now)
    rows = _Rows(viewer, begins, ends)
    contracts = list_contracts(viewer)
    price = _price_each(contracts)
    sites = _site_lines(viewer, rows, price)
    lines = _term_lines(viewer, rows, contracts)
    by_kind, by_month = _damage_tables(viewer, rows.damages)
    today = now.astimezone(viewer.zone).date()
    hours = rows.hours.values_list("activity").annotate(total=Sum("hours")).order_by("-total")
    no_place = rows.incidents.filter(site=None, lat=None).count()
    files = ImportBatch.objects.filter(tenant_id=viewer.tenant_id, published_at__isnull=False)
    alarms_without_site = rows.cases.filter(site=None).count()
    damages_without_site = rows.damages.filter(site=None).count()
    alarms, damages, incidents = (one.count() for one in (rows.cases, rows.damages, rows.incidents))
    inhabitants = _inhabitants(viewer)
    return FirstReport(
        begins=begins, ends=ends, files=tuple(files.order_by("published_at")), sites=sites,
        causes=_counts(rows.cases, "cause"), alarms_without_site=alarms_without_site,
        price_each_sek=price, term_lines=lines, disagreement=_disagreement(rows),
        damage_by_kind=by_kind, damage_by_month=by_month,
        damages_without_site=damages_without_site, hours=tuple(hours),
        incidents=incidents, incidents_without_place=no_place,
        categories=_counts(rows.incidents, "category"),
        contracts=tuple((one, terms.next_deadline(terms_of(one), today)) for one in contracts),
        inhabitants=inhabitants,
        cannot_say=_cannot_say(
            {
                "no_alarms": int(not alarms),
                "no_damage": int(not damages),
                "no_incidents": int(not incidents),
                "no_inhabitants": int(damages > 0 and inhabitants is None),
                "no_terms": sum(one.responses for one in lines if one.term is None),
                "no_price": int(price is None),
                "cause_unknown": rows.cases.filter(cause="").count(),
                "not_measured": sum(one.responses - one.measured for one in lines),
                "stated_only": _stated_only(lines),
                "alarm_without_site": alarms_without_site,
                "damage_without_site": damages_without_site,
                "damage_without_cost": rows.damages.filter(
                    final_sek=None, estimate_sek=None
                ).count(),
                "damage_estimated": rows.damages.filter(
                    final_sek=None, estimate_sek__isnull=False
                ).count(),
                "incident_without_place": no_place,
                "no_visits": int(not rows.presences.exists()),
                "site_not_on_map": sum(one.site.lat is None for one in sites),
            }
        ),
    )  # fmt: skip


def _stated_only(lines: Iterable[TermLine]) -> int:
    return sum(number for line in lines for source, number in line.sources if source == "stated")


def top(lines: Iterable[SiteLine], by: str, limit: int = 15) -> list[SiteLine]:
    """Return the sites with most of something, none of those that have none."""
    found = [one for one in lines if getattr(one, by)]
    return sorted(found, key=lambda one: (-getattr(one, by), one.site.name))[:limit]
