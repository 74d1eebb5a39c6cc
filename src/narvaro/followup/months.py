"""A contract's months at a glance. In: a viewer, a contract, today. Out: responses and late ones by month.

The same judgement as in a statement, over all months at once: two queries however long it has run.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract
from narvaro.core import terms
from narvaro.dispatch.models import Response
from narvaro.followup.points import RANK
from narvaro.followup.queries import judge, month_span, terms_of, unserved_cases

MOST_MONTHS = 36
_Best = dict[str, tuple[int, datetime]]


def _rows(
    contract: Contract, agreed: Iterable[terms.ResponseTerm], begins: datetime, ends: datetime
) -> Iterable[tuple[Any, ...]]:
    """Return a row for each response and each of its time points that a term or a recall asks for."""
    needed = {"on_scene", *(name for one in agreed for name in (one.start, one.stop))}
    found = Response.objects.published().filter(
        tenant_id=contract.tenant_id, organisation_id=contract.supplier_id,
        case__received_at__gte=begins, case__received_at__lt=ends,
    ).annotate(
        told=FilteredRelation("time_points", condition=Q(time_points__point__in=needed))
    )  # fmt: skip
    return found.order_by().values_list(
        "pk", "case__kind", "state", "case__received_at", "told__point", "told__source", "told__at"
    )


def list_months(viewer: Viewer, contract: Contract, today: date) -> list[tuple[date, int, int]]:
    """List the contract's months so far that hold responses: month, responses, late ones.

    The running month always, and at most three years; no unit came counts among the responses.
    """
    viewer.require(Record.STATEMENT)
    agreement, this = terms_of(contract), today.replace(day=1)
    first = max(contract.starts_on.replace(day=1), terms.add_months(this, 1 - MOST_MONTHS))
    begins, ends = month_span(first, viewer.zone)[0], month_span(this, viewer.zone)[1]
    facts: dict[UUID, tuple[str, str, datetime]] = {}
    best: dict[UUID, _Best] = {}
    for pk, kind, state, received, point, source, at in _rows(
        contract, agreement.response_terms, begins, ends
    ):
        facts[pk] = kind, state, received
        held = best.setdefault(pk, {})
        if point and (point not in held or RANK[source] < held[point][0]):
            held[point] = RANK[source], at
    responses: Counter[date] = Counter()
    late: Counter[date] = Counter()

    def count(received: datetime) -> date | None:
        day = received.astimezone(viewer.zone).date()
        if not terms.in_force(agreement, day):
            return None
        month = day.replace(day=1)
        responses[month] += 1
        return month

    for pk, (kind, state, received) in facts.items():
        if (month := count(received)) is not None:
            times = {name: at for name, (_rank, at) in best[pk].items()}
            late[month] += judge(kind, state, times, agreement.response_terms).late
    for one in unserved_cases(contract, agreement.response_terms, begins, ends):
        count(one.received_at)
    return [
        (month, responses[month], late[month])
        for month in sorted({*responses, this}, reverse=True)
        if month >= first and first <= this
    ]
