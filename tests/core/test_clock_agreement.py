"""Which clock is out: two of three decide, one alone never, but for panels of one mind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.clock_agreement import PANELS, ClockVerdict, Reading, is_zone_mistake, judge


def panels(off_s: float) -> Reading:
    return Reading(PANELS, off_s, 12.0)


def server(name: str, off_s: float) -> Reading:
    return Reading(name, off_s, 2.0)


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        ([], ClockVerdict()),
        ([panels(3.0)], ClockVerdict(backed=True)),
        ([panels(61.0)], ClockVerdict(suspected=True, off_s=61.0, alone=True)),
        ([panels(3600.0)], ClockVerdict()),
        ([server("a", 61.0)], ClockVerdict()),
        ([panels(61.0), server("a", 0.2)], ClockVerdict()),
        ([panels(0.0), server("a", 61.0)], ClockVerdict(backed=True, out=("a",))),
        ([panels(55.0), server("a", 61.0)], ClockVerdict(suspected=True, off_s=61.0)),
        ([panels(3601.0), server("a", 3600.0)], ClockVerdict(suspected=True, off_s=3601.0)),
        ([panels(61.0), server("a", 300.0)], ClockVerdict(suspected=True, off_s=61.0, alone=True)),
        ([server("a", 61.0), server("b", 300.0)], ClockVerdict()),
        ([server("a", 61.0), server("b", 61.5)], ClockVerdict(suspected=True, off_s=61.5)),
        ([server("a", 61.0), server("b", 61.5), server("c", 0.0)], ClockVerdict()),
        ([server("a", 61.0), server("b", 0.0)], ClockVerdict(out=("a",))),
        ([panels(61.0), server("a", 61.0), server("c", 0.0)], ClockVerdict()),
        ([server("a", 61.0), server("b", 61.5), panels(0.0)], ClockVerdict()),
        (
            [panels(61.0), server("a", 0.0), server("b", 0.2)],
            ClockVerdict(backed=True, out=(PANELS,)),
        ),
        (
            [server("a", 61.0), server("b", 61.5), server("c", 62.0), panels(0.0)],
            ClockVerdict(suspected=True, off_s=61.5, out=(PANELS,)),
        ),
    ],
)
def test_what_the_sources_say_is_judged(readings: list[Reading], verdict: ClockVerdict) -> None:
    assert judge(readings) == verdict


def test_panels_of_one_tenant_among_several_speak_and_decide_nothing_alone() -> None:
    """They count as a source beside a server; one tenant's panels are one owner's word."""
    one = Reading(PANELS, 61.0, 12.0, may_alone=False)
    assert judge([one]) == ClockVerdict()
    assert judge([one, server("a", 61.0)]).suspected
    back = Reading(PANELS, 1.0, 12.0, may_alone=False)
    assert judge([back]).backed
    assert not judge([back, server("a", 61.0)]).backed
    assert judge([panels(1.0), server("a", 61.0)]).backed


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), max_size=4), st.floats(-1, 1))
def test_one_server_that_lies_never_ends_what_two_sources_speak_for(
    panel_s: float, servers: list[float], lie_s: float
) -> None:
    """Whatever else is read: where the others put us in doubt, one more does not back us."""
    readings = [panels(panel_s), *(server(f"s{n}", off_s) for n, off_s in enumerate(servers))]
    before = judge(readings)
    if before.suspected:
        assert not judge([*readings, server("liar", lie_s)]).backed


def test_a_stamp_may_have_been_on_its_way() -> None:
    """What is behind us may be late; what is ahead of us is not."""
    late = [Reading(PANELS, off_s, 10.0, 20.0) for off_s in (-36.0, -34.0, 14.0, 16.0)]
    assert [judge([one]).backed for one in late] == [False, True, True, False]
    right = server("a", 0.0)
    assert [one.agrees(right) for one in late] == [right.agrees(one) for one in late]


@given(st.floats(-1e9, 1e9))
def test_one_server_alone_never_makes_us_doubt(off_s: float) -> None:
    """It is not signed, and one against one is no majority."""
    assert not judge([server("a", off_s)]).suspected


@given(st.floats(-1e6, 1e6), st.lists(st.floats(-1e6, 1e6), max_size=3))
def test_what_is_doubted_is_never_backed(panel_s: float, servers: list[float]) -> None:
    """And neither depends on the order of what was read."""
    readings = [panels(panel_s), *(server(f"s{n}", off_s) for n, off_s in enumerate(servers))]
    verdict, turned = judge(readings), judge(readings[::-1])
    assert not (verdict.suspected and verdict.backed)
    assert not verdict.suspected or abs(verdict.off_s) > 5
    if len(servers) < 2:
        assert (verdict.suspected, verdict.backed) == (turned.suspected, turned.backed)


@given(st.integers(-28, 28), st.floats(-25, 25))
def test_whole_half_hours_are_a_mistake_of_the_zone(steps: int, rest_s: float) -> None:
    assert is_zone_mistake(steps * 1800 + rest_s) == (steps != 0)
