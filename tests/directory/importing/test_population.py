"""How many live in a municipality: tables as a statistics office gives them out, and those that mislead."""

from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.cells import CellError
from narvaro.directory.importing.population import (
    Part,
    count_all,
    import_population,
    is_same_region,
)
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import Source
from narvaro.directory.models import Area, ImportBatch
from tests.make import NIGHT, World, make_area

TITLE = '"Folkmängden efter region, ålder, kön och år",,,,\n,,,,\n'
HEADS = "region,ålder,kön,2024,2025\n"
PLACE = "0481 Provköping"


@pytest.fixture
def municipality(world: World) -> Area:
    """Return the municipality's area, as its border brought it."""
    return make_area(world, "Provköping", kind="municipality")


def bring_in(
    world: World, text: str, encoding: str = "latin-1", *, keep_good: bool = False,
    dry_run: bool = False,
) -> ImportReport:  # fmt: skip
    """Import a table."""
    data = text.encode(encoding)
    source = Source("befolkning.csv", data, keep_good=keep_good, dry_run=dry_run)
    return import_population(world.tenant, source, by="test", at=NIGHT)


def why(report: ImportReport) -> str:
    """Return the one reason against a table."""
    ((reason,),) = [row.reasons for row in report.refused]
    return reason.why


def inhabitants(area: Area) -> int | None:
    """Return what is kept."""
    return Area.objects.values_list("inhabitants", flat=True).get(pk=area.pk)


@pytest.mark.parametrize(
    "rows",
    [
        f"{PLACE},totalt ålder,män,9,500\n{PLACE},totalt ålder,kvinnor,9,501\n",
        f"{PLACE},totalt ålder,totalt,9,1 001\n00 Riket,totalt ålder,totalt,9,10551707\n",
        f"{PLACE},0 år,totalt,9,1\n{PLACE},1-64 år,totalt,9,900\n{PLACE},65+ år,totalt,9,100\n",
        f"{PLACE},0-64,totalt,9,901\n{PLACE},65 år och äldre,totalt,9,100\n{PLACE},totalt,totalt,9,1001\n",
    ],
)
def test_the_newest_year_of_everybody_is_kept(world: World, municipality: Area, rows: str) -> None:
    """By sexes, in total or by ages; other regions are passed over."""
    report = bring_in(world, TITLE + HEADS + rows)
    assert (report.written, report.kept, report.refused) == (True, 1, ())
    assert inhabitants(municipality) == 1001
    assert ImportBatch.objects.get(kind="population").published_at == NIGHT


def test_a_table_without_ages_counts_all(world: World, municipality: Area) -> None:
    """A region, and a count whose header names its year."""
    assert bring_in(world, "Kommun;Folkmängd 2025\nProvköping;87 654\n").written
    assert inhabitants(municipality) == 87_654


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (f"{PLACE},65+ år,totalt,9,100\n", "nobody is counted: 0 to 65 years"),
        (f"{PLACE},0-64 år,totalt,9,100\n", "nobody is counted from 65 years on"),
        (
            f"{PLACE},0-64 år,totalt,9,9\n{PLACE},60+ år,totalt,9,9\n",
            "some are counted twice: 60 to 65 years",
        ),
        (f"{PLACE},totalt,män,9,500\n", "one of the sexes is not counted"),
        (f"{PLACE},totalt,totalt,9,..\n", "is no whole number"),
        (f"{PLACE},vuxna,totalt,9,5\n", "is no age"),
        ("0482 Annanstad,totalt,totalt,9,5\n", "the table has no municipality that is known here"),
    ],
)
def test_what_does_not_count_everybody_once_is_refused(
    world: World, municipality: Area, rows: str, reason: str
) -> None:
    """In words, and nothing is written, also where good rows were to be kept."""
    report = bring_in(world, TITLE + HEADS + rows, keep_good=True)
    assert (report.written, report.kept, why(report)) == (False, 0, reason)
    assert inhabitants(municipality) is None


def test_another_split_is_refused(world: World, municipality: Area) -> None:
    """Counts by marital status would be added up as if they were ages."""
    rows = f"{PLACE},ogifta,totalt,totalt,5\n{PLACE},gifta,totalt,totalt,6\n"
    report = bring_in(world, "region,civilstånd,ålder,kön,2025\n" + rows)
    assert why(report) == "is counted by something besides age and sex"
    assert inhabitants(municipality) is None


def test_no_such_table_is_refused(world: World) -> None:
    """A file of another kind says what is missing."""
    assert why(bring_in(world, "a;b\n1;2\n")) == "the file has no row of region, age, sex and years"


def test_a_dry_run_writes_nothing(world: World, municipality: Area) -> None:
    """It only says that it would."""
    report = bring_in(world, HEADS + f"{PLACE},totalt,totalt,9,5\n", dry_run=True)
    assert (report.kept, report.written) == (1, False)
    assert inhabitants(municipality) is None


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_letters_in_any_encoding(world: World, municipality: Area, encoding: str) -> None:
    """Also where a conversion before us has lost them."""
    assert bring_in(world, HEADS + f"{PLACE},totalt,totalt,9,5\n", encoding).written
    lost = PLACE.replace("ö", "\ufffd")
    assert bring_in(world, HEADS + f"{lost},totalt,totalt,9,6\n", "utf-8").written
    assert inhabitants(municipality) == 6


def test_regions_are_compared_letter_by_letter() -> None:
    """A lost letter is any letter; nothing else is."""
    assert is_same_region("0181 S\ufffddert\ufffdlje", "Södertälje kommun")
    assert not is_same_region("01 Stockholms län", "Stockholm")
    assert not is_same_region("", "Lund")


@given(st.lists(st.integers(1, 20), max_size=8), st.data())
def test_ages_that_follow_each_other_are_added(widths: list[int], data: st.DataObject) -> None:
    """In any order; without one of them, nothing is said."""
    edges: list[float] = [0]
    for one in widths:
        edges.append(edges[-1] + one)
    edges.append(inf)
    parts = [Part("", low, high, number) for number, (low, high) in enumerate(pairwise(edges), 1)]
    shuffled = data.draw(st.permutations(parts))
    assert count_all(shuffled) == sum(one.number for one in parts)
    with pytest.raises(CellError):
        count_all(shuffled[1:])
