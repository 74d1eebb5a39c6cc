"""The contract room: terms, deadlines, months, each response down to its events.

In: requests. Out: pages that buyer and supplier see alike.
"""

import json
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.contract.models import Contract
from narvaro.contract.queries import get_contract, list_contracts
from narvaro.core import response_times, terms
from narvaro.dispatch.models import TimePoint
from narvaro.followup.months import list_months
from narvaro.followup.points import POINTS, RANK
from narvaro.followup.queries import (
    FirstThere,
    Line,
    Statement,
    get_line,
    get_statement,
    list_events_of,
    terms_of,
)
from narvaro.spine import clock
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing
from narvaro.web import labels
from narvaro.web.answers import viewer_of_request
from narvaro.web.cases import find_finding, time_rows
from narvaro.web.labels import say
from narvaro.web.remarks import remark_of
from narvaro.web.screens import (
    ContractListPage,
    ContractPage,
    ContractRow,
    Deadline,
    EventRow,
    PeriodRow,
    PriceRow,
    ResponsePage,
    StatementLine,
    StatementLink,
    StatementPage,
    TermResult,
    TermRow,
)

Source = TimePoint.Source
STATES = {
    "past": "ended", "running": "current", "coming": "agreed", "open": "open", "overdue": "open",
    "lapsed": "lapsed",
}  # fmt: skip


TOLD = {
    "case.changed": (("state", labels.CASE_STATE),),
    "offer.answered": (("state", labels.OFFER_STATE),),
    "response.changed": (("point", labels.RESPONSE_STATE), ("source", labels.SOURCE)),
    "incident.reported": (("category", labels.CATEGORY),),
}


def today_of(viewer: Viewer) -> date:
    """Return the day in the tenant's zone."""
    return clock.now().astimezone(viewer.zone).date()


def read_month(written: str) -> date:
    """Read a month as it stands in an address; raises Missing."""
    try:
        return datetime.strptime(written, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError as fault:
        raise Missing from fault


def month_label(month: date) -> str:
    return date_format(month, "F Y")


def _deadline(contract: Contract, today: date) -> Deadline | None:
    found = terms.next_deadline(terms_of(contract), today)
    if found.no_further_option:
        label = _("No option is left: start the new procurement by")
    else:
        label = _("Last day to decide on the next option")
    left = (found.last_day - today).days
    return Deadline(label, found.last_day, left, late=left < 0)


@require_GET
def contract_list(request: HttpRequest) -> HttpResponse:
    """Show the contracts in which the viewer's organisation is a party."""
    viewer = viewer_of_request(request)
    today = today_of(viewer)
    rows = tuple(
        ContractRow(
            href=reverse("contract", args=[one.pk]),
            number=one.number,
            title=one.title,
            buyer=one.buyer.name,
            supplier=one.supplier.name,
            ends_on=terms.agreed_until(terms_of(one)),
            deadline=_deadline(one, today),
        )
        for one in list_contracts(viewer)
    )
    new = reverse("new_contract") if viewer.may(Record.CONTRACT, Verb.WRITE) else ""
    return render(request, "contract/list.html", {"page": ContractListPage(rows, new)})


def _periods(contract: Contract, today: date) -> tuple[PeriodRow, ...]:
    rows = []
    for one in terms.periods(terms_of(contract), today):
        state = STATES[one.state]
        label = _("Base period") if one.number == 0 else _("Option %(n)s") % {"n": one.number}
        rows.append(
            PeriodRow(
                label=label, starts_on=one.starts_on, ends_on=one.ends_on, state=state,
                state_label=say(labels.PERIOD_STATE, state), exercised_on=one.exercised_on,
                decide_by=one.last_day,
            )
        )  # fmt: skip
    return tuple(rows)


def _term_row(term: terms.ResponseTerm) -> TermRow:
    return TermRow(
        name=term.name,
        kind_labels=tuple(say(labels.CASE_KIND, one) for one in term.case_kinds),
        start_label=say(labels.POINT, term.start),
        stop_label=say(labels.POINT, term.stop),
        target_minutes=term.target_s / 60,
        share=float(term.share),
        penalty_sek=term.penalty_sek,
    )


@require_GET
def contract(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """Show one contract: periods and options, terms, prices, months."""
    viewer = viewer_of_request(request)
    found = get_contract(viewer, contract_id)
    today = today_of(viewer)
    page = ContractPage(
        number=found.number,
        title=found.title,
        buyer=found.buyer.name,
        supplier=found.supplier.name,
        notice_months=found.notice_months,
        today=today,
        periods=_periods(found, today),
        deadline=_deadline(found, today),
        terms=tuple(_term_row(one) for one in terms_of(found).response_terms),
        prices=tuple(
            PriceRow(one.name, say(labels.PRICE_UNIT, one.unit), one.price_sek)
            for one in found.prices.all()
        ),
        statements=tuple(
            StatementLink(
                month_label(month), reverse("statement", args=[found.pk, f"{month:%Y-%m}"]),
                responses, late,
            )
            for month, responses, late in list_months(viewer, found, today)
        ),
    )  # fmt: skip
    return render(request, "contract/page.html", {"page": page})


def rule_text(term: terms.ResponseTerm) -> str:
    """Return a response term as one line."""
    return _("%(start)s → %(stop)s, at most %(minutes)s min, in %(share)s %%") % {
        "start": say(labels.POINT, term.start),
        "stop": say(labels.POINT, term.stop),
        "minutes": number_format(f"{term.target_s / 60:g}"),
        "share": number_format(f"{float(term.share) * 100:g}"),
    }


def _result(one: response_times.Summary, found: Statement) -> TermResult:
    return TermResult(
        name=one.term.name,
        measured=one.measured,
        within=one.within,
        late=len(one.late),
        not_measured=len(one.unmeasured),
        agreed_share=float(one.term.share),
        share=float(one.share) if one.share is not None else None,
        met=one.is_share_met,
        median_s=float(one.p50_s) if one.p50_s is not None else None,
        penalty_sek=one.penalty_sek,
        rule=rule_text(one.term),
        stated_only=found.proofs_of(one.term)[Source.STATED],
    )


def _seconds(line: Line) -> float | None:
    found = line.measurement.seconds if line.measurement else None
    return float(found) if found is not None else None


def _line(contract: Contract, month: str, line: Line) -> StatementLine:
    case, response = line.case, line.response
    return StatementLine(
        href=reverse("statement_response", args=[contract.pk, month, response.pk])
        if response
        else "",
        number=str(case.number),
        site=case.place,
        kind_label=labels.case_kind(case.kind, case.born),
        call_sign=response.call_sign if response else "",
        started_at=case.received_at,
        response_s=_seconds(line),
        target_s=float(line.term.target_s) if line.term else None,
        late=line.late,
        price_sek=line.price_sek,
        penalty_sek=line.penalty_sek,
        remark=remark_of(line),
        proof_label=say(labels.SOURCE, line.proof) if line.proof else "",
        stated=line.proof == Source.STATED,
    )


def _first_there(found: FirstThere) -> str:
    """Return in words how often a unit was there before the others; empty where nobody noted it."""
    if not found.known:
        return ""
    if found.median_min is None:
        return _("First on scene 0 times of %(known)s that tell both times.") % {
            "known": found.known
        }
    return ngettext(
        "First on scene %(first)s time of %(known)s that tell both times, then "
        "%(minutes)s minutes ahead.",
        "First on scene %(first)s times of %(known)s that tell both times, then a median of "
        "%(minutes)s minutes ahead.",
        found.first,
    ) % {
        "first": found.first, "known": found.known,
        "minutes": number_format(f"{found.median_min:g}"),
    }  # fmt: skip


def _ahead(minutes: int | None) -> str:
    if minutes is None:
        return ""
    if minutes > 0:
        return ngettext(
            "On scene %(n)s minute before the ambulance or the rescue service.",
            "On scene %(n)s minutes before the ambulance or the rescue service.", minutes,
        ) % {"n": minutes}  # fmt: skip
    if minutes == 0:
        return _("On scene in the same minute as the ambulance or the rescue service.")
    return ngettext(
        "On scene %(n)s minute after the ambulance or the rescue service.",
        "On scene %(n)s minutes after the ambulance or the rescue service.", -minutes,
    ) % {"n": -minutes}  # fmt: skip


@require_GET
def statement(request: HttpRequest, contract_id: UUID, month: str) -> HttpResponse:
    """Show what one month gave."""
    viewer = viewer_of_request(request)
    found = get_statement(viewer, contract_id, read_month(month))
    begins, today = found.month, today_of(viewer)
    before, after = terms.add_months(begins, -1), terms.add_months(begins, 1)
    first = found.contract.starts_on.replace(day=1)

    def to(other: date) -> str:
        return reverse("statement", args=[found.contract.pk, f"{other:%Y-%m}"])

    page = StatementPage(
        contract_number=found.contract.number,
        contract_title=found.contract.title,
        contract_href=reverse("contract", args=[found.contract.pk]),
        buyer=found.contract.buyer.name,
        supplier=found.contract.supplier.name,
        month_label=month_label(begins),
        results=tuple(_result(one, found) for one in found.summaries),
        lines=tuple(_line(found.contract, month, one) for one in found.lines),
        price_sum_sek=found.price_sum_sek,
        penalty_sum_sek=found.penalty_sum_sek,
        previous_href=to(before) if before >= first else "",
        next_href=to(after) if after <= today else "",
        running=begins <= today < after,
        presence_href=reverse("presence", args=[found.contract.pk, f"{begins:%Y-%m}"]),
        first_there=_first_there(found.first_there),
    )
    return render(request, "contract/statement.html", {"page": page})


def _detail(event: Event) -> str:
    """Return in words what an event says of the response: a point and its proof, an answer, a state."""
    told = TOLD.get(event.kind)
    if told is None or event.payload is None:
        return ""
    payload = json.loads(event.payload)
    said = [say(words, payload[name]) for name, words in told]
    if payload.get("units"):
        said.append(_("%(n)s units wanted") % {"n": payload["units"]})
    return ", ".join(said)


def _event_row(event: Event) -> EventRow:
    return EventRow(
        position=event.position,
        at=event.at,
        kind=event.kind,
        label=say(labels.EVENT, event.kind),
        by_label=_("the system") if event.actor == "system" else _("a member"),
        detail=_detail(event),
        fingerprint=event.hash[:12],
    )


def _also_told(line: Line, viewer: Viewer) -> tuple[str, ...]:
    """Return what weaker sources say otherwise of points that a better one proves."""
    told = line.response.time_points.all() if line.response else ()
    weaker = [one for one in told if line.points[one.point].at != one.at]
    weaker.sort(key=lambda one: (POINTS.index(one.point), RANK[one.source]))
    return tuple(
        _("%(point)s: %(time)s by %(source)s") % {
            "point": say(labels.POINT, one.point), "source": say(labels.SOURCE, one.source),
            "time": f"{one.at.astimezone(viewer.zone):%H:%M:%S}",
        }
        for one in weaker
    )  # fmt: skip


@require_GET
def response(
    request: HttpRequest, contract_id: UUID, month: str, response_id: UUID
) -> HttpResponse:
    """Show one line of a statement down to its time points and events."""
    viewer = viewer_of_request(request)
    line = get_line(viewer, contract_id, read_month(month), response_id)
    found = get_contract(viewer, contract_id)
    case, term, found_response = line.case, line.term, line.response
    if found_response is None:
        raise Missing
    page = ResponsePage(
        contract_number=found.number,
        contract_href=reverse("contract", args=[found.pk]),
        statement_href=reverse("statement", args=[found.pk, month]),
        month_label=month_label(read_month(month)),
        number=str(case.number),
        site=case.place,
        address=case.site.address if case.site else "",
        kind_label=labels.case_kind(case.kind, case.born),
        call_sign=found_response.call_sign,
        response_s=_seconds(line),
        target_s=float(term.target_s) if term else None,
        late=line.late,
        term_name=term.name if term else "",
        rule=rule_text(term) if term else "",
        times=time_rows(
            found_response.time_points.all(),
            start=term.start if term else "",
            stop=term.stop if term else "",
        ),
        events=tuple(_event_row(one) for one in list_events_of(viewer, line)),
        remark=remark_of(line),
        finding=find_finding(viewer, case),
        also_told=_also_told(line, viewer),
        ahead=_ahead(line.minutes_ahead),
    )
    return render(request, "contract/response.html", {"page": page})
