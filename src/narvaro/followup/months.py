"""A contract's months at a glance. In: a viewer, a contract, today. Out: responses and late ones by month.

The same judgement as in a statement, over all months at once: three queries however long it has run.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract
from narvaro.core import terms
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.points import RANK
from narvaro.followup.queries import judge, month_span, terms_of, unserved_cases
from narvaro.followup.support import Came, list_supporting

MOST_MONTHS = 36
Times = dict[str, datetime | None]


def _times(
    contract: Contract, agreed: Iterable[terms.ResponseTerm], begins: datetime, ends: datetime
) -> dict[UUID, Times]:
    """Return the best proven times by response: the points that a term or a recall asks for."""
    needed = {"on_scene", *(name for one in agreed for name in (one.start, one.stop))}
    found = TimePoint.objects.filter(
        response__tenant_id=contract.tenant_id, response__organisation_id=contract.supplier_id,
        response__case__received_at__gte=begins, response__case__received_at__lt=ends,
        point__in=needed,
    )  # fmt: skip
    times: dict[UUID, Times] = defaultdict(dict)
    ranks: dict[tuple[UUID, str], int] = {}
    for response, point, source, at in found.values_list("response", "point", "source", "at"):
        rank = RANK[source]
        if rank < ranks.get((response, point), len(RANK)):
            ranks[response, point], times[response][point] = rank, at
    return times


def list_months(viewer: Viewer, contract: Contract, today: date) -> list[tuple[date, int, int]]:
    """List the contract's months so far that hold responses: month, responses, late ones.

    The running month always, and at most three years; no unit came counts among the responses.
    """
    viewer.require(Record.STATEMENT)
    agreement, this = terms_of(contract), today.replace(day=1)
    agreed = agreement.response_terms
    first = max(contract.starts_on.replace(day=1), terms.add_months(this, 1 - MOST_MONTHS))
    begins, ends = month_span(first, viewer.zone)[0], month_span(this, viewer.zone)[1]
    times = _times(contract, agreed, begins, ends)
    came = Response.objects.published().filter(
        tenant_id=contract.tenant_id, organisation_id=contract.supplier_id,
        case__received_at__gte=begins, case__received_at__lt=ends,
    )  # fmt: skip
    responses: Counter[date] = Counter()
    late: Counter[date] = Counter()

    def count(received: datetime) -> date | None:
        day = received.astimezone(viewer.zone).date()
        if not terms.in_force(agreement, day):
            return None
        month = day.replace(day=1)
        responses[month] += 1
        return month

    rows = list(
        came.values_list("pk", "case_id", "case__kind", "state", "accepted_at", "case__received_at")
    )
    supporting = list_supporting(
        Came(pk, case, state, accepted_at, times.get(pk, {}).get("on_scene"))
        for pk, case, _kind, state, accepted_at, _received in rows
    )
    for pk, _case, kind, state, _accepted_at, received in rows:
        if (month := count(received)) is not None:
            supported = pk in supporting
            found = judge(kind, state, times.get(pk, {}), agreed, supported=supported)
            late[month] += found.late
    unserved = unserved_cases(contract, agreed, begins, ends)
    for _pk, received in unserved.values_list("pk", "received_at"):
        count(received)
    return [
        (month, responses[month], late[month])
        for month in sorted({*responses, this}, reverse=True)
        if month >= first and first <= this
    ]
