"""What was delivered. In: a viewer, a contract, a month. Out: responses measured by its own clock.

Nothing is stored here: a statement is computed from time points and terms, so that it opens down
to each of them and to the event behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract, Price
from narvaro.contract.queries import get_contract
from narvaro.core import response_times, terms
from narvaro.dispatch.models import Response
from narvaro.followup.points import times_of
from narvaro.situation.models import Case
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing

SERVICE = "alarm_response"


@dataclass(frozen=True)
class Line:
    """One case of the month and what the terms make of it; no response: no unit came."""

    case: Case
    response: Response | None
    term: terms.ResponseTerm | None
    measurement: response_times.Measurement | None
    late: bool
    price_sek: Decimal | None
    penalty_sek: Decimal


@dataclass(frozen=True)
class Statement:
    """A month of a contract: a summary for each term, a line for each response."""

    contract: Contract
    month: date
    summaries: tuple[response_times.Summary, ...]
    lines: tuple[Line, ...]

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
        found.select_related("case__site", "unit")
        .prefetch_related("time_points")
        .order_by("case__received_at")
    )


def find_term(agreed: Sequence[terms.ResponseTerm], kind: str) -> terms.ResponseTerm | None:
    """Return the term that a response counts under: the first that covers its kind of case."""
    return next((one for one in agreed if kind in one.case_kinds), None)


def _as_core(response: Response) -> response_times.Response:
    points = times_of(response.time_points.all())
    return response_times.Response(str(response.pk), response.case.kind, points)


def _is_recalled(response: Response) -> bool:
    """Return whether the desk recalled it before it was there: not measured, not charged."""
    there = times_of(response.time_points.all())["on_scene"] is not None
    return response.state == Response.State.RECALLED and not there


def _line(response: Response, agreed: Sequence[terms.ResponseTerm], price: Price | None) -> Line:
    case = response.case
    points = times_of(response.time_points.all())
    recalled = _is_recalled(response)
    each = price.price_sek if price and not recalled else None
    term = find_term(agreed, case.kind)
    if term is None or recalled:
        return Line(case, response, term, None, late=False, price_sek=each, penalty_sek=Decimal(0))
    measured = response_times.response_time_s(points, term)
    late = response_times.within_target(measured, term) is False
    penalty = term.penalty_sek if late else Decimal(0)
    return Line(case, response, term, measured, late=late, price_sek=each, penalty_sek=penalty)


def _list_unserved(
    contract: Contract, agreement: terms.ContractTerms, zone: ZoneInfo, begins: datetime,
    ends: datetime,
) -> list[Line]:  # fmt: skip
    """List the month's cases of agreed kinds that the supplier knew of and no unit took."""
    agreed = agreement.response_terms
    kinds = {kind for term in agreed for kind in term.case_kinds}
    found = Case.objects.filter(
        tenant_id=contract.tenant_id,
        shares__organisation_id=contract.supplier_id,
        kind__in=kinds,
        received_at__gte=begins,
        received_at__lt=ends,
        offers__isnull=False,
        responses__isnull=True,
    )
    return [
        Line(one, None, find_term(agreed, one.kind), None, late=False, price_sek=None,
             penalty_sek=Decimal(0))
        for one in found.select_related("site").distinct().order_by("received_at")
        if terms.in_force(agreement, one.received_at.astimezone(zone).date())
    ]  # fmt: skip


def get_statement(viewer: Viewer, contract_id: UUID, month: date) -> Statement:
    """Return a month's statement; raises Missing where the viewer is no party to the contract."""
    viewer.require(Record.STATEMENT)
    contract = get_contract(viewer, contract_id)
    begins, ends = month_span(month, viewer.zone)
    agreement = terms_of(contract)
    agreed = agreement.response_terms
    # Of two contracts with one supplier, the one in force that day holds the response.
    found = [
        one
        for one in _responses(contract, begins, ends)
        if terms.in_force(agreement, one.case.received_at.astimezone(viewer.zone).date())
    ]
    price = next(
        (one for one in contract.prices.all() if (one.service, one.unit) == (SERVICE, "each")), None
    )
    return Statement(
        contract=contract,
        month=month.replace(day=1),
        summaries=tuple(
            response_times.monthly_summary(
                [
                    _as_core(one)
                    for one in found
                    if find_term(agreed, one.case.kind) is term and not _is_recalled(one)
                ],
                term,
                begins,
                ends,
            )
            for term in agreed
        ),
        lines=tuple(
            sorted(
                [
                    *(_line(one, agreed, price) for one in found),
                    *_list_unserved(contract, agreement, viewer.zone, begins, ends),
                ],
                key=lambda line: line.case.received_at,
            )
        ),
    )


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


def list_months(viewer: Viewer, contract: Contract, today: date) -> list[tuple[date, int, int]]:
    """List the contract's months so far that hold responses: month, responses, late ones."""
    months: list[tuple[date, int, int]] = []
    month = today.replace(day=1)
    while month >= contract.starts_on.replace(day=1) and len(months) < 36:
        statement = get_statement(viewer, contract.pk, month)
        late = sum(one.late for one in statement.lines)
        if statement.lines or month == today.replace(day=1):
            months.append((month, len(statement.lines), late))
        month = terms.add_months(month, -1)
    return months
