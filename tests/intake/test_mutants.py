"""Mutated frames: the bounded form of the torture, and proof that its judge sees."""

from random import Random

from narvaro.intake.protocols.sia_dc09 import decode, enclose
from tests.intake.mutants import (
    ACCOUNTS,
    AT,
    BINARY,
    BODIES,
    FORMS,
    STANDARD,
    WITH_CR,
    envelop,
    find_form,
    list_mutants,
    try_frames,
)


def test_no_mutant_is_wrongly_accepted_and_none_crashes() -> None:
    """A frame with a wrong CRC or length is refused; nothing but FrameError comes out."""
    found = try_frames(list_mutants(2000, Random(1)))
    assert found.wrong == []
    assert found.crashed == []
    assert found.said["ACK"] > 100
    assert found.said["no answer: crc"] > 100
    assert found.said["no answer: length"] > 100
    assert all(found.forms[one] > 50 for one in FORMS)


def test_every_unmutated_frame_is_read_or_refused_by_its_token_alone() -> None:
    """The mutants start from good frames."""
    for body in BODIES:
        decoded = decode(enclose(body), accounts=ACCOUNTS, now=AT)
        assert decoded.refusal is None or decoded.refusal.code == "token"


def test_judge_sees_a_wrong_crc_and_a_wrong_length() -> None:
    """The judge computes for itself, in each form."""
    for body in BODIES[-6:]:
        for form in FORMS:
            frame = envelop(body, form)
            width = 2 if form == BINARY else 4
            head, rest = frame[: 1 + width], frame[5 + width :]
            length = int(frame[1 + width : 5 + width], 16)
            assert find_form(frame, set(FORMS)) == form
            assert find_form(frame[:1] + bytes([frame[1] ^ 1]) + frame[2:], set(FORMS)) is None
            assert find_form(head + b"%04X" % (length + 1) + rest, set(FORMS)) is None
            assert find_form(head + b"%04X" % (length - 1) + rest, set(FORMS)) is None


def test_judge_allows_each_account_its_own_forms() -> None:
    """A form that is right, and not this account's, is wrong."""
    bodies = {b"1234": BODIES[0], b"E1DE": BODIES[-5], b"1B5C": BODIES[-3], b"B07A": BODIES[-1]}
    assert {
        name: [form for form in FORMS if find_form(envelop(body, form))]
        for name, body in bodies.items()
    } == {
        b"1234": [STANDARD],
        b"E1DE": [STANDARD, WITH_CR],
        b"1B5C": [STANDARD, BINARY],
        b"B07A": [STANDARD, WITH_CR, BINARY],
    }


def test_binary_crc_has_its_high_byte_first() -> None:
    """As the panels' answers were published: by the bytes of a frame that stands here."""
    body = b'"SIA-DCS"0049L0#AFFE[#AFFE|Nri1CL0001^user^]_02:07:16,11-23-2026'
    assert envelop(body, BINARY) == b"\n\x05\xeb0040" + body + b"\r"
