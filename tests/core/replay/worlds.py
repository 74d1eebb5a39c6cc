"""Small worlds to replay. In: hypothesis' choices, or a scene. Out: the arrays."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from narvaro.core.jit import I64
from narvaro.core.replay import Hours, Incidents, Policy, Rule, Town, Units, Visits

MINUTE = np.float64(60)
HOUR = 3600.0


class Case(NamedTuple):
    """What `play` takes."""

    town: Town
    units: Units
    incidents: Incidents
    visits: Visits
    policy: Policy


def street(minutes: int = 5, places: int = 6) -> Town:
    """Return places along a street, so many minutes from one to the next, 100 m a minute."""
    apart = np.abs(np.subtract.outer(np.arange(places), np.arange(places))) * float(minutes)
    return Town(apart * MINUTE, apart * 100.0)


def calls(*rows: tuple[float, int], stays_min: float = 20, **more: Any) -> Incidents:
    """Return incidents at (minute, place)."""
    at_min, place = zip(*rows, strict=True) if rows else ((), ())
    return Incidents(
        np.array(at_min, float) * MINUTE,
        np.array(place, np.int64),
        np.full(len(rows), stays_min * MINUTE),
        **{name: np.array(column) for name, column in more.items()},
    )


def rounds(*rows: tuple[int, int, float, float]) -> Visits:
    """Return visits: unit, place, planned minute, minutes of dwelling."""
    unit, place, planned, dwell = (np.array(column) for column in zip(*rows, strict=True))
    return Visits(unit, place, planned * MINUTE, dwell * MINUTE)


def night(*bases: int, until_min: float = 480, **more: Any) -> Units:
    """Return units that work from 0 until then."""
    rows = [(u, 0.0, until_min * MINUTE) for u in range(len(bases))]
    return Units(np.array(bases), Hours.of(rows), **more)


@st.composite
def _hours(draw: DrawFn, units: int, most: int, apart: bool) -> Hours:
    rows = []
    for u in range(units):
        if draw(st.booleans()):
            rows.append((u, 0.0, 60 * MINUTE))
            continue
        count = draw(st.integers(0, most))
        size = 2 * count
        ends = draw(st.lists(st.integers(0, 60), min_size=size, max_size=size, unique=apart))
        ends = sorted(ends) if apart else ends
        pairs = zip(ends[::2], ends[1::2], strict=True)
        rows += [
            (u, MINUTE * min(pair), MINUTE * max(pair)) for pair in pairs if len(set(pair)) > 1
        ]
    return Hours.of(rows)


@st.composite
def tables(draw: DrawFn, places: int, modes: int) -> Town:
    """Draw travel times of whole minutes (many ties), some ways missing, areas."""
    cells = st.sampled_from([0.0, 1, 2, 3, 5, 8, 13.5, np.inf])
    size = modes * places * places
    drawn = draw(st.lists(cells, min_size=size, max_size=size))
    travel = np.array(drawn).reshape(modes, places, places) * MINUTE
    travel[:, np.arange(places), np.arange(places)] = 0.0
    area = draw(st.lists(st.integers(0, 1), min_size=places, max_size=places))
    return Town(travel, travel * 7.0, np.array(area))


@st.composite
def cases(draw: DrawFn) -> Case:
    """Draw up to 4 units, 12 incidents and 8 visits within an hour: crowded, with many ties."""
    places, modes = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    count = draw(st.sampled_from([0, 1, 2, 3, 4, 4]))
    happen, planned = draw(st.integers(0, 12)), draw(st.integers(0, 8))

    def many(values: st.SearchStrategy[int], size: int) -> I64:
        return np.array(draw(st.lists(values, min_size=size, max_size=size)), np.int64)

    place = st.integers(0, places - 1)
    units = Units(
        base=many(place, count),
        shifts=draw(_hours(count, 2, apart=True)),
        competence=many(st.sampled_from([0, 1, 2, 3, 3]), count),
        mode=many(st.integers(0, modes - 1), count),
        needs_permit=many(st.sampled_from([0, 0, 1]), count) == 1,
        permits=draw(_hours(count, 3, apart=False)),
        covers=many(st.sampled_from([1, 1, 1, 0]), count * places).reshape(count, places) == 1,
    )
    minute = st.integers(0, 70)
    incidents = Incidents(
        at_s=np.sort(many(minute, happen)) * MINUTE,
        place=many(place, happen),
        on_scene_s=many(st.sampled_from([0, 3, 10, 25]), happen) * MINUTE,
        needs=many(st.sampled_from([0, 0, 1, 2, 3]), happen),
        danger=many(st.integers(0, 1), happen) == 1,
        units_needed=many(st.sampled_from([1, 1, 2]), happen),
    )
    planned = planned if count else 0
    visits = Visits(
        unit=many(st.integers(0, max(count - 1, 0)), planned),
        place=many(place, planned),
        planned_s=np.sort(many(minute, planned)) * MINUTE,
        dwell_s=many(st.sampled_from([0, 5, 12]), planned) * MINUTE,
    )
    policy = Policy(
        rule=draw(st.sampled_from([Rule.NEAREST, Rule.RESERVE])),
        keep=draw(st.integers(0, 2)),
        held_s=draw(st.sampled_from([0.0, 120.0, np.inf])),
        late_most_s=draw(st.sampled_from([0.0, 600.0])),
        waits_most_s=draw(st.sampled_from([np.inf, 900.0])),
    )
    return Case(draw(tables(places, modes)), units, incidents, visits, policy)
