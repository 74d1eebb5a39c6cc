"""Cameras: rows of a file against what is there, and what their messages may be known by."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.core import cells
from narvaro.core.said import Said
from narvaro.core.tables import Column, Refusal, Row, TableSpec
from narvaro.directory.importing.registers import OfOrganisations, named
from narvaro.directory.importing.report import refuse
from narvaro.directory.models import Camera, ImportBatch, Sender, Site
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

PROTOCOL = "onvif"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # a level of a topic, a piece of an address
SECRET_PREFIX = "whsec_"  # noqa: S105 - Standard Webhooks writes secrets so
SECRET_BYTES = range(24, 65)
OPERATORS = frozenset(
    {
        OrganisationKind.MUNICIPALITY,
        OrganisationKind.ALARM_CENTRE,
        OrganisationKind.HOUSING_COMPANY,
    }
)


def _optional(name: str, parse: object, *aliases: str) -> Column:
    return Column(name, parse, required=False, aliases=aliases)  # type: ignore[arg-type]  # a cell parser


SPEC = TableSpec(
    "cameras",
    (
        Column("camera", cells.text_up_to(64), aliases=("Kamera", "Kameranummer", "Kamera-id")),
        Column("name", cells.text_up_to(160), aliases=("Namn", "Benämning")),
        Column("organisation", cells.text, aliases=("Organisation", "Operatör")),
        _optional("site", cells.text, "Objektnummer", "Objekt"),
        _optional("place", cells.text_up_to(200), "Plats"),
        _optional("lat", cells.latitude, "Latitud", "Lat"),
        _optional("lon", cells.longitude, "Longitud", "Long"),
        _optional("direction_deg", cells.decimal, "Riktning", "Riktning grader"),
        _optional("purpose", cells.text_up_to(400), "Ändamål"),
        _optional("balancing", cells.text_up_to(120), "Intresseavvägning", "Diarienummer"),
        _optional("review_on", cells.day, "Omprövas"),
        Column("secret", cells.text, required=False, aliases=("Hemlighet",), secret=True),
    ),
)


@dataclass(frozen=True)
class _Checked:
    organisation: Organisation
    site: Site | None
    row: Row


class Cameras(OfOrganisations):
    """Cameras by their code. With a secret a camera signs its messages, without one it speaks MQTT."""

    kind = "cameras"
    spec = SPEC

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.sites = {one.code: one for one in Site.objects.published().filter(tenant=tenant)}
        known = Sender.objects.filter(protocol=PROTOCOL)
        self.owners = dict(known.values_list("name", "tenant_id"))
        there = Camera.objects.filter(tenant=tenant)
        self.placed = {one.code for one in there if one.where}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's organisation and site beside it, or why it is not taken."""
        organisation, reasons = self.organisation(row)
        reasons += self.twice("camera", row["camera"], row.line)
        reasons += self._faults_of_code(row["camera"])
        if organisation and organisation.kind not in OPERATORS:
            why = Said("is not one that views cameras here")
            todo = Said("write the municipality, a housing company or the alarm centre")
            reasons.append(refuse("organisation", organisation.name, why, todo))
        code = row.values.get("site")
        site = self.sites.get(code) if code else None
        if code and site is None:
            why, todo = Said("is no site here"), Said("bring in the sites first")
            reasons.append(refuse("site", code, why, todo))
        is_placed = code or row.values.get("place") or row["camera"] in self.placed
        if not is_placed:
            todo = Said("write the site's number, or the place in words")
            reasons.append(refuse("place", "", Said("the cell is empty"), todo))
        reasons += _faults_of_point(row) + _faults_of_secret(row)
        return _Checked(organisation, site, row) if organisation else None, reasons

    def _faults_of_code(self, code: str) -> list[Refusal]:
        reasons = []
        if not CODE.fullmatch(code):
            why = Said("is not 1–64 letters a–z, digits, points, dashes")
            todo = Said("write what the camera's messages call it")
            reasons.append(refuse("camera", code, why, todo))
        if self.owners.get(code, self.tenant.pk) != self.tenant.pk:
            why, todo = Said("is taken in this installation"), Said("give it another")
            reasons.append(refuse("camera", code, why, todo))
        return reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the cameras, and what the receiver knows them by."""
        for one in checked:
            row: Row = one.row
            values = row.values
            direction = values.get("direction_deg")
            camera, _ = Camera.objects.update_or_create(
                tenant=self.tenant,
                code=row["camera"],
                defaults={
                    "name": row["name"],
                    "organisation": one.organisation,
                    **named(
                        row,
                        site=one.site,
                        place=values.get("place") or "",
                        lat=values.get("lat"),
                        lon=values.get("lon"),
                        direction_deg=None if direction is None else float(direction) % 360,
                        purpose=values.get("purpose") or "",
                        review_on=values.get("review_on"),
                    ),
                    **_balancing(row),
                },
            )
            Sender.objects.update_or_create(
                protocol=PROTOCOL,
                name=camera.code,
                defaults={
                    "tenant": self.tenant,
                    "organisation": one.organisation,
                    "site": camera.site,
                    **_sealed(row),
                },
            )


def _balancing(row: Row) -> dict[str, object]:
    if "balancing" not in row.values:
        return {}
    return {"balancing_reference": row["balancing"] or ""}


def _sealed(row: Row) -> dict[str, object]:
    """Return the secret sealed, or nothing where the file has no column for secrets."""
    return {"sealed_secret": seal_text(row["secret"] or "")} if "secret" in row.values else {}


def _faults_of_point(row: Row) -> list[Refusal]:
    reasons = []
    if (row.values.get("lat") is None) != (row.values.get("lon") is None):
        why, todo = Said("stands alone"), Said("write latitude and longitude, or none")
        reasons.append(refuse("lat", "", why, todo))
    direction = row.values.get("direction_deg")
    if direction is not None and not 0 <= direction <= 360:
        why, todo = Said("is not 0–360"), Said("write degrees clockwise from north")
        reasons.append(refuse("direction_deg", direction, why, todo))
    return reasons


def _faults_of_secret(row: Row) -> list[Refusal]:
    """Refuse a secret that could sign nothing; it is never repeated."""
    text = str(row.values.get("secret") or "").removeprefix(SECRET_PREFIX)
    if not text:
        return []
    try:
        length = len(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if length in SECRET_BYTES:
        return []
    why, todo = Said("is not base64 of 24–64 bytes"), Said("make a secret as whsec_… writes it")
    return [refuse("secret", "…", why, todo)]
