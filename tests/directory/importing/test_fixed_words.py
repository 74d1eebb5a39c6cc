"""Fixed words as people write them: cut short, and in other words."""

import pytest

from narvaro.core.cells import CellError
from narvaro.directory.importing.fixed_words import FixedWords

READ = FixedWords(
    {"obefogat": "unwarranted", "obefogat larm": "unwarranted", "tekniskt fel": "technical",
     "skadegörelse ute": "outer", "skadegörelse inne": "inner", "avbeställt": "cancelled"}
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "code"),
    [("Obefogat", "unwarranted"), ("obef.", "unwarranted"), ("Tekn. fel", "technical"),
     ("tekn.fel", "technical"), ("AVBEST.", "cancelled"), ("skadeg. inne", "inner")],
)  # fmt: skip
def test_a_cut_word_is_read_where_it_can_mean_one_thing(written: str, code: str) -> None:
    """As a person would."""
    assert READ(written) == code


@pytest.mark.parametrize("written", ["skadeg.", "obef", "x.", ".", "inte. med"])
def test_what_may_mean_several_things_is_asked(written: str) -> None:
    """A cut without its dot is another word; two meanings are none."""
    with pytest.raises(CellError) as no:
        READ(written)
    assert no.value.code == "unknown_word"


def test_a_word_of_no_meaning_makes_no_cut_word_doubtful() -> None:
    """Somebody left “Obefogat - handhavande” empty: “obef.” is read as before."""
    read = FixedWords({"obefogat": "unwarranted", "obefogat - handhavande": "", "okänt": ""})
    assert read("obef.") == "unwarranted"
    assert read("ok.") == ""


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Obefogat - handhavande", "unwarranted"), ("(tekniskt fel?)", "technical"),
        ("obefogat/avbeställt", ""), ("Fel", ""), ("", ""), ("obefogatlarm", ""),
        ("inte obefogat", ""),
    ],
)  # fmt: skip
def test_the_words_in_a_text_point_to_what_it_may_mean(written: str, code: str) -> None:
    """To one meaning, or to none: the person confirms."""
    assert READ.likely(written) == code


def test_a_word_that_was_asked_about_masked_is_read_by_its_answer() -> None:
    """The answer's key is what the person saw; without an answer the word stays unknown."""
    read = FixedWords({"obefogat": "unwarranted", "Ring [telefonnummer]": "technical"})
    assert read("RING 070-123 45 67") == "technical"
    assert read("Ring 070-765 43 21") == "technical"
    for unknown in ("Sms 070-123 45 67", "Ring"):
        with pytest.raises(CellError) as no:
            read(unknown)
        assert no.value.code == "unknown_word"
