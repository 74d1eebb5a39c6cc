"""Named areas from a GeoJSON file. In: features. Out: areas, or refusals by feature.

Points and polygons in WGS 84 (RFC 7946). A police classification is kept as context and can be
nothing else: no forecast and no plan reads it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from shapely.errors import GEOSException
from shapely.geometry import Point, shape

from narvaro.core.json_file import JsonError, read_json
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, RefusedRow
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.run import Source, is_held_back, open_batch, publish
from narvaro.directory.models import Area
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant

NAMES = ("name", "namn", "Namn", "NAMN", "Plats", "kom_namn")
KINDS = {
    "square": "square", "torg": "square", "park": "park", "housing": "housing",
    "bostadsområde": "housing", "yard": "yard", "skolgård": "yard", "nature": "nature",
    "naturreservat": "nature", "municipality": "municipality", "kommun": "municipality",
}  # fmt: skip

POLICE_WORDS = ("utsatt", "riskområde")
MOST_INHABITANTS = 2**31 - 1  # what the database keeps
UPDATED = ("lat", "lon", "border_wkt", "inhabitants", "batch")


def _is_police_class(properties: Mapping[str, Any], file_name: str) -> bool:
    """Return whether the police classify an area so: by their own fields, the words, the file's name."""
    said = f"{properties.get('KATEGORI')} {properties.get('kind')} {file_name}".casefold()
    return "SPECIALOMRADES_ID" in properties or any(word in said for word in POLICE_WORDS)


def _kind(properties: Mapping[str, Any], file_name: str) -> str:
    if _is_police_class(properties, file_name):
        return Area.Kind.POLICE_CLASS
    if "kom_namn" in properties:
        return Area.Kind.MUNICIPALITY
    given = str(properties.get("kind") or properties.get("typ") or "").casefold()
    if given in Area.Kind.values:
        return given
    by_name = next((kind for word, kind in KINDS.items() if word in file_name.casefold()), "other")
    return KINDS.get(given, by_name)


def _read(feature: Any, file_name: str) -> tuple[dict[str, Any], list[Refusal]]:  # noqa: ANN401 - any JSON
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return {}, [refuse("", "", Said("is no feature"), Said("write it as RFC 7946 says"))]
    name = next((str(properties[one]) for one in NAMES if properties.get(one)), "")
    if not name:
        todo = Said("add one of %(words)s", words=", ".join(NAMES))
        return {}, [refuse("name", "", Said("is missing"), todo)]
    try:
        drawn = shape(feature["geometry"])
        middle = drawn.representative_point()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, GEOSException):
        why = Said("the border cannot be drawn")
        return {}, [refuse("geometry", name, why, Said("draw it anew in WGS 84"))]
    if drawn.is_empty or not drawn.is_valid or not (abs(middle.x) <= 180 and abs(middle.y) <= 90):
        why = Said("the border is empty, crosses itself, or is not in degrees")
        return {}, [refuse("geometry", name, why, Said("draw it anew in WGS 84"))]
    return {
        "name": name[:160], "kind": _kind(properties, file_name), "lat": middle.y, "lon": middle.x,
        "border_wkt": "" if isinstance(drawn, Point) else drawn.wkt,
        **_inhabitants(properties),
    }, []  # fmt: skip


def _inhabitants(properties: Mapping[str, Any]) -> dict[str, int]:
    """Return how many live there where the file says so; else what is known stands."""
    given = properties.get("inhabitants")
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_INHABITANTS:
        return {"inhabitants": given}
    return {}


def _list_features(data: bytes) -> tuple[list[Any], Refusal | None]:
    """List a file's features; or none, and why."""
    try:
        given = read_json(data)
    except JsonError as fault:
        todo = Said("save it as GeoJSON, UTF-8")
        return [], refuse("", "", fault.why, todo, code="broken")
    if isinstance(given, dict) and isinstance(given.get("features"), list):
        return given["features"], None
    why, todo = Said("the file has no features"), Said("save it as a GeoJSON FeatureCollection")
    return [], refuse("", "", why, todo, code="broken")


def import_areas(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import a GeoJSON file of named areas; a feature is counted from 1."""
    features, no = _list_features(source.data)
    if no is not None:
        return ImportReport("areas", source.name, 0, (RefusedRow(1, (no,)),), (), written=False)
    good: dict[tuple[str, str], dict[str, Any]] = {}
    refused: list[RefusedRow] = []
    for number, feature in enumerate(features, 1):
        fields, reasons = _read(feature, source.name)
        if reasons:
            refused.append(RefusedRow(number, tuple(reasons)))
        else:
            good[fields["kind"], fields["name"]] = fields
    written = bool(good) and not is_held_back(refused, source)
    if written:
        with transaction.atomic():
            hold(tenant.pk)
            batch = open_batch(tenant, "areas", source, len(good), len(refused), at)
            counted = {
                (kind, name): inhabitants
                for kind, name, inhabitants in Area.objects.filter(tenant=tenant).values_list(
                    "kind", "name", "inhabitants"
                )
            }
            rows = [
                Area(tenant=tenant, batch=batch, **{"inhabitants": counted.get(key), **fields})
                for key, fields in good.items()
            ]
            Area.objects.bulk_create(
                rows, batch_size=500, update_conflicts=True,
                unique_fields=["tenant", "kind", "name"], update_fields=UPDATED,
            )  # fmt: skip
            publish(batch, by=by, at=at)
    return ImportReport("areas", source.name, len(good), tuple(refused), (), written=written)
