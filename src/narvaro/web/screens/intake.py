"""What the field sent that was kept but not handled. In: refused messages in words. Out: a context."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Messages of one account and reason: when the newest came, how many, why, what to do.

    `detail` is empty where `reason` holds words.
    """

    received_at: datetime
    account: str
    reason: str
    detail: str
    what_to_do: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """console/refused.html: newest first. `more`: there may be older ones."""

    rows: tuple[RefusedRow, ...]
    more: bool = False
