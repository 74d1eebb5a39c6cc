"""Keys that are out, handed out and taken back. In: requests, a viewer. Out: a section, answers."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from narvaro.access.viewer import Viewer
from narvaro.directory.queries import units_seen_by
from narvaro.plan import keys as actions
from narvaro.plan.queries import KeyNow, list_keys
from narvaro.spine import clock
from narvaro.spine.refusal import Missing, Refused
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.screens import Choice
from narvaro.web.screens.aids import KeyRow, KeysView

SITES_SHOWN = 3


def _row(one: KeyNow) -> KeyRow:
    key, receipt = one.key, one.receipt
    return KeyRow(
        id=str(key.pk),
        code=key.code,
        opens=one.sites,
        kept_at=key.kept_at,
        call_sign=receipt.unit.call_sign if receipt else "",
        out_at=receipt.out_at if receipt else None,
        out_by=receipt.out_by if receipt else "",
        lost_at=key.lost_at,
        lost_by=key.lost_by,
        back_url=reverse("key_take_back", args=[key.pk]),
        lost_url="" if key.lost_at else reverse("key_lost", args=[key.pk]),
    )


def _choice(one: KeyNow) -> Choice:
    opens = ", ".join(one.sites[:SITES_SHOWN]) + (" …" if len(one.sites) > SITES_SHOWN else "")
    return Choice(str(one.key.pk), f"{one.key.code}: {opens}" if opens else one.key.code)


def _is_in(one: KeyNow) -> bool:
    return one.receipt is None and one.key.lost_at is None


def keys_view(viewer: Viewer) -> KeysView | None:
    """Return the keys as the shift leader works with them; None where there are none."""
    found: Sequence[KeyNow] = list_keys(viewer)
    if not found:
        return None
    away = [one for one in found if not _is_in(one)]
    units = units_seen_by(viewer).order_by("call_sign")
    return KeysView(
        rows=tuple(_row(one) for one in sorted(away, key=lambda one: one.key.lost_at is None)),
        in_cabinet=tuple(_choice(one) for one in found if _is_in(one)),
        units=tuple(Choice(str(one.pk), one.call_sign) for one in units),
        total=len(found),
    )


@require_POST
def hand_out(request: HttpRequest) -> HttpResponse:
    """Give a unit a key."""
    viewer = viewer_of_request(request)
    key_id = _read_id(request, "key", _("Choose a key."))
    unit_id = _read_id(request, "unit", _("Choose a unit."))
    unit = units_seen_by(viewer).filter(pk=unit_id).first()
    if unit is None:
        raise Missing
    actions.hand_out(viewer, key_id, unit, clock.now())
    return done(request, reverse("night"))


def _read_id(request: HttpRequest, name: str, otherwise: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as fault:
        raise Refused("invalid", otherwise, status=422) from fault


@require_POST
def take_back(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Say that a key is in its cabinet again."""
    actions.take_back(viewer_of_request(request), key_id, clock.now())
    return done(request, reverse("night"))


@require_POST
def lose(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Say that a key is missing."""
    actions.report_lost(viewer_of_request(request), key_id, clock.now())
    return done(request, reverse("night"))
