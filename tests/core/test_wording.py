"""What must not be written is masked or marked, and nothing else is; the phone's twin by the same table.

Numbers here are of nobody: 98XX as a personnummer's last four, and phone numbers kept free for made-up
persons. Run as a module, this file writes the phone's copy of the rules anew.
"""

import json
import re
from datetime import date
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narvaro.core.folding import fold
from narvaro.core.wording import mark, mask, mask_within
from narvaro.core.wording_numbers import Hidden, is_checked
from narvaro.core.wording_rules import ADVICE, PARTS, RULES

ROOT = Path(__file__).resolve().parents[2]
PHONE_RULES = ROOT / "src" / "narvaro" / "web" / "frontend" / "wording-rules.json"
PERSON, PHONE = f"[{Hidden.PERSON_NUMBER}]", f"[{Hidden.PHONE_NUMBER}]"


class Case(TypedDict, total=False):
    """A row of the table: a text, what it becomes if that is another, its marks if it has any."""

    text: str
    masked: str
    marks: list[list[str]]


CASES: list[Case] = json.loads(Path(__file__).with_name("wording_cases.json").read_text("utf-8"))


def phone_rules() -> str:
    """Return the rules as the phone reads them."""
    table = {"parts": PARTS, "advice": ADVICE, "rules": RULES}
    return json.dumps(table, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"])[:60])
def test_every_case_of_the_shared_table(case: Case) -> None:
    """Masked as the table says, marked as it says, and masked once for good."""
    masked = mask(case["text"]).text
    assert masked == case.get("masked", case["text"])
    marks = [[masked[one.start : one.end], one.code] for one in mark(masked)]
    assert marks == case.get("marks", [])
    assert mask(masked).masked == ()


def test_the_table_has_cases_of_every_code_and_enough_that_stay_as_they_are() -> None:
    """A code without a case is a rule that nobody has seen at work."""
    seen = {code for case in CASES for _words, code in case.get("marks", [])}
    assert seen == set(ADVICE) == {code for code, _case, _pattern in RULES} | {"number"}
    assert sum("masked" not in case and "marks" not in case for case in CASES) >= 100


def test_the_phone_has_the_same_rules() -> None:
    """If not, write them anew: .venv/bin/python -m tests.core.test_wording"""
    assert PHONE_RULES.read_text("utf-8") == phone_rules()


def test_rules_are_what_both_languages_read_alike() -> None:
    """No class that knows more letters in one than in the other, and no repetition without an end."""
    for text in (*PARTS.values(), *(pattern for _code, _case, pattern in RULES)):
        assert re.search(r"\\[dwsbDWSB]|\(\?P|\(\?<[A-Za-z]|[)\]a-zåäö][*+]|\{\d+,\}", text) is None


def test_spans_say_where_the_numbers_stood() -> None:
    text = "🙂 850709-9805, +46 70 174 06 05"
    spans = [(text[one.start : one.end], one.code) for one in mask(text).masked]
    assert spans == [
        ("850709-9805", Hidden.PERSON_NUMBER), ("+46 70 174 06 05", Hidden.PHONE_NUMBER),
    ]  # fmt: skip


@pytest.mark.parametrize("most", range(1, 40))
def test_words_that_are_cut_leave_no_half_of_a_number(most: int) -> None:
    """Wherever the room ends: they are masked before they are cut."""
    kept = mask_within(" Vid dörren 850709-9805 bakom porten ", most)
    assert kept == "Vid dörren [personnummer] bakom porten"[:most]


DATES = st.dates(date(1850, 1, 1), date(2049, 12, 31))


@st.composite
def person_numbers(draw: st.DrawFn) -> str:
    """Draw twelve digits that are a personnummer or a samordningsnummer."""
    day = draw(DATES)
    shift = draw(st.sampled_from([0, 60]))
    nine = f"{day:%y%m}{day.day + shift:02}{draw(st.integers(0, 999)):03}"
    checked = next(nine + digit for digit in "0123456789" if is_checked(nine + digit))
    return f"{day.year // 100}{checked}"


def spell(digits: str, how: str) -> str:
    """Write twelve digits in a spelling: C is the century, the rest stand for themselves."""
    names = {"C": digits[:2], "Y": digits[2:4], "M": digits[4:6], "D": digits[6:8], "N": digits[8:]}
    return "".join(names.get(one, one) for one in how)


SPELLINGS = (
    "YMD-N", "YMDN", "CYMDN", "CYMD-N", "YMD+N", "CYMD+N", "YMD N", "CYMD N", "YMD - N", "YMD.N",
    "CYMD.N", "Y M D N", "Y-M-D-N", "CY-M-D-N", "CY-M-D N", "CY M D N", "C YMD-N", "C YMDN", "C YMD N",
    "YMD–N", "YMD\u2011N", "YMD\u00a0N", "YMD\u00a0-\u00a0N", "YMD\u200b-N", "Y/M/D-N", "YMD\u00adN",
)  # fmt: skip
NO_DIGIT = st.characters(exclude_categories=["Nd", "No", "Nl", "Lo", "Cs"])
AROUND = st.one_of(
    st.text(NO_DIGIT, max_size=20),
    st.sampled_from(["nr ", "ärende ", "kl 02.13 ", " 02.13", "\n", ", ", " 17 ", "12 st ", "tel ", " (", ")"]),
)  # fmt: skip
WIDE = str.maketrans("0123456789-+", "０１２３４５６７８９－＋")


def digits_of(text: str) -> str:
    """Return the digits of a text in a row, as a reader sees them."""
    return re.sub("[^0-9]", "", fold(text).text)


@settings(max_examples=150, deadline=None)
@given(person_numbers(), st.sampled_from(SPELLINGS), st.booleans(), AROUND, AROUND)
def test_no_person_number_survives_in_any_usual_spelling(
    digits: str, how: str, wide: bool, before: str, after: str
) -> None:
    """Nothing of it is left, whatever stands around it, except digits right against it."""
    number = spell(digits, how).translate(WIDE) if wide else spell(digits, how)
    if fold(before).text[-1:].isdigit() or fold(after).text[:1].isdigit():
        return  # it is the middle of a longer number
    masked = mask(f"{before}{number}{after}").text
    assert PERSON in masked
    assert digits_of(masked) in digits_of(before) + digits_of(after)


@settings(max_examples=40, deadline=None)
@given(
    person_numbers(), person_numbers(), st.sampled_from([", ", ";", " ", "\n", " och ", "/", ","])
)
def test_numbers_in_a_row_are_masked_each(first: str, second: str, between: str) -> None:
    text = f"{spell(first, 'YMD-N')}{between}{spell(second, 'CYMDN')}"
    assert digits_of(mask(text).text) == ""


FRAGMENTS = st.lists(
    st.one_of(
        st.from_regex("[0-9]{1,12}", fullmatch=True),
        st.sampled_from([
            " ", "-", "+", ".", ",", ":", "/", "(0)", "\n", " - ", "pnr ", "tel ", "nr ", "850709", "9805",
            "070", "08-", "+46", "0046", "850709-9805", "070-174 06 05", "8507099805", "02.13", "[personnummer]",
            "kallas Lillen", "ABC", "\u200b", "🙂",
        ]),
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS)
def test_masking_twice_is_masking_once(text: str) -> None:
    """Also where one number's neighbour decides what it is."""
    masked = mask(text).text
    assert mask(masked).text == masked


@given(st.text(NO_DIGIT))
def test_a_text_without_digits_is_left_alone(text: str) -> None:
    assert mask(text).text == text


@settings(deadline=None)
@given(st.text(st.characters()))
def test_any_text_is_read_and_marks_stand_in_order_within_it(text: str) -> None:
    """Lone surrogates, marks without a letter, controls: never an error."""
    masked = mask(text)
    assert masked.text.count("[") == text.count("[") + len(masked.masked)
    ends = [0]
    for one in (*mark(text),):
        assert ends[-1] <= one.start < one.end <= len(text)
        assert one.advice == ADVICE[one.code]
        ends.append(one.end)


@given(st.text())
def test_folded_text_knows_where_it_stood(text: str) -> None:
    folded = fold(text)
    assert re.fullmatch("[ -~\nåäöÅÄÖ]*", folded.text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(a < b for a, b in zip(folded.starts, folded.ends, strict=True))
    assert list(folded.starts) == sorted(folded.starts)


@pytest.mark.parametrize(
    "piece",
    ["0 7 ", "1.", "aA", "kallas ", "hus 1B, ", "a.a@", "skolan som ", "Aa-", "\u0308", "é"],
)  # fmt: skip
def test_a_long_text_made_to_be_slow_is_read_in_linear_time(piece: str) -> None:
    """40 kB: quadratic work would take minutes here, and the suite would be stopped."""
    text = (piece * 40_000)[:40_000]
    assert digits_of(mask(text).text) is not None
    assert len(mark(text)) <= len(text)


if __name__ == "__main__":
    PHONE_RULES.write_text(phone_rules(), "utf-8")
