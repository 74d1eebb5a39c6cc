"""Messages that were kept but not handled. In: requests. Out: a page that says why, and what to do."""

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from narvaro.situation.models import RefusedIntake
from narvaro.situation.queries import list_refused_intake
from narvaro.web.answers import viewer_of_request
from narvaro.web.intake_words import REFUSED, UNKNOWN
from narvaro.web.screens.intake import RefusedPage, RefusedRow

LOOKED_AT = 500


def _key(one: RefusedIntake) -> tuple[str, str]:
    return one.account, one.reason


def _row(same: list[RefusedIntake]) -> RefusedRow:
    """Return one row for the messages of one account and one reason, which come newest first."""
    newest = same[0]
    words = REFUSED.get(newest.reason, UNKNOWN)
    return RefusedRow(
        received_at=newest.received_at,
        account=newest.account or _("not named"),
        reason=str(words.why) or newest.reason,
        detail="" if words.why else newest.detail,
        what_to_do=str(words.what_to_do),
        count=len(same),
    )


@require_GET
def refused(request: HttpRequest) -> HttpResponse:
    """Show the messages that were refused, by account and reason, newest first."""
    kept = list_refused_intake(viewer_of_request(request), LOOKED_AT)
    rows = [_row(list(same)) for _key_of, same in groupby(sorted(kept, key=_key), _key)]
    rows.sort(key=lambda one: one.received_at, reverse=True)
    more = len(kept) == LOOKED_AT
    return render(request, "console/refused.html", {"page": RefusedPage(tuple(rows), more=more)})
