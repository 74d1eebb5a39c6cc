"""Texts that keep their facts: an English text as it stands, made again from JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.cell_error import CellError
from narvaro.core.said import Said

FACTS = st.dictionaries(
    st.sampled_from(["word", "line"]), st.one_of(st.text(max_size=5), st.integers()), max_size=2
)


def test_it_is_its_english_text() -> None:
    """Whoever does not translate needs to know nothing of it."""
    said = Said("“%(word)s” stands on line %(line)s", word="100 %", line=3)
    assert said == "“100 %” stands on line 3"
    assert (said.template, said.facts["line"]) == ("“%(word)s” stands on line %(line)s", 3)
    assert Said("write it like 95 %") == "write it like 95 %"


def test_a_text_within_a_text_comes_back_as_one() -> None:
    """Each part can be said in another language."""
    said = CellError("x", Said("stands on line %(line)s", line=3), Said("keep one")).said
    again = Said.of(json.loads(json.dumps(said.to_json())))
    assert again == said == "stands on line 3; keep one"
    why = again.facts["why"]
    assert isinstance(why, Said)
    assert why.template == "stands on line %(line)s"


def test_what_is_no_kept_text_stands_as_it_is() -> None:
    """A text from elsewhere is never taken for a template."""
    assert Said.of("100 %(word)s") == "100 %(word)s"
    said = Said("as it is")
    assert Said.of(said) is said


@given(FACTS)
def test_json_gives_back_the_same(facts: dict[str, str | int]) -> None:
    """Facts may hold anything that a person wrote."""
    template = " ".join(f"%({name})s" for name in facts) or "nothing"
    said = Said(template, **facts)
    again = Said.of(json.loads(json.dumps(said.to_json())))
    assert (again, again.template, again.facts) == (said, said.template, said.facts)
