"""Two units and more. In: what each place in the response asks, every unit on duty. Out: the best set.

Where nobody may begin alone, the last to arrive counts first; for danger to life the first to
arrive, and then the last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import inf

from narvaro.core.choice.parts import Candidate, Choice, Demand, Ranked
from narvaro.core.choice.ranking import choose, late_by_s, leaves_case

MOST = 5


@dataclass(frozen=True)
class Several:
    """For each demand the unit that takes it, or None where nobody is left for it.

    `choices` are the whole rankings behind, one per demand.
    """

    taken: tuple[Ranked | None, ...]
    choices: tuple[Choice, ...]

    @property
    def short(self) -> int:
        """Count the demands that nobody can take."""
        return sum(one is None for one in self.taken)


def _sets(choices: Sequence[Choice]) -> Iterator[tuple[Ranked | None, ...]]:
    # One of the n best of a demand is always free: the n - 1 others take no more than n - 1 units.
    best = [(*choice.ranked[: len(choices)], None) for choice in choices]
    for chosen in product(*best):
        units = [one.candidate.unit for one in chosen if one is not None]
        if len(set(units)) == len(units):
            yield chosen


def _worth(
    chosen: tuple[Ranked | None, ...], first_counts: bool
) -> tuple[int, int, tuple[float, ...], tuple[str, ...]]:
    """Return what is compared: smaller is better."""
    sent = [one for one in chosen if one is not None]
    times = sorted(late_by_s(one.candidate) for one in sent)
    leaving = sum(leaves_case(one.candidate) for one in sent)
    first, last = (times[0], times[-1]) if times else (inf, inf)
    order = (first, last) if first_counts else (last, first)
    names = tuple(one.candidate.call_sign if one else "" for one in chosen)
    taken_from = 0 if first_counts else leaving
    return len(chosen) - len(sent), taken_from, (*order, *times), names


def choose_several(
    candidates: Sequence[Candidate], demands: Sequence[Demand], *, place_known: bool = True
) -> Several:
    """Choose a unit for each demand of one case, no unit twice, each allowed by every rule.

    As many demands as possible are met, leaving as little other work as possible where life is not
    in danger; then by the arrival of the last and of the first (danger to life: of the first and of
    the last), each at worst. One demand of danger to life makes the whole case one. Raises
    ValueError for no demand, or more than five.
    """
    if not 1 <= len(demands) <= MOST:
        raise ValueError(f"choose_several: {len(demands)} demands; give 1 to {MOST}.")
    first_counts = any(one.danger_to_life for one in demands)
    of_one_case = [replace(one, danger_to_life=first_counts) for one in demands]
    choices = tuple(choose(candidates, one, place_known=place_known) for one in of_one_case)
    return Several(min(_sets(choices), key=lambda chosen: _worth(chosen, first_counts)), choices)
