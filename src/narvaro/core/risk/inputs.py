"""What the forecast may learn from. In: events from named sources. Out: the same, or a refusal.

A forecast that learns from what patrols find sends patrols to where patrols were (Ensign et al.
2018); one that learns from persons or from classes of areas is not a forecast of places and hours.
So there is a list of what is allowed, and anything else is refused by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np

from narvaro.core.jit import F64, I32, Bits


class Input(StrEnum):
    """The sources that the forecast may learn from; all are reported whether or not a guard came."""

    DAMAGE = "damage"  # the owner's own register of damage
    WORK_ORDER = "work_order"  # repairs that the owner ordered
    CONFIRMED_ALARM = "confirmed_alarm"  # an alarm that turned out to be real
    REPORTED_INCIDENT = "reported_incident"  # reported by others than guards
    REPORTED_OFFENCE = "reported_offence"  # open data of reported offences with a place


REFUSED = {
    "guard_discovery": "what guards find themselves follows where guards are",
    "observation": "what guards find themselves follows where guards are",
    "unconfirmed_alarm": "most of them are false, and follow the sensors",
    "youth_contact": "contacts with young people are not harm",
    "police_area_class": "a class of an area is context on a page, not an event",
    "police_event": "its place is the middle of a municipality",
    "person": "the forecast is of places and hours, never of persons",
    "perceived_safety": "felt safety is a currency of its own",
}
"""Sources that somebody might think of, and why they are refused."""


class InputRefused(ValueError):  # noqa: N818 - a refusal is an answer, not a fault
    """A source that the forecast may not learn from: its `name` and `why`."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"The forecast may not learn from “{name}”: {why}. Allowed: {', '.join(Input)}."
        )
        self.name = name
        self.why = why


def allow(name: str) -> Input:
    """Return the allowed input of that name; raise InputRefused for any other."""
    try:
        return Input(name)
    except ValueError:
        why = REFUSED.get(name, "it is not on the list of allowed inputs")
        raise InputRefused(name, why) from None


@dataclass(frozen=True, eq=False, slots=True)
class Events:
    """Harm that happened, one row each; in no order that matters.

    `cell`: int32 [n], -1 outside the grid. `begins_h`, `ends_h`: float64 [n], the half-open interval
    in which it happened, local hours since `aoristic.EPOCH`; equal: the moment is known. An event is
    known from `ends_h` on. `cost_sek`: float64 [n], nan unknown. `inputs`: where the rows come from.
    """

    cell: I32
    begins_h: F64
    ends_h: F64
    cost_sek: F64 = field(default_factory=lambda: np.empty(0))
    inputs: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse sources that are not allowed, and columns that do not fit; fill unknown costs."""
        for name in sorted(self.inputs):
            allow(name)
        cell = np.asarray(self.cell, np.int32)
        begins, ends = np.asarray(self.begins_h, np.float64), np.asarray(self.ends_h, np.float64)
        cost = np.asarray(self.cost_sek, np.float64)
        if len(cost) == 0:
            cost = np.full(len(cell), np.nan)
        if not (cell.shape == begins.shape == ends.shape == cost.shape == (len(cell),)):
            raise ValueError("Events: cell, begins_h, ends_h and cost_sek must be equally long.")
        if len(cell) and not self.inputs:
            raise ValueError("Events: name the inputs that the rows come from.")
        if not (np.isfinite(begins) & (ends >= begins) & np.isfinite(ends)).all():
            raise ValueError("Events: each needs a finite begin and an end that is not before it.")
        if (cost < 0).any() or np.isinf(cost).any():
            raise ValueError("Events: cost_sek is at least 0, nan where it is unknown.")
        for name, column in (("cell", cell), ("begins_h", begins), ("ends_h", ends)):
            object.__setattr__(self, name, column)
        object.__setattr__(self, "cost_sek", cost)

    def __len__(self) -> int:
        """Count the events."""
        return len(self.cell)

    @classmethod
    def joined(cls, many: Iterable[Self]) -> Self:
        """Return the events of several sources as one."""
        all_of = list(many)
        if not all_of:
            return cls(np.empty(0, np.int32), np.empty(0), np.empty(0))
        return cls(
            np.concatenate([one.cell for one in all_of]),
            np.concatenate([one.begins_h for one in all_of]),
            np.concatenate([one.ends_h for one in all_of]),
            np.concatenate([one.cost_sek for one in all_of]),
            frozenset().union(*(one.inputs for one in all_of)),
        )

    def take(self, rows: Bits) -> "Events":
        """Return the rows where a mask bool [n] is true."""
        return Events(
            self.cell[rows],
            self.begins_h[rows],
            self.ends_h[rows],
            self.cost_sek[rows],
            self.inputs,
        )
