"""What-ifs: who may ask, how far one has come, what was stopped, cut off, refused."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from narvaro.access.models import Role
from narvaro.access.viewer import Viewer
from narvaro.core.said import Said
from narvaro.followup.models import WhatIf
from narvaro.followup.replay import actions, waiting
from narvaro.followup.replay.loading import Loaded
from narvaro.followup.replay.queries import count_waiting, get_what_if, list_what_ifs
from narvaro.followup.replay.running import Progress, run
from narvaro.followup.replay.scenario import Answer, Asked, Scenario
from narvaro.followup.replay.waiting import run_waiting
from narvaro.spine.refusal import Missing, Refused
from tests.followup.replay.town import make_town
from tests.make import NIGHT, World, make_member, make_viewer

ASKED = Asked(Scenario(), Scenario(more_units=1), days=7, runs=3)
State = WhatIf.State


def leader(world: World) -> Viewer:
    return make_viewer(make_member(world, Role.SHIFT_LEADER))


def ask(viewer: Viewer, asked: Asked = ASKED, minutes: int = 0) -> WhatIf:
    at = NIGHT + timedelta(minutes=minutes)
    return actions.ask_what_if(viewer=viewer, asked=asked, at=at)


def test_what_was_asked_is_played_and_answered(street: World) -> None:
    make_town(street)
    viewer = leader(street)
    asked = ask(viewer)
    assert (asked.state, count_waiting()) == (State.WAITING, 1)
    assert run_waiting() == 1
    done = get_what_if(viewer, asked.pk)
    assert (done.state, done.progress, done.tries) == (State.DONE, 1.0, 1)
    assert done.done_at is not None
    assert done.answer is not None
    answer = Answer.of(done.answer)
    assert answer.asked == ASKED
    assert answer.row("all_incidents").runs == 3
    assert [one.pk for one in list_what_ifs(viewer)] == [asked.pk]
    assert count_waiting() == 0


def test_each_organisation_sees_its_own_and_guards_none(world: World) -> None:
    viewer, coordinator = leader(world), make_viewer(make_member(world, Role.COORDINATOR))
    mine, theirs = ask(viewer), ask(coordinator)
    assert [one.pk for one in list_what_ifs(viewer)] == [mine.pk]
    assert [one.pk for one in list_what_ifs(coordinator)] == [theirs.pk]
    guard = make_viewer(make_member(world))
    assert list_what_ifs(guard) == []
    for call in (
        lambda: ask(guard),
        lambda: get_what_if(viewer, theirs.pk),
        lambda: get_what_if(viewer, uuid4()),
        lambda: actions.stop_what_if(viewer=viewer, what_if_id=theirs.pk, at=NIGHT),
        lambda: actions.stop_what_if(viewer=guard, what_if_id=mine.pk, at=NIGHT),
    ):
        with pytest.raises(Missing):
            call()


def test_three_wait_at_most_and_a_stopped_one_waits_no_more(world: World) -> None:
    viewer = leader(world)
    first, *_ = [ask(viewer, minutes=number) for number in range(3)]
    with pytest.raises(Refused, match="wait, or stop one"):
        ask(viewer)
    actions.stop_what_if(viewer=viewer, what_if_id=first.pk, at=NIGHT)
    assert get_what_if(viewer, first.pk).state == State.STOPPED
    assert count_waiting() == 2
    ask(viewer)


def test_the_longest_waiting_comes_first(world: World) -> None:
    later, first = ask(leader(world), minutes=5), ask(leader(world))
    taken = actions.take_next(at=NIGHT)
    assert taken is not None
    assert (taken.pk, taken.state, taken.started_at) == (first.pk, State.RUNNING, NIGHT)
    again = actions.take_next(at=NIGHT)
    assert again is not None
    assert again.pk == later.pk
    assert actions.take_next(at=NIGHT) is None


def test_one_that_is_stopped_while_it_is_played_stays_stopped(
    street: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_town(street)
    viewer = leader(street)
    asked = ask(viewer)
    played: list[float] = []
    monkeypatch.setattr(waiting, "EVERY_S", 0.0)

    def stopped(loaded: Loaded, progress: Progress, go_on: Callable[[], bool]) -> Answer:
        def told(share: float) -> None:
            played.append(share)
            actions.stop_what_if(viewer=viewer, what_if_id=asked.pk, at=NIGHT)
            progress(share)

        return run(loaded, told, go_on)

    monkeypatch.setattr(waiting, "run", stopped)
    run_waiting()
    assert len(played) == 1
    now = get_what_if(viewer, asked.pk)
    assert (now.state, now.answer) == (State.STOPPED, None)


def test_one_that_was_cut_off_is_played_anew_once(street: World) -> None:
    make_town(street)
    viewer = leader(street)
    asked = ask(viewer)
    actions.take_next(at=NIGHT)
    assert count_waiting() == 1
    run_waiting()
    assert get_what_if(viewer, asked.pk).state == State.DONE
    WhatIf.objects.update(state=State.RUNNING, tries=2)
    run_waiting()
    now = get_what_if(viewer, asked.pk)
    assert now.state == State.FAILED
    assert "fewer days" in Said.of(now.why)


def test_what_is_missing_is_kept_in_words(world: World) -> None:
    viewer = leader(world)
    asked = ask(viewer)
    run_waiting()
    now = get_what_if(viewer, asked.pk)
    assert now.state == State.FAILED
    assert "import the roster" in Said.of(now.why)


def test_a_fault_of_ours_names_no_data(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = leader(world)
    asked = ask(viewer)

    def breaks(*_given: object) -> None:
        raise ZeroDivisionError("Trasten skola")

    monkeypatch.setattr(waiting, "load", breaks)
    run_waiting()
    why = Said.of(get_what_if(viewer, asked.pk).why)
    assert "ZeroDivisionError" in why
    assert "Trasten" not in why


def test_progress_is_a_share(world: World) -> None:
    ask(leader(world))
    taken = actions.take_next(at=NIGHT)
    assert taken is not None
    assert actions.note_progress(what_if=taken, share=1.4)
    taken.refresh_from_db()
    assert taken.progress == 1.0
