"""What a refusal looks like. In: an action's no. Out: a page, or RFC 9457 problem+json."""

import json
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from narvaro.spine.refusal import Missing, Refused
from narvaro.web.refusal_words import refusal_text
from narvaro.web.screens import ErrorPage


def wants_json(request: HttpRequest) -> bool:
    """Return whether the caller asked for JSON rather than a page."""
    return request.headers.get("Accept", "").startswith("application/json")


def problem(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Answer with a refusal as the caller understands it."""
    text = refusal_text(refused.code, refused.detail)
    if wants_json(request):
        body = {
            "type": f"urn:narvaro:{refused.code}",
            "status": refused.status,
            "title": text.title,
            "detail": text.detail,
        }
        return HttpResponse(
            json.dumps(body), status=refused.status, content_type="application/problem+json"
        )
    page = ErrorPage(refused.status, text.title, text.detail, text.what_to_do)
    return render(request, "error.html", {"page": page}, status=refused.status)


class _Refusals:
    """Middleware: every refusal of an action becomes an answer, in one place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Refuse a null character, which no person types and PostgreSQL cannot keep."""
        for given in (request.GET, request.POST):
            if any("\x00" in value for _name, values in given.lists() for value in values):
                detail = _("It holds a character that is no text.")
                return problem(request, Refused("invalid", detail, status=422))
        return None

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Answer refusals; leave real faults to Django."""
        if isinstance(fault, Refused):
            return problem(request, fault)
        if isinstance(fault, Http404):
            return problem(request, Missing())
        return None


refusals = _Refusals


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """Answer for an address that is not in the table, as for a hidden one."""
    return problem(request, Missing())


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours; it is in the log."""
    page = ErrorPage(
        500,
        _("Something went wrong here"),
        _("The fault is in the system, not in what you did. Nothing that was stored is lost."),
        _("Try again. If it stays, tell those who run the system what time it is now."),
    )
    return render(request, "error.html", {"page": page}, status=500)
