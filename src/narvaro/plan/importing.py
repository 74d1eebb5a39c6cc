"""The roster from a file. In: rows of unit, from, until, crew. Out: shifts, or refusals."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.access.models import Member, Role
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row
from narvaro.directory.importing.columns import roster_spec
from narvaro.directory.importing.report import refuse
from narvaro.directory.models import ImportBatch, Unit
from narvaro.plan.actions import put_shift
from narvaro.spine.models import Tenant


class Roster:
    """Shifts of units with their crews."""

    kind = "roster"

    def __init__(self, tenant: Tenant) -> None:
        self.spec = roster_spec(ZoneInfo(tenant.timezone))
        self.units = {one.call_sign: one for one in Unit.objects.filter(tenant=tenant)}
        crew = Member.objects.filter(tenant=tenant, role__in=[Role.GUARD, Role.SHIFT_LEADER])
        self.members = {(one.organisation_id, one.service_number): one for one in crew}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return unit and crew beside the row, or why it is not taken."""
        reasons: list[Refusal] = []
        unit = self.units.get(row["unit"])
        if unit is None:
            why, todo = Said("is no unit here"), Said("bring in the units first")
            reasons.append(refuse("unit", row["unit"], why, todo))
        if row["ends_at"] <= row["starts_at"]:
            why = Said("is not after its start")
            reasons.append(refuse("ends_at", row["ends_at"], why, Said("correct it")))
        if not row["crew"]:
            todo = Said("write at least one service number")
            reasons.append(refuse("crew", "", Said("the cell is empty"), todo))
        crew = []
        for number in row["crew"]:
            member = self.members.get((unit.organisation_id, number)) if unit else None
            if member is not None:
                crew.append(member)
            elif unit is not None:
                why = Said("is no guard of the unit's organisation")
                todo = Said("bring in the members first, or correct it")
                reasons.append(refuse("crew", number, why, todo))
        return (unit, crew, row), reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the shifts."""
        for unit, crew, row in checked:
            put_shift(unit=unit, starts_at=row["starts_at"], ends_at=row["ends_at"], crew=crew)
