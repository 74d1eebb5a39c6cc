"""How much is borne: the gate makes room, the allowance runs out and comes back."""

from datetime import UTC, datetime

import pytest

from narvaro.intake.limits import Allowance, Gate, Guest, Limits
from narvaro.spine.clock import Hands, ruled_by


def make_guest(peer: str, closed: list[str], *, proven: bool = False) -> Guest:
    return Guest(peer, lambda: closed.append(peer), proven)


def test_newcomer_takes_the_place_of_the_oldest_unproven() -> None:
    """Idle connections of strangers cannot keep a panel out."""
    closed: list[str] = []
    gate = Gate(Limits(connections=4, reserve=2, per_peer=9))
    guests = [make_guest(peer, closed) for peer in "abcd"]
    assert all(gate.enter(guest) for guest in guests)
    assert closed == ["a", "b"]
    assert len(gate) == 2


def test_reserve_is_for_the_proven_and_all_proven_is_full() -> None:
    """Proven connections are never closed for a newcomer; beyond them nobody is let in."""
    closed: list[str] = []
    gate = Gate(Limits(connections=3, reserve=1, per_peer=9))
    for _ in range(3):
        assert gate.enter(make_guest("panel", closed, proven=True))
    newcomer = make_guest("late", closed)
    assert not gate.enter(newcomer)
    gate.leave(newcomer)
    assert closed == []
    assert len(gate) == 3


def test_one_peer_has_a_bound_of_its_own() -> None:
    """A peer over its bound closes its own oldest unproven connection, nobody else's."""
    closed: list[str] = []
    gate = Gate(Limits(connections=100, reserve=0, per_peer=2))
    first = make_guest("a", closed, proven=True)
    others = [make_guest(peer, closed) for peer in ("b", "a", "a")]
    assert all(gate.enter(guest) for guest in [first, *others])
    assert closed == ["a"]
    others[2].proven = True
    assert not gate.enter(make_guest("a", closed))
    gate.leave(first)
    gate.leave(first)
    assert gate.enter(make_guest("a", closed))


def test_allowance_is_bounded_per_source_and_in_all_and_comes_back() -> None:
    """One flood cannot use up what others need, and a minute later all is new."""
    hands = Hands(datetime(2026, 11, 23, tzinfo=UTC))
    with ruled_by(hands):
        allowance = Allowance(per_source=2, in_all=3)
        assert [allowance.take("a") for _ in range(3)] == [True, True, False]
        assert [allowance.take(name) for name in "bc"] == [True, False]
        hands.advance(60)
        assert allowance.take("a")


def test_reserve_larger_than_all_is_refused() -> None:
    """A bound that would close every newcomer is a mistake."""
    with pytest.raises(ValueError, match="reserve"):
        Limits(connections=100, reserve=100)
