"""The panel's frames, read by a codec that nobody here wrote, and the receiver's answers."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09 import account, message

from narvaro.demo.frames import POLL, Answer, Event, contact_id, crc, frame, read_answer, sia

AT = datetime(2026, 11, 23, 1, 13, 7, tzinfo=UTC)
KEYS = [b"", bytes(range(16)), bytes(range(32))]
EVENTS = [
    (sia("BA", 3, text="Korridor plan 1"), "Burglary Alarm Zone 0x3"),
    (sia("FA", 11), "Fire Alarm Zone 0x11"),
    (contact_id(130, 7), "Burglary Zone 7"),
    (contact_id(602, 0, qualifier=6), "Periodic Test Report"),
    (POLL, ""),
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("event", "words"), EVENTS)
def test_an_independent_codec_reads_every_frame(key: bytes, event: Event, words: str) -> None:
    """Token, sequence, account, time and data come through, plain and encrypted."""
    data = frame("4014", key, event, 17, at=AT, rng=Random(1))
    read = message.parse_frame(data, keys=key or None)
    assert (read.idtoken, read.seq, read.account.acct) == (event.token, 17, 0x4014)
    assert read.encrypted == bool(key)
    assert read.timestamp == AT
    assert words in str(read)
    assert event.text in str(read)


@given(st.integers(1, 9999), st.integers(0, 99), st.sampled_from(KEYS), st.integers())
def test_every_sequence_zone_and_pad_decodes(
    sequence: int, zone: int, key: bytes, seed: int
) -> None:
    """Length and CRC hold for any padding."""
    data = frame("4A01", key, sia("BA", zone), sequence, at=AT, rng=Random(seed))
    assert message.parse_frame(data, keys=key or None).seq == sequence


@pytest.mark.parametrize("key", KEYS)
def test_reads_the_answers_of_an_independent_codec(key: bytes) -> None:
    """ACK plain or encrypted, DUH, and the receiver's time in a NAK."""
    known = account.Account(acct=0x4014, key=key or None)
    ack = message.AckMessage(account=known, seq=17).encode(seq=17, encrypt=bool(key))
    read = read_answer(ack)
    assert read is not None
    assert (read.word, read.sequence) == ("ACK", "0017")
    nak = read_answer(message.NakMessage(account=known, timestamp=AT).encode(seq=0, timestamp=AT))
    assert nak == Answer("NAK", "0000", AT)
    duh = read_answer(message.DuhMessage(account=known, seq=17).encode(seq=17))
    assert duh is not None
    assert duh.word == "DUH"


@given(st.binary(max_size=80))
def test_noise_is_no_answer(noise: bytes) -> None:
    """Nothing but a sound frame is an answer."""
    assert read_answer(noise) is None


def test_a_spoilt_answer_is_no_answer() -> None:
    """One wrong byte, and the panel waits on."""
    body = b'"ACK"0017R1L0#4014[]'
    sound = b"\n%04X0%03X%s\r" % (crc(body), len(body), body)
    assert read_answer(sound) == Answer("ACK", "0017")
    assert read_answer(sound.replace(b"0017", b"0018")) is None
