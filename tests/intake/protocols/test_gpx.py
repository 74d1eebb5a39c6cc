"""GPX track files: both versions, refused points by number, and files that are not taken."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.protocols import gpx
from narvaro.intake.protocols.gpx import Report, Track, acknowledge, decode
from narvaro.intake.sealed import Device

OWNER = Device("car-1", "town", "unit-1")
SINCE = datetime(2026, 11, 23, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, 3, tzinfo=UTC)
CAPTURES = json.loads((Path(__file__).parent / "fixtures" / "gpx.json").read_text())
POINT = '<trkpt lat="59.3" lon="18.06"><time>2026-11-23T02:00:{:02d}Z</time></trkpt>'


def open_file(data: bytes) -> Track:
    return decode(data, owner=OWNER, since=SINCE, until=UNTIL)


def file_of(inside: str) -> bytes:
    return f'<gpx version="1.1"><trk><trkseg>{inside}</trkseg></trk></gpx>'.encode()


@pytest.mark.parametrize("capture", CAPTURES, ids=[one["name"] for one in CAPTURES])
def test_file_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Points in SI units, the others by number and reason, or the whole file refused."""
    track = open_file(capture["file"].encode())
    assert (track.refusal.code if track.refusal else None) == capture.get("code")
    found = [
        {k: v for k, v in one.to_dict().items() if v not in (None, [])} for one in track.positions
    ]
    assert found == [{"device": "car-1"} | one for one in capture.get("expect", [])]
    report = acknowledge(track, stored=True)
    assert [list(pair) for pair in report.refused] == capture.get("refused", [])
    assert "not kept" not in repr((track, report))


def test_report_counts_all_points_and_keeps_none_where_they_were_not_stored() -> None:
    """What was kept is what the store has."""
    track = open_file(file_of(POINT.format(1) + '<trkpt lat="59" lon="18"/>' + POINT.format(2)))
    assert acknowledge(track, stored=True) == Report(3, 2, (("no_time", "2"),))
    assert acknowledge(track, stored=False).kept == 0
    assert all(one.source == "car-1" for _, one in track.refused)


@pytest.mark.parametrize(
    ("since", "until"),
    [(UNTIL, SINCE), (SINCE, SINCE), (SINCE.replace(tzinfo=None), UNTIL.replace(tzinfo=None))],
)
def test_interval_must_be_one(since: datetime, until: datetime) -> None:
    """A caller's fault is told, not read as a file without points."""
    with pytest.raises(ValueError, match="Interval"):
        decode(file_of(POINT.format(1)), owner=OWNER, since=since, until=until)


@pytest.mark.parametrize(
    "data",
    [
        b'<gpx version="1.1">' + b"<a>" * 1000,
        b'<gpx version="1.1"><trk><trkseg><trkpt>' + b"<a/>" * 1000,
        b" " * (gpx.MAX_BYTES + 1),
    ],
    ids=["deep", "wide", "long"],
)
def test_file_beyond_bounds_is_refused_whole(data: bytes) -> None:
    """Depth, parts of a point and bytes are bounded."""
    track = open_file(data)
    assert track.refusal is not None
    assert (track.refusal.code, track.positions) == ("too_large", ())


def test_points_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than may be is too many; nothing of the file is taken."""
    monkeypatch.setattr(gpx, "MAX_POINTS", 3)
    assert len(open_file(file_of(POINT.format(1) * 3)).positions) == 3
    track = open_file(file_of(POINT.format(1) * 4))
    assert track.refusal is not None
    assert (track.refusal.code, track.positions) == ("too_large", ())


def test_memory_holds_the_positions_and_no_tree() -> None:
    """Points are forgotten as they are read: the peak is what is kept, and a read buffer."""
    data = file_of(POINT.format(1) * 3000)
    tracemalloc.start()
    try:
        track = open_file(data)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(track.positions) == 3000
    assert peak < kept + 1_000_000 < 3_000_000


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    """Nothing in a file raises."""
    assert open_file(data).refusal is not None


@given(
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)), max_size=4)
)
def test_points_of_any_texts_are_positions_or_refused_by_number(
    points: list[tuple[str, str, str]],
) -> None:
    """Each point is accounted for, or the file is none."""
    inside = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{at}</time></trkpt>' for lat, lon, at in points
    )
    track = open_file(file_of(inside + POINT.format(0)))
    if track.refusal is None:
        assert len(track.positions) + len(track.refused) == len(points) + 1
        assert all(SINCE <= one.at < UNTIL for one in track.positions)


@given(st.integers(-7200, 14_400))
def test_interval_is_half_open(offset_s: int) -> None:
    """Its start is in, its end is not."""
    at = SINCE + timedelta(seconds=offset_s)
    data = file_of(f'<trkpt lat="59" lon="18"><time>{at.isoformat()}</time></trkpt>')
    assert bool(open_file(data).positions) == (SINCE <= at < UNTIL)
