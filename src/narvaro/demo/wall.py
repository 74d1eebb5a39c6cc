"""The outsiders' own clock: panels and phones keep the town's time, not the product's.

While a tour moves the town's time, its offset stands in a file (`follow`); otherwise the time is
the machine's.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class _Offset:
    """The town's offset: at first none, then what stands in a file; it only ever grows."""

    file: Path | None = None
    seconds: float = 0.0

    def read(self) -> float:
        if self.file is None or not self.file.exists():
            return self.seconds
        try:
            found = float(json.loads(self.file.read_text("utf-8"))["offset_s"])
        except (OSError, ValueError, KeyError, TypeError):
            return self.seconds  # half a write: what was read last holds
        self.seconds = max(self.seconds, found)
        return self.seconds


_offset = _Offset()


def follow(file: Path | None) -> None:
    """Let a file move the time from now on; None goes back to the machine's time."""
    _offset.file, _offset.seconds = file, 0.0


def move_to(at: datetime) -> None:
    """Move the town's time forward to `at`; raises ValueError without a file, or backwards."""
    if _offset.file is None:
        raise ValueError("no file moves the time; call follow() first")
    ahead_s = (at - now()).total_seconds()
    if ahead_s < 0:
        raise ValueError(f"the town's time only goes forward, not to {at}")
    aside = _offset.file.with_suffix(".new")
    aside.write_text(json.dumps({"offset_s": _offset.read() + ahead_s}), encoding="utf-8")
    aside.replace(_offset.file)


def now() -> datetime:
    """Tell the time, aware, in UTC."""
    return datetime.now(UTC) + timedelta(seconds=_offset.read())


def monotonic() -> float:
    """Tell seconds that never go back."""
    return time.monotonic()
