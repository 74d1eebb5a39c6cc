"""DC-09 beside another's codec: siadc09 encodes, both decode, and say the same."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09 import dc09 as their_names
from siadc09.account import Account
from siadc09.message import ExtendedNullMessage, Message, NullMessage, parse_frame
from siadc09.siadcs import DcsEvent
from siadc09.xdata import Data, parse_xdata

from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import Answer, acknowledge, decode
from narvaro.intake.sealed import Accounts, AlarmAccount

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = bytes(range(16))
PLAIN = Accounts((AlarmAccount("town", "1234"),))
KEYED = Accounts((AlarmAccount("town", "1234", key=KEY.hex()),))

codes = st.sampled_from(["BA", "FA", "PA", "HA", "MA", "TA", "OP", "CL", "RP", "YT"])
texts = st.text("abcdefghij ÅÄÖåäö0123456789.-", min_size=1, max_size=20).map(str.strip)
events = st.tuples(codes, st.integers(1, 0xFFF), st.integers(1, 99))
keys = st.sampled_from([None, bytes(range(16)), bytes(range(24)), bytes(range(32))])


@given(st.lists(events, min_size=1, max_size=4), keys, texts, st.integers(0, 9999))
def test_agrees_with_another_codec_on_events(
    given_events: list[tuple[str, int, int]], key: bytes | None, text: str, sequence: int
) -> None:
    """siadc09 encodes; it and our decoder read the same account, numbers, events and text."""
    block = "/".join(f"ri{area}/{code}{zone:X}" for code, zone, area in given_events)
    config = {
        "idtoken": "SIA-DCS",
        "data": Data(f"#1234|N{block}".encode()),
        "xdata": [parse_xdata(f"I{text}".encode())],
        "seqno": sequence,
    }
    frame = Message(Account(acct=0x1234, key=key), config).encode(timestamp=NOW)
    theirs = parse_frame(frame, key)
    accounts = Accounts((AlarmAccount("town", "1234", key=key.hex() if key else ""),))
    ours = decode(frame, accounts=accounts, now=NOW)
    read = [event for block in theirs.data.blocks for event in getattr(block, "events", [])]
    assert all(isinstance(event, DcsEvent) for event in read)
    assert [(one.code, int(one.zone, 16)) for one in ours.signals] == [
        (event.code, event.addr) for event in read
    ]
    assert [int(one.area) for one in ours.signals] == [area for _, _, area in given_events]
    assert {one.sequence for one in ours.signals} == {theirs.seq}
    assert {one.occurred_at for one in ours.signals} == {theirs.timestamp}
    assert {one.text for one in ours.signals} == {text}
    assert all(one.time_verified for one in ours.signals)
    answer = parse_frame(acknowledge(ours, now=NOW), key)
    assert (answer.idtoken, answer.seq, answer.encrypted) == ("ACK", sequence, key is not None)


@given(
    st.sampled_from(["1", "3", "6"]),
    st.integers(100, 999),
    st.integers(0, 99),
    st.integers(0, 999),
    keys,
)
def test_agrees_with_another_codec_on_contact_id(
    qualifier: str, event: int, group: int, zone: int, key: bytes | None
) -> None:
    """siadc09 encodes a Contact ID event; both read the same."""
    data = Data(f"#1234|{qualifier}{event} {group:02} {zone:03}".encode())
    config = {"idtoken": "ADM-CID", "data": data, "seqno": 1}
    frame = Message(Account(acct=0x1234, key=key), config).encode(timestamp=NOW)
    theirs = parse_frame(frame, key).data.event
    accounts = Accounts((AlarmAccount("town", "1234", key=key.hex() if key else ""),))
    (ours,) = decode(frame, accounts=accounts, now=NOW).signals
    assert (ours.code, ours.qualifier) == (theirs.qualifier + theirs.code, theirs.qualifier)
    assert (int(ours.area, 16), int(ours.zone, 16)) == (theirs.group, theirs.addr)


@given(st.booleans(), keys, st.integers(0, 9999), st.sampled_from(["", "SS", "DP", "SS,DP"]))
def test_agrees_with_another_codec_on_polls(
    extended: bool, key: bytes | None, sequence: int, category: str
) -> None:
    """Both kinds of null message are polls; the extended one says its supervision category."""
    account = Account(acct=0x1234, key=key)
    items = [parse_xdata(f"C{category}".encode())]
    kinds = ExtendedNullMessage(account, xdata=items, seqno=sequence)
    plain = NullMessage(account, seqno=sequence)
    frame = (kinds if extended else plain).encode(timestamp=NOW)
    flags = (sia_dc09.POLL_WITHOUT_BAR,)  # this codec leaves it out
    accounts = Accounts((AlarmAccount("town", "1234", key=key.hex() if key else "", flags=flags),))
    ours = decode(frame, accounts=accounts, now=NOW)
    theirs = parse_frame(frame, key)
    assert ours.is_poll
    assert (ours.header.token, ours.signals[0].sequence) == (theirs.idtoken, theirs.seq)
    assert ours.signals[0].extended == ((("C", category),) if extended else ())
    assert ours.signals[0].occurred_at == theirs.timestamp
    answer = parse_frame(acknowledge(ours, now=NOW), key)
    assert (answer.idtoken, answer.encrypted) == ("ACK", key is not None)


@pytest.mark.parametrize("token", sorted(their_names.MESSAGES))
@pytest.mark.parametrize("key", [None, KEY])
def test_each_token_of_annex_h_is_taken_or_answered_with_duh(token: str, key: bytes | None) -> None:
    """What is not read here is refused by name, never by silence."""
    config = {"idtoken": token, "data": Data(b"#1234|NBA1")}
    frame = Message(Account(acct=0x1234, key=key), config).encode(timestamp=NOW, encrypt=bool(key))
    decoded = decode(frame, accounts=KEYED if key else PLAIN, now=NOW)
    if token in sia_dc09.READERS or token in sia_dc09.POLLS:
        assert decoded.answer is Answer.ACK
    else:
        assert decoded.refusal is not None
        # NAK and DUH are never encrypted, so that a keyed account cannot have sent them.
        codes = {"plaintext"} if key and token in {"NAK", "DUH"} else {"token"}
        assert decoded.refusal.code in codes
