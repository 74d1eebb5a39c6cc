"""Templates of alarm centres: what they read, and which an administrator may not enter."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.formats.mail_template import MAX_WORK, Template, TemplateError, work_of

GOOD = r"^Objekt: (?P<account>\d{4})"


def make(*patterns: str, **more: object) -> Template:
    return Template.from_json(json.dumps({"patterns": [GOOD, *patterns]} | more))


def test_first_find_of_a_field_counts_and_lines_are_cut() -> None:
    """The subject comes before the lines; what is past a line's bound is not read."""
    template = make("(?P<text>brand|inbrott)", "(?P<zone>Z)", codes={"BRAND": "FA"})
    lines = ["Larm: Inbrott", "objekt: 1234", "Objekt: 9999", "brand", "x" * 200 + "Z"]
    assert template.read(lines) == {"text": "Inbrott", "account": "1234"}
    assert template.find_code("Brand") == "FA"
    assert template.find_code("Okänd") == "Okänd"
    assert template.read(["x" * 60] * 200 + ["Objekt: 1234"]) == {}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("[", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "patterns"),
        ({"patterns": []}, "1 to 20"),
        ({"patterns": [GOOD] * 21}, "1 to 20"),
        ({"patterns": [GOOD, 7]}, "patterns[1] is not a text"),
        ({"patterns": [GOOD], "pattern": 1}, "pattern"),
        ({"patterns": [r"^Kod: (?P<code>\w+)"]}, "account"),
        ({"patterns": [r"(?P<name>\w+)"]}, "groups ['name']"),
        ({"patterns": ["(?P<account>x" + "y" * 300 + ")"]}, "314 signs long"),
        ({"patterns": ["(?P<account>[)"]}, "not a regular expression"),
        ({"patterns": [GOOD + "(?P<time>x)"]}, "time_format"),
        ({"patterns": [GOOD], "time_format": "%Q"}, "time_format"),
        ({"patterns": [GOOD], "time_format": 7}, "time_format"),
        ({"patterns": [GOOD], "time_zone": "Nowhere"}, "time_zone"),
        ({"patterns": [GOOD], "time_zone": "../etc"}, "time_zone"),
        ({"patterns": [GOOD], "codes": {"a": 1}}, "codes"),
        ({"patterns": [GOOD, ".*a.*b", ".*a.*c", ".*a.*d"]}, "together"),
    ],
)
def test_unusable_template_is_refused_with_where_and_why(given: object, word: str) -> None:
    """Each error names the part."""
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(TemplateError) as fault:
        Template.from_json(text)
    assert word in str(fault.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a*)*",
        "(a|a)*b",
        "(?:a{2}){9}",
        "(a){,}b",
        ".*,.*,.*x",
        "^.*,.*,.*,.*x",
        "a?" * 40 + "a" * 40,
        "(a|a)" * 40,
        r"\(?" * 40,
        r"(a)\1",
        "(?P<account>a)(?P=account)",
        "(?=a+)b",
        "(?i)a",
        "(?#note)a",
        "[^]a]+.*.*",
        "a{1,}b{2,}c{3,}",
    ],
)
def test_pattern_that_could_hang_is_refused(pattern: str) -> None:
    """Nested repeats, references, look-around, and too many open repeats together."""
    with pytest.raises(TemplateError, match=r"^patterns\[1\]"):
        make(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^Objekt\s{0,3}:\s{0,3}(?P<account>\w{1,16})(?:-(?P<zone>\d{1,4}))?",
        r"(?P<text>[^,]+), (?P<area>\d+)",
        r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?)\s+(?P<text>.+)$",
        r"Zon[ ]?[\]\[+*]{1,2}(?P<zone>\d{1,3}?)",
        r"^a{3}\{b\}",
    ],
)
def test_usual_pattern_is_taken(pattern: str) -> None:
    """What a centre's mail needs fits within the bound."""
    assert make(pattern, time_format="%Y-%m-%d %H:%M").read(["nothing"]) == {}


PIECES = ["a", "b", ".", r"\w", "[ab]", "^", "|", "(", ")", "(?:", "?", "*", "+", "{1,9}", "{,3}",
          "{2,}", "a*", ".+?", "(a|b)?", "a{1,20}", "$"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_any_taken_pattern_reads_an_awkward_line_in_time(pattern: str) -> None:
    """A pattern is refused or it ends: a tenth of a second here would be an hour where it hangs."""
    try:
        template = make(pattern)
    except TemplateError:
        return
    begun = time.perf_counter()
    template.read(["a" * 200])
    template.read(["ab" * 100])
    assert time.perf_counter() - begun < 1
    assert work_of(pattern, "") <= MAX_WORK
