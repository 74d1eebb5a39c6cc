"""Users, organisations and members. In: what `actions` write. Out: rows.

A user is a way to sign in. A member is a user in one organisation, in one role, from and to a
date. No person register: a member is known by service number only.
"""

from datetime import date
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from narvaro.spine.ids import uuid7
from narvaro.spine.models import TenantRow


class UserManager(BaseUserManager["User"]):
    """Django's way to make and find users."""

    def create_user(self, username: str, password: str | None = None) -> "User":
        """Make a user; without a password nobody can sign in as it."""
        user = self.model(username=username)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def unusable(self) -> str:
        """Return a password that nobody can sign in with."""
        return make_password(None)


class User(AbstractBaseUser):
    """A way to sign in; the name is a service number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.username


class Role(models.TextChoices):
    """What somebody is in an organisation."""

    DISPATCHER = "dispatcher"
    SHIFT_LEADER = "shift_leader"
    GUARD = "guard"
    COORDINATOR = "coordinator"
    CONTRACT_MANAGER = "contract_manager"
    PROPERTY_MANAGER = "property_manager"
    CAMERA_OPERATOR = "camera_operator"
    REPORTER = "reporter"
    POLICE_GUEST = "police_guest"


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    MUNICIPALITY = "municipality"
    GUARDING_COMPANY = "guarding_company"
    ALARM_CENTRE = "alarm_centre"
    POLICE = "police"
    RESCUE_SERVICE = "rescue_service"
    HOUSING_COMPANY = "housing_company"


class Organisation(TenantRow):
    """One of those who work together in a tenant."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=OrganisationKind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="organisation_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Member(TenantRow):
    """A user in an organisation, in a role, from a day until (not including) another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="members")
    organisation_id: UUID
    service_number = models.CharField(max_length=40)
    role = models.CharField(max_length=20, choices=Role.choices)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "service_number", "organisation", "role"],
                name="member_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")),
                name="member_from_before_until",
            ),
        ]

    def __str__(self) -> str:
        return self.service_number

    def is_valid_on(self, day: date) -> bool:
        """Return whether the membership holds on a day of the tenant's own zone."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)
