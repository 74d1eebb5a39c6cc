"""The outsiders' own clock: panels and phones keep their own time, not the product's."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Tell the time, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Tell seconds that never go back."""
    return time.monotonic()
