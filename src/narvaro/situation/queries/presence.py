"""Presence, each stay once. In: rows of presence. Out: those that count, as the core's stays.

Who may see which rows is for the caller to say: whose rows come in, theirs go out.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from narvaro.core.presence import Proof, Stay
from narvaro.situation.models import Presence

_RANK = {grade: rank for rank, grade in enumerate(Presence.Grade.values)}


def without_worse(rows: Iterable[Presence]) -> list[Presence]:
    """Return presence without what a better proof of the same stay replaces, the longest of equals.

    The same stay: at the same place, overlapping in time, of the same unit; a row that names no unit
    may be any of its organisation's.
    """
    kept: dict[object, list[Presence]] = defaultdict(list)
    ordered = sorted(rows, key=lambda one: (_RANK[one.grade], one.starts_at - one.ends_at))
    for row in ordered:
        place = row.site_id or row.area_id or row.place
        if not any(_same_stay(row, better) for better in kept[place]):
            kept[place].append(row)
    return [one for those in kept.values() for one in those]


def _same_stay(row: Presence, better: Presence) -> bool:
    if row.starts_at >= better.ends_at or better.starts_at >= row.ends_at:
        return False
    if row.unit_id is None or better.unit_id is None:
        return row.organisation_id == better.organisation_id
    return row.unit_id == better.unit_id


def stays_of(rows: Sequence[Presence]) -> list[Stay]:
    """Return rows at sites and areas as the core's stays; whoever is not named is one unit."""
    numbers: dict[object, int] = {}
    return [
        Stay(
            unit=numbers.setdefault(one.unit_id or one.organisation_id, len(numbers)),
            place=str(one.site_id or one.area_id),
            begins_s=one.starts_at.timestamp(),
            ends_s=one.ends_at.timestamp(),
            proof=Proof(one.grade),
        )
        for one in rows
    ]
