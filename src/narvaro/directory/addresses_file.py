"""Addresses and named places from OpenStreetMap. In: .osm.pbf, or addresses.npz. Out: places.

House numbers of points, buildings and areas with their street, and the names of schools, parks,
squares and the like, each with one point inside it: what rows of files are placed by.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import osmium
import shapely
from osmium.geom import WKBFactory

from narvaro.core.jit import I32
from narvaro.core.placing import Entry
from narvaro.core.said import Said
from narvaro.directory.roads_file import MapRefused, Progress, unreadable

FORMAT = 1
_SCALE = 1e-7  # degrees, as OpenStreetMap keeps them
_SHORTEST_NAME = 3
_PLACE_KEYS = ("amenity", "leisure", "place", "railway", "public_transport", "tourism", "building")
_PLACES = {
    "amenity": frozenset(
        ("school", "kindergarten", "library", "college", "university", "place_of_worship",
         "community_centre", "social_facility", "nursing_home", "hospital", "clinic",
         "fire_station", "police", "townhall", "bus_station", "theatre", "arts_centre",
         "swimming_pool", "marketplace", "grave_yard", "public_bath", "social_centre")
    ),
    "leisure": frozenset(
        ("park", "playground", "pitch", "sports_centre", "sports_hall", "stadium", "ice_rink",
         "swimming_area", "swimming_pool", "nature_reserve", "garden", "marina", "track",
         "bathing_place", "skatepark")
    ),
    "place": frozenset(("square", "neighbourhood", "quarter", "suburb", "locality", "hamlet", "village")),
    "railway": frozenset(("station", "halt", "tram_stop")),
    "public_transport": frozenset(("station",)),
    "tourism": frozenset(("museum", "attraction", "camp_site")),
    "building": frozenset(("school", "kindergarten", "library", "sports_hall", "church", "civic")),
}  # fmt: skip
_NAMES = ("name", "name:sv", "alt_name", "short_name", "old_name", "official_name", "loc_name")


def _none() -> I32:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class MapAddresses:
    """What a map has of addresses and names; a place's names stand with tabs between them.

    `known` is False where the map was built before addresses were read: then it holds none, and
    importing the same file again adds them.
    """

    streets: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    address_lat: I32 = field(default_factory=_none)
    address_lon: I32 = field(default_factory=_none)
    names: tuple[str, ...] = ()
    place_lat: I32 = field(default_factory=_none)
    place_lon: I32 = field(default_factory=_none)
    known: bool = True

    def __len__(self) -> int:
        """Return how many addresses there are."""
        return len(self.numbers)

    def entries(self) -> Iterator[Entry]:
        """Yield each address and each named place as an entry, with an id made of what it says."""
        rows = zip(
            self.streets, self.numbers, self.cities, self.address_lat.tolist(),
            self.address_lon.tolist(), strict=True,
        )  # fmt: skip
        for street, number, city, lat, lon in rows:
            yield Entry(
                id=f"address:{lat}:{lon}:{street} {number}", kind="address", name="",
                address=f"{street} {number}", locality=city, lat=_degrees(lat), lon=_degrees(lon),
            )  # fmt: skip
        places = zip(self.names, self.place_lat.tolist(), self.place_lon.tolist(), strict=True)
        for names, lat, lon in places:
            name, *aliases = names.split("\t")
            yield Entry(
                id=f"area:{lat}:{lon}:{name}", kind="area", name=name, aliases=tuple(aliases),
                lat=_degrees(lat), lon=_degrees(lon),
            )  # fmt: skip


def _degrees(kept: int) -> float:
    return round(kept * _SCALE, 7)


class _Found:
    """Addresses and places while they are read; each thing once."""

    def __init__(self) -> None:
        self.addresses: dict[tuple[str, str, str, int, int], None] = {}
        self.places: dict[tuple[str, int, int], None] = {}

    def add(self, tags: Mapping[str, str], lat: int, lon: int) -> None:
        """Note what a thing's tags say of its point, in units of 1e-7 degrees."""
        street = _one_line(tags.get("addr:street") or tags.get("addr:place") or "")
        city = _one_line(tags.get("addr:city", ""))
        if street:
            for number in _split(tags.get("addr:housenumber", "")):
                self.addresses[street, number, city, lat, lon] = None
        if any(tags.get(key) in kinds for key, kinds in _PLACES.items()):
            names = [
                name
                for key in _NAMES
                for name in _split(tags.get(key, ""), ";")
                if len(name) >= _SHORTEST_NAME
            ]
            if names:
                self.places["\t".join(dict.fromkeys(names)), lat, lon] = None

    def to_addresses(self) -> MapAddresses:
        """Return everything in a fixed order."""
        rows = sorted(self.addresses)
        places = sorted(self.places)
        return MapAddresses(
            streets=tuple(row[0] for row in rows),
            numbers=tuple(row[1] for row in rows),
            cities=tuple(row[2] for row in rows),
            address_lat=np.array([row[3] for row in rows], np.int32),
            address_lon=np.array([row[4] for row in rows], np.int32),
            names=tuple(place[0] for place in places),
            place_lat=np.array([place[1] for place in places], np.int32),
            place_lon=np.array([place[2] for place in places], np.int32),
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _split(text: str, signs: str = ";,") -> Iterator[str]:
    for sign in signs[1:]:
        text = text.replace(sign, signs[0])
    yield from filter(None, map(_one_line, text.split(signs[0])))


def read_addresses(pbf: Path, progress: Progress) -> MapAddresses:
    """Read the addresses and named places of an extract; an extract may have none.

    Raises MapRefused for a file that is missing or broken.
    """
    progress("addresses", 0.0)
    found = _Found()
    try:
        _read(pbf, found)
    except (RuntimeError, OSError) as error:
        raise unreadable(pbf, error) from error
    progress("addresses", 1.0)
    return found.to_addresses()


def _read(pbf: Path, found: _Found) -> None:
    wanted = osmium.filter.KeyFilter("addr:housenumber", *_PLACE_KEYS)
    shapes = WKBFactory()
    processor = osmium.FileProcessor(osmium.io.File(str(pbf), "pbf"))
    for thing in processor.with_areas(wanted).with_filter(wanted):
        tags = {tag.k: tag.v for tag in thing.tags}
        if isinstance(thing, osmium.osm.Node):
            found.add(tags, thing.location.y, thing.location.x)
        elif isinstance(thing, osmium.osm.Area):
            _add_area(found, tags, thing, shapes)
        elif isinstance(thing, osmium.osm.Way) and not thing.is_closed():
            middle = thing.nodes[len(thing.nodes) // 2].location
            if middle.valid():
                found.add(tags, middle.y, middle.x)


def _add_area(
    found: _Found, tags: Mapping[str, str], area: osmium.osm.Area, shapes: WKBFactory
) -> None:
    try:
        shape = shapely.from_wkb(shapes.create_multipolygon(area))
    except RuntimeError:
        return  # clipped: some of its points are not in the extract
    point = shapely.point_on_surface(shape)
    if not shapely.is_empty(point):
        lat, lon = round(shapely.get_y(point) / _SCALE), round(shapely.get_x(point) / _SCALE)
        found.add(tags, lat, lon)


# --- the file -----------------------------------------------------------------------------------

_TEXTS = ("streets", "numbers", "cities", "names")
_NUMBERS = ("address_lat", "address_lon", "place_lat", "place_lon")


def _joined(texts: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def save_addresses(path: Path, addresses: MapAddresses) -> None:
    """Write addresses as compressed arrays."""
    arrays = {name: _joined(getattr(addresses, name)) for name in _TEXTS}
    numbers = {name: getattr(addresses, name) for name in _NUMBERS}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, format=np.int32(FORMAT), **arrays, **numbers)


def load_addresses(path: Path) -> MapAddresses:
    """Read addresses that `save_addresses` wrote; none, and not `known`, where there is no file.

    Raises MapRefused where the file is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _of_this_format({name: arrays[name] for name in arrays.files})
    except FileNotFoundError:
        return MapAddresses(known=False)
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
        raise MapRefused(
            Said("The map's addresses cannot be opened"),
            f"{path.parent.name}/{path.name}: {error}",
            Said("Remove that folder and import the map again."),
        ) from error


def _of_this_format(arrays: dict[str, npt.NDArray[np.generic]]) -> MapAddresses:
    if arrays.get("format") != FORMAT:
        raise ValueError("written by another version")
    counts = {
        **dict.fromkeys(("streets", "numbers", "cities"), len(arrays["address_lat"])),
        "names": len(arrays["place_lat"]),
    }
    texts = {name: _apart(arrays[name].tobytes().decode(), count) for name, count in counts.items()}
    made = MapAddresses(**texts, **{name: arrays[name] for name in _NUMBERS})  # type: ignore[arg-type]  # checked below
    if any(len(texts[name]) != count for name, count in counts.items()) or any(
        getattr(made, name).dtype != np.int32 for name in _NUMBERS
    ):
        raise ValueError("its columns do not fit together")
    return made


def _apart(text: str, count: int) -> tuple[str, ...]:
    return tuple(text.split("\n")) if count else ()
