"""Waiting for what others do. In: a question. Out: nothing once it is true, else a failure in time."""

import asyncio
import time
from collections.abc import Callable


def wait_until(true: Callable[[], object], what: str, patience_s: float = 5.0) -> None:
    """Wait for something to become true; fail with `what` where it does not."""
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, f"not within {patience_s} s: {what}"
        time.sleep(0.02)


async def until(true: Callable[[], object], patience_s: float = 5.0) -> None:
    """Wait within a loop, which goes on meanwhile; raise TimeoutError where it does not come true."""
    async with asyncio.timeout(patience_s):
        while not true():
            await asyncio.sleep(0.01)
