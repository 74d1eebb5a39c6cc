"""What is read in frames: slow senders are bounded from a half frame's first byte, long ones too."""

import asyncio
from collections.abc import Sequence

import pytest

from narvaro.intake.door import EndlessError, read_chunks
from narvaro.intake.limits import Guest, Limits

LIMITS = Limits(half_message_s=0.15, idle_s=2.0)


def split(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Frames end with a semicolon."""
    *frames, rest = buffer.split(b";")
    return frames, rest


def read(
    sent: Sequence[tuple[float, bytes]], *, faults: int = 0
) -> tuple[list[list[bytes]], float]:
    """Return what is made of bytes that come after pauses (s), and how long it took."""
    guest = Guest("peer", lambda: None, faults=faults)

    async def talk() -> tuple[list[list[bytes]], float]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        reader = asyncio.StreamReader()

        async def send() -> None:
            for pause_s, data in sent:
                await asyncio.sleep(pause_s)
                reader.feed_data(data)
            reader.feed_eof()

        sending = asyncio.create_task(send())
        try:
            coming = read_chunks(guest, reader, LIMITS, split, longest=8, between=b" ")
            return [one async for one in coming], loop.time() - begun
        finally:
            sending.cancel()

    return asyncio.run(talk())


def test_each_read_gives_its_frames() -> None:
    """A half frame waits for the rest, and the next one's time begins with its own first byte."""
    found, _took = read([(0, b"a;b;c"), (0.1, b"d;e"), (0.1, b"f;"), (0.1, b"")])
    assert found == [[b"a", b"b"], [b"cd"], [b"ef"]]


def test_a_trickle_does_not_lengthen_the_time() -> None:
    with pytest.raises(TimeoutError):
        read([(0.05, b"x")] * 8)


def test_bytes_between_frames_are_idle_time() -> None:
    """They begin no frame: the first byte of a frame does."""
    found, took = read([(0, b"  "), (0.2, b" "), (0.2, b"a"), (0.1, b";")])
    assert found[-1] == [b"   a"]
    assert took > LIMITS.half_message_s * 3


def test_a_frame_without_an_end_is_handed_back() -> None:
    with pytest.raises(EndlessError) as fault:
        read([(0, b"a;bbbbb"), (0, b"bbbb")])
    assert fault.value.rest == b"bbbbbbbbb"


def test_who_tires_us_is_read_no_more() -> None:
    assert read([(0, b"a;")], faults=LIMITS.faults + 1)[0] == []
