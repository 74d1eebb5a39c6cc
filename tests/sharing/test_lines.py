"""Passing on over bad lines to two centres: at least once, or said; never dropped in silence."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from narvaro.sharing import forwarding
from narvaro.sharing.forwarding import ask, send_due
from narvaro.sharing.models import Forward
from narvaro.situation.models import Case
from narvaro.spine.clock import Hands
from narvaro.spine.models import Trouble
from tests.intake.line import TCP_FAULTS, Line, bad_line
from tests.intake.sos_centre import Centre, centre
from tests.make import NIGHT, World, make_centre, make_site, make_transmitter, send_signal

State = Forward.State
CASES, TURNS, SEEDS = 40, 25, (3, 4)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for a centre that is silent."""
    monkeypatch.setattr(forwarding, "WITHIN_S", 0.3)


@pytest.fixture
def centres(tmp_path: Path) -> Iterator[tuple[Centre, Centre]]:
    """Two centres, each with a journal of its own."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    with centre(tmp_path / "first") as first, centre(tmp_path / "second") as second:
        yield first, second


@pytest.fixture
def lines(centres: tuple[Centre, Centre]) -> Iterator[tuple[Line, Line]]:
    with bad_line(centres[0].port, 1) as first, bad_line(centres[1].port, 2) as second:
        yield first, second


def ask_for(world: World, lines: tuple[Line, Line], count: int) -> None:
    """Ask for a number of cases to be passed on."""
    there = make_centre(world, lines[0].port, second_host="127.0.0.1", second_port=lines[1].port)
    for _ in range(count):
        panel = make_transmitter(make_site(world))
        send_signal(panel)
        ask(case=Case.objects.get(site=panel.site), centre=there, by="member:1", at=NIGHT)


def list_taken(*centres: Centre) -> list[str]:
    """List what the centres hold, as often as they hold it."""
    return [one.decoded for made in centres for one in made.list_records() if one.kind == "signal"]


def try_all() -> None:
    """Send what waits, as if its pause were over."""
    Forward.objects.filter(state=State.WAITING).update(not_before=NIGHT)
    send_due(CASES)


def is_taken(forward: Forward, taken: list[str]) -> bool:
    return any(forward.pk.hex in one for one in taken)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_over_two_bad_lines_each_alarm_is_passed_on(
    world: World, centres: tuple[Centre, Centre], lines: tuple[Line, Line], seed: int
) -> None:
    """What counts as delivered is in a centre's journal, and once the lines are good all of it."""
    ask_for(world, lines, CASES)
    dice, ended = Random(seed), threading.Event()

    def play() -> None:
        while not ended.is_set():
            for one in lines:
                one.worsen(dice.uniform(0.6, 1.0), TCP_FAULTS)
            dice.choice(lines).refuse()
            time.sleep(dice.uniform(0.1, 0.4))
            for one in lines:
                one.heal()

    playing = threading.Thread(target=play)
    playing.start()
    try:
        for _ in range(TURNS):
            try_all()
            delivered = Forward.objects.filter(state=State.DELIVERED)
            taken = list_taken(*centres)
            assert all(is_taken(one, taken) for one in delivered)
    finally:
        ended.set()
        playing.join(10)
    assert sum(one.done.total() for one in lines) > 5
    for one in lines:
        one.heal()
    try_all()
    assert set(Forward.objects.values_list("state", flat=True)) == {State.DELIVERED}
    for made in centres:  # the same bytes again are no second alarm there
        records = list_taken(made)
        assert len(records) == len(set(records))
    assert not Trouble.objects.exists()


@pytest.mark.slow
def test_where_both_lines_stay_cut_it_is_said_until_they_are_healed(
    world: World, hands: Hands, centres: tuple[Centre, Centre], lines: tuple[Line, Line]
) -> None:
    """Given up after an hour with a trouble; asked for anew over a good line it ends."""
    ask_for(world, lines, 1)
    for one in lines:
        one.refuse()
    for _ in range(62):
        send_due()
        hands.advance(61)
    forward = Forward.objects.get()
    assert (forward.state, list_taken(*centres)) == (State.GIVEN_UP, [])
    trouble = Trouble.objects.get(ended_at=None)
    assert trouble.facts["outcome"] == "given_up"
    for one in lines:
        one.heal()
    at = NIGHT + timedelta(hours=2)
    ask(case=forward.case, centre=forward.centre, by="member:1", at=at)
    hands.move_to(at)
    assert send_due() == 1
    forward.refresh_from_db()
    assert (forward.state, is_taken(forward, list_taken(*centres))) == (State.DELIVERED, True)
    assert not Trouble.objects.filter(ended_at=None).exists()
