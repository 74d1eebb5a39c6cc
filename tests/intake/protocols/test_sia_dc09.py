"""DC-09 frames: captured ones, another's encoder, and everything that can be done to bytes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siadc09.account import Account
from siadc09.message import Message, parse_frame
from siadc09.siadcs import DcsEvent
from siadc09.util import crc as their_crc
from siadc09.xdata import Data, parse_xdata

from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import (
    Answer,
    FrameError,
    acknowledge,
    decode,
    enclose,
    split,
)
from narvaro.intake.sealed import Accounts, AlarmAccount

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = bytes(range(16))
PLAIN = Accounts((AlarmAccount("town", "1234"),))
KEYED = Accounts((AlarmAccount("town", "1234", key=KEY.hex()),))
ALARM = enclose(b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA05]')
PUBLIC = Path(__file__).parents[4] / "shared" / "data" / "alarms" / "dc09_public_test_messages.json"


def list_captures() -> list[Any]:
    given = json.loads((Path(__file__).parent / "fixtures" / "sia_dc09.json").read_text())
    return [pytest.param(one, id=one["name"]) for one in given]


@pytest.mark.parametrize("capture", list_captures())
def test_captured_frame_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each captured frame gives the fields of its row, and no others."""
    accounts = Accounts((AlarmAccount("town", capture["account"], key=capture["key"]),))
    frame = capture["frame"].encode("latin-1")
    decoded = decode(frame, accounts=accounts, now=datetime.fromisoformat(capture["now"]))
    empty: tuple[object, ...] = ("", None, [], False)
    found = [{k: v for k, v in one.to_dict().items() if v not in empty} for one in decoded.signals]
    for one in found:
        assert (one.pop("protocol"), one.pop("account")) == ("sia-dc09", capture["account"])
        one.setdefault("sequence", 0)
    expected = [{"sequence": 0} | one for one in capture["expect"]]
    assert found == expected
    assert (decoded.refusal.code if decoded.refusal else None) == capture["refusal"]


@pytest.mark.real_data
@pytest.mark.skipif(not PUBLIC.exists(), reason=f"{PUBLIC.name} is not beside the checkout")
def test_public_frames_are_taken_if_and_only_if_crc_and_length_are_right() -> None:
    """Frames from others' repositories: the sound ones are read, the rest are no frames."""
    for row in json.loads(PUBLIC.read_text()):
        frame = f"\n{row['message']}\r".encode()
        account = row["message"].partition("#")[2].partition("[")[0] or "0"
        accounts = Accounts((AlarmAccount("town", account, flags=("ignore_time",)),))
        if row["crc_ok"] and row["len_ok"] and '"NAK"' not in row["message"]:
            assert decode(frame, accounts=accounts, now=NOW).answer is Answer.ACK, row
        else:
            with pytest.raises(FrameError):
                decode(frame, accounts=accounts, now=NOW)


def test_nak_is_the_published_frame_with_our_time() -> None:
    """Our NAK is, byte for byte, the one that another implementation's tests hold."""
    old = enclose(b'"SIA-DCS"0008L0#1234[#1234|NBA1]_10:00:00,01-01-2020')
    decoded = decode(old, accounts=PLAIN, now=NOW)
    assert decoded.answer is Answer.NAK
    answer = acknowledge(decoded, now=datetime(2025, 9, 24, 16, 20, 1, tzinfo=UTC))
    assert answer == b'\nE4410025"NAK"0000R0L0A0[]_16:20:01,09-24-2025\r'


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


frames = st.sampled_from([one.values[0]["frame"].encode("latin-1") for one in list_captures()])
changes = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4)


@settings(max_examples=400)
@given(frames, changes, st.integers(0, 400), st.booleans())
def test_mutated_frame_is_refused_or_sound(
    frame: bytes, swaps: list[tuple[int, int]], cut: int, mend: bool
) -> None:
    """No change of bytes raises anything but FrameError or passes with a wrong CRC or length."""
    changed = bytearray(frame)
    for at, value in swaps:
        changed[at % len(changed)] = value
    changed = changed[: cut or None]
    if mend:  # get past the CRC, so that what stands behind it is tried too
        changed = bytearray(enclose(bytes(changed[9:-1])))
    accounts = Accounts((AlarmAccount("town", "1234", key=KEY.hex() if b'"*' in frame else ""),))
    try:
        decoded = decode(bytes(changed), accounts=accounts, now=NOW)
    except FrameError:
        return
    body = bytes(changed[9:-1])
    assert int(changed[1:5], 16) == their_crc(body)
    assert int(changed[5:9], 16) == len(body)
    assert acknowledge(decoded, now=NOW).startswith(b"\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_cut_without_loss_and_never_taken(raw: bytes) -> None:
    """Random bytes: each chunk is refused, and only line ends and zeros are dropped."""
    chunks, rest = split(raw)
    kept = b"".join(chunks) + rest
    assert kept.translate(None, b"\r\n\0 ") == raw.translate(None, b"\r\n\0 ")
    for chunk in chunks:
        with pytest.raises(FrameError):
            decode(chunk, accounts=PLAIN, now=NOW)


@given(st.lists(frames, min_size=1, max_size=5), st.lists(st.integers(1, 60), min_size=1))
def test_frames_come_out_however_the_stream_is_cut(sent: list[bytes], cuts: list[int]) -> None:
    """Frames joined and cut at any places are the same frames again."""
    stream, found, rest, at, turn = b"".join(sent), [], b"", 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        chunks, rest = split(rest + stream[at : at + size])
        found += chunks
        at, turn = at + size, turn + 1
    assert (found, rest) == (sent, b"")


def test_junk_and_a_broken_off_frame_do_not_hurt_the_next_one() -> None:
    """Bytes in front of a frame, and a frame without an end, are chunks of their own."""
    chunks, rest = split(b"noise" + ALARM[:20] + ALARM + b"\r\n\n" + ALARM[:7])
    assert chunks == [b"noise", ALARM[:20], ALARM]
    assert rest == ALARM[:7]


@pytest.mark.parametrize(
    ("accounts", "frame", "answer", "code"),
    [
        (Accounts(), ALARM, Answer.DUH, "unknown_account"),
        (KEYED, ALARM, Answer.DUH, "plaintext"),
        (PLAIN, enclose(b'"*SIA-DCS"0001L0#1234[00112233]'), Answer.DUH, "no_key"),
        (KEYED, enclose(b'"*SIA-DCS"0001L0#1234[0011223]'), Answer.DUH, "undecryptable"),
        (KEYED, enclose(b'"*SIA-DCS"0001L0#1234[%b]' % (b"00" * 32)), Answer.DUH, "undecryptable"),
        (PLAIN, enclose(b'"SIA-DCS"0001L0#1234[no end'), Answer.DUH, "content"),
        (PLAIN, enclose(b'"XYZ"0001L0#1234[]'), Answer.DUH, "token"),
        (PLAIN, enclose(b'"NULL"0001L0#1234[]_25:00:00,01-01-2026'), Answer.NAK, "time"),
    ],
)
def test_refusals_and_their_answers(
    accounts: Accounts, frame: bytes, answer: Answer, code: str
) -> None:
    """Each refusal has its code and its answer, and neither says a key or the content."""
    decoded = decode(frame, accounts=accounts, now=NOW)
    assert decoded.refusal is not None
    assert (decoded.answer, decoded.refusal.code, decoded.signals) == (answer, code, ())
    said = acknowledge(decoded, now=NOW)
    assert b"BA05" not in said
    assert KEY.hex().encode() not in said.lower()
    assert said[9:14] == f'"{answer}"'.encode()


def test_answer_without_receiver_and_prefix_is_still_whole() -> None:
    """A frame without R is answered without R; a line prefix is always there."""
    decoded = decode(enclose(b'"NULL"0002#1234[]'), accounts=PLAIN, now=NOW)
    assert acknowledge(decoded, now=NOW) == enclose(b'"ACK"0002L0#1234[]')


@pytest.mark.parametrize(
    ("age_s", "taken"), [(-21, False), (-20, True), (0, True), (40, True), (41, False)]
)
def test_time_window_is_twenty_ahead_and_forty_back(age_s: int, taken: bool) -> None:
    """The default window's edges belong to it."""
    stamp = (NOW - timedelta(seconds=age_s)).strftime(sia_dc09.TIME_FORMAT).encode()
    frame = enclose(b'"SIA-DCS"0001L0#1234[#1234|NBA1]_' + stamp)
    decoded = decode(frame, accounts=PLAIN, now=NOW)
    assert decoded.answer is (Answer.ACK if taken else Answer.NAK)
    lenient = Accounts((AlarmAccount("town", "1234", flags=("ignore_time",)),))
    (signal,) = decode(frame, accounts=lenient, now=NOW).signals
    assert signal.time_verified is taken


def test_same_key_text_is_another_key_in_the_other_form() -> None:
    """A key of 32 digits is AES-128 as hex and AES-256 as ASCII."""
    text = "0123456789ABCDEF" * 2
    stamp = NOW.strftime(sia_dc09.TIME_FORMAT).encode()
    content = sia_dc09.encrypt(text.encode(), b"|#1234|NPA1]_" + stamp)
    frame = enclose(b'"*SIA-DCS"0001L0#1234[' + content)
    ascii_form = Accounts((AlarmAccount("town", "1234", key=text, key_form="ascii"),))
    hex_form = Accounts((AlarmAccount("town", "1234", key=text),))
    assert decode(frame, accounts=ascii_form, now=NOW).signals[0].code == "PA"
    refusal = decode(frame, accounts=hex_form, now=NOW).refusal
    assert refusal is not None
    assert refusal.code == "undecryptable"


def test_control_characters_in_text_do_not_reach_the_database() -> None:
    """A zero byte would be refused by PostgreSQL; it becomes the replacement character."""
    frame = enclose(b'"SIA-DCS"0001L0#1234[#1234|NBA1^a\0b^]')
    (signal,) = decode(frame, accounts=PLAIN, now=NOW).signals
    assert signal.text == "a\N{REPLACEMENT CHARACTER}b"
