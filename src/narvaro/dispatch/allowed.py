"""What lets a unit be sent: permits, agreements, keys. In: units, a case, a local time. Out: verdicts.

A public order officer needs a permit. A unit of an organisation that has agreements on support here
needs one of them, unless that organisation is a supplier under a contract that is in force.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.contract.queries import list_suppliers_in_force
from narvaro.core.choice import Agreement, find_agreement
from narvaro.core.permits import Permit, Uncovered, Verdict, find_cover, read_area
from narvaro.directory import models as directory
from narvaro.plan.queries import keys_held
from narvaro.situation.models import Case


def permit_of(row: directory.Permit | directory.SupportAgreement) -> Permit:
    """Return a permit's or agreement's row as the core knows where and when it covers."""
    return Permit(
        decision_no=row.decision_no,
        area=read_area(row.area_wkt),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        weekdays=frozenset(row.weekdays),
        hours_from=row.hours_from,
        hours_until=row.hours_until,
    )


class Allowed:
    """What lets units be sent to one case at one time; rows are read once for all of them."""

    def __init__(self, case: Case, at: datetime) -> None:
        self._case, self._at = case, at
        self._local = at.astimezone(ZoneInfo(case.tenant.timezone))

    def permit(self, unit: directory.Unit) -> Verdict | None:
        """Return which permit covers; None for a unit that needs none."""
        if unit.role != directory.Unit.Role.PUBLIC_ORDER_OFFICER:
            return None
        if self._case.lat is None or self._case.lon is None:
            return Verdict(False, None, Uncovered.PLACE_UNKNOWN)
        held = [
            permit_of(row) for row in self._permits if row.organisation_id == unit.organisation_id
        ]
        return find_cover(held, self._case.lat, self._case.lon, self._local)

    def agreement(self, unit: directory.Unit) -> Verdict | None:
        """Return which agreement covers; None for a unit of the contract's own, or of nobody's."""
        held = self._agreements.get(unit.organisation_id)
        if held is None or unit.organisation_id in self._suppliers:
            return None
        return find_agreement(held, self._case.kind, self._case.lat, self._case.lon, self._local)

    @cached_property
    def key(self) -> str | None:
        """Return the name of the site's key, also a lost one; several go by the first one's name."""
        return min(self._codes, default=None)

    @property
    def is_key_there(self) -> bool:
        """Tell whether there is a key of the site that is not lost."""
        return not all(self._codes.values())

    def keys_of(self, units: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
        """Return by unit the site's key, where the unit holds one that opens it."""
        if self.key is None:
            return {}
        mine = frozenset({self.key})
        return {
            unit: mine
            for unit, held in keys_held(units, self._at).items()
            if held & self._codes.keys()
        }

    @cached_property
    def _codes(self) -> dict[str, bool]:
        """Return the keys that open the site, and whether each is lost."""
        if self._case.site_id is None:
            return {}
        opening = directory.Key.objects.filter(sites=self._case.site_id)
        return {
            code: lost_at is not None for code, lost_at in opening.values_list("code", "lost_at")
        }

    @cached_property
    def _permits(self) -> list[directory.Permit]:
        return list(directory.Permit.objects.filter(tenant_id=self._case.tenant_id))

    @cached_property
    def _agreements(self) -> dict[UUID, list[Agreement]]:
        found: dict[UUID, list[Agreement]] = {}
        for row in directory.SupportAgreement.objects.filter(tenant_id=self._case.tenant_id):
            agreed = Agreement(frozenset(row.kinds), permit_of(row))
            found.setdefault(row.organisation_id, []).append(agreed)
        return found

    @cached_property
    def _suppliers(self) -> frozenset[UUID]:
        return frozenset(list_suppliers_in_force(self._case.tenant_id, self._at))
