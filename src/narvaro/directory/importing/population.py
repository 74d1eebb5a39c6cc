"""How many live in a municipality, from a statistics office's table. In: sheets. Out: inhabitants.

Statistics Sweden (SCB) gives out a title, a row for each region, age and sex, and a column for each
year. The newest year's count of everybody is kept on the municipality's area. A table that counts
only some, as those of 65 years and more, would make every figure per inhabitant wrong: it is refused.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import NamedTuple

from django.db import transaction

from narvaro.core.cells import CellError
from narvaro.core.said import Said
from narvaro.core.sheets import Sheet, SheetsError, read_sheets
from narvaro.core.tables import Refusal, RefusedRow
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.run import Source, is_held_back, open_batch, publish
from narvaro.directory.models import Area
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant

REGION, AGE, SEX = ("region", "kommun", "municipality"), ("age", "ålder"), ("sex", "kön")
LINES_SEARCHED = 20
_YEAR = re.compile(
    r"(?:(?:folkmängd|population|antal|number)\b.*\s)?((?:19|20)\d\d)", re.IGNORECASE
)
_EVERY = re.compile(r"tot|samtliga|all|båda|both", re.IGNORECASE)
_AGES = re.compile(r"(\d+)\s*(?:[-–]\s*(\d+)|(\+|-w))?(?=\D|$)(.*)", re.IGNORECASE)
_MEN = frozenset({"men", "man", "män", "male", "males"})
_WOMEN = frozenset({"women", "woman", "kvinnor", "kvinna", "female", "females"})
_DAMAGED = re.compile("ï¿½|\ufffd|\\?")  # a letter that a conversion lost


class Part(NamedTuple):
    """Some of those who live in a region: from an age until under another, of one sex or both."""

    sex: str  # "men", "women", or "" for both
    from_years: float
    until_years: float
    number: int


@dataclass(frozen=True)
class Heads:
    """Where a table has what, as indices of cells; -1 where it has no such column."""

    line: int
    region: int
    age: int
    sex: int
    year: int
    newest: str
    others: tuple[int, ...]


def find_heads(sheet: Sheet) -> Heads | None:
    """Return where a sheet counts people by region and year; None where it does not."""
    for line, cells in sheet.rows[:LINES_SEARCHED]:
        names = [one.strip().casefold() for one in cells]
        region, age, sex = (_index(names, known) for known in (REGION, AGE, SEX))
        years = {at: found[1] for at, one in enumerate(names) if (found := _YEAR.fullmatch(one))}
        if region < 0 or not years or (age < 0 and sex < 0 and len(years) < len(names) - 1):
            continue
        newest = max(years.values())
        taken = {region, age, sex, *years}
        others = tuple(at for at, one in enumerate(names) if one and at not in taken)
        year = max(at for at, one in years.items() if one == newest)
        return Heads(line, region, age, sex, year, newest, others)
    return None


def _index(names: Sequence[str], known: Sequence[str]) -> int:
    return next((at for at, one in enumerate(names) if one in known), -1)


def is_same_region(written: str, name: str) -> bool:
    """Return whether a region as written is a municipality; a lost letter may be any letter."""
    bare = _DAMAGED.sub("\ufffd", re.sub(r"^\d{2,6}\s+", "", written.strip()))
    one, other = (
        unicodedata.normalize("NFC", text).casefold().removesuffix(" kommun").strip()
        for text in (bare, name)
    )
    return len(one) == len(other) and all(
        a in {b, "\ufffd"} for a, b in zip(one, other, strict=True)
    )


def _sex(cell: str) -> str:
    said = cell.strip().casefold()
    if said in _MEN:
        return "men"
    if said in _WOMEN:
        return "women"
    if not said or _EVERY.match(said):
        return ""
    why = Said("is no sex that is known")
    raise CellError("not_a_sex", why, Said("write men, women or total"))


def _ages(cell: str) -> tuple[float, float]:
    """Return from which age until under which age a cell speaks."""
    said = cell.strip()
    if not said or _EVERY.match(said):
        return 0, inf
    found = _AGES.fullmatch(said)
    if found is None:
        raise CellError("not_an_age", Said("is no age"), Said("write it as 0-4, 65+ or total"))
    low, high, plus, rest = found.groups()
    if plus or re.search(r"äldre|older|more|över|over", rest):
        return int(low), inf
    return int(low), int(high or low) + 1


def _number(cell: str) -> int:
    digits = re.sub(r"[\s\u00a0\u202f]", "", cell)
    if not digits.isdecimal():
        todo = Said("write how many, with digits alone")
        raise CellError("no_number", Said("is no whole number"), todo)
    return int(digits)


def count_all(parts: Sequence[Part]) -> int:
    """Return how many all are; raises CellError where parts do not count everybody exactly once."""
    both, men, women = ([one for one in parts if one.sex == sex] for sex in ("", "men", "women"))
    no: CellError | None = None
    for ways in ((both,), (men, women)):
        if not all(ways):
            continue
        try:
            return sum(_over_ages(one) for one in ways)
        except CellError as fault:
            no = no or fault
    todo = Said("take the table out with men and women, or both together")
    raise no or CellError("not_everybody", Said("one of the sexes is not counted"), todo)


def _over_ages(parts: Sequence[Part]) -> int:
    """Return the sum of parts that follow each other from birth on, or the one part of all ages."""
    whole = [one for one in parts if (one.from_years, one.until_years) == (0, inf)]
    reached, todo = 0.0, Said("take the table out anew for all ages, or with the total")
    for one in whole or sorted(parts, key=lambda one: one.from_years):
        if one.from_years != reached:
            raise CellError("not_everybody", _uneven(reached, one.from_years), todo)
        reached = one.until_years
    if reached != inf:
        why = Said("nobody is counted from %(age)s years on", age=f"{reached:g}")
        raise CellError("not_everybody", why, todo)
    return sum(one.number for one in whole or parts)


def _uneven(reached: float, from_years: float) -> Said:
    """Return why a part that does not begin where the last one ended counts wrongly."""
    if reached == inf:
        return Said("some are counted twice: %(age)s years and up", age=f"{from_years:g}")
    low, high = (f"{age:g}" for age in sorted((from_years, reached)))
    if from_years > reached:
        return Said("nobody is counted: %(low)s to %(high)s years", low=low, high=high)
    return Said("some are counted twice: %(low)s to %(high)s years", low=low, high=high)


def _read(sheet: Sheet, heads: Heads, name: str) -> tuple[list[Part], list[RefusedRow]]:
    """Return the parts of one municipality, and the rows of it that cannot be read."""
    parts, refused, split = list[Part](), list[RefusedRow](), set[tuple[str, ...]]()
    for line, cells in sheet.rows:
        row = dict(enumerate(cells))
        if line <= heads.line or not is_same_region(row.get(heads.region, ""), name):
            continue
        split.add(tuple(row.get(at, "") for at in heads.others))
        shown = ""
        try:
            shown = row.get(heads.sex, "")
            sex = _sex(shown)
            shown = row.get(heads.age, "")
            ages = _ages(shown)
            shown = row.get(heads.year, "")
            parts.append(Part(sex, *ages, _number(shown)))
        except CellError as no:
            refused.append(RefusedRow(line, (Refusal.of(no, "", shown),)))
    if len(split) > 1:
        why = Said("is counted by something besides age and sex")
        no_more = refuse("", name, why, Said("take the table out by age and sex alone"))
        refused.append(RefusedRow(heads.line, (no_more,)))
    return parts, refused


def _find(source: Source) -> tuple[Sheet, Heads] | None:
    known = (*REGION, *AGE, *SEX)
    sheets = (source.sheet,) if source.sheet else read_sheets(source.data, known).sheets
    return next(((one, heads) for one in sheets if (heads := find_heads(one))), None)


def _look(
    tenant: Tenant, source: Source
) -> tuple[Area | None, int, list[RefusedRow]]:  # fmt: skip
    """Return the municipality, how many live there, and what stands against it."""
    try:
        found = _find(source)
    except SheetsError as no:
        return None, 0, [RefusedRow(1, (Refusal.of(no),))]
    if found is None:
        why = Said("the file has no row of region, age, sex and years")
        no_heads = refuse("", "", why, Said("save it as SCB gives it"))
        return None, 0, [RefusedRow(1, (no_heads,))]
    sheet, heads = found
    areas = Area.objects.filter(
        tenant=tenant, kind=Area.Kind.MUNICIPALITY, batch__published_at__isnull=False
    )
    for area in areas.order_by("name"):
        parts, refused = _read(sheet, heads, area.name)
        if parts or refused:
            break
    else:
        why = Said("the table has no municipality that is known here")
        todo = Said("bring in the municipality's border first, by the name that the table has")
        unknown = refuse("", "", why, todo)
        return None, 0, [RefusedRow(heads.line, (unknown,))]
    if refused:
        return area, 0, refused
    try:
        return area, count_all(parts), []
    except CellError as no:
        return area, 0, [RefusedRow(heads.line, (Refusal.of(no, heads.newest, area.name),))]


def import_population(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import how many live in the tenant's municipality in the newest year of a table."""
    area, number, refused = _look(tenant, source)
    kept = int(area is not None and not refused)
    written = bool(kept) and not is_held_back(refused, source)
    if area is not None and written:
        with transaction.atomic():
            hold(tenant.pk)
            batch = open_batch(tenant, "population", source, kept, 0, at)
            area.inhabitants = number
            area.save(update_fields=["inhabitants"])
            publish(batch, by=by, at=at)
    return ImportReport("population", source.name, kept, tuple(refused), (), written=written)
