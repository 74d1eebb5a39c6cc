"""Facts that the rules stand on: competences on a day, agreements by kind, place and time."""

from datetime import UTC, date, datetime, time

from shapely import box

from narvaro.core.choice import (
    Agreement,
    Held,
    Work,
    find_agreement,
    may_be_taken,
    sort_competences,
)
from narvaro.core.choice.parts import Demand
from narvaro.core.permits import Permit, Uncovered, Verdict


def at(*given: int) -> datetime:
    """Return a local time."""
    return datetime(*given, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


DAY = date(2026, 11, 23)
RESCUE = Agreement(
    frozenset({"fire", "cardiac_arrest"}),
    Permit(
        "S-7", box(17.5, 59.1, 17.8, 59.3), date(2026, 1, 1), date(2026, 12, 31),
        frozenset(range(7)), time(18), time(6),
    ),
)  # fmt: skip


def test_a_competence_counts_from_its_first_day_until_the_day_after_its_last() -> None:
    """CPR ran out today; the guard's appointment runs on in another member."""
    held = [
        Held("cpr", date(2024, 11, 23), DAY),
        Held("guard", date(2020, 1, 1), date(2021, 1, 1)),
        Held("guard", DAY),
        Held("dog", date(2026, 11, 24)),
    ]
    assert sort_competences(held, DAY) == (frozenset({"guard"}), frozenset({"cpr", "dog"}))


def test_an_agreement_covers_by_kind_place_and_time() -> None:
    """Each of the three alone is not enough, and the answer says which was missing."""
    evening, noon = at(2026, 11, 23, 21), at(2026, 11, 23, 12)
    inside = (59.2, 17.6)
    assert find_agreement([RESCUE], "fire", *inside, evening) == Verdict(True, "S-7", None)
    outside_hours = Verdict(False, "S-7", Uncovered.OUTSIDE_HOURS)
    assert find_agreement([RESCUE], "fire", *inside, noon) == outside_hours
    elsewhere = Verdict(False, None, Uncovered.OUTSIDE_AREA)
    assert find_agreement([RESCUE], "fire", 59.0, 17.6, evening) == elsewhere
    assert not find_agreement([RESCUE], "burglary", *inside, evening).covered
    assert find_agreement([RESCUE], "fire", None, None, evening).why == Uncovered.PLACE_UNKNOWN


def test_nobody_is_taken_from_work_that_is_not_known() -> None:
    """A busy unit without a word of what it does is left alone."""
    assert not may_be_taken(None, Demand(priority=1, danger_to_life=True))
    assert may_be_taken(Work("Trasten", is_visit=True), Demand(priority=5))
