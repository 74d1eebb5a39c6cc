"""The installation and its map: a file that cannot be used changes nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from narvaro.access.models import Organisation
from narvaro.directory.actions import import_roads, set_up
from narvaro.directory.models import RoadMap
from narvaro.directory.roads_file import MapRefused
from narvaro.spine.models import Event, Tenant
from narvaro.spine.refusal import Refused
from tests.directory.extracts import ignore
from tests.make import NIGHT, World

TOWN: dict[str, Any] = {
    "tenant": "Älvhamra",
    "mode": "manned",
    "positions_purpose": "leda enheter",
    "positions_negotiated_on": date(2024, 9, 10),
    "organisation": [{"name": "Älvhamra kommun", "kind": "municipality"}],
}


def test_a_truncated_map_is_refused_and_the_old_one_stays(
    street: World, street_file: Path, tmp_path: Path
) -> None:
    """Half a download: map, folders and log are as before, and the message says what to do."""
    before = RoadMap.objects.values().get()
    folders = sorted(one.name for one in settings.HOME.maps.iterdir())
    events = Event.objects.count()
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(street_file.read_bytes()[:-40])
    with pytest.raises(MapRefused, match=r"half\.osm\.pbf"):
        import_roads(tenant=street.tenant, pbf=half, progress=ignore, by="test", at=NIGHT)
    assert RoadMap.objects.values().get() == before
    assert sorted(one.name for one in settings.HOME.maps.iterdir()) == folders
    assert Event.objects.count() == events


def test_an_installation_is_set_up_once_and_changed_by_the_next_file(db: None) -> None:
    """The same file twice is one tenant; positions wait for purpose and negotiation."""
    without = {key: value for key, value in TOWN.items() if key != "positions_negotiated_on"}
    assert not set_up(given=without, by="test", at=NIGHT).positions_allowed
    tenant = set_up(given=TOWN, by="test", at=NIGHT)
    assert tenant.positions_allowed
    set_up(given={**TOWN, "mode": "unmanned", "escalate_after_s": 90}, by="test", at=NIGHT)
    assert (Tenant.objects.get().mode, Tenant.objects.get().escalate_after_s) == ("unmanned", 90)
    assert Organisation.objects.get().name == "Älvhamra kommun"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tenant", ""),
        ("tenant", 5),
        ("mode", "alone"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "Europe"),
        ("timezone", "../zone"),
        ("accept_within_s", -5),
        ("accept_within_s", 0),
        ("accept_within_s", True),
        ("organisation", []),
        ("organisation", ["Älvhamra kommun"]),
        ("organisation", [{"name": "Älvhamra kommun", "kind": "town"}]),
        ("organisation", [{"name": 7, "kind": "municipality"}]),
        ("organisation", [{"name": "Älvhamra kommun", "kind": "municipality", "typ": "x"}]),
        ("larmcentral", "ja"),
    ],
)
def test_a_faulty_installation_is_refused_by_its_key(db: None, key: str, value: object) -> None:
    """Each message names the key; nothing is made."""
    with pytest.raises(Refused, match=key):
        set_up(given={**TOWN, key: value}, by="test", at=NIGHT)
    assert not Tenant.objects.exists()
