"""Words that people cut short."""

import pytest

from narvaro.core.cells import CellError
from narvaro.directory.importing.cut_words import abbreviated

READ = abbreviated(
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
