"""Extended data, times and text: their forms, their edges, and any bytes."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09.util import fromtimestamp, totimestamp
from siadc09.xdata import parse_xdata

from narvaro.intake.formats.extended import MAX_ITEMS, Extended, read_extended, read_text, read_time


@pytest.mark.parametrize(
    ("east", "north", "place"),
    [
        (b"X018E04.123", b"Y59N19.456", (59 + 19.456 / 60, 18 + 4.123 / 60)),
        (b"X093W23.456", b"Y45N23.456", (45 + 23.456 / 60, -93 - 23.456 / 60)),
        (b"X12E34.567", b"Y01S30", (-1.5, 12 + 34.567 / 60)),
        (b"X180E00.000", b"Y90N00.000", (90.0, 180.0)),
        (b"X180E00.001", b"Y59N00.000", None),
        (b"X018E60.000", b"Y59N00.000", None),
        (b"X018N04.000", b"Y59E00.000", None),
        (b"X18.07", b"Y59.32", None),
        (b"X000E00.000", b"Y00N00.000", None),
        (b"X018E04.123", b"Y", None),
        (b"I18", b"Y59N19.456", None),
    ],
)
def test_place_is_both_angles_or_none(
    east: bytes, north: bytes, place: tuple[float, float] | None
) -> None:
    """Degrees, direction, minutes; what is no place stays as pairs alone."""
    found = read_extended(b"[%b][%b]" % (east, north))
    assert (found.lat, found.lon) == (pytest.approx(place) if place else (None, None))
    assert len(found.pairs) == 2


def test_first_item_of_a_letter_counts_and_all_are_kept() -> None:
    """A second text does not hide the first."""
    found = read_extended(b"[IFirst][ISecond][H02:00:00,11-23-2026][]")
    at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    pairs = (("I", "First"), ("I", "Second"), ("H", "02:00:00,11-23-2026"))
    assert found == Extended(pairs, "First", at)
    assert read_extended(b"") == Extended()


@pytest.mark.parametrize("item", [b"K00112233", b"k00112233", b" K00112233", b"P1111#1234"])
def test_secrets_lose_their_value(item: bytes) -> None:
    """Keys and programming data are named, not kept."""
    ((_, value),) = read_extended(b"[" + item + b"]").pairs
    assert value == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Östra entrén".encode(), "Östra entrén"),
        (b"\xd6stra \x96 \x80 5", "Östra – € 5"),
        (b"\x81\xd6", "\N{REPLACEMENT CHARACTER}Ö"),
        (b"a\0b\x1b", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_text_in_three_encodings(raw: bytes, text: str) -> None:
    """UTF-8, else Windows-1252, else Latin-1; no control character passes."""
    assert read_text(raw) == text


@given(st.integers(-30_000_000_000, 250_000_000_000))
def test_time_is_another_codecs(epoch: int) -> None:
    """What it writes from the year 1019 to 9892 is read to the second, as it reads it."""
    at = datetime.fromtimestamp(epoch, UTC)
    said = totimestamp(at)
    assert read_time(said.encode()) == fromtimestamp(said) == at


@given(st.from_regex(r"\A[0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{2}-[0-9]{2}-[0-9]{4}\Z") | st.text())
def test_time_that_is_none_is_none(said: str) -> None:
    """Fields out of range are refused as another's calendar refuses them, and never raise."""
    try:
        theirs = fromtimestamp(said)
    except ValueError:
        theirs = None
    ours = read_time(said.encode())
    # The other codec takes "2:3:4,1-1-2026" and second 60 or 61 of a leap second; this one neither.
    assert ours in (theirs, None)
    if theirs is not None and len(said) == 19 and said.isascii() and said[6:8] < "60":
        assert ours == theirs


letters = st.sampled_from("ACGHIJKLMNOPRSTVXYZ")
values = st.text(st.characters(codec="utf-8", exclude_characters="[]"), max_size=20)


@given(st.lists(st.tuples(letters, values), max_size=8))
def test_values_are_another_codecs(items: list[tuple[str, str]]) -> None:
    """Texts that the other codec reads are the same here, without blanks around them."""
    raw = b"".join(f"[{letter}{value}]".encode() for letter, value in items)
    for (letter, value), (ours, text) in zip(items, read_extended(raw).pairs, strict=True):
        theirs = parse_xdata(f"{letter}{value}".encode())
        assert ours == letter
        if theirs.prefix == letter and value.isprintable() and letter not in "KP":
            assert text.strip() == value.strip()


@given(st.binary(max_size=400) | st.just(b"[A]" * 500))
def test_any_bytes_are_read_within_bounds(raw: bytes) -> None:
    """Nothing raises; places are on Earth; items have a bound."""
    found = read_extended(raw)
    assert len(found.pairs) <= MAX_ITEMS
    if found.lat is not None and found.lon is not None:
        assert math.fabs(found.lat) <= 90
        assert math.fabs(found.lon) <= 180
