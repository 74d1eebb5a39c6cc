"""Centres that alarms are passed on to. In: a read file of them. Out: rows, secrets sealed.

Set up by whoever keeps the installation, not by an upload: it is where alarms leave the house.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from narvaro.access.queries import list_all_organisation_ids
from narvaro.intake.formats.sos_access_xml import LENGTHS
from narvaro.sharing.events import CentreNoted
from narvaro.sharing.models import Centre, Forward
from narvaro.spine import events
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused
from narvaro.spine.sealing import seal_text

LAST_PORT = 65535
LONGEST = {"name": 80, "host": 120, "second_host": 120, "ca_file": 200}
_OF_PROTOCOL = {
    "receiver": "receiver", "transmitter_code": "transmittercode",
    "transmitter_type": "transmittertype", "authentication": "authentication",
}  # fmt: skip
_NEEDED = ("name", "host", "port", *_OF_PROTOCOL)
_TYPES: Mapping[str, type] = {
    **dict.fromkeys((*LONGEST, *_OF_PROTOCOL), str), "port": int, "second_port": int, "tls": bool,
}  # fmt: skip
_TYPE_NAMES = {str: "no text in quotation marks", int: "no whole number", bool: "not true or false"}


@transaction.atomic
def put_centres(*, tenant: Tenant, given: dict[str, Any], by: str, at: datetime) -> list[str]:
    """Make or change the centres of a read file, known by their names; raises Refused by key."""
    events.hold(tenant.pk)
    centres = given.get("centre")
    unknown = sorted(set(given) - {"centre"})
    if unknown or not isinstance(centres, list) or not centres:
        raise _refused(unknown[0] if unknown else "centre", "write a [[centre]] for each")
    for number, one in enumerate(centres, 1):
        _check(f"centre[{number}]", one)
    names = [one["name"] for one in centres]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise _refused("name", f"{twice!r} stands twice; keep one")
    for one in centres:
        _put(tenant, one, by, at)
    return names


def _put(tenant: Tenant, one: Mapping[str, Any], by: str, at: datetime) -> None:
    values = {name: value for name, value in one.items() if name not in {"name", "authentication"}}
    standard = {"second_host": "", "second_port": None, "tls": True, "ca_file": ""}
    sealed = {"sealed_authentication": seal_text(one["authentication"])}
    Centre.objects.update_or_create(
        tenant=tenant, name=one["name"], defaults=standard | values | sealed
    )
    events.append(
        CentreNoted(one["name"], one["host"], one.get("second_host", "")),
        tenant_id=tenant.pk, subject=None, audience=list_all_organisation_ids(tenant.pk),
        by=by, at=at,
    )  # fmt: skip


def _refused(where: str, what: str) -> Refused:
    return Refused("centre", f"{where}: {what}.")


def _check(at: str, one: object) -> None:
    """Refuse what could not be sent with; the authentication is never repeated."""
    if not isinstance(one, dict):
        raise _refused(at, "is no table; write [[centre]] above it")
    for name, value in one.items():
        kind = _TYPES.get(name)
        if kind is None:
            raise _refused(f"{at}.{name}", f"is unknown; known are {', '.join(_TYPES)}")
        if type(value) is not kind:
            raise _refused(f"{at}.{name}", f"is {_TYPE_NAMES[kind]}; correct it")
    missing = next((name for name in _NEEDED if not one.get(name)), None)
    if missing is not None:
        raise _refused(f"{at}.{missing}", "is missing; write what the centre gave you")
    _check_lengths(at, one)
    _check_addresses(at, one)


def _check_lengths(at: str, one: Mapping[str, Any]) -> None:
    for name, most in LONGEST.items():
        if len(one.get(name, "")) > most:
            raise _refused(f"{at}.{name}", f"is longer than {most} characters")
    for name, field in _OF_PROTOCOL.items():
        least, most = LENGTHS[field]
        if not least <= len(one[name]) <= most or not one[name].strip().isprintable():
            room = str(most) if least == most else f"{least}–{most}"
            raise _refused(f"{at}.{name}", f"has {room} characters in SOS Access; correct it")


def _check_addresses(at: str, one: Mapping[str, Any]) -> None:
    for name in ("port", "second_port"):
        if name in one and not 1 <= one[name] <= LAST_PORT:
            raise _refused(f"{at}.{name}", f"is not 1–{LAST_PORT}")
    if bool(one.get("second_host")) != ("second_port" in one):
        raise _refused(f"{at}.second_host", "needs second_port too, and the other way round")
    if one.get("ca_file") and not Path(one["ca_file"]).is_file():
        raise _refused(f"{at}.ca_file", f"{one['ca_file']} is no file here")


def list_set_up(tenant: Tenant) -> list[str]:
    """List a tenant's centres in words: name, addresses, how many alarms wait."""
    return [_line(one) for one in Centre.objects.filter(tenant=tenant).order_by("name")]


def _line(centre: Centre) -> str:
    second = f", then {centre.second_host}:{centre.second_port}" if centre.second_port else ""
    wire = "TLS" if centre.tls else "without TLS"
    waiting = Forward.objects.filter(centre=centre, state=Forward.State.WAITING).count()
    return f"{centre.name}: {centre.host}:{centre.port}{second} ({wire}); {waiting} waiting"
