"""Rows onto places. In: what a row says of its place. Out: a site, an area, a point, or nothing.

What is not certain is not placed: it is counted, and put up for a person with what it may mean.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from narvaro.core.geo import from_grid
from narvaro.core.placing import Candidate, Entry, Gazetteer, Placing, place
from narvaro.core.placing.matching import Memory
from narvaro.core.tables import Row
from narvaro.core.wording import mask_within
from narvaro.directory.importing.report import UnsurePlace
from narvaro.directory.map_entries import list_map_entries
from narvaro.directory.models import Area, Site, SiteAlias
from narvaro.spine.models import Tenant

SAID = ("site_code", "site", "place", "premises", "address")
NOWHERE = {"site_id": None, "area_id": None, "lat": None, "lon": None, "placed_by": "none"}


def _sites(tenant: Tenant) -> Iterator[Entry]:
    aliases: dict[Any, list[str]] = {}
    for site_id, alias in SiteAlias.objects.filter(tenant=tenant).values_list("site_id", "alias"):
        aliases.setdefault(site_id, []).append(alias)
    for one in Site.objects.published().filter(tenant=tenant):
        yield Entry(
            f"site:{one.pk}", "site", one.name, aliases=tuple(aliases.get(one.pk, ())),
            code=one.code, premises=one.premises, address=one.address, lat=one.lat, lon=one.lon,
        )  # fmt: skip


def _areas(tenant: Tenant) -> Iterator[Entry]:
    context = (Area.Kind.MUNICIPALITY, Area.Kind.POLICE_CLASS)
    for one in Area.objects.filter(tenant=tenant).exclude(kind__in=context):
        yield Entry(f"area:{one.pk}", "area", one.name, lat=one.lat, lon=one.lon)


def _said(texts: tuple[str, ...]) -> str:
    """Return what a row says of its place, as one text that a person can read and confirm."""
    return mask_within(", ".join(dict.fromkeys(texts)), 200)


def _kept_id(entry: Entry) -> tuple[str, UUID] | None:
    """Return which site or area an entry is; None for what only the map names."""
    what, _colon, key = entry.id.partition(":")
    try:
        return (what, UUID(key)) if what in {"site", "area"} else None
    except ValueError:
        return None


def _shown(one: Candidate) -> tuple[str, str]:
    """Return a candidate's key, and its words."""
    entry = one.entry
    if _kept_id(entry) is None:
        return f"point:{entry.lat},{entry.lon}", entry.name or entry.address
    code = f" ({entry.code})" if entry.code else ""
    address = f", {entry.address}" if entry.address else ""
    return entry.id, f"{entry.name}{code}{address}"


class _Asking:
    """Counts how rows were placed, and keeps what a person must decide."""

    def __init__(self, places: Gazetteer, answers: Mapping[str, str]) -> None:
        self.gazetteer = places
        self.answers = answers
        self.memory = Memory()
        self.counts: Counter[str] = Counter()
        self._unsure: dict[str, UnsurePlace] = {}
        self._by_id = {one.id: one for one in places.entries}

    def look(
        self, texts: tuple[str, ...], said: str, at: tuple[float, float] | None = None
    ) -> dict[str, Any]:
        """Return the fields of a place; where it is not certain and nobody has said, none.

        Points far off the map, without a word, are put up together: one question for each tenth of
        a degree.
        """
        said = said or (f"{at[0]:.1f}, {at[1]:.1f}" if at else "")
        if said in self.answers:
            return self._answered(self.answers[said])
        found = place(self.gazetteer, texts, at, self.memory)
        if found.sure:
            return self._placed(found)
        if texts or at:
            known = self._unsure.get(said)
            if known is None or not known.candidates:
                shown = tuple(_shown(one) for one in found.candidates)
                known = UnsurePlace(said, known.rows if known else 0, shown, found.is_likely)
            self._unsure[said] = replace(known, rows=known.rows + 1)
        return NOWHERE

    def _answered(self, chosen: str) -> dict[str, Any]:
        if chosen.startswith("point:"):
            lat, lon = map(float, chosen.removeprefix("point:").split(","))
            return {**NOWHERE, "lat": lat, "lon": lon, "placed_by": "confirmed"}
        entry = self._by_id.get(chosen)
        return {**_fields(entry), "placed_by": "confirmed"} if entry else NOWHERE

    def _placed(self, found: Placing) -> dict[str, Any]:
        entry = found.candidates[0].entry if found.candidates else None
        if entry is None or found.candidates[0].how == "coordinate":
            entry = None
        return {**_fields(entry), "lat": found.lat, "lon": found.lon, "placed_by": found.how}

    def list_unsure(self) -> tuple[UnsurePlace, ...]:
        """List what is not certain: first what something known is like, the most frequent first."""
        rank = {text: (not one.candidates, -one.rows, text) for text, one in self._unsure.items()}
        return tuple(self._unsure[text] for text in sorted(rank, key=lambda text: rank[text]))


def _fields(entry: Entry | None) -> dict[str, Any]:
    kept = _kept_id(entry) if entry else None
    what, key = kept or ("", None)
    return {
        "site_id": key if what == "site" else None, "area_id": key if what == "area" else None,
        "lat": entry.lat if entry else None, "lon": entry.lon if entry else None,
    }  # fmt: skip


def position_of(values: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return a row's own position in degrees, from degrees or SWEREF 99 TM metres; None without one."""
    lat, lon = values.get("lat"), values.get("lon")
    north, east = values.get("north_m"), values.get("east_m")
    if lat is not None and lon is not None:
        return lat, lon
    if north is None or east is None:
        return None
    found_lat, found_lon = from_grid([float(north)], [float(east)])
    return float(found_lat[0]), float(found_lon[0])


class Placer(_Asking):
    """Places rows of things that happened, against sites, areas and the map's addresses."""

    def __init__(self, tenant: Tenant, answers: Mapping[str, str]) -> None:
        areas = list(_areas(tenant))
        named = {one.name.casefold() for one in areas}
        of_map = [one for one in list_map_entries(tenant.pk) if one.name.casefold() not in named]
        entries = [*_sites(tenant), *areas, *of_map]
        super().__init__(Gazetteer.build(entries, towns=[tenant.name]), answers)

    def place(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a row's place, as written and as found."""
        found = self._find(values)
        self.counts[found["placed_by"]] += 1
        return found

    def ask(self, values: Mapping[str, Any]) -> None:
        """Put a place up where it is not certain, of a row that cannot come in yet."""
        self._find(values)

    def _find(self, values: Mapping[str, Any]) -> dict[str, Any]:
        texts = tuple(str(values[one]).strip() for one in SAID if values.get(one))
        said = _said(texts)
        return {**self.look(texts, said, position_of(values)), "place": said}


class SitePlacer(_Asking):
    """Places sites that have no coordinates by their street address on the map."""

    def __init__(self, tenant: Tenant, answers: Mapping[str, str]) -> None:
        entries = [one for one in list_map_entries(tenant.pk) if one.kind == "address"]
        super().__init__(Gazetteer.build(entries, towns=[tenant.name]), answers)
        self.has_map = bool(entries)

    def place(self, row: Row) -> None:
        """Give a row without coordinates those of its address, where that is certain."""
        values = row.values
        if values.get("lat") is not None:
            self.counts["coordinate"] += 1
            return
        address = (values.get("address") or "").strip()
        if not address or not self.has_map:
            self.counts["none"] += 1
            return
        found = self.look((address,), _said((address,)))
        values["lat"], values["lon"] = found["lat"], found["lon"]
        self.counts[found["placed_by"]] += 1
