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
    ],
)  # fmt: skip
def test_the_words_in_a_text_point_to_what_it_may_mean(written: str, code: str) -> None:
    """To one meaning, or to none: the person confirms."""
    assert READ.likely(written) == code
