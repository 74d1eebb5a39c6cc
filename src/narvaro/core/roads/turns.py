"""Who may turn where. In: arcs, turn restrictions, barriers. Out: arcs of a network without either.

A junction where not all may turn is split: one node for the ways in that may go on alike, one for the
ways out that are reached alike, and a link for each turn, with the profiles that may take it. Where a
restriction runs over a way (after A and B not C), the arc B is there twice: once for those who came
from A. Only these junctions are split, and plain shortest paths need to know nothing of turns.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from narvaro.core.jit import I32, Bits
from narvaro.core.roads.graph import EVERYBODY, U8

State = tuple[int, ...]
"""How one came to a junction: the last arc, or all those that a restriction asks for."""


class Arcs(NamedTuple):
    """Arcs as a graph has them: int32 [m], bool [m], uint8 [m]."""

    tail: I32
    head: I32
    piece: I32
    forward: Bits
    use: U8


@dataclass(frozen=True, slots=True)
class Ban:
    """After the arcs of `path`, none of `to` may follow; with `only`, nothing else may."""

    path: State
    to: frozenset[int]
    only: bool
    profiles: int


def expand(nodes: int, arcs: Arcs, bans: Sequence[Ban], blocked: U8) -> tuple[I32, Arcs]:
    """Split junctions; return the old junction of each new node, and the new arcs.

    `blocked` [nodes] are the profiles that do not get past a junction: they may only turn round.
    """
    rules = _Rules(arcs, blocked)
    for ban in bans:
        rules.add(ban)
    split = sorted({*rules.junctions(bans), *np.flatnonzero(blocked).tolist()})
    if not split:
        return np.arange(nodes, dtype=np.int32), arcs
    return _Splitting(nodes, arcs, rules).of(split)


@dataclass(slots=True)
class _Rules:
    """What may follow what."""

    arcs: Arcs
    blocked: U8
    known: dict[State, int] = field(default_factory=lambda: defaultdict(int))  # longer than one arc
    banned: dict[State, dict[int, int]] = field(default_factory=dict)
    leaving: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    entering: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for arc, (tail, head) in enumerate(
            zip(self.arcs.tail.tolist(), self.arcs.head.tolist(), strict=True)
        ):
            self.leaving[tail].append(arc)
            self.entering[head].append(arc)

    def add(self, ban: Ban) -> None:
        """Note a restriction; what nobody may take cannot be the only way."""
        profiles = ban.profiles
        if ban.only:
            profiles &= int(np.bitwise_or.reduce(self.arcs.use[sorted(ban.to)]))
        for size in range(2, len(ban.path) + 1):
            self.known[ban.path[:size]] |= profiles
        node = int(self.arcs.head[ban.path[-1]])
        banned = self.banned.setdefault(ban.path, defaultdict(int))
        for arc in self.leaving[node]:
            if (arc in ban.to) != ban.only:
                banned[arc] |= profiles

    def junctions(self, bans: Sequence[Ban]) -> set[int]:
        """Return where the restrictions' ways lead through."""
        return {int(self.arcs.head[arc]) for ban in bans for arc in ban.path}

    def states_in(self, node: int) -> list[State]:
        """List how one can come to a junction."""
        longer = [one for one in self.known if self.arcs.head[one[-1]] == node]
        return [*((arc,) for arc in self.entering[node]), *longer]

    def states_out(self, node: int) -> list[State]:
        """List how one can go from a junction."""
        longer = [one for one in self.known if self.arcs.tail[one[-1]] == node]
        return [*((arc,) for arc in self.leaving[node]), *longer]

    def onward(self, state: State, arc: int) -> Iterator[tuple[State, int]]:
        """Yield what one is after `arc`, and for which profiles; nothing where all are barred."""
        last = state[-1]
        allowed = self.known[state] if len(state) > 1 else EVERYBODY
        same_piece = self.arcs.piece[last] == self.arcs.piece[arc]
        if not (same_piece and self.arcs.forward[last] != self.arcs.forward[arc]):
            allowed &= ~int(self.blocked[self.arcs.head[last]])
        for size in range(1, len(state) + 1):
            allowed &= ~self.banned.get(state[-size:], {}).get(arc, 0)
        for size in range(len(state), 0, -1):
            after = (*state[-size:], arc)
            if after in self.known and allowed & self.known[after]:
                yield after, allowed & self.known[after]
                allowed &= ~self.known[after]
        if allowed:
            yield (arc,), allowed


@dataclass(slots=True)
class _Splitting:
    """The new network as it grows."""

    nodes: int
    arcs: Arcs
    rules: _Rules
    origin: list[int] = field(default_factory=list)
    node_in: dict[State, int] = field(default_factory=dict)
    node_out: dict[State, int] = field(default_factory=dict)
    links: list[tuple[int, int, int]] = field(default_factory=list)  # tail, head, use

    def of(self, split: Sequence[int]) -> tuple[I32, Arcs]:
        """Split these junctions."""
        whole = np.setdiff1d(np.arange(self.nodes), split)
        number = np.full(self.nodes, -1, np.int64)
        number[whole] = np.arange(len(whole))
        self.origin = whole.tolist()
        for node in split:
            self._split(node)
        arcs, longer = self.arcs, list(self.rules.known)
        last = np.array([state[-1] for state in longer], np.int64)
        states = [*((arc,) for arc in range(len(arcs.tail))), *longer]
        base = np.concatenate([np.arange(len(arcs.tail)), last])
        tail, head = number[arcs.tail[base]], number[arcs.head[base]]
        for ends, ours in ((tail, self.node_out), (head, self.node_in)):
            for k in np.flatnonzero(ends < 0):
                ends[k] = ours[states[k]]
        use = arcs.use[base]
        use[len(arcs.tail) :] &= np.array([self.rules.known[s] for s in longer], np.uint8)
        links = np.array(self.links, np.int64).reshape(-1, 3)
        return np.array(self.origin, np.int32), Arcs(
            np.concatenate([tail, links[:, 0]]).astype(np.int32),
            np.concatenate([head, links[:, 1]]).astype(np.int32),
            np.concatenate([arcs.piece[base], np.full(len(links), -1)]).astype(np.int32),
            np.concatenate([arcs.forward[base], np.ones(len(links), np.bool_)]),
            np.concatenate([use, links[:, 2].astype(np.uint8)]),
        )

    def _split(self, node: int) -> None:
        """Make a node for each group of ways in, one for each of ways out, and the links."""
        ways_in, ways_out = self.rules.states_in(node), self.rules.states_out(node)
        if not (ways_in and ways_out):  # an end: nothing is turned here
            self.node_in |= dict.fromkeys(ways_in, len(self.origin))
            self.node_out |= dict.fromkeys(ways_out, len(self.origin))
            self.origin.append(node)
            return
        column = {state: k for k, state in enumerate(ways_out)}
        allowed = np.zeros((len(ways_in), len(ways_out)), np.uint8)
        for row, state in enumerate(ways_in):
            for arc in self.rules.leaving[node]:
                for after, profiles in self.rules.onward(state, arc):
                    allowed[row, column[after]] |= profiles
        rows, row_of = np.unique(allowed, axis=0, return_inverse=True)
        groups, column_of = np.unique(rows, axis=1, return_inverse=True)
        first_in = len(self.origin)
        first_out = first_in + groups.shape[0]
        self.origin += [node] * sum(groups.shape)
        self.node_in |= {s: first_in + int(k) for s, k in zip(ways_in, row_of.flat, strict=True)}
        self.node_out |= {
            s: first_out + int(k) for s, k in zip(ways_out, column_of.flat, strict=True)
        }
        for a, b in zip(*np.nonzero(groups), strict=True):
            self.links.append((first_in + int(a), first_out + int(b), int(groups[a, b])))
