"""Writes of tenants, organisations, members and passwords."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from narvaro.access.models import Member, Organisation, OrganisationKind, Role, User
from narvaro.access.policy import Record
from narvaro.spine import events
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused


@dataclass(frozen=True)
class OrganisationJoined(events.Happening):
    """An organisation became one of those who work together."""

    kind: ClassVar[str] = "organisation.joined"
    record_class: ClassVar[str] = Record.AUDIT
    name: str
    organisation_kind: str


@dataclass(frozen=True)
class PasswordSet(events.Happening):
    """Somebody who keeps the installation set a password."""

    kind: ClassVar[str] = "password.set"
    record_class: ClassVar[str] = Record.AUDIT
    service_number: str


@transaction.atomic
def add_organisation(
    *, tenant: Tenant, name: str, kind: OrganisationKind, by: str, at: datetime
) -> Organisation:
    """Add an organisation, or return the one that is there; raises Refused on another kind."""
    there = Organisation.objects.filter(tenant=tenant, name=name).first()
    if there is not None:
        if there.kind != kind:
            raise Refused("organisation_kind", f"{name} is already here as {there.kind}.")
        return there
    made = Organisation.objects.create(tenant=tenant, name=name, kind=kind)
    events.append(
        OrganisationJoined(name, kind),
        tenant_id=tenant.pk,
        subject=made.pk,
        audience=[made.pk],
        by=by,
        at=at,
    )
    return made


def put_member(
    *, organisation: Organisation, service_number: str, role: Role, valid_from: date,
    valid_until: date | None,
) -> Member:  # fmt: skip
    """Make or change a membership, in the caller's transaction.

    Raises Refused where another organisation uses the service number: it is what people sign in
    with, and one password must not open two organisations.
    """
    elsewhere = Member.objects.filter(user__username=service_number).exclude(
        organisation=organisation
    )
    if elsewhere.exists():
        raise Refused("service_number_taken", f"{service_number} is used in another organisation.")
    user, _ = User.objects.get_or_create(
        username=service_number, defaults={"password": User.objects.unusable()}
    )
    member, _ = Member.objects.update_or_create(
        tenant_id=organisation.tenant_id,
        organisation=organisation,
        service_number=service_number,
        role=role,
        defaults={"user": user, "valid_from": valid_from, "valid_until": valid_until},
    )
    return member


@transaction.atomic
def set_password(
    *, tenant_id: UUID, service_number: str, password: str, by: str, at: datetime
) -> None:
    """Set the password of a member's user; raises Refused where there is no such member."""
    member = Member.objects.filter(tenant_id=tenant_id, service_number=service_number).first()
    if member is None:
        raise Refused("no_member", f"No member has service number {service_number}.", status=404)
    user = User.objects.select_for_update(no_key=True).get(pk=member.user_id)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    events.append(
        PasswordSet(service_number),
        tenant_id=tenant_id,
        subject=user.pk,
        audience=[member.organisation_id],
        by=by,
        at=at,
    )
