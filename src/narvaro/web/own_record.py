"""What is stored about me: a page and a file, for the member himself. In: requests. Out: both.

Nobody else gets it, and nothing in it is ranked or compared.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.followup.own_record import (
    count_own_events,
    get_own_member,
    list_own_shifts,
    own_positions,
    own_responses,
    rows_naming,
)
from narvaro.situation.actions import RAW_POSITIONS_H
from narvaro.situation.models import Observation
from narvaro.situation.queries import list_own_reports
from narvaro.situation.reports import Reported
from narvaro.spine import clock
from narvaro.web import labels, own_record_words
from narvaro.web.answers import viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens import (
    CompetenceRow,
    KeptRow,
    NamedRow,
    OwnRecordPage,
    OwnResponseRow,
    RawPositions,
    ShiftRow,
)

SHIFTS_D = 90
RESPONSES_SHOWN = 200


def _named(viewer: Viewer) -> tuple[NamedRow, ...]:
    return tuple(
        NamedRow(say(own_record_words.NAMED, code), rows.count())
        for code, rows in rows_naming(viewer.member_id).items()
    )


def _raw(viewer: Viewer, now: datetime) -> RawPositions:
    mine = own_positions(viewer, now)
    first = mine.annotate(from_at=Least("at", "received_at")).order_by("from_at").first()
    if first is None:
        return RawPositions(0, None, None)
    gone = min(first.at, first.received_at) + timedelta(hours=RAW_POSITIONS_H)
    return RawPositions(mine.count(), first.at, gone)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the viewer what is stored about him."""
    viewer = viewer_of_request(request)
    viewer.require(Record.OWN_RECORD)
    now, member = clock.now(), get_own_member(viewer)
    since = now - timedelta(days=SHIFTS_D)
    shown = OwnRecordPage(
        service_number=member.service_number,
        role_label=say(labels.ROLE, member.role),
        organisation=member.organisation.name,
        valid_from=member.valid_from,
        valid_until=member.valid_until,
        last_login_at=member.user.last_login,
        competences=tuple(
            CompetenceRow(say(labels.COMPETENCE, one.kind), one.valid_from, one.valid_until)
            for one in member.competences.all()
        ),
        shifts=tuple(
            ShiftRow(one.unit.call_sign, one.starts_at, one.ends_at)
            for one in list_own_shifts(viewer, since)
        ),
        shifts_since=since.astimezone(viewer.zone).date(),
        positions=_raw(viewer, now),
        positions_purpose=member.tenant.positions_purpose,
        named=_named(viewer),
        logged=count_own_events(viewer),
        responses=tuple(
            OwnResponseRow(
                str(one.case.number), one.case.place, one.accepted_at,
                say(labels.RESPONSE_STATE, one.state),
            )
            for one in own_responses(viewer)[:RESPONSES_SHOWN]
        ),
        kept=tuple(KeptRow(*map(str, row)) for row in own_record_words.KEPT),
        never=tuple(map(str, own_record_words.NEVER)),
        data_href=reverse("own_record_data"),
        reports_href=reverse("reports") if viewer.may(Record.OBSERVATION, Verb.REPORT) else "",
    )  # fmt: skip
    return render(request, "own_record.html", {"page": shown})


def _plain(value: date | datetime | UUID | None) -> str | None:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _report(row: Reported) -> dict[str, object]:
    observed = (
        {"count": row.count, "age_band": row.age_band} if isinstance(row, Observation) else {}
    )
    return {
        "record": type(row).__name__.lower(), "id": str(row.pk), "place": row.place,
        "lat": row.lat, "lon": row.lon, "occurred_from": _plain(row.occurred_from),
        "occurred_until": _plain(row.occurred_until), "reported_at": _plain(row.reported_at),
        "text": row.text, **observed,
    }  # fmt: skip


@require_GET
def data(request: HttpRequest) -> JsonResponse:
    """Answer with what is stored about the viewer, as a file."""
    viewer = viewer_of_request(request)
    viewer.require(Record.OWN_RECORD)
    now, member = clock.now(), get_own_member(viewer)
    found = {
        "made_at": _plain(now),
        "membership": {
            "service_number": member.service_number, "role": member.role,
            "organisation": member.organisation.name, "valid_from": _plain(member.valid_from),
            "valid_until": _plain(member.valid_until),
            "last_login_at": _plain(member.user.last_login),
        },
        "competences": [
            {"kind": one.kind, "valid_from": _plain(one.valid_from),
             "valid_until": _plain(one.valid_until)}
            for one in member.competences.all()
        ],
        "shifts": [
            {"unit": one.unit.call_sign, "starts_at": _plain(one.starts_at),
             "ends_at": _plain(one.ends_at)}
            for one in list_own_shifts(viewer, now - timedelta(days=SHIFTS_D))
        ],
        "raw_positions": [
            {"unit": str(one.unit_id), "at": _plain(one.at), "lat": one.lat, "lon": one.lon,
             "accuracy_m": one.accuracy_m, "received_at": _plain(one.received_at)}
            for one in own_positions(viewer, now).order_by("at")
        ],
        "responses": [
            {"case": one.case.number, "place": one.case.place, "state": one.state,
             "accepted_at": _plain(one.accepted_at)}
            for one in own_responses(viewer)
        ],
        "reports": [_report(one) for one in list_own_reports(viewer)],
        "records_that_name_you": {
            code: rows.count() for code, rows in rows_naming(viewer.member_id).items()
        },
        "events_in_the_log": count_own_events(viewer),
    }  # fmt: skip
    answer = JsonResponse(found, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{member.service_number}.json"'
    return answer
