"""Mutated frames: the bounded form of the torture, and proof that its judge sees."""

from random import Random

from narvaro.intake.protocols.sia_dc09 import decode, enclose
from tests.intake.mutants import ACCOUNTS, AT, BODIES, _is_sound, list_mutants, try_frames


def test_no_mutant_is_wrongly_accepted_and_none_crashes() -> None:
    """A frame with a wrong CRC or length is refused; nothing but FrameError comes out."""
    found = try_frames(list_mutants(2000, Random(1)))
    assert found.wrong == []
    assert found.crashed == []
    assert found.said["ACK"] > 100
    assert found.said["no answer: crc"] > 100
    assert found.said["no answer: length"] > 100


def test_every_unmutated_frame_is_read_or_refused_by_its_token_alone() -> None:
    """The mutants start from good frames."""
    for body in BODIES:
        decoded = decode(enclose(body), accounts=ACCOUNTS, now=AT)
        assert decoded.refusal is None or decoded.refusal.code == "token"


def test_judge_sees_a_wrong_crc_and_a_wrong_length() -> None:
    """The judge computes for itself."""
    frame = enclose(BODIES[0])
    assert _is_sound(frame)
    assert not _is_sound(b"\n0000" + frame[5:])
    assert not _is_sound(frame[:5] + b"0001" + frame[9:])
