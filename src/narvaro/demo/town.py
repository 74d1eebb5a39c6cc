"""What the night needs to know of a town: sites, units, crews, transmitters and roads."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from narvaro.demo.driving import Roads


@dataclass(frozen=True, slots=True)
class TownSite:
    """A guarded object of the municipality."""

    code: str
    name: str
    kind: str
    premises: str
    address: str
    lat: float
    lon: float
    alarm_grade: int | None
    district: str = ""


@dataclass(frozen=True, slots=True)
class TownPlace:
    """Where things happen: a site, a square, a park, the station, or an address in a district.

    `code` is the site's own, or T (square), P (park), J (station), G (address) and a number.
    """

    code: str
    name: str
    kind: str
    district: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class TownUnit:
    """A patrol: guards in a car or on foot."""

    call_sign: str
    role: str
    travel: str
    kit: tuple[str, ...]
    tracker: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class TownMember:
    """A member of staff, known by service number only; competences are (name, from, until)."""

    service_number: str
    organisation: str
    role: str
    since: date
    competences: tuple[tuple[str, date, date], ...]


@dataclass(frozen=True, slots=True)
class TownShift:
    """A unit's crew between two local date-times."""

    call_sign: str
    starts: datetime
    ends: datetime
    service_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TownAccount:
    """An alarm transmitter: its account, site, key ("" = plain) and carrier."""

    account: str
    site: str
    key: str
    key_form: str
    poll_interval_s: int
    carrier: str

    @property
    def key_bytes(self) -> bytes:
        """Give the AES key as bytes, empty for a plain account."""
        return bytes.fromhex(self.key) if self.key_form == "hex" else self.key.encode("ascii")


@dataclass(frozen=True, slots=True)
class Town:
    """A town written to `folder`; local times are in `timezone`.

    `mapped` tells whether the map holds the sites' own addresses.
    """

    name: str
    folder: Path
    timezone: str
    sites: tuple[TownSite, ...]
    units: tuple[TownUnit, ...]
    members: tuple[TownMember, ...]
    shifts: tuple[TownShift, ...]
    accounts: tuple[TownAccount, ...]
    roads: Roads
    places: tuple[TownPlace, ...] = ()
    seed: int = 0
    mapped: bool = True

    def get_site(self, code: str) -> TownSite:
        """Give the site with this code."""
        return next(s for s in self.sites if s.code == code)

    def get_unit(self, call_sign: str) -> TownUnit:
        """Give the unit with this call sign."""
        return next(u for u in self.units if u.call_sign == call_sign)

    def get_account(self, site: str) -> TownAccount:
        """Give the transmitter of the site with this code."""
        return next(a for a in self.accounts if a.site == site)

    def list_crew(self, call_sign: str, at: datetime) -> tuple[str, ...]:
        """List the service numbers on duty in a unit at a local (naive) time; empty off duty."""
        for shift in self.shifts:
            if shift.call_sign == call_sign and shift.starts <= at < shift.ends:
                return shift.service_numbers
        return ()
