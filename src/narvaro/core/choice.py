"""Which unit takes this case, and why not the others.

In: what the case needs and every unit on duty, with exact road times. Out: an order in which to
ask, each with its reasons, and the units left out, each with its reason. A rule is one small
function; `RULES` is the one list of them. Nothing is dropped without a word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite
from uuid import UUID

from narvaro.core.permits import Verdict

FRESH_S = 300.0  # older than this, a position is called old and its travel time uncertain


class LeftOut(StrEnum):
    """Why a unit is not asked."""

    OFF_DUTY = "off_duty"
    SILENT = "silent"
    SOUGHT = "sought"
    ON_BREAK = "on_break"
    BUSY = "busy"
    LACKS_COMPETENCE = "lacks_competence"
    NO_PERMIT = "no_permit"
    ALREADY_ASKED = "already_asked"
    NO_ROAD = "no_road"


class Reason(StrEnum):
    """Why a unit stands where it stands in the order."""

    NEAREST = "nearest"
    POSITION_FRESH = "position_fresh"
    PERMIT_COVERS = "permit_covers"
    POSITION_OLD = "position_old"
    POSITION_UNKNOWN = "position_unknown"
    PLACE_UNKNOWN = "place_unknown"
    ON_FOOT = "on_foot"


@dataclass(frozen=True)
class Candidate:
    """A unit as the choice sees it.

    `travel_s` is None where the time cannot be known (no position, or a case without a place), inf
    where no road leads there. `position_age_s` is None without a position. `permit` is None for
    units that need none.
    """

    unit: UUID
    call_sign: str
    state: str
    competences: frozenset[str]
    travel_s: float | None
    position_age_s: float | None
    on_foot: bool = False
    permit: Verdict | None = None
    already_asked: bool = False
    sought: bool = False


@dataclass(frozen=True)
class Ranked:
    """A unit that may be asked; earlier is better."""

    candidate: Candidate
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Dropped:
    """A unit that is left out; `detail` names the competence or permit that is missing."""

    candidate: Candidate
    why: LeftOut
    detail: str = ""


@dataclass(frozen=True)
class Choice:
    """The order of asking, and who is left out."""

    ranked: tuple[Ranked, ...]
    left_out: tuple[Dropped, ...] = field(default=())


Rule = Callable[[Candidate, frozenset[str]], Dropped | None]


def off_duty(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units that are not on a shift."""
    return Dropped(one, LeftOut.OFF_DUTY) if one.state == "off_duty" else None


def silent(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units whose own sign of life is missing: somebody must look for them."""
    return Dropped(one, LeftOut.SILENT) if one.state == "silent" else None


def sought(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out the unit that the case is about, also when it has come back."""
    return Dropped(one, LeftOut.SOUGHT) if one.sought else None


def on_break(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units on a break."""
    return Dropped(one, LeftOut.ON_BREAK) if one.state == "break" else None


def busy(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units that handle another case."""
    return Dropped(one, LeftOut.BUSY) if one.state == "busy" else None


def competence(one: Candidate, needs: frozenset[str]) -> Dropped | None:
    """Leave out units whose crew lacks a competence that the case needs."""
    missing = sorted(needs - one.competences)
    return Dropped(one, LeftOut.LACKS_COMPETENCE, missing[0]) if missing else None


def permit(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out public order officers where no permit covers place and time."""
    if one.permit is None or one.permit.covered:
        return None
    detail = f"{one.permit.why or ''}:{one.permit.decision_no or ''}"
    return Dropped(one, LeftOut.NO_PERMIT, detail)


def already_asked(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units that were asked about this case and did not take it."""
    return Dropped(one, LeftOut.ALREADY_ASKED) if one.already_asked else None


def no_road(one: Candidate, needs: frozenset[str]) -> Dropped | None:  # noqa: ARG001 - a rule's shape
    """Leave out units from where no road leads to the place."""
    unreachable = one.travel_s is not None and not isfinite(one.travel_s)
    return Dropped(one, LeftOut.NO_ROAD) if unreachable else None


RULES: tuple[Rule, ...] = (
    off_duty, silent, sought, permit, competence, on_break, busy, already_asked, no_road,
)  # fmt: skip


def _left_out(one: Candidate, needs: frozenset[str]) -> Dropped | None:
    return next((out for out in (rule(one, needs) for rule in RULES) if out), None)


def late_by_s(one: Candidate) -> float:
    """Return the time that a unit needs at worst, in seconds; inf where nothing is known.

    Since an old position was sent, the unit may have driven away for as long as it is old.
    """
    if one.travel_s is None or one.position_age_s is None:
        return inf
    return one.travel_s + max(0.0, one.position_age_s - FRESH_S)


def _of_position(one: Candidate, place_known: bool) -> Reason:
    if not place_known:
        return Reason.PLACE_UNKNOWN
    if one.travel_s is None or one.position_age_s is None:
        return Reason.POSITION_UNKNOWN
    return Reason.POSITION_OLD if one.position_age_s > FRESH_S else Reason.POSITION_FRESH


def _reasons(one: Candidate, shortest_s: float, place_known: bool) -> tuple[Reason, ...]:
    reasons = [Reason.NEAREST] if one.travel_s is not None and one.travel_s <= shortest_s else []
    reasons.append(_of_position(one, place_known))
    if one.permit is not None:
        reasons.append(Reason.PERMIT_COVERS)
    if one.on_foot:
        reasons.append(Reason.ON_FOOT)
    return tuple(reasons)


def choose(
    candidates: Sequence[Candidate], needs: frozenset[str], *, place_known: bool = True
) -> Choice:
    """Rank the units that may be asked by road time, and name why each other is left out.

    The order is by the time that a unit needs at worst (`late_by_s`); last come those whose
    position nobody knows. Ties are broken by call sign.
    """
    verdicts = [(one, _left_out(one, needs)) for one in candidates]
    asked = sorted(
        (one for one, out in verdicts if out is None),
        key=lambda one: (late_by_s(one), one.call_sign),
    )
    shortest_s = min((one.travel_s for one in asked if one.travel_s is not None), default=inf)
    left_out = sorted(
        (out for _, out in verdicts if out is not None), key=lambda out: out.candidate.call_sign
    )
    ranked = tuple(Ranked(one, _reasons(one, shortest_s, place_known)) for one in asked)
    return Choice(ranked, tuple(left_out))
