"""Reads of members and organisations."""

from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.access.models import Member, Organisation, OrganisationKind
from narvaro.spine import clock


def list_memberships(*user_ids: UUID) -> list[Member]:
    """List the users' memberships that hold today, with user, organisation and tenant."""
    members = Member.objects.filter(user_id__in=user_ids, user__is_active=True)
    members = members.select_related("user", "organisation", "tenant")
    members = members.order_by("service_number", "role")
    now = clock.now()
    return [
        one
        for one in members
        if one.is_valid_on(now.astimezone(ZoneInfo(one.tenant.timezone)).date())
    ]


def list_organisation_ids(tenant_id: UUID, *kinds: OrganisationKind) -> list[UUID]:
    """List the tenant's organisations of the given kinds (for audiences)."""
    found = Organisation.objects.filter(tenant_id=tenant_id, kind__in=kinds)
    return list(found.values_list("pk", flat=True))


def list_all_organisation_ids(tenant_id: UUID) -> list[UUID]:
    """List all organisations of a tenant (for audiences)."""
    return list(Organisation.objects.filter(tenant_id=tenant_id).values_list("pk", flat=True))
