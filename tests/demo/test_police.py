"""The police's feed: shaped as it is served, about places, without persons."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from narvaro.demo.frame import Frame
from narvaro.demo.police import write_police_events
from tests.demo.first_day.test_write import PERSONNUMMER

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Write the feed and read it."""
    path: Path = tmp_path_factory.mktemp("police") / "police-events.json"
    write_police_events(path, Frame(58.6, 19.5), TODAY, Random(7))
    again = path.with_name("again.json")
    write_police_events(again, Frame(58.6, 19.5), TODAY, Random(7))
    assert path.read_bytes() == again.read_bytes()
    return list(json.loads(path.read_text("utf-8")))


def test_events_have_the_feeds_shape(events: list[dict[str, Any]]) -> None:
    """Sixty of eight weeks, the newest first, some hours with one digit."""
    assert len(events) == 60
    assert [e["id"] for e in events] == sorted((e["id"] for e in events), reverse=True)
    assert len({e["id"] for e in events}) == 60
    for event in events:
        assert set(event) == {"id", "datetime", "name", "summary", "url", "type", "location"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d:\d\d \+0[12]:00", event["datetime"])
        assert re.fullmatch(r"\d+\.\d{6},\d+\.\d{6}", event["location"]["gps"])
        assert re.fullmatch(r"/aktuellt/handelser/2026/[a-z]+/\d+/[a-z0-9.-]+/", event["url"])
        assert event["name"].endswith(f"{event['type']}, {event['location']['name']}")
    assert [e for e in events if re.search(r" \d:", e["datetime"])]
    assert {e["location"]["name"] for e in events} == {"Älvhamra", "Hamra län"}


def test_events_are_published_after_they_happened_and_before_today(
    events: list[dict[str, Any]],
) -> None:
    """The name holds the time of the event, `datetime` that of its publication."""
    midnight = datetime.combine(TODAY, datetime.min.time())
    for event in events:
        clock = event["datetime"].split()[1]
        published = datetime.fromisoformat(f"{event['datetime'][:10]} {clock.zfill(8)}")
        happened = re.match(r"(\d\d) [a-z]+ (\d\d)\.(\d\d), ", event["name"])
        assert happened
        assert published < midnight
        assert published > midnight - timedelta(days=57)
        assert int(happened[1]) in {published.day, (published - timedelta(hours=6)).day}


def test_no_event_is_about_a_person(events: list[dict[str, Any]]) -> None:
    """No numbers of persons, ages or descriptions."""
    text = json.dumps(events, ensure_ascii=False)
    assert not PERSONNUMMER.search(text)
    assert not re.search(r"\b(?:mannen|kvinnan|pojke|flicka|år gammal|-årig)", text)
