"""Which frames were heard before. In: an account and what it stamped. Out: new, a repeat, a replay.

A transmitter that missed its answer sends the same frame again: that is a repeat, and gets the
answer that the first one gets. The same stamped content under another sequence number was not
sent by the transmitter, whose stamp and padding differ from frame to frame: that is a replay.
Remembered is as much as an account's time window lets in; what comes later is refused by its time.
"""

import json
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from narvaro.intake.records import Record
from narvaro.spine import clock

Kept: TypeAlias = "Future[int] | None"

HORIZON_S = 120.0
MOST_OF_ONE = 256  # frames of one account; more within the horizon pushes the oldest out


class Verdict(Enum):
    """What a frame is beside those that its account sent before."""

    NEW = "new"
    REPEAT = "repeat"
    REPLAY = "replay"


@dataclass(slots=True)
class _Heard:
    sequence: int
    at_s: float
    kept: Kept


class ReplayGuard:
    """Remembers what the accounts stamped and sent, for as long as it could be sent again."""

    def __init__(self, horizon_s: float = HORIZON_S) -> None:
        self._horizon_s = horizon_s
        self._heard: dict[str, OrderedDict[str, _Heard]] = {}

    def judge(self, account: str, fingerprint: str, sequence: int) -> tuple[Verdict, Kept]:
        """Return what a frame is, and for a repeat what its first sending waits for.

        A frame without a fingerprint is new; a first sending that was not stored does not count.
        """
        heard = self._heard.get(account, OrderedDict()).get(fingerprint) if fingerprint else None
        if heard is None or clock.monotonic() - heard.at_s > self._horizon_s:
            return Verdict.NEW, None
        if heard.kept is not None and heard.kept.done() and heard.kept.exception() is not None:
            return Verdict.NEW, None
        if heard.sequence != sequence:
            return Verdict.REPLAY, None
        return Verdict.REPEAT, heard.kept

    def remember(self, account: str, fingerprint: str, sequence: int, kept: Kept) -> None:
        """Remember a frame; `kept` is what its answer waits for, None where nothing is stored."""
        if not fingerprint:
            return
        at_s = clock.monotonic()
        heard = self._heard.setdefault(account, OrderedDict())
        heard.pop(fingerprint, None)
        heard[fingerprint] = _Heard(sequence, at_s, kept)
        while heard:
            oldest = next(iter(heard.values()))
            if len(heard) <= MOST_OF_ONE and at_s - oldest.at_s <= self._horizon_s:
                return
            heard.popitem(last=False)

    def recall(self, records: list[Record]) -> None:
        """Remember the frames of the records that a journal's end holds, after a start."""
        for record in records:
            if record.kind == "signal":
                first = json.loads(record.decoded)[0]
                self.remember(record.account, first["fingerprint"], first["sequence"], None)
