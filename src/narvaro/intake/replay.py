"""Which frames were heard before. In: what a line stamped. Out: new, a repeat, a replay, or unknown.

A transmitter that missed its answer sends the same frame again: that is a repeat, and gets the
answer that the first one gets. The same stamped content under another sequence number was not
sent by the transmitter, whose stamp and padding differ from frame to frame: that is a replay.
Remembered is as much as a line's time window lets in. What had to be forgotten before that, and
what came before the start, leaves its newest stamp behind: no later one was ever heard, and of an
earlier one nobody can tell.
"""

import json
import logging
import math
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from narvaro.intake.protocols.sia_dc09 import IGNORE_TIME
from narvaro.intake.records import Record, now_us
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine import clock

logger = logging.getLogger(__name__)

Kept: TypeAlias = "Future[int] | None"

FILE = "newest-stamps.json"
WRITE_EVERY_S = 15.0
SLACK_S = 60.0  # our own clock may be bent, or set back a little
WINDOWLESS_S = 120.0  # a clock that stands still stamps each alarm alike: no longer than this
MOST_ALARMS = 4096  # of one account, 1 MB; beyond it the oldest are forgotten
MOST_POLLS = 64  # of one path
RECALLED_S = 86_400.0  # of the journal, where our clock is in doubt as we start


_STORED: "Future[int]" = Future()
_STORED.set_result(0)


class Verdict(Enum):
    """What a frame is beside those that its line sent before."""

    NEW = "new"
    UNKNOWN = "unknown"
    REPEAT = "repeat"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame as far as it can be known again.

    `line` is whose it is, a path's where it is a poll. `stamp_s` is the protected time stamp (seconds
    since 1970); None where nothing protects it, or the line's clock is known to drift. It is let in up
    to `latest_s`, infinite while our clock is in doubt, and remembered for `horizon_s`.
    """

    line: str
    fingerprint: str
    sequence: int
    stamp_s: float | None = None
    latest_s: float = math.inf
    horizon_s: float = WINDOWLESS_S
    is_poll: bool = False


@dataclass(slots=True)
class _Heard:
    sequence: int
    at_s: float
    stamp_s: float
    kept: Kept

    def settle(self, done: "Future[int]") -> None:
        """Let go of a future that succeeded: it is many times as large as all the rest."""
        if done.exception() is None:
            self.kept = _STORED


@dataclass(slots=True)
class _Line:
    heard: OrderedDict[bytes, _Heard] = field(default_factory=OrderedDict)
    forgotten_s: float = -math.inf  # the newest stamp that is no longer remembered
    newest_s: float = -math.inf

    def forget(self, horizon_s: float, most: int) -> None:
        """Forget what no time window lets in any more, and what there is no room for."""
        now_s = clock.monotonic()
        while self.heard:
            oldest = next(iter(self.heard.values()))
            if len(self.heard) <= most and now_s - oldest.at_s <= horizon_s:
                return
            self.heard.popitem(last=False)
            self.forgotten_s = max(self.forgotten_s, oldest.stamp_s)


def find_horizon_s(account: AlarmAccount) -> float:
    """Return for how long a frame of an account could be sent again and be in time."""
    if IGNORE_TIME in account.flags:
        return WINDOWLESS_S
    return account.late_s + account.early_s + SLACK_S


def name_line(account: AlarmAccount, path: str | None = None) -> str:
    """Return what remembers an account's alarms, which are one over all paths, or a path's polls."""
    name = f"{account.account}/{account.line_prefix}"
    return name if path is None else f"{name}/{path}"


class ReplayGuard:
    """Remembers what the lines stamped and sent, for as long as it could be sent again."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._written_s = -math.inf

    def judge(self, sent: Sent) -> tuple[Verdict, Kept]:
        """Return what a frame is, and for a repeat what its first sending waits for.

        A frame without a fingerprint is new; a first sending that was not stored does not count.
        """
        line = self._lines.get(sent.line)
        if line is None or not sent.fingerprint:
            return Verdict.NEW, None
        line.forget(sent.horizon_s, MOST_POLLS if sent.is_poll else MOST_ALARMS)
        heard = line.heard.get(bytes.fromhex(sent.fingerprint))
        failed = heard and heard.kept and heard.kept.done() and heard.kept.exception()
        if heard is None or failed:
            return (Verdict.UNKNOWN if self._may_be_old(line, sent) else Verdict.NEW), None
        if heard.sequence != sent.sequence:
            return Verdict.REPLAY, None
        return Verdict.REPEAT, heard.kept

    @staticmethod
    def _may_be_old(line: _Line, sent: Sent) -> bool:
        if line.newest_s > sent.latest_s:  # heard by a clock that was set back since
            line.newest_s = line.forgotten_s = -math.inf
        return sent.stamp_s is not None and sent.stamp_s <= line.forgotten_s

    def remember(self, sent: Sent, kept: Kept) -> None:
        """Remember a frame; `kept` is what its answer waits for, None where nothing is stored."""
        self._remember(sent, kept, clock.monotonic())

    def _remember(self, sent: Sent, kept: Kept, at_s: float) -> None:
        if not sent.fingerprint:
            return
        line = self._lines.setdefault(sent.line, _Line())
        stamp_s = -math.inf if sent.stamp_s is None else sent.stamp_s
        digest = bytes.fromhex(sent.fingerprint)
        line.heard.pop(digest, None)
        line.heard[digest] = heard = _Heard(sent.sequence, at_s, stamp_s, kept)
        if kept is not None:
            kept.add_done_callback(heard.settle)
        line.newest_s = max(line.newest_s, stamp_s)
        line.forget(sent.horizon_s, MOST_POLLS if sent.is_poll else MOST_ALARMS)

    def recall(self, records: Iterable[Record], accounts: Accounts) -> None:
        """Remember the alarms among the records that a journal's end holds, after a start."""
        for record in records:
            first = json.loads(record.decoded)[0]
            account = accounts.find_account(record.account, first["line_prefix"])
            if account is None:
                continue
            age_s = max(0.0, (now_us() - record.received_at_us) / 1e6)
            horizon_s = math.inf if clock.in_doubt() else find_horizon_s(account)
            # What is remembered here is told by its digest; its stamp is no longer at hand.
            sent = Sent(name_line(account), first["fingerprint"], first["sequence"], None,
                        horizon_s=horizon_s)  # fmt: skip
            self._remember(sent, None, clock.monotonic() - age_s)

    def recall_stamps(self, folder: Path) -> None:
        """Take up the newest stamps that the last process left: what is no later may be a recording."""
        try:
            given = json.loads((folder / FILE).read_text("utf-8"))
            stamps = {str(name): float(stamp_s) for name, stamp_s in given.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return
        self._lines |= {
            name: _Line(forgotten_s=stamp_s, newest_s=stamp_s) for name, stamp_s in stamps.items()
        }

    def write_stamps(self, folder: Path, *, at_once: bool = False) -> None:
        """Leave each line's newest stamp beside the journal, once in a while or at the end."""
        if not at_once and clock.monotonic() - self._written_s < WRITE_EVERY_S:
            return
        self._written_s = clock.monotonic()
        stamps = {
            name: one.newest_s for name, one in self._lines.items() if one.newest_s > -math.inf
        }
        aside = folder / f".{FILE}.{secrets.token_hex(4)}"
        try:
            aside.write_text(json.dumps(stamps), "utf-8")
            aside.replace(folder / FILE)
        except OSError as fault:
            aside.unlink(missing_ok=True)
            logger.warning("newest_stamps_not_written", extra={"fault": str(fault)})


def find_recall_s(accounts: Accounts) -> float:
    """Return how far back the journal is read at a start: as far as any account's window lets in."""
    if clock.in_doubt():
        return RECALLED_S
    return max(map(find_horizon_s, accounts.accounts), default=0.0)
