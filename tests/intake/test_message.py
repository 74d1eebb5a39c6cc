"""The shared shapes: JSON and back, and what is not their JSON."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.message import MessageError, Position, Received, Refusal

texts = st.text(max_size=12)
times = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants it naive
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
measures = st.none() | st.floats(0, 500)
signals = st.builds(
    Received, protocol=texts, token=texts, account=texts, sequence=st.integers(0, 9999),
    code=texts, receiver_no=texts, line_prefix=texts, qualifier=texts, zone=texts, area=texts,
    text=texts, occurred_at=st.none() | times, time_verified=st.booleans(), extended=pairs,
    is_poll=st.booleans(),
)  # fmt: skip
positions = st.builds(
    Position, device=texts, lat=st.floats(-90, 90), lon=st.floats(-180, 180), at=times,
    accuracy_m=measures, speed_m_s=measures, bearing_deg=measures, battery=measures, extras=pairs,
)  # fmt: skip
refusals = st.builds(Refusal, texts, texts, texts)


@given(signals | positions | refusals)
def test_json_reads_back_the_same(message: Received | Position | Refusal) -> None:
    """A message through JSON text is the same message."""
    text = json.dumps(message.to_dict())
    assert type(message).from_dict(json.loads(text)) == message


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"code": None}, "code"),
        ({"sequence": "7"}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-11-23T02:00:00"}, "offset"),
        ({"extended": [["H"]]}, "extended"),
    ],
)
def test_wrong_field_is_named(change: dict[str, object], word: str) -> None:
    """A dict that is no signal says which field is wrong."""
    good = Received("sia-dc09", "SIA-DCS", "1234", 7).to_dict()
    with pytest.raises(MessageError, match=word):
        Received.from_dict(good | change)


def test_position_has_a_time() -> None:
    """A position without a time is not one."""
    good = Position("car-1", 59.0, 18.0, datetime(2026, 11, 23, tzinfo=UTC)).to_dict()
    with pytest.raises(MessageError, match="at"):
        Position.from_dict(good | {"at": None})
