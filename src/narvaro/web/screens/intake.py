"""What the field sent that was kept but not handled. In: refused messages in words. Out: a context."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One message: when, from which account, why, and what to do about it."""

    received_at: datetime
    account: str
    reason: str
    detail: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """console/refused.html: newest first."""

    rows: tuple[RefusedRow, ...]
