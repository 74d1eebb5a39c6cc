"""Units, members, permits: rows of a file against what is there."""

from collections.abc import Sequence
from typing import Any

from narvaro.access.actions import put_member
from narvaro.access.models import Member, Organisation, Role
from narvaro.access.policy import POLICY
from narvaro.core.cell_error import CellError
from narvaro.core.permits import read_area
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row
from narvaro.directory.importing import columns
from narvaro.directory.importing.report import refuse, stands_twice
from narvaro.directory.models import (
    Competence,
    ImportBatch,
    Permit,
    Unit,
)
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text


def named(row: Row, **values: object) -> dict[str, object]:
    """Return the values whose column stands in the file: a column left out changes nothing."""
    return {name: value for name, value in values.items() if name in row.values}


class OfOrganisations:
    """A register whose rows name an organisation."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.organisations = {one.name: one for one in Organisation.objects.filter(tenant=tenant)}
        self.seen: dict[str, int] = {}

    def organisation(self, row: Row) -> tuple[Organisation | None, list[Refusal]]:
        """Return the organisation that a row names, or why it cannot be it."""
        found = self.organisations.get(row["organisation"])
        if found is not None:
            return found, []
        known = ", ".join(sorted(self.organisations)) or "–"
        todo = Said("write one of: %(words)s; or add it to the installation file", words=known)
        return None, [refuse("organisation", row["organisation"], Said("is not known here"), todo)]

    def twice(self, column: str, value: str, line: int) -> list[Refusal]:
        """Refuse a value that stands in an earlier line too."""
        first = self.seen.setdefault(value, line)
        return [] if first == line else [stands_twice(column, value, first)]


class Units(OfOrganisations):
    """The units and their equipment."""

    kind = "units"
    spec = columns.UNITS

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        taken = Unit.objects.exclude(tracker="").values_list("tracker", "tenant", "call_sign")
        self.trackers = {tracker: (of, sign) for tracker, of, sign in taken}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        reasons += self.twice("call_sign", row["call_sign"], row.line)
        tracker = row.values.get("tracker") or ""
        if tracker:
            mine = (self.tenant.pk, row["call_sign"])
            if self.trackers.setdefault(tracker, mine) != mine:
                why = Said("belongs to another unit")
                reasons.append(refuse("tracker", tracker, why, Said("give each its own")))
        return (organisation, row), reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the units."""
        for organisation, row in checked:
            tracker = row.values.get("tracker") or ""
            Unit.objects.update_or_create(
                tenant=self.tenant,
                call_sign=row["call_sign"],
                defaults={
                    "organisation": organisation,
                    "role": row["role"],
                    "travel": row["travel"],
                    **named(row, kit=list(row.values.get("kit") or ()), tracker=tracker),
                    **_sealed_secret(row),
                },
            )


def _sealed_secret(row: Row) -> dict[str, object]:
    """Return the tracker's password, sealed, where the file has a column for it."""
    if "tracker_secret" not in row.values:
        return {}
    return {"sealed_tracker_secret": seal_text(row.values["tracker_secret"] or "")}


class Members(OfOrganisations):
    """Members and their competences: a row for each member and competence."""

    kind = "members"
    spec = columns.MEMBERS

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.homes = dict(Member.objects.values_list("user__username", "organisation_id"))

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        # A role that means nothing in its organisation would be granted nothing at all.
        if organisation and (row["role"], organisation.kind) not in POLICY:
            why = Said("does not go with %(organisation)s", organisation=organisation.name)
            reasons.append(refuse("role", "", why, Said("correct the role or organisation")))
        if organisation and self._is_elsewhere(row["service_number"], organisation):
            why, todo = Said("belongs to another organisation"), Said("give each its own number")
            reasons.append(refuse("service_number", row["service_number"], why, todo))
        for start, end in (("valid_from", "valid_until"), ("competence_from", "competence_until")):
            first, last = row.values.get(start), row.values.get(end)
            if first and last and last <= first:
                why = Said("is not after %(day)s", day=str(first))
                reasons.append(refuse(end, last, why, Said("correct the dates")))
        if row.values.get("competence") and not row.values.get("competence_from"):
            todo = Said("write from when the competence holds")
            reasons.append(refuse("competence_from", "", Said("the cell is empty"), todo))
        return (organisation, row), reasons

    def _is_elsewhere(self, number: str, organisation: Organisation) -> bool:
        # A number is a way in: shared by two organisations, one password would open both.
        return self.homes.setdefault(number, organisation.pk) != organisation.pk

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the members and their competences."""
        for organisation, row in checked:
            member = put_member(
                organisation=organisation,
                service_number=row["service_number"],
                role=Role(row["role"]),
                valid_from=row["valid_from"],
                valid_until=row.values.get("valid_until"),
            )
            if row.values.get("competence"):
                Competence.objects.update_or_create(
                    member=member,
                    kind=row["competence"],
                    valid_from=row["competence_from"],
                    defaults={"valid_until": row.values.get("competence_until")},
                )


def refuse_cover(row: Row) -> list[Refusal]:
    """Return what is wrong with where and when a permit or an agreement covers."""
    reasons = []
    try:
        read_area(row["area"])
    except CellError as no:
        reasons.append(Refusal.of(no, "area", row["area"][:60]))
    if row["valid_until"] < row["valid_from"]:
        why = Said("is before its start")
        reasons.append(refuse("valid_until", row["valid_until"], why, Said("correct it")))
    return reasons


def cover_of(row: Row) -> dict[str, Any]:
    """Return where and when a permit or an agreement covers, as its row keeps it."""
    return {
        "area_wkt": row["area"],
        "valid_from": row["valid_from"],
        "valid_until": row["valid_until"],
        "weekdays": list(row["weekdays"]),
        "hours_from": row["hours_from"],
        "hours_until": row["hours_until"],
    }


class Permits(OfOrganisations):
    """Permits to use public order officers."""

    kind = "permits"
    spec = columns.PERMITS

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        reasons += self.twice("decision_no", row["decision_no"], row.line)
        reasons += refuse_cover(row)
        return (organisation, row), reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the permits."""
        for organisation, row in checked:
            Permit.objects.update_or_create(
                tenant=self.tenant,
                decision_no=row["decision_no"],
                defaults={
                    "organisation": organisation,
                    **cover_of(row),
                    **named(
                        row,
                        max_officers=row.values.get("max_officers"),
                        conditions=row.values.get("conditions") or "",
                    ),
                },
            )
