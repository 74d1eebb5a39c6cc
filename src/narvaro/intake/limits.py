"""How much the receiver bears from outside. In: connections and refused messages. Out: yes or no."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from narvaro.spine import clock

PROVEN_FOR_ONE = 4  # connections that one account, sender or device keeps in the reserve


@dataclass(frozen=True)
class Limits:
    """Bounds of each listener; a connection is proven once it has sent a sound, known message.

    `reserve` of the `connections` are for proven ones only. `faults` is how many unsound frames a
    connection may send. Refused messages are kept up to `refused_per_source` and `refused_in_all`
    a minute, and counted beyond. `unanswered` datagrams wait for the journal at once.
    """

    connections: int = 1000
    reserve: int = 250
    per_peer: int = 200
    idle_s: float = 180.0
    half_message_s: float = 10.0
    send_s: float = 10.0
    body_bytes: int = 131_072  # a phone may send a picture along, which is dropped
    faults: int = 20
    refused_per_source: int = 10
    refused_in_all: int = 60
    unanswered: int = 2000

    def __post_init__(self) -> None:
        """Refuse a reserve that leaves no room for newcomers."""
        if not 0 <= self.reserve < self.connections:
            raise ValueError(f"reserve {self.reserve} must be below connections {self.connections}")


@dataclass(eq=False)
class Guest:
    """One connection: its peer's address, how to close it, and whether it was proven worth a place."""

    peer: str
    close: Callable[[], None]
    proven: bool = False
    faults: int = 0
    gate: "Gate | None" = None

    def prove(self, name: str) -> None:
        """Note that it sent a sound, fresh message of somebody who is known."""
        if self.gate is not None:
            self.gate.prove(self, name)


class Gate:
    """Who may be connected: when it is full, the oldest unproven connection makes room."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._guests: dict[Guest, None] = {}
        self._per_peer: Counter[str] = Counter()
        self._proven: dict[str, list[Guest]] = {}

    def enter(self, guest: Guest) -> bool:
        """Let a guest in, closing the oldest unproven one where that is needed; False is no."""
        bounds = self._limits
        if self._per_peer[guest.peer] >= bounds.per_peer and not self._make_room(guest.peer):
            return False
        full = len(self._guests) >= bounds.connections - bounds.reserve
        if full and not self._make_room() and len(self._guests) >= bounds.connections:
            return False
        self._guests[guest] = None
        guest.gate = self
        self._per_peer[guest.peer] += 1
        return True

    def leave(self, guest: Guest) -> None:
        """Let a guest go; one who has left already is no error."""
        if guest in self._guests:
            del self._guests[guest]
            for name in [name for name, those in self._proven.items() if guest in those]:
                self._unprove(guest, name)
            self._per_peer[guest.peer] -= 1
            if not self._per_peer[guest.peer]:
                del self._per_peer[guest.peer]

    def prove(self, guest: Guest, name: str) -> None:
        """Count a guest as proven for `name`; of too many, the oldest is proven no more."""
        guest.proven = True
        those = self._proven.setdefault(name, [])
        if guest not in those:
            those.append(guest)
        if len(those) > PROVEN_FOR_ONE:
            self._unprove(those[0], name)

    def _unprove(self, guest: Guest, name: str) -> None:
        guest.proven = False
        self._proven[name].remove(guest)
        if not self._proven[name]:
            del self._proven[name]

    def _make_room(self, peer: str | None = None) -> bool:
        for guest in self._guests:
            if not guest.proven and peer in (None, guest.peer):
                self.leave(guest)
                guest.close()
                return True
        return False


class Allowance:
    """How many refused messages are kept in a minute, per source and in all."""

    PERIOD_S = 60.0

    def __init__(self, per_source: int, in_all: int) -> None:
        self._per_source = per_source
        self._in_all = in_all
        self._since = clock.monotonic()
        self._taken: Counter[str] = Counter()

    def take(self, source: str) -> bool:
        """Take one of the source's allowance; False where it is used up."""
        if clock.monotonic() - self._since >= self.PERIOD_S:
            self._since = clock.monotonic()
            self._taken.clear()
        if self._taken[source] >= self._per_source or self._taken.total() >= self._in_all:
            return False
        self._taken[source] += 1
        return True
