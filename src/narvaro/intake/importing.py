"""Senders: who passes signals on by mail, webhook or Traccar. In: rows of a file. Out: rows, or why not.

A secret is sealed as it is written and never repeated; a mail's template is tried when it is entered.
Cameras come in as cameras, transmitters of SOS Access as transmitters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from narvaro.access.models import Organisation
from narvaro.core import cells
from narvaro.core.said import Said
from narvaro.core.tables import Column, Refusal, Row, TableSpec
from narvaro.directory.importing.registers import OfOrganisations, named
from narvaro.directory.importing.report import refuse
from narvaro.directory.models import ImportBatch, Sender
from narvaro.intake.fixes import UnusableError
from narvaro.intake.formats.mail_template import Template, TemplateError
from narvaro.intake.webhook import PREFIX, read_key
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

MAIL, EVENTS, TRACCAR = "mail", "cloudevents", "traccar"
PROTOCOLS = {
    "mail": MAIL, "e-post": MAIL, "cloudevents": EVENTS, "webhook": EVENTS, "traccar": TRACCAR,
}  # fmt: skip
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # a recipient, a piece of an address
LEAST_SECRET = 16
OPTIONS = (("from", "envelope_from"), ("template", "template"))

SPEC = TableSpec(
    "senders",
    (
        Column("protocol", cells.one_of(PROTOCOLS), aliases=("Protokoll",)),
        Column("name", cells.text_up_to(64), aliases=("Namn", "Avsändare")),
        Column("organisation", cells.text, aliases=("Organisation",)),
        Column("secret", cells.text, required=False, aliases=("Hemlighet",), secret=True),
        Column("networks", cells.text, required=False, aliases=("Nät", "Från adresser")),
        Column("envelope_from", cells.text, required=False, aliases=("Från",)),
        Column("template", cells.text, required=False, aliases=("Mall",)),
    ),
)


@dataclass(frozen=True)
class _Checked:
    organisation: Organisation
    row: Row
    networks: tuple[str, ...]


class Senders(OfOrganisations):
    """Senders by their name, which their messages give, in the whole installation."""

    kind = "senders"
    spec = SPEC

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        known = Sender.objects.values_list("protocol", "name", "tenant_id")
        self.owners = {(protocol, name): owner for protocol, name, owner in known}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation beside it, or why it is not taken; a secret is not repeated."""
        organisation, reasons = self.organisation(row)
        protocol, name = row["protocol"], row["name"]
        reasons += self.twice("name", f"{protocol} {name}", row.line)
        if not NAME.fullmatch(name):
            why = Said("is not 1–64 small letters, digits, points, dashes")
            reasons.append(refuse("name", name, why, Said("correct it")))
        if self.owners.get((protocol, name), self.tenant.pk) != self.tenant.pk:
            why, todo = Said("is taken in this installation"), Said("give it another")
            reasons.append(refuse("name", name, why, todo))
        networks = tuple(str(row.values.get("networks") or "").replace(",", " ").split())
        reasons += _faults_of_networks(networks)
        reasons += _faults_of_secret(protocol, row.values.get("secret") or "", row)
        reasons += _faults_of_template(protocol, row.values.get("template") or "")
        return _Checked(organisation, row, networks) if organisation else None, reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the senders."""
        for one in checked:
            values = one.row.values
            options = {option: str(values[one]) for option, one in OPTIONS if values.get(one)}
            sealed = seal_text(values["secret"]) if values.get("secret") else None
            Sender.objects.update_or_create(
                protocol=one.row["protocol"],
                name=one.row["name"],
                defaults={
                    "tenant": self.tenant,
                    "organisation": one.organisation,
                    "options": options,
                    **named(one.row, networks=list(one.networks)),
                    **({"sealed_secret": sealed} if sealed else {}),
                },
            )


def _faults_of_networks(networks: tuple[str, ...]) -> list[Refusal]:
    for one in networks:
        try:
            ip_network(one, strict=False)
        except ValueError:
            todo = Said("write addresses as 192.0.2.0/24")
            return [refuse("networks", one, Said("is no network"), todo)]
    return []


def _faults_of_secret(protocol: str, secret: str, row: Row) -> list[Refusal]:
    if protocol == MAIL:
        return []
    if not secret:
        there = Sender.objects.filter(protocol=protocol, name=row["name"]).exclude(sealed_secret="")
        if there.exists():
            return []
        todo = Said("write a secret of 16 characters or more; a webhook's begins with whsec_")
        return [refuse("secret", "", Said("the cell is empty"), todo)]
    if protocol == EVENTS and not _is_key(secret):
        why, todo = Said("is not whsec_ and 24–64 bytes in base64"), Said("make a new one")
        return [refuse("secret", "…", why, todo)]
    if len(secret) < LEAST_SECRET:
        return [refuse("secret", "…", Said("is too short"), Said("write 16 characters or more"))]
    return []


def _is_key(secret: str) -> bool:
    try:
        read_key(secret)
    except UnusableError:
        return False
    return secret.startswith(PREFIX)


def _faults_of_template(protocol: str, template: str) -> list[Refusal]:
    if protocol != MAIL or not template:
        return []
    try:
        Template.from_json(template)
    except TemplateError as fault:
        return [
            refuse(
                "template",
                template[:40],
                Said("cannot be used: %(why)s", why=str(fault)),
                Said("correct it"),
            )
        ]
    return []
