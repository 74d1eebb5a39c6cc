"""When something was out of reach: held against counting second by second."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.outages import Span, length_s, merged, out_at_once, within

SECONDS = 40


@st.composite
def paths(draw: st.DrawFn) -> list[list[Span]]:
    """Draw up to three paths, each with spans of whole seconds that do not overlap."""
    marks = st.lists(st.integers(0, SECONDS), unique=True, max_size=8).map(sorted)
    found = []
    for _ in range(draw(st.integers(0, 3))):
        edges = draw(marks)
        found.append([(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)])
    return found


def seconds_of(spans: list[Span]) -> set[int]:
    return {second for begin, until in spans for second in range(int(begin), int(until))}


@given(paths())
def test_out_at_once_is_when_every_path_is_out(given: list[list[Span]]) -> None:
    expected = set(range(SECONDS)) if given else set()
    for path in given:
        expected &= seconds_of(path)
    found = out_at_once(given)
    assert seconds_of(found) == expected
    assert length_s(found) == len(expected)


@given(paths())
def test_merged_is_when_any_path_is_out_and_counts_nothing_twice(given: list[list[Span]]) -> None:
    spans = [span for path in given for span in path]
    found = merged(spans)
    assert seconds_of(found) == seconds_of(spans)
    assert length_s(found) == len(seconds_of(spans))
    assert all(a[1] < b[0] for a, b in pairwise(found))


def test_within_keeps_only_what_lies_in_the_whole() -> None:
    assert within([(0, 5), (8, 12), (20, 30)], (3, 10)) == [(3, 5), (8, 10)]
