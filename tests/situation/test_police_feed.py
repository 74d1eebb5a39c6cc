"""The police's public feed: what is taken, what is refused and why, and that it is only context."""

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.access.models import Role
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import Source
from narvaro.situation.models import PoliceEvent
from narvaro.situation.pictures import import_police_events
from narvaro.situation.police_feed import find_happened, read_feed
from narvaro.situation.queries import get_contents, get_picture
from narvaro.spine.models import Event
from tests.conftest import DATA
from tests.make import NIGHT, World, make_member, make_viewer, make_world

ZONE = ZoneInfo("Europe/Stockholm")
FEED = DATA / "polisen" / "sodertalje_events.csv"
ONE: dict[str, Any] = {
    "id": 611001,
    "datetime": "2026-11-20 9:15:00 +01:00",
    "name": "20 november 08:40, Skadegörelse, Provköping",
    "summary": "Rutor krossade på en skola.",
    "url": "/aktuellt/handelser/2026/november/20/",
    "type": "Skadegörelse",
    "location": {"name": "Provköping", "gps": "59.195363,17.625689"},
}


def bring_in(world: World, *items: object, keep_good: bool = False) -> ImportReport:
    """Import a feed."""
    source = Source("events.json", json.dumps(items).encode(), keep_good=keep_good)
    return import_police_events(world.tenant, source, by="test", at=NIGHT)


def test_an_event_is_kept_as_the_police_tell_it(world: World) -> None:
    """The hour of publication may lack its zero; the hour of the event stands in the name."""
    report = bring_in(world, ONE)
    assert (report.kept, report.known, report.written, report.refused) == (1, 0, True, ())
    row = PoliceEvent.objects.get()
    assert row.published_at == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
    assert row.happened_at == datetime(2026, 11, 20, 7, 40, tzinfo=UTC)
    assert (row.kind, row.place) == ("Skadegörelse", "Provköping")
    assert row.address == "https://polisen.se/aktuellt/handelser/2026/november/20/"
    assert not [one.name for one in PoliceEvent._meta.fields if one.name in {"lat", "lon", "gps"}]
    assert "location.gps" in report.unmapped


def test_a_feed_brought_in_again_changes_nothing_but_what_was_revised(world: World) -> None:
    bring_in(world, ONE)
    first = PoliceEvent.objects.get()
    again = bring_in(world, ONE)
    assert (again.kept, again.known) == (1, 1)
    assert Event.objects.filter(kind="file.imported").count() == 1
    revised = ONE | {"summary": "En person är gripen.", "datetime": "2026-11-20 11:00:00 +01:00"}
    report = bring_in(world, ONE, revised, ONE | {"id": 611002})
    assert (report.kept, report.known) == (2, 0)
    row = PoliceEvent.objects.get(police_id=611001)
    assert (row.pk, row.summary) == (first.pk, "En person är gripen.")
    assert bring_in(world, ONE).known == 1
    row.refresh_from_db()
    assert row.summary == "En person är gripen."


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"id": "611001"}, "id"),
        ({"id": True}, "id"),
        ({"id": -1}, "id"),
        ({"id": 2**63}, "id"),
        ({"datetime": "2026-13-20 9:15:00 +01:00"}, "datetime"),
        ({"datetime": "0001-01-01 0:00:00 +14:00"}, "datetime"),
        ({"datetime": None}, "datetime"),
        ({"name": ""}, "name"),
        ({"name": "a" * 301}, "name"),
        ({"name": "20 november\x07"}, "name"),
        ({"type": 7}, "type"),
        ({"location": "Provköping"}, "location.name"),
        ({"url": "https://example.org/"}, "url"),
        ({"url": "//example.org/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
    ],
)
def test_what_is_no_event_is_refused_with_its_reason(
    world: World, change: dict[str, Any], column: str
) -> None:
    """Nothing is written then, or (asked for) the good ones."""
    report = bring_in(world, ONE | {"id": 5}, ONE | change)
    assert [(one.line, one.reasons[0].column) for one in report.refused] == [(2, column)]
    assert not report.written
    assert not PoliceEvent.objects.exists()
    assert bring_in(world, ONE | {"id": 5}, ONE | change, keep_good=True).written
    assert PoliceEvent.objects.get().police_id == 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"<html>",
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
        json.dumps([ONE] * 5001).encode(),
    ],
)
def test_a_file_that_is_no_feed_is_refused_whole(data: bytes) -> None:
    good, refused = read_feed(data, ZONE)
    assert good == []
    assert refused[0].reasons[0].code == "bad_file"


def test_what_no_database_keeps_is_taken_out() -> None:
    """NUL and halves of characters, of what is kept and of what is refused."""
    odd = ONE | {"summary": "Rutor\x00 krossade\ud800.", "type": "Rån\udfff"}
    good, refused = read_feed(json.dumps([odd, ONE | {"datetime": "\x00i går"}]).encode(), ZONE)
    assert (good[0].summary, good[0].kind) == ("Rutor krossade.", "Rån")
    assert refused[0].reasons[0].value == "i går"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([*ONE, "gps"]) | st.text(max_size=3), inner, max_size=8
    ),
    max_leaves=12,
))  # fmt: skip
def test_whatever_comes_is_taken_or_refused(item: object) -> None:
    """No entry breaks the reading of the others."""
    data = json.dumps([item, ONE]).encode(errors="replace")
    good, refused = read_feed(data, ZONE)
    assert len(good) + len(refused) == 2
    assert good[-1].police_id == ONE["id"]


@pytest.mark.parametrize(
    ("name", "published", "expected"),
    [
        ("31 december 23:50, Brand, P", "2027-01-01T00:20", "2026-12-31T22:50"),
        ("01 maj 7.05, Rån, P", "2026-05-01T08:00", "2026-05-01T05:05"),
        ("29 februari 10:00, Rån, P", "2026-03-01T08:00", None),
        ("20 november 09:40, Rån, P", "2026-11-20T07:00", None),
        ("20 mars 08:40, Rån, P", "2026-11-20T07:00", None),
        ("20 Smarch 08:40, Rån, P", "2026-11-20T07:00", None),
        ("Sammanfattning natt", "2026-11-20T07:00", None),
        ("25 oktober 02:30, Rån, P", "2026-10-25T08:00", "2026-10-25T00:30"),
        ("20 november 25:40, Rån, P", "2026-11-20T07:00", None),
    ],
)
def test_the_year_of_an_event_is_that_of_its_publication(
    name: str, published: str, expected: str | None
) -> None:
    """Around New Year the one before; a time after its own text, or long before it, is a slip."""
    at = datetime.fromisoformat(published).replace(tzinfo=UTC)
    found = find_happened(name, at, ZONE)
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


def test_police_events_stand_beside_the_picture_and_in_no_count(world: World) -> None:
    """Those that happened in the week, by their own time; without one, by their publication."""
    week_before = {"name": "13 november 08:40, Rån, P", "datetime": "2026-11-13 9:15:00 +01:00"}
    unsaid = {"name": "Sammanfattning natt, Provköping", "datetime": "2026-11-21 6:00:00 +01:00"}
    other = make_world("Annanstans")
    bring_in(other, ONE)
    bring_in(world, ONE, ONE | week_before | {"id": 2}, ONE | unsaid | {"id": 3})
    viewer = make_viewer(make_member(world, Role.COORDINATOR))
    picture = get_picture(viewer, datetime(2026, 11, 23, tzinfo=UTC).date(), NIGHT)
    found = get_contents(viewer, picture, NIGHT)
    assert [one.name[:14] for one in found.police] == ["Sammanfattning", "20 november 08"]
    assert (found.total.now, found.places) == (0, ())


@pytest.mark.real_data
@pytest.mark.skipif(not FEED.exists(), reason=f"{FEED} is not beside the checkout")
def test_three_years_of_sodertalje_come_in(world: World) -> None:
    """524 events as they were served; the time in each name is read as the collector read it."""
    with FEED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    served = [
        {
            "id": int(row["id"]), "datetime": row["datetime_published"], "name": row["name"],
            "summary": row["summary"], "url": row["url"], "type": row["type"],
            "location": {"name": row["location_name"], "gps": f"{row['lat']},{row['lon']}"},
        }
        for row in rows
    ]  # fmt: skip
    assert any(row["datetime_published"][12] == ":" for row in rows)
    report = bring_in(world, *served)
    assert (report.kept, report.refused, len(rows)) == (524, (), 524)
    kept = {one.police_id: one for one in PoliceEvent.objects.all()}
    slips = 0
    for row in rows:
        one = kept[int(row["id"])]
        assert one.published_at == datetime.fromisoformat(row["published_utc"])
        local = datetime.fromisoformat(row["event_local"]).replace(tzinfo=ZONE)
        if one.happened_at is None:
            slips += 1
            assert not timedelta(hours=-1) <= one.published_at - local <= timedelta(days=180)
        else:
            assert one.happened_at == local
    assert slips <= 5
    assert bring_in(world, *served).known == 524
