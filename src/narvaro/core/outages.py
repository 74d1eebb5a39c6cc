"""How long something was out of reach. In: when each of its paths was out. Out: spans, and their length.

Spans are half-open, from–until in seconds of one clock; a path's own spans do not overlap.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

Span: TypeAlias = tuple[float, float]


def out_at_once(paths: Sequence[Iterable[Span]]) -> list[Span]:
    """Return when all paths were out at the same time, in order; nothing where there is no path."""
    return _at_least(len(paths), [span for path in paths for span in path]) if paths else []


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return when any of the spans holds, in order and without overlap."""
    return _at_least(1, list(spans))


def length_s(spans: Iterable[Span]) -> float:
    """Return how long spans that do not overlap are together, in seconds."""
    return sum(until - begin for begin, until in spans)


def within(spans: Iterable[Span], whole: Span) -> list[Span]:
    """Return the parts of the spans that lie in a whole."""
    cut = [(max(begin, whole[0]), min(until, whole[1])) for begin, until in spans]
    return [(begin, until) for begin, until in cut if begin < until]


def _at_least(count: int, spans: Sequence[Span]) -> list[Span]:
    """Return when at least `count` of the spans hold."""
    edges = sorted([(begin, 1) for begin, _ in spans] + [(until, -1) for _, until in spans])
    found: list[Span] = []
    holding, begun_at = 0, 0.0
    for at, here in groupby(edges, key=lambda edge: edge[0]):
        before = holding
        holding += sum(step for _, step in here)
        if before < count <= holding:
            begun_at = at
        elif holding < count <= before:
            found.append((begun_at, at))
    return found
