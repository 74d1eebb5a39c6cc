"""Who is looking. In: a member. Out: a frozen viewer that every query takes first."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from narvaro.access.models import Member
from narvaro.access.policy import Grant, Record, Scope, Verb, find_grant
from narvaro.spine.refusal import Missing


@dataclass(frozen=True)
class Viewer:
    """A member as the policy sees it."""

    tenant_id: UUID
    timezone: str
    member_id: UUID
    service_number: str
    role: str
    organisation_id: UUID
    organisation_name: str
    organisation_kind: str

    @property
    def zone(self) -> ZoneInfo:
        """Return the tenant's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def signature(self) -> str:
        """Return how the event log names this member."""
        return f"member:{self.member_id}"

    def find_grant(self, record: Record) -> Grant | None:
        """Return what is granted to this viewer on a record class, or None."""
        return find_grant(self.role, self.organisation_kind, record)

    def may(self, record: Record, verb: Verb = Verb.READ) -> bool:
        """Return whether the viewer may do this with any row of the class."""
        grant = self.find_grant(record)
        return grant is not None and verb in grant.verbs

    def sees(self, record: Record, name: str) -> bool:
        """Return whether the viewer sees this field beyond the base fields."""
        grant = self.find_grant(record)
        return grant is not None and name in grant.fields

    def scope(self, record: Record) -> Scope | None:
        """Return which rows the viewer reads, or None for no row at all."""
        grant = self.find_grant(record)
        return grant.scope if grant is not None and Verb.READ in grant.verbs else None

    def require(self, record: Record, verb: Verb = Verb.READ) -> None:
        """Raise Missing where it is not granted: forbidden and missing answer alike."""
        if not self.may(record, verb):
            raise Missing


def viewer_of(member: Member) -> Viewer:
    """Return the viewer that a member is; `member` comes with organisation and tenant."""
    return Viewer(
        tenant_id=member.tenant_id,
        timezone=member.tenant.timezone,
        member_id=member.pk,
        service_number=member.service_number,
        role=member.role,
        organisation_id=member.organisation_id,
        organisation_name=member.organisation.name,
        organisation_kind=member.organisation.kind,
    )
