"""Who brings help and who an AED: against trying every unit with every AED."""

from datetime import UTC, date, datetime, time
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.choice import NONE, Opening, detour, is_open


def at(*given: int) -> datetime:
    """Return a local time."""
    return datetime(*given, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


WEEK = frozenset(range(7))
LIBRARY = [Opening(frozenset(range(5)), time(9), time(19))]
KIOSK = [Opening(frozenset({4, 5}), time(18), time(2))]
seconds = st.integers(0, 900).map(float) | st.just(inf)


def test_story_nearest_straight_next_by_way_of_the_library() -> None:
    """V1 is there in 84 s without an AED; V2 brings the library's in 170 s; the closed one is nearer."""
    found = detour(
        [84.0, 120.0], [[90.0, 10.0], [110.0, 10.0]], [60.0, 5.0],
        aed_open=[True, False], carries_aed=[False, False],
    )  # fmt: skip
    assert (found.straight, found.fetcher, found.fetched) == (0, 1, 0)
    assert (found.aed.tolist(), found.with_s.tolist()) == ([0, 0], [150.0, 170.0])
    assert found.without_s.tolist() == [84.0, 120.0]


def test_nobody_fetches_what_the_nearest_has_in_the_car() -> None:
    """The AED is there with the first unit."""
    found = detour([84.0, 85.0], [[1.0], [1.0]], [90.0], aed_open=[True], carries_aed=[True, False])
    assert (found.straight, found.fetcher, found.fetched) == (0, NONE, NONE)
    assert found.aed.tolist() == [NONE, 0]


def test_a_unit_that_carries_one_comes_straight_as_second() -> None:
    """It fetches nothing, and still brings the AED first."""
    found = detour(
        [84.0, 95.0, 90.0], [[9.0], [9.0], [9.0]], [90.0],
        aed_open=[True], carries_aed=[False, True, False],
    )  # fmt: skip
    assert (found.straight, found.fetcher, found.fetched) == (0, 1, NONE)


def test_one_unit_goes_straight_and_no_unit_is_an_answer() -> None:
    """What the detour would cost the one is told all the same."""
    one = detour([84.0], [[10.0]], [90.0], aed_open=[True], carries_aed=[False])
    assert (one.straight, one.fetcher, one.with_s.tolist()) == (0, NONE, [100.0])
    none = detour([], np.zeros((0, 1)), [90.0], aed_open=[True], carries_aed=[])
    assert (none.straight, none.fetcher, none.fetched) == (NONE, NONE, NONE)
    far = detour([inf], [[1.0]], [1.0], aed_open=[True], carries_aed=[False])
    assert far.straight == NONE
    bare = detour([5.0, 6.0], np.zeros((2, 0)), [], aed_open=[], carries_aed=[False, False])
    assert (bare.straight, bare.fetcher, bare.with_s.tolist()) == (0, NONE, [inf, inf])


@given(st.data(), st.integers(1, 4), st.integers(0, 4))
def test_the_proposal_is_the_best_of_all_ways(data: st.DataObject, units: int, aeds: int) -> None:
    """Literal loops over units and AEDs find nothing sooner, and the same nearest."""
    straight = data.draw(st.lists(seconds, min_size=units, max_size=units))
    there = [data.draw(st.lists(seconds, min_size=aeds, max_size=aeds)) for _ in range(units)]
    onward = data.draw(st.lists(seconds, min_size=aeds, max_size=aeds))
    opened = data.draw(st.lists(st.booleans(), min_size=aeds, max_size=aeds))
    carries = data.draw(st.lists(st.booleans(), min_size=units, max_size=units))
    found = detour(
        straight, np.array(there).reshape(units, aeds), onward, aed_open=opened, carries_aed=carries
    )
    brings = []
    for u in range(units):
        ways = [there[u][a] + onward[a] for a in range(aeds) if opened[a]]
        brings.append(straight[u] if carries[u] else min(ways, default=inf))
    assert found.with_s.tolist() == brings
    if min(straight) == inf:
        assert (found.straight, found.fetcher) == (NONE, NONE)
        return
    first = straight.index(min(straight))
    rest = [brings[u] for u in range(units) if u != first and straight[u] < inf]
    otherwise = straight[first] if carries[first] else inf
    assert found.straight == first
    if min(rest, default=inf) < otherwise:
        assert brings[found.fetcher] == min(rest)
        assert found.fetcher != first
        assert carries[found.fetcher] or opened[found.fetched]
    else:
        assert (found.fetcher, found.fetched) == (NONE, NONE)


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (([1.0], [[1.0]], [nan]), "aed_incident_s"),
        (([-1.0], [[1.0]], [1.0]), "unit_incident_s"),
        (([1.0], [1.0], [1.0]), "axes"),
        (([1.0], [[1.0, 2.0]], [1.0]), "1 AEDs"),
    ],
)
def test_tables_that_cannot_be_are_refused_in_words(tables: Any, says: str) -> None:
    """Named, so that the caller finds them."""
    with pytest.raises(ValueError, match=says):
        detour(*tables, aed_open=[True], carries_aed=[False])


@pytest.mark.parametrize(
    ("openings", "local", "expected"),
    [
        (LIBRARY, at(2026, 11, 23, 16, 42), True),  # Monday
        (LIBRARY, at(2026, 11, 23, 19, 0), False),
        (LIBRARY, at(2026, 11, 22, 16, 42), False),
        (KIOSK, at(2026, 11, 28, 1, 59), True),  # the night after Friday
        (KIOSK, at(2026, 11, 27, 1, 59), False),
        (KIOSK, at(2026, 11, 29, 2, 0), False),
        ([Opening(WEEK, time(0), time(0))], at(2026, 11, 23, 3, 0), True),
        ([], at(2026, 11, 23, 12, 0), False),
    ],
)
def test_an_aed_is_open_in_its_hours(
    openings: list[Opening], local: datetime, expected: bool
) -> None:
    """Hours past midnight belong to the day they begin."""
    assert is_open(openings, local) is expected


def test_a_closed_day_takes_its_night_with_it() -> None:
    """Closed on Friday means closed until Saturday evening."""
    assert not is_open(KIOSK, at(2026, 11, 28, 1, 0), [date(2026, 11, 27)])
    assert not is_open(LIBRARY, at(2026, 11, 23, 12, 0), [date(2026, 11, 23)])
