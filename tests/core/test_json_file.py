"""JSON as others write it: read, cleaned, or refused with a reason."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.core.json_file import JsonError, read_json

DEEP = 100_000


def test_what_no_database_keeps_is_taken_out_of_texts_and_names() -> None:
    data = json.dumps({"na\0me": ["Tor\0get", "\ud800Parken\udfff", "Å 😀", 3, None]}).encode()
    assert read_json(data) == {"name": ["Torget", "Parken", "Å 😀", 3, None]}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[1,\n2", "the file is no JSON: line 2"),
        (b"", "the file is no JSON: line 1"),
        (b"\xff\xfe[", "the file is no JSON"),
        (b"[" + b"9" * 5000 + b"]", "the file holds a number that is too long"),
        (b"[" * DEEP + b"]" * DEEP, "the file holds a number that is too long"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(JsonError) as no:
        read_json(data)
    assert no.value.why.startswith(why)


@pytest.mark.parametrize("depth", range(300, 1100, 50))
def test_texts_that_lie_deep_are_cleaned_or_refused(depth: int) -> None:
    """What is read may lie deeper than what cleans it reaches."""
    with suppress(JsonError):
        inner = read_json(b"[" * depth + b'"\\u0000a"' + b"]" * depth)
        for _ in range(depth):
            (inner,) = inner
        assert inner == "a"


@given(st.recursive(
    st.none() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
))  # fmt: skip
def test_whatever_was_written_can_be_kept(value: object) -> None:
    """As UTF-8, without NUL."""
    read = read_json(json.dumps(value).encode())
    assert "\0" not in json.dumps(read, ensure_ascii=False).encode().decode()


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """What is read can be written again."""
    with suppress(JsonError):
        assert json.dumps(read_json(data))
