"""Which signals belong to one case. In: kinds, zones, times. Out: same case or not, priority.

Related kinds at one site within the window are one case: a break-in and the tamper eight seconds
later are one event, a fire beside them is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(minutes=10)

FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"intruder", "tamper", "duress", "assistance"}),
    frozenset({"fire"}),
    frozenset({"medical"}),
    frozenset({"technical", "path"}),
)

# How urgent a call of a kind is where neither a code nor a plan says it: life, then people's
# safety, then property.
PRIORITY_OF_KIND = {
    "duress": 1, "medical": 1, "fire": 1, "intruder": 2, "assistance": 2, "disturbance": 3,
}  # fmt: skip
LOWEST_OF_CALLS = 3

# The graver kind names the case when signals of one family meet.
GRAVITY = ("duress", "assistance", "intruder", "tamper", "fire", "medical", "technical", "path")


def list_related(kind: str) -> frozenset[str]:
    """List the kinds that a signal of this kind may share a case with."""
    return next((family for family in FAMILIES if kind in family), frozenset({kind}))


def graver(first: str, second: str) -> str:
    """Return the graver of two kinds."""
    order = {kind: place for place, kind in enumerate(GRAVITY)}
    return min(first, second, key=lambda kind: order.get(kind, len(order)))


def is_confirmed(zones: Sequence[tuple[str, str]]) -> bool:
    """Return whether two different sources within the window spoke: (kind, zone) pairs.

    Two zones, or two kinds from one zone (a detector and its tamper), count as two sources.
    """
    return len(set(zones)) >= 2


@dataclass(frozen=True)
class Handling:
    """How a case is handled: priority 1–4, needed competences, offered by rule or by a person, by how many."""

    priority: int
    needs: tuple[str, ...]
    offer_by_rule: bool
    units: int = 1


def combined(handlings: Sequence[Handling]) -> Handling:
    """Return the handling of a case of several kinds: none of its alarms loses its own rule."""
    return Handling(
        min(one.priority for one in handlings),
        tuple(sorted({need for one in handlings for need in one.needs})),
        offer_by_rule=any(one.offer_by_rule for one in handlings),
        units=max(one.units for one in handlings),
    )


def handling_of(
    kind: str, *, code_priority: int, confirmed: bool, rules: Sequence[Mapping[str, object]]
) -> Handling:
    """Return the handling by the site's response plan, or by the code table where it is silent.

    A duress alarm is never below what the code table gives it.
    """
    rule = next((one for one in rules if one.get("on") == kind), None)
    if rule is None:
        return Handling(max(1, code_priority - confirmed), (), offer_by_rule=False)
    named = rule.get("confirmed_priority") if confirmed else rule.get("priority")
    priority = int(str(named or rule.get("priority") or code_priority))
    if kind == "duress":
        priority = min(priority, code_priority)
    needs = rule.get("needs")
    return Handling(
        priority,
        tuple(str(one) for one in needs) if isinstance(needs, list) else (),
        offer_by_rule=rule.get("offer") == "auto",
        units=int(str(rule.get("units") or 1)),
    )
