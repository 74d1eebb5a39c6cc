"""The seats of a response: who leads, who supports, who fetches an AED. In: a case. Out: who should take them.

A case wants `units` on scene: seat 1 leads, those above support it. Where somebody brings an AED
sooner than who goes straight, one more comes by way of it, on seat `FETCHING`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from uuid import UUID

from narvaro.core.choice import Choice, Ranked, Work, choose, choose_several, late_by_s
from narvaro.directory.models import Defibrillator
from narvaro.dispatch.ahead import weigh
from narvaro.dispatch.fetching import CARRIED, Fetch, find_fetch, find_on_site
from narvaro.dispatch.loading import lines_of, load_field
from narvaro.dispatch.models import FETCHING, GONE, Offer, Ranking, Response
from narvaro.situation.models import Case

MOST_UNITS = 5


def list_taken(case: Case) -> frozenset[int]:
    """Return the seats whose unit is asked, is out, or was there."""
    asked = Offer.objects.filter(case=case, state=Offer.State.WAITING)
    sent = Response.objects.filter(case=case, offer__isnull=False).exclude(state__in=GONE)
    found = {*asked.values_list("seat", flat=True), *sent.values_list("offer__seat", flat=True)}
    return frozenset(found)


def list_open(case: Case) -> tuple[int, ...]:
    """Return the seats that nobody has and nobody is asked for, who leads first."""
    taken = list_taken(case)
    return tuple(one for one in range(1, case.units + 1) if one not in taken)


def lacks_aed(case: Case) -> bool:
    """Tell whether somebody should bring an AED to a case, and nobody is asked to."""
    if case.kind != Case.Kind.MEDICAL or FETCHING in list_taken(case):
        return False
    asked = Offer.objects.filter(case=case, aed__isnull=False, state=Offer.State.WAITING)
    sent = Response.objects.filter(case=case, offer__aed__isnull=False).exclude(state__in=GONE)
    return not asked.exists() and not sent.exists()


@dataclass(frozen=True)
class Found:
    """A choice for the open seats of a case, and the ranking that says it; `fetch` comes besides."""

    ranking: Ranking
    choice: Choice
    by_seat: Mapping[int, Ranked]
    fetch: Fetch | None

    def is_seated(self, unit: UUID) -> bool:
        """Tell whether a unit is chosen for one of the open seats."""
        return any(one.candidate.unit == unit for one in self.by_seat.values())

    def aed_of(self, unit: UUID) -> Defibrillator | None:
        """Return the AED that a unit takes along."""
        return self.fetch.aed if self.fetch is not None and self.fetch.unit == unit else None


def propose(case: Case, at: datetime, seats: Sequence[int], *, again: bool = False) -> Found:
    """Rank the units on duty for a case and choose for its open seats; nothing is written.

    `again`: who was asked and did not take it may be asked once more.
    """
    ground = load_field(case, at)
    elsewhere = _list_on_other_seats(case, seats)
    ground = replace(
        ground,
        candidates=tuple(
            replace(
                one,
                already_asked=one.already_asked and not again,
                state="busy" if one.unit in elsewhere else one.state,
                work=Work(str(case.number), priority=case.priority)
                if one.unit in elsewhere
                else one.work,
            )
            for one in ground.candidates
        ),
    )
    choice = choose(ground.candidates, ground.demand, place_known=ground.place_known)
    if len(seats) > 1:
        several = choose_several(
            ground.candidates, [ground.demand] * len(seats), place_known=ground.place_known
        )
        taken = {one.candidate.unit for one in several.taken if one}
        sent = [one for one in choice.ranked if one.candidate.unit in taken]
    else:
        choice = weigh(case, ground, choice, at)
        sent = list(choice.ranked[: len(seats)])
    by_seat = dict(zip(seats, sent, strict=False))
    fetch = _find_fetch(case, choice, by_seat, at)
    if fetch is not None and fetch.unit not in {one.candidate.unit for one in sent[:1]}:
        others = [one for one in choice.ranked if one.candidate.unit != fetch.unit]
        in_order = [one for one in sent if one in others]
        in_order += [one for one in others if one not in in_order]
        by_seat = dict(zip(seats, in_order, strict=False))
    lines = lines_of(choice, ground.longer_s, ground.because)
    _note_seats(lines, by_seat, fetch)
    ranking = Ranking(
        tenant_id=case.tenant_id, case=case, made_at=at, map_sha256=ground.map_sha256, lines=lines
    )
    return Found(ranking, choice, by_seat, fetch)


def _list_on_other_seats(case: Case, seats: Sequence[int]) -> frozenset[UUID]:
    """Return the units that are asked about the case already, for other seats than these."""
    asked = Offer.objects.filter(case=case, state=Offer.State.WAITING).exclude(seat__in=seats)
    return frozenset(asked.values_list("unit_id", flat=True))


def _find_fetch(
    case: Case, choice: Choice, by_seat: Mapping[int, Ranked], at: datetime
) -> Fetch | None:
    """Return who should bring an AED besides who goes straight; None where somebody does already."""
    out = Response.objects.filter(case=case, offer__isnull=False).exclude(state__in=GONE)
    there = [one.unit.kit for one in out.select_related("unit") if one.unit]
    if not lacks_aed(case) or any(CARRIED in kit for kit in there):
        return None
    if not there and not by_seat:
        return None  # nobody goes straight: whoever comes first leads
    lead = None if there else next(iter(by_seat.values()))
    if lead is not None and CARRIED not in lead.candidate.equipment:
        along = find_on_site(case, lead, at)
        if along is not None:
            return along
    first = [lead.candidate] if lead is not None else []
    brought_s = min((late_by_s(one) for one in first if CARRIED in one.equipment), default=inf)
    return find_fetch(case, choice.ranked, [one.unit for one in first], brought_s, at)


def _note_seats(
    lines: Sequence[dict[str, object]], by_seat: Mapping[int, Ranked], fetch: Fetch | None
) -> None:
    """Say in the ranking's lines for which seat a unit is proposed, and by way of which AED."""
    seats = {str(one.candidate.unit): seat for seat, one in by_seat.items()}
    for line in lines:
        seat = seats.get(str(line["unit"]))
        if seat is not None:
            line["seat"] = seat
        if fetch is not None and line["unit"] == str(fetch.unit):
            line.setdefault("seat", FETCHING)
            line["aed"] = {"name": fetch.aed.name if fetch.aed else "", "with_s": fetch.with_s}
