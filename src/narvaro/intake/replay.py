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
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from narvaro.intake.protocols.sia_dc09 import IGNORE_TIME
from narvaro.intake.records import newest_first, now_us
from narvaro.intake.sealed import Accounts, AlarmAccount
from narvaro.spine import clock
from narvaro.spine.files import replace_text

logger = logging.getLogger(__name__)

Kept: TypeAlias = "Future[int] | None"

FILE = "newest-stamps.json"
WRITE_EVERY_S = 15.0
SLACK_S = 60.0  # our own clock may be bent, or set back a little
WINDOWLESS_S = 120.0  # a clock that stands still stamps each alarm alike: no longer than this
MOST_ALARMS = 4096  # of one account, 1 MB; beyond it the oldest are forgotten
MOST_POLLS = 64  # of one path
RECALLED_S = 86_400.0  # of the journal, where our clock is in doubt as we start
RECALL_S = 2.0  # the doors open within 5 s of a start
MOST_RECALLED = 65_536  # of all accounts, 20 MB


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

    @property
    def most(self) -> int:
        """Return how many such frames of one line are remembered."""
        return MOST_POLLS if self.is_poll else MOST_ALARMS


@dataclass(slots=True)
class _Heard:
    sequence: int
    at_s: float
    stamp_s: float
    kept: Kept

    @property
    def failed(self) -> bool:
        """Return whether it is known that it was not stored."""
        return self.kept is not None and self.kept.done() and self.kept.exception() is not None

    def settle(self, done: "Future[int]") -> None:
        """Let go of a future that succeeded: it is many times as large as all the rest."""
        if done.exception() is None:
            self.kept = _STORED


@dataclass(slots=True)
class _Line:
    heard: OrderedDict[bytes, _Heard] = field(default_factory=OrderedDict)
    forgotten_s: float = -math.inf  # the newest stamp that is no longer remembered
    newest_s: float = -math.inf

    def leave(self, stamp_s: float) -> None:
        """Note that frames up to a stamp were heard, and are not remembered."""
        self.forgotten_s = max(self.forgotten_s, stamp_s)
        self.newest_s = max(self.newest_s, stamp_s)

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
        line.forget(sent.horizon_s, sent.most)
        heard = line.heard.get(bytes.fromhex(sent.fingerprint))
        if heard is None or heard.failed:
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
        if not sent.fingerprint:
            return
        line = self._lines.setdefault(sent.line, _Line())
        stamp_s = -math.inf if sent.stamp_s is None else sent.stamp_s
        digest = bytes.fromhex(sent.fingerprint)
        line.heard.pop(digest, None)
        line.heard[digest] = heard = _Heard(sent.sequence, clock.monotonic(), stamp_s, kept)
        if kept is not None:
            kept.add_done_callback(heard.settle)
        line.newest_s = max(line.newest_s, stamp_s)
        line.forget(sent.horizon_s, sent.most)

    def recall(self, journal: Path, accounts: Accounts) -> None:
        """Remember the alarms at a journal's end after a start, the newest first, for `RECALL_S`.

        Of what there is no time or room for nobody can tell: up to then a stamp may be a recording's.
        """
        since_us = now_us() - int(_find_recalled_s(accounts) * 1e6)
        until_s, recalled = clock.monotonic() + RECALL_S, 0
        with newest_first(journal, "signal", since_us) as rows:
            for at_us, name, decoded in rows:
                if recalled == MOST_RECALLED or clock.monotonic() > until_s:
                    self._leave(at_us / 1e6, accounts, recalled)
                    return
                recalled += self._recall_one(at_us / 1e6, name, decoded, accounts)

    def _leave(self, at_s: float, accounts: Accounts, recalled: int) -> None:
        for one in accounts.accounts:
            self._line_of(one).leave(at_s + one.early_s)
        left_up_to = datetime.fromtimestamp(at_s, UTC).isoformat()
        extra = {"recalled": recalled, "left_up_to": left_up_to}
        logger.warning("alarms_not_all_recalled", extra=extra)

    def _recall_one(self, at_s: float, name: str, decoded: str, accounts: Accounts) -> bool:
        """Remember an alarm behind all those of its account that are remembered; return whether it is."""
        try:
            first = json.loads(decoded)[0]
            account = accounts.find_account(name, first["line_prefix"])
            digest, sequence = bytes.fromhex(first["fingerprint"]), int(first["sequence"])
        except (ValueError, LookupError, TypeError):  # no frame; promotion says so
            return False
        if account is None or not digest:
            return False
        age_s = max(0.0, clock.now().timestamp() - at_s)
        line = self._line_of(account)
        if digest in line.heard or (age_s > find_horizon_s(account) and not clock.in_doubt()):
            return False
        # Its stamp is no longer at hand: no later than this.
        stamp_s = at_s + account.early_s
        if len(line.heard) >= MOST_ALARMS:
            line.leave(stamp_s)
            return False
        line.heard[digest] = _Heard(sequence, clock.monotonic() - age_s, stamp_s, None)
        line.heard.move_to_end(digest, last=False)
        return True

    def _line_of(self, account: AlarmAccount) -> _Line:
        return self._lines.setdefault(name_line(account), _Line())

    def recall_stamps(self, folder: Path) -> None:
        """Take up the newest stamps that the last process left: what is no later may be a recording."""
        try:
            given = json.loads((folder / FILE).read_text("utf-8"))
            stamps = {str(name): float(stamp_s) for name, stamp_s in given.items()}
        except FileNotFoundError:  # a new home
            return
        except (OSError, ValueError, TypeError, AttributeError) as fault:
            logger.warning("newest_stamps_not_read", extra={"fault": str(fault)})
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
        try:
            replace_text(folder / FILE, json.dumps(stamps))
        except OSError as fault:
            logger.warning("newest_stamps_not_written", extra={"fault": str(fault)})


def _find_recalled_s(accounts: Accounts) -> float:
    """Return how far back the journal is read at a start: as far as any account's window lets in."""
    if clock.in_doubt():
        return RECALLED_S
    return max(map(find_horizon_s, accounts.accounts), default=0.0)
