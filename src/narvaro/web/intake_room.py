"""Messages that were kept but not handled. In: requests. Out: a page that says why, and what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from narvaro.situation.models import RefusedIntake
from narvaro.situation.queries import list_refused_intake
from narvaro.web import labels
from narvaro.web.answers import viewer_of_request
from narvaro.web.labels import say
from narvaro.web.screens.intake import RefusedPage, RefusedRow


def _what_to_do(reason: str) -> str:
    said = {
        "unknown_account": _("Import the transmitter, or correct the account in the panel."),
        "plaintext": _("Set the key in the panel: an account with a key never takes plain text."),
        "undecryptable": _("Compare the key in the panel with the one that was imported."),
        "time": _("Set the panel's clock."),
        "unknown_device": _("Write the phone's id in the unit's line and import the units."),
    }
    return said.get(reason, _("Tell those who run the system; the raw message is kept."))


def _row(one: RefusedIntake) -> RefusedRow:
    return RefusedRow(
        received_at=one.received_at,
        account=one.account or _("not named"),
        reason=say(labels.REFUSED_INTAKE, one.reason),
        detail=one.detail,
        what_to_do=_what_to_do(one.reason),
    )


@require_GET
def refused(request: HttpRequest) -> HttpResponse:
    """Show the messages that were refused, newest first."""
    rows = tuple(_row(one) for one in list_refused_intake(viewer_of_request(request)))
    return render(request, "console/refused.html", {"page": RefusedPage(rows)})
