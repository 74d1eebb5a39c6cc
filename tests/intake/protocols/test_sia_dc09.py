"""DC-09 frames: captured ones, another's encoder, and everything that can be done to bytes."""

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siadc09.util import crc as their_crc

from narvaro.core.alarm_flags import FLAGS
from narvaro.intake.formats.dc09_crc import FORMS
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
ROOT = Path(__file__).parents[3]
PUBLIC = ROOT.parent / "shared" / "data" / "alarms" / "dc09_public_test_messages.json"


def list_captures() -> list[Any]:
    given = json.loads((Path(__file__).parent / "fixtures" / "sia_dc09.json").read_text())
    return [pytest.param(one, id=one["name"]) for one in given]


def list_accounts(capture: dict[str, Any]) -> Accounts:
    flags = tuple(capture["flags"])
    return Accounts((AlarmAccount("town", capture["account"], key=capture["key"], flags=flags),))


@pytest.mark.parametrize("capture", list_captures())
def test_captured_frame_reads_as_written_in_the_table(capture: dict[str, Any]) -> None:
    """Each captured frame gives the answer and the fields of its row, and no others."""
    accounts = list_accounts(capture)
    frame = capture["frame"].encode("latin-1")
    now = datetime.fromisoformat(capture["now"])
    if capture["answer"] is None:
        with pytest.raises(FrameError) as fault:
            decode(frame, accounts=accounts, now=now)
        assert fault.value.refusal.code == capture["refusal"]
        return
    decoded = decode(frame, accounts=accounts, now=now)
    empty: tuple[object, ...] = ("", None, [], False)
    found = [{k: v for k, v in one.to_dict().items() if v not in empty} for one in decoded.signals]
    for one in found:
        assert (one.pop("protocol"), one.pop("account")) == ("sia-dc09", capture["account"])
        one.pop("fingerprint", None)
        one.setdefault("sequence", 0)
    assert found == capture["expect"]
    assert decoded.answer == capture["answer"]
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


sound = [one.values[0] for one in list_captures() if one.values[0]["answer"] == "ACK"]
frames = st.sampled_from([one["frame"].encode("latin-1") for one in sound])
changes = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4)


@settings(max_examples=300)
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


@settings(max_examples=300)
@given(
    st.sampled_from(sound),
    st.sampled_from(["flip", "cut", "insert", "double"]),
    st.integers(0, 400),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=2),  # the CRC finds every burst of 16 bits
)
def test_changed_frame_of_its_own_account_never_says_something_else(
    capture: dict[str, Any], way: str, at: int, until: int, more: bytes
) -> None:
    """A frame that line noise changed is refused or says the same, deviating CRCs included."""
    frame = capture["frame"].encode("latin-1")
    at, until = sorted((at % len(frame), until % len(frame)))
    middle = {
        "flip": bytes(a ^ b for a, b in zip(frame[at : at + len(more)], more, strict=False)),
        "cut": b"",
        "insert": more,
        "double": frame[at:until] * 2,
    }[way]
    skip = {"flip": at + len(middle), "cut": until, "insert": at, "double": until}[way]
    accounts, now = list_accounts(capture), datetime.fromisoformat(capture["now"])
    said = decode(frame, accounts=accounts, now=now)
    for chunk in split(frame[:at] + middle + frame[skip:])[0]:
        try:
            heard = decode(chunk, accounts=accounts, now=now)
        except FrameError:
            continue
        assert heard == said


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


@given(st.binary(min_size=2, max_size=2), st.integers(0, 40), st.integers(1, 40))
def test_crc_of_two_bytes_may_hold_line_ends(crc: bytes, first: int, size: int) -> None:
    """A stream of frames with CRCs of two bytes is cut right, whatever these bytes are."""
    odd = b"\n" + crc + ALARM[5:]
    stream, found, rest = odd + b"\r\n" + odd + ALARM + odd, [], b""
    cuts = [0, first, *range(first + size, len(stream), size), len(stream)]
    for start, end in itertools.pairwise(cuts):
        chunks, rest = split(rest + stream[start:end])
        found += chunks
    assert (found, rest) == ([odd, odd, ALARM, odd], b"")


def test_crc_of_two_bytes_is_answered_in_kind() -> None:
    """ACK and NAK carry two bytes; the NAK is the one that another receiver was seen to send."""
    accounts = Accounts((AlarmAccount("town", "AFFE", flags=("crc_binary",)),))
    body = b'"SIA-DCS"0049L0#AFFE[#AFFE|Nri1CL0001^user^]_14:06:21,05-17-2026'
    now = datetime(2026, 5, 17, 12, 6, 21, tzinfo=UTC)
    early = decode(enclose(body, binary_crc=True), accounts=accounts, now=now)
    assert acknowledge(early, now=now) == b'\n\xc6&0025"NAK"0000R0L0A0[]_12:06:21,05-17-2026\r'
    taken = decode(enclose(body, binary_crc=True), accounts=accounts, now=now + timedelta(hours=2))
    assert acknowledge(taken, now=now) == enclose(b'"ACK"0049L0#AFFE[]', binary_crc=True)
    assert acknowledge(decode(enclose(body), accounts=accounts, now=now), now=now)[:5] == b"\nC626"


@pytest.mark.parametrize("after", [b"\0", b"\n", b"\r\n", b" \0\0"])
def test_bytes_after_a_frame_do_no_harm(after: bytes) -> None:
    """Some panels end a frame with a zero or a line end of their own; the next frame is whole."""
    chunks, rest = split(ALARM + after)
    assert chunks == [ALARM]
    assert split(rest + ALARM) == ([ALARM], b"")


stamps = st.sampled_from([b"", b"_02:00:00,11-23-2026", b"_02:00:01,11-23-2026"])
contents = st.sampled_from([b"#1234|NBA1]", b"#1234|NBA2]", b"#1234|NBA1][IHall]"])


@given(
    st.tuples(contents, stamps), st.tuples(contents, stamps), st.sampled_from([PLAIN, KEYED]),
    st.integers(0, 9999), st.integers(0, 9999),
)  # fmt: skip
def test_fingerprint_is_of_content_and_time_and_of_nothing_else(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes], accounts: Accounts, seq: int, then: int
) -> None:
    """Sequence and padding change nothing, content and time stamp do; no time, no fingerprint."""

    def find_fingerprint(content: bytes, stamp: bytes, sequence: int) -> str:
        header = b"%04dR1L0#1234[" % sequence
        frame = enclose(b'"SIA-DCS"' + header + content + stamp)
        if accounts is KEYED and stamp:
            sealed = sia_dc09.encrypt(KEY, b"|" + content + stamp)
            frame = enclose(b'"*SIA-DCS"' + header + sealed)
        (signal,) = decode(frame, accounts=accounts if stamp else PLAIN, now=NOW).signals
        return signal.fingerprint

    first, second = find_fingerprint(*one, seq), find_fingerprint(*other, then)
    assert (first == "") is (one[1] == b"")
    assert re.fullmatch("[0-9a-f]{32}|", first)
    if one[1] or other[1]:
        assert (first == second) is (one == other)


def test_fingerprint_tells_accounts_and_kinds_apart() -> None:
    """The same content in the same second from another account, or as a poll, is another message."""
    accounts = Accounts((AlarmAccount("town", "1234"), AlarmAccount("town", "1235")))
    heads = [b'"SIA-DCS"0001L0#1234[', b'"SIA-DCS"0001L0#1235[', b'"NULL"0001L0#1234[']
    sent = [enclose(head + b"]_02:00:00,11-23-2026") for head in heads]
    found = {decode(one, accounts=accounts, now=NOW).signals[0].fingerprint for one in sent}
    assert len(found) == 3


def test_key_in_extended_data_is_neither_kept_nor_answered() -> None:
    """A key that a panel announces leaves its letter alone."""
    frame = enclose(b'"XNM"0001L0#1234[][K' + KEY.hex().encode() + b"][k00ff]")
    decoded = decode(frame, accounts=PLAIN, now=NOW)
    assert decoded.signals[0].extended == (("K", ""), ("k", ""))
    kept = json.dumps(decoded.signals[0].to_dict()).encode() + acknowledge(decoded, now=NOW)
    assert KEY.hex().encode() not in kept


def test_the_flags_of_an_account_are_those_that_the_receiver_knows_and_the_page_lists() -> None:
    """The same words, with the same meaning; the page may say more."""
    spelt = {
        sia_dc09.IGNORE_TIME, sia_dc09.REQUIRE_TIME, sia_dc09.STRICT_TIME, sia_dc09.POLL_WITHOUT_BAR,
    }  # fmt: skip
    assert spelt | {flag for flag, _width, _counted in FORMS if flag} == set(FLAGS)
    text = (ROOT / "docs" / "protocols" / "sia_dc09.md").read_text("utf-8")
    table = text.partition("\n## Flags of an account\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    assert set(rows) == set(FLAGS)
    for flag, meaning in FLAGS.items():
        assert rows[flag].startswith(meaning), flag
