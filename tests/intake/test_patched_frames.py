"""Blocks of an encrypted frame left out or put in on the line, which takes no key: what they may not do.

AES-CBC has no MAC. An alarm must not become a poll, which is acknowledged and not stored, and what was
put together must not be a sign of life. A chosen bit that is turned in the last block of an alarm is
beyond what can be seen without a MAC (THREAT_MODEL.md).
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from narvaro.intake.alarm_frames import AlarmFrames, Taken
from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.protocols import sia_dc09
from narvaro.intake.protocols.sia_dc09 import TIME_FORMAT, Answer, Decoded, decode, enclose
from narvaro.intake.records import read_after, read_last_seen
from narvaro.intake.replay import ReplayGuard
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine.clock import Hands
from tests.make import NIGHT

KEY = bytes.fromhex("0123456789abcdef0123456789abcdef")
KNOWN = Accounts((AlarmAccount("town", "AB12", key=KEY.hex()),))
STAMP = f"]_{NIGHT:{TIME_FORMAT}}".encode()
ALARMS = [
    (b"ADM-CID", b"#AB12|1130 01 001"),
    (b"SIA-DCS", b"#AB12|Nri1/BA05"),
    (b"SIA-DCS", b"#AB12|Nri1/BA0105*HALLWAY EAST"),
    (b"SIA-DCS", b"#AB12|Nri1/PA1"),
]
POLL = b""


def sealed(token: bytes, data: bytes, pad: int, dice: Random, number: int = 7) -> tuple[bytes, list[bytes]]:  # fmt: skip
    """Return a frame's header and its blocks; `pad` is 0, for less than a block of it, or 16 for more."""
    content = b"|" + data + STAMP
    front = bytes(dice.randbytes(pad + -len(content) % 16)).translate(sia_dc09._PADDING)
    cipher = sia_dc09._cipher(KEY).encryptor()
    whole = cipher.update(front + content) + cipher.finalize()
    head = b'"*%b"%04dL0#AB12[' % (token, number)
    return head, [whole[at : at + 16] for at in range(0, len(whole), 16)]


def frame(head: bytes, blocks: list[bytes]) -> bytes:
    """Return the frame of some blocks, its length and CRC right."""
    return enclose(head + b"".join(blocks).hex().upper().encode())


def under(token: bytes, head: bytes) -> bytes:
    """Return the header under another token, which stands in the clear."""
    return b'"*%b"' % token + head.split(b'"', 2)[2]


@pytest.fixture
def frames(tmp_path: Path, hands: Hands) -> Iterator[AlarmFrames]:
    """Return what takes frames, its journal on disk, its clock at NIGHT."""
    journal = Journal(tmp_path / "intake.db", "main")
    yield AlarmFrames(Desk(journal, KNOWN, Limits()), ReplayGuard())
    journal.close()


def take(frames: AlarmFrames, chunk: bytes) -> Taken:
    """Hand a frame over, and wait for the journal."""
    taken = frames.take(chunk, "192.0.2.1")
    assert taken is not None
    if taken.kept is not None:
        taken.kept.result(5)
    return taken


def is_acknowledged_poll(decoded: Decoded) -> bool:
    """Return whether the panel would hear ACK and nothing would be stored."""
    return decoded.answer is Answer.ACK and decoded.is_poll


@pytest.mark.parametrize(("token", "data"), ALARMS)
@pytest.mark.parametrize("pad", [0, 16])
def test_no_end_of_an_alarm_is_an_acknowledged_poll(token: bytes, data: bytes, pad: int) -> None:
    """Every run of its last blocks, under every token, a hundred paddings."""
    dice = Random(1)
    for _ in range(100):
        head, blocks = sealed(token, data, pad, dice)
        for first in range(1, len(blocks)):
            for other in (b"NULL", b"XNM"):
                found = decode(frame(under(other, head), blocks[first:]), accounts=KNOWN, now=NIGHT)
                assert not is_acknowledged_poll(found)


@pytest.mark.parametrize("pad", [0, 16])
def test_the_whole_alarm_under_a_polls_token_is_stored_and_is_no_sign_of_life(
    frames: AlarmFrames, pad: int
) -> None:
    head, blocks = sealed(*ALARMS[0], pad, Random(2))
    taken = take(frames, frame(under(b"NULL", head), blocks))
    assert taken.decoded.answer is Answer.ACK
    assert not taken.is_fresh
    (record,) = read_after(frames._desk.journal.path, 0)
    (signal,) = json.loads(record.decoded)
    assert (record.kind, signal["code"], signal["time_verified"]) == ("signal", "1130", False)


def test_rubbish_in_front_of_a_poll_or_an_alarm_is_no_sign_of_life(frames: AlarmFrames) -> None:
    """A block in front: it is refused, or known again, or stored as what proves nothing."""
    dice = Random(3)
    for token, data in ((b"NULL", POLL), ALARMS[0], ALARMS[1]):
        for pad in (0, 16):
            head, blocks = sealed(token, data, pad, dice)
            for _ in range(60):
                for front in ([dice.randbytes(16)], [dice.randbytes(16), dice.randbytes(16)]):
                    taken = take(frames, frame(head, front + blocks))
                    assert not (taken.decoded.is_poll and taken.decoded.answer is Answer.ACK)
                    if data == POLL:
                        assert not taken.is_fresh


def test_genuine_frames_of_either_kind_of_pad_are_signs_of_life(frames: AlarmFrames) -> None:
    for number, (pad, data) in enumerate(((16, POLL), (16, ALARMS[1][1]))):
        token = b"NULL" if data == POLL else b"SIA-DCS"
        assert take(frames, frame(*sealed(token, data, pad, Random(number)))).is_fresh
    frames._desk.journal.close()  # what was heard is saved with the last commit
    assert [one.account for one in read_last_seen(frames._desk.journal.path)] == ["AB12"]


def test_who_is_known_for_short_pads_is_not_believed_with_a_long_one(frames: AlarmFrames) -> None:
    """A poll is refused: what hid in its pad is not known. An alarm is stored."""
    dice = Random(4)
    assert take(frames, frame(*sealed(b"NULL", POLL, 0, dice))).is_fresh
    poll = take(frames, frame(*sealed(b"NULL", POLL, 16, dice)))
    assert (poll.decoded.answer, poll.is_fresh) == (Answer.DUH, False)
    assert poll.decoded.refusal is not None
    assert poll.decoded.refusal.code == "padding"
    alarm = take(frames, frame(*sealed(*ALARMS[1], 16, dice)))
    assert (alarm.decoded.answer, alarm.is_fresh) == (Answer.ACK, False)


def test_a_poll_without_a_bar_needs_its_flag_unless_it_has_no_room_for_more() -> None:
    """Eleven bytes of pad hide nothing; a block and eleven may."""
    content = STAMP
    flagged = Accounts((replace(KNOWN.accounts[0], flags=(sia_dc09.POLL_WITHOUT_BAR,)),))
    for pad, accounts, code in (
        (11, KNOWN, None), (27, KNOWN, "no_bar"), (27, flagged, None), (43, flagged, "padding"),
    ):  # fmt: skip
        cipher = sia_dc09._cipher(KEY).encryptor()
        whole = cipher.update(b"p" * pad + content) + cipher.finalize()
        found = decode(frame(b'"*NULL"0001L0#AB12[', [whole]), accounts=accounts, now=NIGHT)
        assert (found.refusal.code if found.refusal else None) == code
        assert found.is_poll is (code is None)


def test_what_names_no_account_inside_is_stored_and_proves_nothing(frames: AlarmFrames) -> None:
    head, blocks = sealed(b"SIA-DCS", b"Nri1/BA05", 0, Random(5))
    taken = take(frames, frame(head, blocks))
    assert (taken.decoded.answer, taken.is_fresh) == (Answer.ACK, False)
    (record,) = read_after(frames._desk.journal.path, 0)
    assert (record.kind, record.flags) == ("signal", "time_unverified")
