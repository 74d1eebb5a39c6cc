"""What was delivered. In: a viewer, a contract, a month. Out: responses measured by its own clock.

Nothing is stored here: a statement is computed from time points and terms, so that it opens down
to each of them and to the event behind it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, Price
from narvaro.contract.queries import get_contract
from narvaro.core import response_times, terms
from narvaro.dispatch.models import GONE, Response, TimePoint
from narvaro.followup.points import best_points, times_in
from narvaro.followup.support import Came, list_supporting
from narvaro.situation.models import Case
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing

SERVICE = "alarm_response"


@dataclass(frozen=True)
class Line:
    """One case of the month and what the terms make of it; no response: no unit came.

    `points` holds the best proof of each time point.
    """

    case: Case
    response: Response | None
    term: terms.ResponseTerm | None
    measurement: response_times.Measurement | None
    late: bool
    price_sek: Decimal | None
    penalty_sek: Decimal
    supported: bool = False  # another unit of the case was first on scene: not measured
    points: Mapping[str, TimePoint] = field(default_factory=dict)

    @property
    def proof(self) -> str:
        """Return who says when the unit came: the source of the point at which the clock stops."""
        found = self.points.get(self.term.stop if self.term else "on_scene")
        return found.source if found else ""

    @property
    def minutes_ahead(self) -> int | None:
        """Return by how many minutes of the clock the unit was there before ambulance or rescue
        service; None where one of the two times is not known."""
        there = self.points.get("on_scene")
        incident = getattr(self.case, "incident", None)
        others_at = incident.others_arrived_at if incident else None
        if there is None or others_at is None:
            return None
        gap = others_at.replace(second=0, microsecond=0) - there.at.replace(second=0, microsecond=0)
        return int(gap.total_seconds() // 60)


@dataclass(frozen=True)
class FirstThere:
    """How often a unit was there before ambulance and rescue service, of the cases that tell both."""

    known: int
    first: int
    median_min: float | None  # of those where it was first


@dataclass(frozen=True)
class Statement:
    """A month of a contract: a summary for each term, a line for each response."""

    contract: Contract
    month: date
    summaries: tuple[response_times.Summary, ...]
    lines: tuple[Line, ...]

    def proofs_of(self, term: terms.ResponseTerm) -> Counter[str]:
        """Count who says when the units came, over the measured responses under a term."""
        return Counter(
            one.proof
            for one in self.lines
            if one.term is term and one.measurement and one.measurement.seconds is not None
        )

    @property
    def first_there(self) -> FirstThere:
        """Return how often a unit was first on scene, each case counted once."""
        ahead: dict[UUID, int] = {}
        for one in self.lines:
            if one.minutes_ahead is not None:
                ahead[one.case.pk] = max(
                    one.minutes_ahead, ahead.get(one.case.pk, one.minutes_ahead)
                )
        first = [one for one in ahead.values() if one > 0]
        return FirstThere(len(ahead), len(first), median(first) if first else None)

    @property
    def price_sum_sek(self) -> Decimal:
        """Return the sum of the lines' prices."""
        return sum((one.price_sek or Decimal(0) for one in self.lines), Decimal(0))

    @property
    def penalty_sum_sek(self) -> Decimal:
        """Return the sum of the lines' penalties."""
        return sum((one.penalty_sek for one in self.lines), Decimal(0))


def terms_of(contract: Contract) -> terms.ContractTerms:
    """Return a contract's rows as the core knows them."""
    return terms.ContractTerms(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        notice_months=contract.notice_months,
        options=tuple(
            terms.Option(one.starts_on, one.ends_on, one.exercised_on)
            for one in contract.options.all()
        ),
        response_terms=tuple(
            terms.ResponseTerm(
                one.name, tuple(one.case_kinds), one.start, one.stop, one.target_s, one.share,
                one.penalty_sek,
            )
            for one in contract.response_terms.all()
        ),
    )  # fmt: skip


def month_span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the month of the tenant's zone as a half-open interval in UTC."""
    first = month.replace(day=1)
    after = terms.add_months(first, 1)
    return (
        datetime(first.year, first.month, 1, tzinfo=zone).astimezone(UTC),
        datetime(after.year, after.month, 1, tzinfo=zone).astimezone(UTC),
    )


def _responses(contract: Contract, begins: datetime, ends: datetime) -> list[Response]:
    found = Response.objects.published().filter(
        tenant_id=contract.tenant_id,
        organisation_id=contract.supplier_id,
        case__received_at__gte=begins,
        case__received_at__lt=ends,
    )
    return list(
        found.select_related("case__site", "case__incident", "unit")
        .prefetch_related("time_points")
        .order_by("case__received_at")
    )


def find_term(agreed: Sequence[terms.ResponseTerm], kind: str) -> terms.ResponseTerm | None:
    """Return the term that a response counts under: the first that covers its kind of case."""
    return next((one for one in agreed if kind in one.case_kinds), None)


@dataclass(frozen=True)
class Judgement:
    """What the terms make of one response."""

    term: terms.ResponseTerm | None
    measurement: response_times.Measurement | None
    late: bool
    recalled: bool  # or taken to a graver case, before it was there: not measured, not charged


def judge(
    kind: str,
    state: str,
    times: Mapping[str, datetime | None],
    agreed: Sequence[terms.ResponseTerm],
    *,
    supported: bool = False,
) -> Judgement:
    """Measure a response of one kind of case by the term that covers it, unless it `supported` another."""
    recalled = state in GONE and times.get("on_scene") is None
    term = find_term(agreed, kind)
    if term is None or recalled or supported:
        return Judgement(term, None, late=False, recalled=recalled)
    measured = response_times.response_time_s(times, term)
    late = response_times.within_target(measured, term) is False
    return Judgement(term, measured, late=late, recalled=False)


def _line(
    response: Response,
    agreed: Sequence[terms.ResponseTerm],
    price: Price | None,
    *,
    supported: bool,
) -> Line:
    best = best_points(response.time_points.all())
    found = judge(response.case.kind, response.state, times_in(best), agreed, supported=supported)
    return Line(
        response.case, response, found.term, found.measurement, late=found.late,
        price_sek=price.price_sek if price and not found.recalled else None,
        penalty_sek=found.term.penalty_sek if found.term and found.late else Decimal(0),
        supported=supported, points=best,
    )  # fmt: skip


def _summary(
    lines: Sequence[Line], term: terms.ResponseTerm, begins: datetime, ends: datetime
) -> response_times.Summary:
    mine = [
        response_times.Response(str(one.response.pk), one.case.kind, times_in(one.points))
        for one in lines
        if one.response and one.term is term and one.measurement is not None
    ]
    return response_times.monthly_summary(mine, term, begins, ends)


def unserved_cases(
    contract: Contract, agreed: Sequence[terms.ResponseTerm], begins: datetime, ends: datetime
) -> QuerySet[Case]:
    """Return the cases of agreed kinds that the supplier was asked to and no unit took."""
    kinds = {kind for term in agreed for kind in term.case_kinds}
    return Case.objects.filter(
        tenant_id=contract.tenant_id,
        shares__organisation_id=contract.supplier_id,
        kind__in=kinds,
        received_at__gte=begins,
        received_at__lt=ends,
        offers__isnull=False,
        responses__isnull=True,
    ).distinct()


def get_statement(viewer: Viewer, contract_id: UUID, month: date) -> Statement:
    """Return a month's statement; raises Missing where the viewer is no party to the contract."""
    viewer.require(Record.STATEMENT)
    contract = get_contract(viewer, contract_id)
    begins, ends = month_span(month, viewer.zone)
    agreement = terms_of(contract)
    agreed = agreement.response_terms

    def holds(case: Case) -> bool:
        # Of two contracts with one supplier, the one in force that day holds the response.
        return terms.in_force(agreement, case.received_at.astimezone(viewer.zone).date())

    price = next(
        (one for one in contract.prices.all() if (one.service, one.unit) == (SERVICE, "each")), None
    )
    sent = [one for one in _responses(contract, begins, ends) if holds(one.case)]
    supporting = list_supporting(_came(one) for one in sent)
    came = [_line(one, agreed, price, supported=one.pk in supporting) for one in sent]
    none_came = [
        Line(one, None, find_term(agreed, one.kind), None, late=False, price_sek=None,
             penalty_sek=Decimal(0))
        for one in unserved_cases(contract, agreed, begins, ends).select_related("site")
        if holds(one)
    ]  # fmt: skip
    return Statement(
        contract=contract,
        month=month.replace(day=1),
        summaries=tuple(_summary(came, term, begins, ends) for term in agreed),
        lines=tuple(sorted([*came, *none_came], key=lambda line: line.case.received_at)),
    )


def _came(response: Response) -> Came:
    there = times_in(best_points(response.time_points.all())).get("on_scene")
    return Came(response.pk, response.case_id, response.state, response.accepted_at, there)


def get_line(viewer: Viewer, contract_id: UUID, month: date, response_id: UUID) -> Line:
    """Return one line of a statement; raises Missing where it is not in it."""
    statement = get_statement(viewer, contract_id, month)
    for line in statement.lines:
        if line.response is not None and line.response.pk == response_id:
            return line
    raise Missing


def list_events_of(viewer: Viewer, line: Line) -> list[Event]:
    """List the log's events about the case of a line that the viewer's organisation may know."""
    viewer.require(Record.STATEMENT)
    found = Event.objects.filter(tenant_id=viewer.tenant_id, subject=line.case.pk)
    return [
        one for one in found.order_by("position") if str(viewer.organisation_id) in one.audience
    ]
