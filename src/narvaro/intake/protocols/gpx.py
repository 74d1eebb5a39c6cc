"""One GPX track file. In: its bytes, whose it is, and the interval it may prove. Out: positions.

Each point is taken or refused by its number, from 1 through all tracks and segments of the file.
Nothing but points is read: no names, notes or authors. See docs/protocols/gpx.md.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import iterparse

from narvaro.intake.fixes import UnusableError, make_position, number_of, read_time
from narvaro.intake.message import Pairs, Position, Refusal
from narvaro.intake.protocols import Protocol
from narvaro.intake.sealed import Device

PROTOCOL = Protocol(
    name="gpx",
    transports=("file",),
    standard="GPX 1.0 and 1.1 (Topografix)",
    clauses=("trkType", "trksegType", "wptType", "extensionsType"),
    ladder=(),
    keeps_raw=False,
)

MAX_BYTES = 32 * 2**20
MAX_POINTS = 100_000  # 27 hours at one point a second
MAX_DEPTH = 16
MAX_PARTS = 64  # elements in one point
VERSIONS = ("1.0", "1.1")
POINT = ["gpx", "trk", "trkseg", "trkpt"]


@dataclass(frozen=True, slots=True)
class Track:
    """What one file holds: the positions taken, and each refused point with its number.

    `refusal` says why the whole file was refused; then nothing of it is taken.
    """

    owner: Device
    positions: tuple[Position, ...] = ()
    refused: tuple[tuple[int, Refusal], ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the sender of a file is told: `refused` pairs a code with its points ("3, 7-12")."""

    points: int
    kept: int
    refused: Pairs = ()
    refusal: Refusal | None = None


def decode(data: bytes, *, owner: Device, since: datetime, until: datetime) -> Track:
    """Read a file's points from `since` up to, not including, `until`: a shift without its breaks.

    Raise ValueError where the interval is empty or naive; nothing in the file raises.
    """
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise ValueError(f"Interval {since} to {until}: give two times with offset, in order.")
    positions: list[Position] = []
    unusable: list[tuple[int, Refusal]] = []
    reasons: dict[str, Refusal] = {}
    try:
        for number, point in enumerate(_list_points(data), 1):
            try:
                positions.append(_position(point, owner.device, since, until))
            except UnusableError as fault:
                reason = Refusal(fault.code, fault.detail, owner.device)
                unusable.append((number, reasons.setdefault(fault.code, reason)))
    except UnusableError as fault:
        return Track(owner, refusal=Refusal(fault.code, fault.detail, owner.device))
    return Track(owner, tuple(positions), tuple(unusable))


def acknowledge(track: Track, *, stored: bool) -> Report:
    """Report what was kept and which points were refused; nothing is kept where it is not stored."""
    numbers: dict[str, list[int]] = {}
    for number, refusal in track.refused:
        numbers.setdefault(refusal.code, []).append(number)
    return Report(
        points=len(track.positions) + len(track.refused),
        kept=len(track.positions) if stored else 0,
        refused=tuple((code, _text_of(those)) for code, those in numbers.items()),
        refusal=track.refusal,
    )


def _text_of(numbers: list[int]) -> str:
    """Write rising numbers with runs drawn together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _list_points(data: bytes) -> Iterator[Element]:
    """Yield each track point of a file and forget it; raise UnusableError where the file is unfit."""
    if len(data) > MAX_BYTES:
        raise UnusableError("too_large", f"The file is over {MAX_BYTES // 2**20} MiB; cut it.")
    points = 0
    try:
        for point in _walk(data):
            points += 1
            if points > MAX_POINTS:
                raise UnusableError("too_large", f"Over {MAX_POINTS} points; cut the file.")
            yield point
        if not points:
            raise UnusableError("no_track", "The file holds no track points.")
    except (ParseError, ValueError, LookupError) as fault:
        where = f"It breaks off after point {points}" if points else "It is no GPX file"
        raise UnusableError("xml", f"{where} (XML without a DTD).") from fault


def _walk(data: bytes) -> Iterator[Element]:
    """Yield track points; keep no element that is closed, save those of the open point."""
    opened: list[Element] = []
    path: list[str] = []
    parts = 0
    for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            opened.append(element)
            path.append(_name_of(element))
            parts = parts + 1 if len(path) > len(POINT) else 0
            if len(path) == 1 and (path[0] != "gpx" or element.get("version") not in VERSIONS):
                raise UnusableError("not_gpx", "This is no GPX file of version 1.0 or 1.1.")
            if len(path) > MAX_DEPTH or parts > MAX_PARTS:
                raise UnusableError("too_large", "A point holds more than a point can.")
            continue
        if path == POINT:
            yield element
        opened.pop()
        path.pop()
        if opened and path[: len(POINT)] != POINT:
            opened[-1].clear()


def _position(point: Element, device: str, since: datetime, until: datetime) -> Position:
    parts = [*point.iter(), *point]  # the point's own fields stand above those of its extensions
    texts = {_name_of(part): (part.text or "").strip() for part in parts}
    if not texts.get("time"):
        raise UnusableError("no_time", "The point has no time.")
    at = read_time(texts["time"], since)
    if not since <= at < until:
        raise UnusableError("outside", "The point's time is outside the interval.")
    return make_position(
        device,
        number_of(point.get("lat")),
        number_of(point.get("lon")),
        at,
        at,
        accuracy_m=number_of(texts.get("accuracy")),
        speed_m_s=number_of(texts.get("speed")),
        bearing_deg=number_of(texts.get("course")),
    )


def _name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]
