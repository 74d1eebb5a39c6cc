"""Reading the reporting forms. In: what a browser sent. Out: facts for the actions, or problems.

One form may hold several reports: the fields of the second begin with `1-`, of the third with `2-`,
and the first one's with `0-`. Times are local; in the doubled hour of autumn the interval is the wider
one.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files.base import File
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.core.photos import MOST_BYTES, Photo, PhotoRefused, clean
from narvaro.directory.models import Area, Site
from narvaro.directory.queries import sites_seen_by
from narvaro.situation.report_facts import Where
from narvaro.web.days import read_local_time
from narvaro.web.labels import say
from narvaro.web.report_words import PHOTO_REFUSED
from narvaro.web.screens import Problem

_Code = TypeVar("_Code", bound=TextChoices)

MOST_ENTRIES = 10
MOST_PHOTOS_AT_ONCE = 6
NOT_CHOSEN = (Area.Kind.POLICE_CLASS, Area.Kind.MUNICIPALITY)
"""Areas that are no place to report on: context, and the whole."""

NIGHT_FROM, NIGHT_UNTIL = time(17), time(7)


def night_before(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the last night, 17 to 07 local time, or the one that runs, until now."""
    local = now.astimezone(zone)
    ends = datetime.combine(local.date(), NIGHT_UNTIL, zone)
    if local.timetz().replace(tzinfo=None) >= NIGHT_FROM:
        ends += timedelta(days=1)
    starts = datetime.combine(ends.date() - timedelta(days=1), NIGHT_FROM, zone)
    return starts, min(ends, now)


def weekend_before(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the last weekend, Friday 17 to Monday 07 local time, or the one that runs, until now."""
    local = now.astimezone(zone)
    friday = local.date() - timedelta(days=(local.weekday() - 4) % 7)
    starts = datetime.combine(friday, NIGHT_FROM, zone)
    if starts > now:
        starts = datetime.combine(friday - timedelta(days=7), NIGHT_FROM, zone)
    ends = datetime.combine(starts.date() + timedelta(days=3), NIGHT_UNTIL, zone)
    return starts, min(ends, now)


@dataclass(frozen=True)
class Places:
    """What a place's name may stand for: each label, code or name that only one place has."""

    labels: tuple[str, ...]
    known: Mapping[str, Site | Area]

    def find(self, written: str) -> Site | Area | None:
        """Return the one place that is written so, or None."""
        return self.known.get(written.strip().casefold())


def places_of(viewer: Viewer) -> Places:
    """Return the sites and areas that the viewer may choose."""
    sites = list(sites_seen_by(viewer).order_by("name", "code"))
    areas: list[Area] = []
    if viewer.may(Record.SITE):
        found = Area.objects.filter(tenant_id=viewer.tenant_id, batch__published_at__isnull=False)
        areas = list(found.exclude(kind__in=NOT_CHOSEN).order_by("name"))
    labelled: list[tuple[str, Site | Area]] = [(f"{one.name} ({one.code})", one) for one in sites]
    labelled += [(one.name, one) for one in areas]
    spoken: list[tuple[str, Site | Area]] = [*labelled]
    spoken += [(name, one) for one in sites for name in (one.name, one.code)]
    return Places(tuple(label for label, _one in labelled), _only(spoken))


def _only(spoken: Iterable[tuple[str, Site | Area]]) -> dict[str, Site | Area]:
    meant: dict[str, dict[UUID, Site | Area]] = {}
    for name, one in spoken:
        meant.setdefault(name.strip().casefold(), {})[one.pk] = one
    return {name: next(iter(ones.values())) for name, ones in meant.items() if len(ones) == 1}


def label_of(place: Site | Area | None) -> str:
    """Return how a place is written in the form."""
    if isinstance(place, Site):
        return f"{place.name} ({place.code})"
    return place.name if place else ""


@dataclass
class Entry:
    """One report of a form: reads its fields, and notes what is wrong with them."""

    viewer: Viewer
    given: Mapping[str, str]
    prefix: str
    at: datetime
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, longest: int) -> str:
        """Return a field's words, cut to a length."""
        return self.given.get(f"{self.prefix}{name}", "").strip()[:longest]

    def refuse(self, name: str, detail: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append(Problem(detail, f"{self.prefix}{name}"))

    def find_id(self) -> UUID | None:
        """Return the proposed id; a damaged one is a problem."""
        try:
            return UUID(self.text("id", 40))
        except ValueError:
            self.refuse("id", _("The form was damaged; open it anew."))
            return None

    def choose(
        self,
        name: str,
        codes: type[_Code],
        among: Collection[str],
        otherwise: _Code | None,
        why: str,
    ) -> _Code:
        """Return the code that was chosen; one that is not offered is a problem."""
        given = self.text(name, 40)
        if given in among:
            return codes(given)
        if otherwise is None or given:
            self.refuse(name, why)
        return otherwise or next(iter(codes))

    def where(self, places: Places) -> Where:
        """Return the place: a chosen one, a point, or words."""
        written = self.text("where", 200)
        lat, lon = self._degrees("lat"), self._degrees("lon")
        if lat is None or lon is None:
            lat = lon = None
        if not written and lat is None:
            self.refuse("where", _("Say where: choose a place, or write it."))
        place = places.find(written)
        site = place if isinstance(place, Site) else None
        area = place if isinstance(place, Area) else None
        return Where(site, area, "" if place else written, lat, lon)

    def _degrees(self, name: str) -> float | None:
        try:
            value = float(self.text(name, 24) or "nan")
        except ValueError:
            return None  # the phone's own script writes it: a damaged one is no place
        return value if math.isfinite(value) else None

    def when(self) -> tuple[datetime, datetime]:
        """Return from and until."""
        zone = self.viewer.zone
        match self.text("when", 10):
            case "night":
                return night_before(self.at, zone)
            case "weekend":
                return weekend_before(self.at, zone)
            case "own":
                return self._own_times(zone)
            case _:
                return self.at, self.at

    def _own_times(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        since, until = self._local("from"), self._local("until")
        if since is None:
            self.refuse("from", _("Write when it began at the earliest."))
            return self.at, self.at
        until = until or since
        if until < since:
            self.refuse("until", _("It ended before it began; correct the times."))
        # The earliest and the latest reading: an hour that came twice is inside whole, and one that
        # never was (in spring) is read backwards.
        readings = [one.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                    for one, fold in ((since, 0), (until, 1))]  # fmt: skip
        return min(readings), max(readings)

    def _local(self, name: str) -> datetime | None:
        written = self.text(name, 20)
        if not written:
            return None
        try:
            return read_local_time(written)
        except ValueError:
            self.refuse(name, _("Write the time as 2026-11-24 21:30."))
            return None

    def money(self, name: str) -> Decimal | None:
        """Return a cost in SEK, written with a comma or a point; empty is None."""
        written = self.text(name, 20).replace("\u00a0", "").replace(" ", "").replace(",", ".")
        if not written:
            return None
        try:
            amount = Decimal(written).quantize(Decimal("0.01"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not (amount.is_finite() and 0 <= amount < 10**9):
            self.refuse(name, _("Write the cost in kronor, as 12500 or 12500,50."))
            return None
        return amount


def prefixes_of(given: Mapping[str, str]) -> list[str]:
    """Return the prefixes of the reports in a form, in order; at most ten."""
    there = [f"{number}-" for number in range(MOST_ENTRIES) if f"{number}-id" in given]
    return there or ["0-"]


@dataclass(frozen=True)
class ReadPhotos:
    """The photos that could be read, and why the others could not."""

    photos: tuple[Photo, ...]
    refused: tuple[str, ...]


def read_photos(files: Iterable["File[bytes]"]) -> ReadPhotos:
    """Return the photos without what they say of place and owner; nothing is kept here."""
    photos, refused = [], []
    for number, one in enumerate(files, 1):
        if number > MOST_PHOTOS_AT_ONCE:
            refused.append(_("At most 6 photos at once; send the others afterwards."))
            break
        try:
            photos.append(clean(one.read(MOST_BYTES + 1)))  # what is longer is refused unread
        except PhotoRefused as no:
            why = say(PHOTO_REFUSED, no.code)
            refused.append(
                _("Photo %(number)s was not kept. %(why)s") % {"number": number, "why": why}
            )
    return ReadPhotos(tuple(photos), tuple(refused))
