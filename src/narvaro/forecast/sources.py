"""Which rows the forecast may learn from. In: rows of the situation. Out: each with its source's name.

Every row names what it would be as an input, and the core's list of allowed inputs decides: a source
that is not on it is refused in code. A guard's own find, a contact with young people, felt safety and
an alarm that nobody confirmed are named as what they are, so that the page can say what was left out.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models.functions import Coalesce

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.core.risk import Input
from narvaro.directory.models import Area
from narvaro.situation.models import Case, Category, Damage, Incident
from narvaro.situation.queries.known import Register

GUARD_DISCOVERY = "guard_discovery"
UNCONFIRMED = "unconfirmed_alarm"
OBSERVATION = "observation"

SOURCE_OF: dict[str, str] = {
    **dict.fromkeys(
        (
            Category.VANDALISM, Category.GRAFFITI, Category.FIRE, Category.ARSON,
            Category.BREAK_IN, Category.ATTEMPT, Category.THEFT, Category.VIOLENCE,
            Category.ROBBERY, Category.RECKLESS_DRIVING, Category.STAFF_INCIDENT,
            Category.EXTREMIST_SYMBOL, Category.TRESPASS, Category.DISTURBANCE,
        ),
        Input.REPORTED_INCIDENT,
    ),
    **dict.fromkeys(
        (
            Category.DRUGS, Category.ALCOHOL, Category.GATHERING, Category.LITTERING,
            Category.BROKEN_LIGHTING, Category.RUMOUR, Category.EVENT, Category.OTHER,
        ),
        OBSERVATION,
    ),
    Category.YOUTH_GATHERING: "youth_contact",
    Category.UNSAFE_PLACE: "perceived_safety",
    **dict.fromkeys(
        (Category.UNWARRANTED, Category.TECHNICAL, Category.NOTHING_FOUND), UNCONFIRMED
    ),
}  # fmt: skip
"""What a category of incident would be as an input; harm to property and public order is allowed."""

OPEN_DATA = frozenset({"reported_offence", "anmälda brott", "anmälda brott (öppna data)"})
"""What stands as the source of incidents that come from open data of reported offences."""

NO_HARM = frozenset({Case.Kind.TECHNICAL, Case.Kind.PATH, Case.Kind.MEDICAL})
"""Kinds of alarm that tell of no harm to property or public order, real or not."""

TO_PROPERTY = frozenset(
    {Category.VANDALISM, Category.GRAFFITI, Category.FIRE, Category.ARSON, Category.BREAK_IN,
     Category.ATTEMPT, Category.EXTREMIST_SYMBOL, Case.Kind.INTRUDER, Case.Kind.TAMPER}
)  # fmt: skip
"""What the register of damage may tell of too."""

GUARD_WORDS = ("väktar", "ordningsvakt", "skyddsvakt", "vaktbolag", "bevakningsföretag", "rondör")
"""How a file says that a guard reported; the tenant's own guarding companies are known by name."""

BY_NOBODY = {Damage.Kind.WATER: "water_damage"}
"""Kinds of damage that nobody did and no presence prevents; on no list of inputs, so refused."""

TOO_WIDE = (Area.Kind.MUNICIPALITY, Area.Kind.POLICE_CLASS, Area.Kind.NATURE)
"""Areas whose middle says nothing of where something happened."""


class Row(NamedTuple):
    """What happened somewhere: `source` as the core names it; `is_property`: damage tells of it too.

    `row_id` is the row's own; `case_id` the alarm that led to a damage.
    """

    source: str
    row_id: UUID
    begins: datetime
    ends: datetime
    lat: float | None
    lon: float | None
    site_id: UUID | None
    is_property: bool
    cost_sek: Decimal | None = None
    case_id: UUID | None = None


_PLACE = ("lat", "lon", "site__lat", "site__lon", "site_id", "area__kind", "placed_by")


def _at(place: Sequence[Any]) -> tuple[float | None, float | None, UUID | None]:
    """Return a row's position, its own or else its site's, and its site."""
    lat, lon, site_lat, site_lon, site_id, area_kind, placed_by = place
    if site_id is not None and lat is None:
        lat, lon = site_lat, site_lon
    is_wide = site_id is None and area_kind in TOO_WIDE and placed_by != "coordinate"
    return (None, None, None) if is_wide else (lat, lon, site_id)


def list_damages(tenant_id: UUID) -> Iterator[Row]:
    """Yield the register of damage, what guards found themselves named as that."""
    rows = Damage.objects.published().filter(tenant_id=tenant_id).values_list(
        "pk", "kind", "occurred_from", "occurred_until", "by_patrol",
        Coalesce("final_sek", "estimate_sek"), "case_id", *_PLACE,
    )  # fmt: skip
    for pk, kind, begins, ends, by_patrol, cost, case_id, *place in rows.iterator():
        source = GUARD_DISCOVERY if by_patrol else BY_NOBODY.get(kind, Input.DAMAGE)
        yield Row(source, pk, begins, ends, *_at(place), True, cost, case_id)


def list_cases(tenant_id: UUID) -> Iterator[Row]:
    """Yield alarms of harm; confirmed are those that a person found real."""
    rows = Case.objects.published().filter(tenant_id=tenant_id).exclude(kind__in=NO_HARM)
    found = rows.values_list(
        "pk", "kind", "cause", "incident__category", Coalesce("triggered_at", "received_at"),
        Coalesce("lat", "site__lat"), Coalesce("lon", "site__lon"), "site_id",
    )  # fmt: skip
    for pk, kind, cause, ended_in, at, lat, lon, site_id in found.iterator():
        source = Input.CONFIRMED_ALARM if _is_real(cause, ended_in) else UNCONFIRMED
        yield Row(source, pk, at, at, lat, lon, site_id, kind in TO_PROPERTY)


def _is_real(cause: str, ended_in: str | None) -> bool:
    """Return whether a person found an alarm real: the cause as said, else how its report ended."""
    if cause or ended_in is None:
        return cause == Case.Cause.REAL
    return SOURCE_OF[ended_in] == Input.REPORTED_INCIDENT


def list_incidents(tenant_id: UUID) -> Iterator[Row]:
    """Yield incidents that are no report of a case, named by who found them and what they were."""
    rows = (
        Incident.objects.published()
        .filter(tenant_id=tenant_id, case=None)
        .values_list(
            "pk", "category", "occurred_from", "occurred_until", "by_patrol", "source", *_PLACE
        )
    )
    is_guard = _guards_of(tenant_id)
    for pk, category, begins, ends, by_patrol, said, *place in rows.iterator():
        source = GUARD_DISCOVERY if by_patrol or is_guard(said) else SOURCE_OF[category]
        if source == Input.REPORTED_INCIDENT and said.casefold() in OPEN_DATA:
            source = Input.REPORTED_OFFENCE
        yield Row(source, pk, begins, ends, *_at(place), category in TO_PROPERTY)


def _guards_of(tenant_id: UUID) -> Callable[[str], bool]:
    """Return what tells whether a file's words for who reported mean guards."""
    companies = Organisation.objects.filter(
        tenant_id=tenant_id, kind=OrganisationKind.GUARDING_COMPANY
    )
    names = [one.casefold().split() for one in companies.values_list("name", flat=True)]

    @cache
    def is_guard(said: str) -> bool:
        words = said.casefold().split()
        by_name = any(words[:1] == name[:1] and set(words) <= set(name) for name in names)
        return bool(words) and (by_name or any(one in said.casefold() for one in GUARD_WORDS))

    return is_guard


TABLES: dict[Register, Callable[[UUID], Iterator[Row]]] = {
    Register.DAMAGE: list_damages,
    Register.ALARMS: list_cases,
    Register.INCIDENTS: list_incidents,
}
"""Read in this order: of what two tables tell of, the first is counted."""
