"""How people write: every way can be led back by a person, and none is another's."""

from datetime import datetime
from random import Random

import pytest

from narvaro.demo.first_day.as_written import (
    by_centre,
    by_centre_now,
    by_company,
    moment,
    spaced,
    sum_of,
)
from narvaro.demo.town import TownSite


def _site(code: str, name: str, kind: str) -> TownSite:
    return TownSite(code, name, kind, "Trasten 1", "Rödhakegatan 20", 58.6, 19.5, 2)


@pytest.mark.parametrize(
    ("site", "written"),
    [
        (_site("S-001", "Trasten skola", "school"), ("TRASTEN SK", "Trasten sk", "Trastenskolan")),
        (
            _site("S-003", "Kornet förskola", "preschool"),
            ("FSK KORNET", "Kornet fsk, Rödhakegatan 20", "Förskolan Kornet"),
        ),
        (
            _site("S-002", "Norrsjö bibliotek", "library"),
            ("NORRSJÖ BIBL", "Norrsjö bibl", "Biblioteket Norrsjö"),
        ),
        (
            _site("S-005", "Råby fritidsgård", "other"),
            ("RÅBY FRG", "Råby fritidsgård", "Fritidsgården Råby"),
        ),
        (_site("S-007", "Råbyhallen", "hall"), ("RÅBYHALLEN", "Råbyhallen", "Råbyhallen")),
    ],
)
def test_sites_in_the_words_of_three(site: TownSite, written: tuple[str, str, str]) -> None:
    """Of the centre's old and new system, and of the company."""
    assert (by_centre(site), by_centre_now(site), by_company(site)) == written


def test_sums_and_times_are_written_as_swedes_do() -> None:
    """Thousands apart, :- after the kronor, days before months."""
    assert spaced(12_500) == "12 500"
    assert spaced(1_250_000) == "1 250 000"
    at = datetime.fromisoformat("2026-03-02 07:30")
    forms = {moment(at, Random(n)) for n in range(400)}
    assert forms == {
        at, "2026-03-02 07:30", "2026-03-02 kl 07.30", "2 mars 2026 07:30", "2 mar 2026 kl 07.30",
        "2/3 2026 07:30",
    }  # fmt: skip
    assert {sum_of(12_500, Random(n)) for n in range(200)} == {
        "12 500:-", "12500,00", "12 500 kr", 12_500,
    }  # fmt: skip
    assert sum_of(None, Random(1)) is None
