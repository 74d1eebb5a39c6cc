"""What a report says. In: choices and words of a form. Out: what the actions of `reports` take."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from narvaro.directory.models import Area, Site
from narvaro.situation.models import AgeBand, Case, Category, Count, Damage, KnownBy


@dataclass(frozen=True)
class Where:
    """A place as a form gives it: a site or an area, else a point, else words alone."""

    site: Site | None = None
    area: Area | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class ObservationFacts:
    """What somebody noticed; the times are aware and half-open."""

    category: Category
    known_by: KnownBy
    where: Where
    occurred_from: datetime
    occurred_until: datetime
    severity: int = 1
    count: Count = Count.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    police_told: bool = False
    text: str = ""


@dataclass(frozen=True)
class DamageFacts:
    """What was damaged; `case` is the alarm that led there, if one did."""

    kind: Damage.Kind
    where: Where
    occurred_from: datetime
    occurred_until: datetime
    discovered_at: datetime | None = None
    part: str = ""
    offensive: bool = False
    estimate_sek: Decimal | None = None
    police_reference: str = ""
    cost_centre: str = ""
    text: str = ""
    case: Case | None = None


@dataclass(frozen=True)
class DamageChange:
    """What is to be changed of a damage; None leaves a field as it is."""

    state: Damage.State | None = None
    offensive: bool | None = None
    estimate_sek: Decimal | None = None
    final_sek: Decimal | None = None
    police_reference: str | None = None
    work_order: str | None = None
    cost_centre: str | None = None
