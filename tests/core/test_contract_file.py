"""The contract's file: read whole, or refused with every problem and its path."""

import tomllib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.contract_file import parse_contract
from narvaro.core.terms import TermsError

SOUND = """
number = "KS 2024/117"
title = "Bevakningstjänster"
buyer = "Älvhamra kommun"
supplier = "Ekvakt i Älvhamra AB"
starts_on = 2024-10-01
ends_on = 2026-09-30
notice_months = 6
[[option]]
starts_on = 2026-10-01
ends_on = 2027-09-30
exercised_on = 2026-03-12
[[option]]
starts_on = 2027-10-01
ends_on = 2028-09-30
[[response_term]]
name = "Larmutryckning tätort"
case_kinds = ["intruder", "duress", "assistance", "tamper"]
start = "received"
stop = "on_scene"
target_minutes = 20
share = 0.90
penalty_sek = 1500
[[price]]
service = "alarm_response"
name = "Larmutryckning"
unit = "each"
price_sek = "640.00"
"""


def refuse(changed: str) -> list[str]:
    """Return what a file is refused for, as path and problem."""
    with pytest.raises(TermsError) as caught:
        parse_contract(tomllib.loads(changed))
    assert all(problem.todo for problem in caught.value.problems)
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


def test_a_sound_file_becomes_header_terms_and_prices() -> None:
    """Money and shares are exact; minutes become seconds."""
    contract = parse_contract(tomllib.loads(SOUND))
    assert (contract.number, contract.buyer) == ("KS 2024/117", "Älvhamra kommun")
    assert contract.terms.options[0].exercised_on == date(2026, 3, 12)
    assert contract.terms.options[1].exercised_on is None
    term = contract.terms.response_terms[0]
    assert (term.target_s, term.share, term.penalty_sek) == (1200, Decimal("0.9"), Decimal(1500))
    assert contract.prices[0].price_sek == Decimal("640.00")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("2026-10-01", "2026-09-15", "option[1].starts_on: 2026-09-15 overlaps the base period"),
        ("2027-10-01", "2027-11-01", "option[2].starts_on: 2027-11-01 leaves a gap"),
        ("2027-10-01", '"2027-10-01"', "option[2].starts_on: “2027-10-01” is not understood"),
        ("exercised_on", "excercised_on", "option[1].excercised_on: unknown"),
        ("notice_months = 6", "", "notice_months: missing"),
        ("notice_months = 6", "notice_months = true", "notice_months: “True”"),
        ('"received"', '"alarm"', "response_term[1].start: “alarm” is not a time point"),
        ("share = 0.90", "share = 90", "response_term[1].share: 90 is not from 0 to 1"),
        ("target_minutes = 20", "target_minutes = 0", "response_term[1].target_minutes"),
        ('"640.00"', '"sexhundra"', "price[1].price_sek"),
        ('"640.00"', "-1", "price[1].price_sek: -1 is below 0"),
        ('"each"', '"styck"', "price[1].unit"),
        ("[[price]]", "[price]", "price: not a list of tables"),
        ('number = "KS 2024/117"', 'number = ""', "number"),
    ],
)
def test_each_problem_is_told_with_its_path(old: str, new: str, problem: str) -> None:
    """The path leads to the line in the file."""
    (found,) = refuse(SOUND.replace(old, new, 1))
    assert found.startswith(problem)


def test_all_problems_are_told_at_once() -> None:
    """One reading is enough to mend the file."""
    changed = (
        SOUND.replace("notice_months = 6", "")
        .replace("share = 0.90", "share = 1.5")
        .replace('unit = "each"', 'unit = "dygn"')
        .replace("ends_on = 2027-09-30", "ends_on = 2026-09-30")
    )
    assert [found.split(":")[0] for found in refuse(changed)] == [
        "notice_months",
        "option[1].ends_on",
        "response_term[1].share",
        "price[1].unit",
    ]


def test_names_that_stand_twice_are_refused() -> None:
    """Two prices for the same thing are a contradiction."""
    price = SOUND[SOUND.index("[[price]]") :]
    assert refuse(SOUND + price) == ["price[2]: “alarm_response, each” stands twice"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from([*tomllib.loads(SOUND), "option", "x"])


@given(st.dictionaries(KEYS, JSON))
def test_any_table_is_read_or_refused(changes: dict[str, object]) -> None:
    """Nothing but a refusal comes out of a wrong file."""
    try:
        contract = parse_contract(tomllib.loads(SOUND) | changes)
    except TermsError as error:
        problems = len(error.problems)
        assert problems
    else:
        assert contract.number
