"""What the worker hands on: whose positions may be received, and of which hours."""

from datetime import timedelta

from narvaro.config.work import on_duty_now
from narvaro.dispatch.responses import set_own_state
from narvaro.situation.models import UnitStatus
from narvaro.spine import clock
from narvaro.spine.clock import Hands
from tests.make import NIGHT, World, make_unit

State = UnitStatus.State
MINUTE = timedelta(minutes=1)


def test_the_breaks_of_a_shift_are_handed_on_and_of_no_shift_before(
    world: World, hands: Hands
) -> None:
    """A phone that was without net through its break sends it with the rest."""
    crew = make_unit(world)
    begun = crew.shift.starts_at

    def says(state: UnitStatus.State, minutes: int) -> None:
        hands.move_to(NIGHT + minutes * MINUTE)
        set_own_state(unit=crew.unit, state=state, by="member:test", at=clock.now())

    hands.move_to(begun - 60 * MINUTE)
    set_own_state(unit=crew.unit, state=State.BREAK, by="member:test", at=clock.now())
    hands.move_to(NIGHT)
    assert on_duty_now().since == {crew.unit.pk: begun}
    says(State.AVAILABLE, 1)
    assert on_duty_now().breaks == {crew.unit.pk: ()}
    says(State.BREAK, 10)
    assert on_duty_now().since == {}
    says(State.AVAILABLE, 40)
    says(State.BREAK, 100)
    says(State.AVAILABLE, 130)
    [found] = on_duty_now().breaks.values()
    assert found == (
        (NIGHT + 10 * MINUTE, NIGHT + 40 * MINUTE), (NIGHT + 100 * MINUTE, NIGHT + 130 * MINUTE)
    )  # fmt: skip
