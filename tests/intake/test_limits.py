"""How much is borne: the gate makes room, the allowance runs out and comes back."""

from datetime import UTC, datetime

import pytest

from narvaro.intake.limits import PROVEN_FOR_ONE, Allowance, Gate, Guest, Limits
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


def test_one_account_keeps_few_places_however_often_it_is_proven() -> None:
    """A recorded frame cannot fill the receiver with connections that look genuine."""
    gate = Gate(Limits(connections=20, reserve=5, per_peer=20))
    guests = [Guest("192.0.2.1", lambda: None) for _ in range(15)]
    for one in guests:
        assert gate.enter(one)
        one.prove("1234")
    assert [one.proven for one in guests].count(True) == PROVEN_FOR_ONE
    assert guests[-1].proven
    newcomer = Guest("192.0.2.2", lambda: None)
    assert gate.enter(newcomer)
    newcomer.prove("5678")
    assert newcomer.proven
    for one in [*guests, newcomer]:
        gate.leave(one)
    assert gate._proven == {}
