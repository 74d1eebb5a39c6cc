"""Cases, and units whose companies let them be shown, to a TAK server. In: the database. Out: CoT events.

Off unless a server is set, and without any unit unless its company is named: a position is the
company's, and a TAK server keeps what it hears. A unit is told only while it is on duty, outside of
breaks, with a fresh place. One connection, made again when it is lost; nothing is queued.
"""

import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.utils import translation

from narvaro.core.choice import FRESH_S
from narvaro.directory.models import Unit
from narvaro.intake.protocols.cot import UnitKind, encode_case, encode_unit
from narvaro.plan.queries import list_running_shifts, state_on
from narvaro.sharing.alarm_out import KIND
from narvaro.situation.models import Case, Position, UnitStatus
from narvaro.situation.queries import newest_positions
from narvaro.spine import clock
from narvaro.spine.models import Tenant

logger = logging.getLogger(__name__)

WITHIN_S = 5.0
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
READ_BYTES = 65_536
MOST_READS = 100
URGENT = 2
LEAST_STALE_S = 60
ENDED = (Case.State.CLEARED, Case.State.CLOSED)
EMERGENCIES = (Case.Kind.DURESS,)

Shown = dict[str, dict[str, Any]]
"""Cases as they were told: uid → label, text, place, emergency."""


@dataclass(frozen=True)
class Target:
    """The TAK server, and what it may be told; an empty `host` is off.

    `tenant` may be empty where there is one; `companies` are the names of those whose units are told.
    """

    host: str = ""
    port: int = 8089
    tls: bool = True
    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    every_s: float = 10.0
    tenant: str = ""
    companies: tuple[str, ...] = ()


class CotFeed:
    """Tells one TAK server, every few seconds."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._line: socket.socket | None = None
        self._failures = 0
        self._next_s = 0.0
        self._shown: Shown = {}

    def look(self) -> int:
        """Tell what there is, where it is time; return how many events were sent."""
        if not self.target.host or clock.monotonic() < self._next_s:
            return 0
        self._next_s = clock.monotonic() + self.target.every_s
        tenant = find_tenant(self.target.tenant)
        if tenant is None:
            logger.error("cot_feed_no_tenant", extra={"tenant": self.target.tenant})
            return 0
        now = clock.now()
        cases = cases_now(tenant)
        told = [*units_now(tenant, self.target.companies, now), *self._cases(cases, now)]
        self._shown |= cases
        try:
            self._send(b"".join(told))
        except OSError as fault:
            self._lose(str(fault) or type(fault).__name__)
            return 0
        self._shown = cases
        return len(told)

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
        self._line = None

    def _cases(self, cases: Shown, now: datetime) -> list[bytes]:
        stale = now + timedelta(seconds=max(3 * self.target.every_s, LEAST_STALE_S))
        gone = {uid: one for uid, one in self._shown.items() if uid not in cases}
        return [
            encode_case(uid=uid, at=now, stale=stale, ended=ended, **one)
            for ended, some in ((False, cases), (True, gone))
            for uid, one in some.items()
        ]

    def _send(self, data: bytes) -> None:
        if self._line is None:
            self._line = _connect(self.target)
            self._failures = 0
            said = {"host": self.target.host, "port": self.target.port}
            logger.info("cot_feed_connected", extra=said)
        _drain(self._line)
        self._line.settimeout(WITHIN_S)
        self._line.sendall(data)

    def _lose(self, why: str) -> None:
        if self._line is not None or not self._failures:
            logger.warning("cot_feed_lost", extra={"host": self.target.host, "why": why})
        self.close()
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        self._next_s = clock.monotonic() + pause_s


def _connect(target: Target) -> socket.socket:
    plain = socket.create_connection((target.host, target.port), WITHIN_S)
    if not target.tls:
        return plain
    try:
        context = ssl.create_default_context(cafile=target.ca_file or None)
        if target.certificate:
            context.load_cert_chain(target.certificate, target.key or None)
        return context.wrap_socket(plain, server_hostname=target.host)
    except OSError:
        plain.close()
        raise


def _drain(line: socket.socket) -> None:
    """Drop what the server tells us of others; raise OSError where it has hung up."""
    line.settimeout(0)
    with suppress(BlockingIOError, ssl.SSLWantReadError):
        for _ in range(MOST_READS):
            if not line.recv(READ_BYTES):
                raise ConnectionResetError("the server closed the connection")


def find_tenant(name: str) -> Tenant | None:
    """Return the named tenant, or the only one; None where it is not clear which."""
    found = Tenant.objects.filter(name=name) if name else Tenant.objects.all()
    few = list(found[:2])
    return few[0] if len(few) == 1 else None


def cases_now(tenant: Tenant) -> Shown:
    """Return the urgent cases that are on the map and not yet cleared; no words that people typed."""
    urgent = Case.objects.filter(
        tenant=tenant, priority__lte=URGENT, lat__range=(-90, 90), lon__range=(-180, 180)
    )
    return {
        f"narvaro.case.{one.pk}": {
            "label": f"#{one.number}",
            "text": _words(one),
            "lat": one.lat,
            "lon": one.lon,
            "emergency": one.kind in EMERGENCIES,
        }
        for one in urgent.exclude(state__in=ENDED).select_related("site")
    }


def _words(case: Case) -> str:
    with translation.override("sv"):
        kind = str(KIND.get(case.kind, case.kind))
    return f"{kind}, {case.site.name}" if case.site else kind


def units_now(tenant: Tenant, companies: tuple[str, ...], now: datetime) -> list[bytes]:
    """Return an event for each unit on duty of the named companies, where positions are allowed."""
    if not companies or not tenant.positions_allowed:
        return []
    shifts = {
        one.unit_id: one
        for one in list_running_shifts(tenant.pk, now)
        if one.unit.organisation.name in companies
    }
    said = UnitStatus.objects.in_bulk(list(shifts))
    there = [
        unit_id
        for unit_id, shift in shifts.items()
        if state_on(shift, said.get(unit_id)) != UnitStatus.State.BREAK
    ]
    return [_unit(shifts[unit_id].unit, one) for unit_id, one in _fresh(there, now).items()]


def _fresh(unit_ids: list[UUID], now: datetime) -> dict[UUID, Position]:
    since = now - timedelta(seconds=FRESH_S)
    return {pk: one for pk, one in newest_positions(unit_ids).items() if since < one.at <= now}


def _unit(unit: Unit, place: Position) -> bytes:
    return encode_unit(
        uid=f"narvaro.unit.{unit.pk}",
        label=unit.call_sign,
        kind=cast("UnitKind", unit.travel),
        lat=place.lat,
        lon=place.lon,
        at=place.at,
        stale=place.at + timedelta(seconds=FRESH_S),
        accuracy_m=place.accuracy_m,
    )
