"""The first-day report. In: a viewer, a year. Out: what the files say, and what they cannot say.

Nothing is stored: the report is computed from rows that files (or the product's own nights) brought.
Where several sources tell a time, the best proof counts, and the report says which it was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet, Sum
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
from narvaro.followup.points import best_points, times_in
from narvaro.followup.queries import SERVICE, find_term, terms_of
from narvaro.situation.models import Case, Damage, Incident, Presence
from narvaro.situation.queries.presence import without_worse

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
    prices_each_sek: tuple[Decimal, ...]
    term_lines: tuple[TermLine, ...]
    disagreement: Disagreement
    damage_by_kind: tuple[tuple[str, int, Decimal], ...]
    damage_by_month: tuple[tuple[date, int, Decimal], ...]
    hours: tuple[tuple[str, Decimal], ...]
    incidents: int
    categories: tuple[tuple[str, int], ...]
    contracts: tuple[tuple[Contract, terms.Deadline], ...]
    inhabitants: int | None
    cannot_say: tuple[tuple[str, int], ...]


def period_of(viewer: Viewer, now: datetime) -> tuple[datetime, datetime]:
    """Return the year that ends with the last thing known, in whole days of the tenant's zone."""
    newest = [
        rows.objects.published().filter(tenant_id=viewer.tenant_id).aggregate(at=Max(name))["at"]
        for rows, name in (
            (Case, "received_at"), (Incident, "occurred_from"), (Damage, "occurred_from"),
            (Presence, "starts_at"),
        )
    ]  # fmt: skip
    day = DeliveredHours.objects.published().filter(tenant_id=viewer.tenant_id)
    last_day = day.aggregate(at=Max("day"))["at"]
    if last_day is not None:
        newest.append(datetime.combine(last_day, time(12), tzinfo=viewer.zone))
    last = min(max((one for one in newest if one), default=now), now).astimezone(viewer.zone)
    ends = datetime(last.year, last.month, last.day, tzinfo=viewer.zone) + timedelta(days=1)
    return ends - YEAR, ends


def _damage_cost() -> Coalesce:
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


class _Agreements:
    """Which contract a response belongs to: its supplier's that was in force on its day."""

    def __init__(self, viewer: Viewer) -> None:
        self.zone = viewer.zone
        self.contracts = list_contracts(viewer)
        self._terms = [(one, terms_of(one)) for one in self.contracts]

    def find(self, response: Response) -> tuple[Contract, terms.ContractTerms] | None:
        """Return a response's contract with its terms; None where none was in force."""
        day = response.case.received_at.astimezone(self.zone).date()
        for contract, agreement in self._terms:
            mine = contract.supplier_id == response.organisation_id
            if mine and terms.in_force(agreement, day):
                return contract, agreement
        return None

    def find_price(self, response: Response) -> Decimal | None:
        """Return what its contract says that a response costs; None where nothing says."""
        found = self.find(response)
        prices = found[0].prices.all() if found else ()
        each = (one.price_sek for one in prices if (one.service, one.unit) == (SERVICE, "each"))
        return next(each, None)


def _by_site(rows: QuerySet[Any], **sums: Any) -> dict[UUID, dict[str, Any]]:  # noqa: ANN401 - database expressions
    found = rows.exclude(site=None).values("site_id").annotate(number=Count("pk"), **sums)
    return {one["site_id"]: one for one in found.order_by()}


def _site_lines(viewer: Viewer, rows: _Rows, agreed: _Agreements) -> tuple[SiteLine, ...]:
    alarms = _by_site(rows.cases, bad=Count("pk", filter=Q(cause__in=UNWARRANTED)))
    damages = _by_site(
        rows.damages, cost=Sum(_damage_cost()),
        free=Count("pk", filter=Q(final_sek=None, estimate_sek=None)),
    )  # fmt: skip
    incidents = _by_site(rows.incidents.exclude(case__isnull=False))
    sent: dict[UUID | None, list[Decimal | None]] = defaultdict(list)
    for one in rows.responses:
        if one.case.cause in UNWARRANTED:
            sent[one.case.site_id].append(agreed.find_price(one))
    stays: dict[UUID | None, list[float]] = defaultdict(list)
    for stay in without_worse(rows.presences.exclude(site=None)):
        stays[stay.site_id].append((stay.ends_at - stay.starts_at).total_seconds())
    lines = []
    for site in sites_seen_by(viewer):
        key = site.pk
        alarm, damage = alarms.get(key, {}), damages.get(key, {})
        lines.append(
            SiteLine(
                site=site, alarms=alarm.get("number", 0), unwarranted=alarm.get("bad", 0),
                responses_to_unwarranted=len(sent[key]), unwarranted_cost_sek=_sum(sent[key]),
                damages=damage.get("number", 0), damage_sek=damage.get("cost") or Decimal(0),
                damages_without_cost=damage.get("free", 0),
                incidents=incidents.get(key, {}).get("number", 0), visits=len(stays[key]),
                visit_hours=sum(stays[key]) / 3600,
            )
        )  # fmt: skip
    return tuple(lines)


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    """Return a sum; None where none of the costs is known."""
    known = [one for one in costs if one is not None]
    return sum(known, Decimal(0)) if known or not costs else None


def _term_lines(rows: _Rows, agreed: _Agreements) -> tuple[TermLine, ...]:
    found: dict[tuple[str, terms.ResponseTerm | None], list[Response]] = defaultdict(list)
    for response in rows.responses:
        contract = agreed.find(response)
        term = find_term(contract[1].response_terms, response.case.kind) if contract else None
        found[contract[0].number if contract else "", term].append(response)
    return tuple(_term_line(number, term, those) for (number, term), those in found.items())


def _term_line(
    number: str, term: terms.ResponseTerm | None, responses: Sequence[Response]
) -> TermLine:
    start, stop = (term.start, term.stop) if term else ("received", "on_scene")
    seconds: list[int] = []
    sources: Counter[str] = Counter()
    for one in responses:
        best = best_points(one.time_points.all())
        measured = time_between_s(times_in(best), start, stop).seconds
        if measured is not None:
            seconds.append(measured)
            sources[best[stop].source] += 1
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


def _cannot_say(
    viewer: Viewer, rows: _Rows, sites: Sequence[SiteLine], lines: Sequence[TermLine],
    prices: Sequence[Decimal],
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    """Return what the data cannot say, each with its count; what is whole is not named."""
    damages = rows.damages.count()
    estimated = Q(final_sek=None, estimate_sek__isnull=False)
    known = {
        "no_alarms": int(not rows.cases.exists()),
        "no_damage": int(not damages),
        "no_incidents": int(not rows.incidents.exists()),
        "no_inhabitants": int(damages > 0 and _inhabitants(viewer) is None),
        "no_terms": sum(one.responses for one in lines if one.term is None),
        "no_price": int(not prices),
        "several_prices": len(prices) if len(prices) > 1 else 0,
        "cause_unknown": rows.cases.filter(cause="").count(),
        "not_measured": sum(one.responses - one.measured for one in lines),
        "stated_only": _stated_only(lines),
        "alarm_without_site": rows.cases.filter(site=None).count(),
        "damage_without_site": rows.damages.filter(site=None).count(),
        "damage_without_cost": rows.damages.filter(final_sek=None, estimate_sek=None).count(),
        "damage_estimated": rows.damages.filter(estimated).count(),
        "incident_without_place": rows.incidents.filter(site=None, lat=None).count(),
        "no_visits": int(not rows.presences.exists()),
        "site_not_on_map": sum(one.site.lat is None for one in sites),
    }
    return tuple((code, count) for code, count in known.items() if count)


def get_first_report(viewer: Viewer, now: datetime) -> FirstReport:
    """Return the report of the year that ends with the last thing known; raises Missing."""
    viewer.require(Record.FIRST_REPORT)
    begins, ends = period_of(viewer, now)
    rows, agreed = _Rows(viewer, begins, ends), _Agreements(viewer)
    prices = sorted({one for response in rows.responses if (one := agreed.find_price(response))})
    sites, lines = _site_lines(viewer, rows, agreed), _term_lines(rows, agreed)
    by_kind, by_month = _damage_tables(viewer, rows.damages)
    today = now.astimezone(viewer.zone).date()
    hours = rows.hours.values_list("activity").annotate(total=Sum("hours")).order_by("-total")
    files = ImportBatch.objects.filter(tenant_id=viewer.tenant_id, published_at__isnull=False)
    return FirstReport(
        begins=begins, ends=ends, files=tuple(files.order_by("published_at")), sites=sites,
        causes=_counts(rows.cases, "cause"), prices_each_sek=tuple(prices), term_lines=lines,
        disagreement=_disagreement(rows), damage_by_kind=by_kind, damage_by_month=by_month,
        hours=tuple(hours), incidents=rows.incidents.count(),
        categories=_counts(rows.incidents, "category"),
        contracts=tuple(
            (one, terms.next_deadline(terms_of(one), today)) for one in agreed.contracts
        ),
        inhabitants=_inhabitants(viewer),
        cannot_say=_cannot_say(viewer, rows, sites, lines, prices),
    )  # fmt: skip


def _stated_only(lines: Iterable[TermLine]) -> int:
    return sum(number for line in lines for source, number in line.sources if source == "stated")


def top(lines: Iterable[SiteLine], by: str, limit: int = 15) -> list[SiteLine]:
    """Return the sites with most of something, none of those that have none."""
    found = [one for one in lines if getattr(one, by)]
    return sorted(found, key=lambda one: (-getattr(one, by), one.site.name))[:limit]
