"""The map's data. In: requests. Out: vector tiles of the viewer's map, and what stands on it."""

import json
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.directory.maps import open_by_digest
from narvaro.directory.queries import (
    find_road_map,
    list_closures,
    list_own_defibrillators,
    sites_seen_by,
)
from narvaro.situation.queries import list_active_cases, list_units_now
from narvaro.spine import clock
from narvaro.web import labels
from narvaro.web.aids import STATE, state_of
from narvaro.web.answers import viewer_of_request
from narvaro.web.cases import unit_rows
from narvaro.web.labels import say
from narvaro.web.shared_fragments import shared


@require_GET
def tile(request: HttpRequest, sha256: str, z: int, x: int, y: int) -> HttpResponse:
    """Answer with one vector tile of the viewer's own map; a missing page where the map is gone."""
    row = find_road_map(viewer_of_request(request))
    if row is None or row.sha256 != sha256:
        raise Http404
    try:
        found = open_by_digest(sha256).tiles.read(z, x, y)
    except OSError as gone:
        raise Http404 from gone
    if found is None:
        return HttpResponse(status=204)
    response = HttpResponse(found.data, content_type="application/vnd.mapbox-vector-tile")
    if found.encoding:
        response["Content-Encoding"] = found.encoding
    response["Cache-Control"] = "private, max-age=604800, immutable"
    return response


def _feature(layer: str, lat: float, lon: float, **facts: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
        "properties": {"layer": layer, **facts},
    }


def line_feature(
    layer: str, points: Iterable[tuple[float, float]], **facts: object
) -> dict[str, object]:
    """Return a line of (latitude, longitude) points as a feature."""
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [[round(lon, 6), round(lat, 6)] for lat, lon in points],
        },
        "properties": {"layer": layer, **facts},
    }


def _sites(viewer: Viewer) -> list[dict[str, object]]:
    return [
        _feature("site", one.lat, one.lon, id=str(one.pk), name=one.name, kind=one.kind,
                 kind_label=say(labels.SITE_KIND, one.kind))
        for one in sites_seen_by(viewer)[:5000]
        if one.lat is not None and one.lon is not None
    ]  # fmt: skip


def _cases(viewer: Viewer) -> list[dict[str, object]]:
    return [
        _feature("case", one.lat, one.lon, id=str(one.pk), number=str(one.number), name=one.place,
                 priority=one.priority, kind=one.kind, state=one.state,
                 kind_label=labels.case_kind(one.kind, one.born),
                 state_label=say(labels.CASE_STATE, one.state))
        for one in list_active_cases(viewer)
        if one.lat is not None and one.lon is not None
    ]  # fmt: skip


def _units(viewer: Viewer) -> list[dict[str, object]]:
    rows = {one.id: one for one in unit_rows(viewer)}
    features = []
    for one in list_units_now(viewer):
        row, position = rows.get(str(one.unit.pk)), one.position
        if row is None or position is None:
            continue
        features.append(
            _feature(
                "unit", position.lat, position.lon, id=row.id, name=row.call_sign,
                call_sign=row.call_sign, role=row.role, state=row.state,
                state_label=row.state_label, at=position.at.isoformat(), stale=row.position_stale,
            )
        )  # fmt: skip
    return features


def _closures(viewer: Viewer) -> list[dict[str, object]]:
    return [
        line_feature("closure", one.line, id=str(one.pk), name=one.street)
        for one in list_closures(viewer, clock.now())
    ]


def _aeds(viewer: Viewer) -> list[dict[str, object]]:
    local = clock.now().astimezone(viewer.zone)
    states = ((one, state_of(one, local)) for one in list_own_defibrillators(viewer))
    return [
        _feature("aed", one.lat, one.lon, id=str(one.pk), name=one.name, place=one.place,
                 state=state, state_label=say(STATE, state))
        for one, state in states
    ]  # fmt: skip


def _features(viewer: Viewer) -> str:
    shown = _sites(viewer) if viewer.may(Record.SITE) else []
    shown += _aeds(viewer) + _cases(viewer) + _units(viewer) + _closures(viewer)
    return json.dumps({"type": "FeatureCollection", "features": shown})


features = shared("features", _features, "application/geo+json")
"""The sites, AEDs, cases, units and closed roads that the viewer may see on a map (GeoJSON)."""
