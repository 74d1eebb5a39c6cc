"""Guards who work alone, for days on a moved clock: nobody is missed, nobody is raised without need."""

import pytest

from narvaro.spine.clock import Hands
from tests.dispatch.months import TURN_S, count_raised, play
from tests.make import World


@pytest.mark.slow
def test_nobody_is_missed_in_days_of_standstills_and_clock_steps(
    world: World, hands: Hands
) -> None:
    """Each missing sign of life is raised a turn after its time, or after the scheduler goes on."""
    month = play(world, hands, guards=20, days=4, seed=4)
    assert month.check_ins > 500
    assert len(month.late_s) > 3
    assert month.never == 0
    assert count_raised() == len(month.late_s)
    assert min(month.late_s) >= 0.0
    assert max(month.late_s) <= 2 * TURN_S
