"""Contacts: which duties are told when nobody answers, over what. Rows of a file against what is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from narvaro.access.models import Organisation
from narvaro.core import cells
from narvaro.core.cell_error import CellError
from narvaro.core.said import Said
from narvaro.core.tables import Column, Refusal, Row, TableSpec
from narvaro.directory.importing.registers import OfOrganisations, named
from narvaro.directory.importing.report import refuse
from narvaro.directory.models import Contact, ImportBatch
from narvaro.spine.models import Tenant

INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
MAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+")
MAIL_LENGTH = 120
NO_LONGER = 0
"""The step of a duty that is told no more."""
MOST_STEPS = 20
LONGEST_S = 3600
AFTER_S = 120


def phone(cell: str) -> str:
    """Read a telephone number in international form; spaces, dashes and brackets fall away."""
    found = re.sub(r"[\s()./-]", "", cell)
    if not INTERNATIONAL.fullmatch(found):
        why = Said("is no number in international form")
        raise CellError("phone", why, Said("write it as +46 70 …"))
    return found


def mail(cell: str) -> str:
    """Read one mail address."""
    found = cell.strip()
    if len(found) > MAIL_LENGTH or not MAIL.fullmatch(found):
        raise CellError("mail", Said("is no mail address"), Said("write one address"))
    return found


def _optional(name: str, parse: object, *aliases: str) -> Column:
    return Column(name, parse, required=False, aliases=aliases)  # type: ignore[arg-type]  # a cell parser


SPEC = TableSpec(
    "contacts",
    (
        Column("organisation", cells.text, aliases=("Organisation", "Företag")),
        Column("duty", cells.text_up_to(80), aliases=("Jour", "Funktion")),
        Column("step", cells.integer, aliases=("Steg",)),
        _optional("after_s", cells.positive_integer, "Efter s", "Efter sekunder"),
        _optional("phone", phone, "Telefon", "Mobil"),
        _optional("mail", mail, "E-post", "Mejl"),
    ),
)


@dataclass(frozen=True)
class _Checked:
    organisation: Organisation
    row: Row


class Contacts(OfOrganisations):
    """Contacts by organisation and duty. A duty with step 0 is taken away."""

    kind = "contacts"
    spec = SPEC

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.waits: dict[int, tuple[int, int]] = {}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        reasons += self.twice("duty", f"{row['organisation']}, {row['duty']}", row.line)
        step = row["step"]
        if step < NO_LONGER or step > MOST_STEPS:
            todo = Said("write 1 for who is told first; 0 takes the duty away")
            reasons.append(refuse("step", step, Said("is not 0–20"), todo))
        elif step != NO_LONGER:
            reasons += self._faults_of_time(row) + _faults_of_ways(row)
        return _Checked(organisation, row) if organisation else None, reasons

    def _faults_of_time(self, row: Row) -> list[Refusal]:
        """A step is one moment: all its duties are told then."""
        after_s = _after_s(row)
        if after_s > LONGEST_S:
            why, todo = Said("is more than an hour"), Said("write seconds, 3600 at most")
            return [refuse("after_s", after_s, why, todo)]
        line, first = self.waits.setdefault(row["step"], (row.line, after_s))
        if first != after_s:
            why = Said("is another time than in line %(line)s for the same step", line=line)
            return [refuse("after_s", after_s, why, Said("write one time for each step"))]
        return []

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make, change or take away the contacts."""
        for one in checked:
            row: Row = one.row
            who = {
                "tenant": self.tenant, "organisation": one.organisation, "duty": row["duty"],
            }  # fmt: skip
            if row["step"] == NO_LONGER:
                Contact.objects.filter(**who).delete()
                continue
            given = {
                "after_s": _after_s(row),
                "phone": row.values.get("phone") or "",
                "mail": row.values.get("mail") or "",
            }
            Contact.objects.update_or_create(
                **who, defaults={"step": row["step"], **named(row, **given)}
            )


def _after_s(row: Row) -> int:
    return int(row.values.get("after_s") or AFTER_S)


def _faults_of_ways(row: Row) -> list[Refusal]:
    if row.values.get("phone") or row.values.get("mail"):
        return []
    todo = Said("write a telephone number, a mail address, or better both")
    return [refuse("phone", "", Said("no way to reach the duty"), todo)]
