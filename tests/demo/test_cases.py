"""The timetable: speed shortens the gaps, never the time inside a case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.demo.cases import Case, Dialled, timetable
from narvaro.demo.frames import sia
from narvaro.demo.town import TownSite

SITE = TownSite("S-001", "Prov", "school", "Provet 1", "Provgatan 1", 58.6, 19.5, 2)


def _case(gap_s: float, *after_s: float) -> Case:
    return Case(f"gap {gap_s}", SITE, gap_s, tuple(Dialled(a, sia("BA", 3)) for a in after_s))


@given(
    st.lists(
        st.tuples(st.floats(0, 600), st.lists(st.floats(0, 300), min_size=1, max_size=4)),
        max_size=6,
    ),
    st.floats(0.1, 100),
)
def test_speed_shortens_gaps_only(rows: list[tuple[float, list[float]]], speed: float) -> None:
    """Inside each case the offsets stand to the second; between cases the gap is divided."""
    cases = tuple(_case(gap, *sorted(after)) for gap, after in rows)
    calls = timetable(cases, speed)
    last_s = 0.0
    for case in cases:
        mine = [c.at_s for c in calls if c.case is case]
        start_s = last_s + case.gap_s / speed
        assert mine == pytest.approx([start_s + s.after_s for s in case.signals])
        last_s = start_s + max(s.after_s for s in case.signals)


def test_a_speed_of_nothing_is_refused() -> None:
    """Time cannot stand still."""
    with pytest.raises(ValueError, match="speed"):
        timetable((), 0.0)
