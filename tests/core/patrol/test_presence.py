"""What presence prevents: the compiled sums against the definition, and what the definition says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.jit import F64
from narvaro.core.patrol import Stay, prevented, work
from narvaro.core.patrol.arrays import pack
from narvaro.core.patrol.search import prevented as kernel_prevented
from tests.core.patrol.nights import make_night


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 2_000)), max_size=8),
    st.integers(1, 300),
    st.sampled_from([1800, 3600, 7200]),
    st.integers(0, 2**32),
)
def test_the_compiled_harm_is_the_literal_harm(
    stays: list[tuple[int, int]], bins: int, half_life_s: int, seed: int
) -> None:
    """Prefix sums and the strongest memory give what a sum over bins gives."""
    harm = np.random.default_rng(seed).random((2, bins))
    night = make_night((0, 1), harm=harm, half_life_s=half_life_s)
    ordered = sorted(stays)
    visits = np.array([(a, a + d, 0, 0) for a, d in ordered], np.int64).reshape(-1, 4)
    compiled = kernel_prevented(pack(night).harm, 1, visits)
    assert compiled == pytest.approx(literal(harm[1], stays, half_life_s), abs=1e-9)
    assert prevented(night, 1, [Stay(*one) for one in stays]) == pytest.approx(compiled, abs=1e-9)


def literal(harm: F64, stays: list[tuple[int, int]], half_life_s: int) -> float:
    """Sum harm times presence, bin by bin, straight from the definition."""
    total = 0.0
    for number, expected in enumerate(harm.tolist()):
        middle = 120 * number + 60
        most = 0.0
        for arrive, dwell in stays:
            left = 0.0 if dwell < 300 else min(1.0, dwell / 720)
            if arrive <= middle < arrive + dwell:
                most = 1.0
            elif middle >= arrive + dwell:
                most = max(most, left * 2 ** (-(middle - arrive - dwell) / half_life_s))
        total += expected * most
    return total


def test_presence_saturates_at_twelve_minutes_fades_and_never_adds_up() -> None:
    """Half an hour later half is left at a half-life of half an hour; a second guard adds nothing."""
    full = work([Stay(0, 720)], 30, 1800)
    assert full[:6].tolist() == [1.0] * 6
    assert full[20] == pytest.approx(0.5 ** ((20 * 120 + 60 - 720) / 1800))
    assert work([Stay(0, 720), Stay(0, 720)], 30, 1800).tolist() == full.tolist()
    assert work([Stay(0, 360)], 30, 1800)[20] == pytest.approx(
        0.5 * 0.5 ** ((20 * 120 + 60 - 360) / 1800)
    )
    assert work([Stay(0, 299)], 30, 1800)[3:].max() == 0
