"""What time it is at the panels. In: the stamps of encrypted frames. Out: their median, or silence.

The receiver keeps one vote for each account: the stamp of its last frame less the machine's uptime,
so that no step of our own clock moves it. No vote has

- an account that was sent a time (NAK) within a day: a panel takes it over, and would echo us;
- a stamp that is no later than the account's last one: a frame that somebody recorded;
- an account whose clock is known to drift (`ignore_time`), and a plain account: anybody can stamp that.

Fewer than `LEAST` votes, votes that do not agree, or votes whose majority came within two minutes (what
an outage held back arrives at once, late) say nothing. The result lies in a file beside the journal.
"""

import json
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from narvaro.spine.clock import Uptime

logger = logging.getLogger(__name__)

FILE = "panel-time.json"
WINDOW_S = 900.0
LEAST = 5
SPAN_S = 120.0
SPREAD_S = 15.0
ECHO_S = 86_400.0
WRITE_EVERY_S = 15.0


@dataclass(frozen=True, slots=True)
class PanelMedian:
    """The panels' time less the machine's uptime, and half of the votes lie within `spread_s` of it.

    `less_uptime_s` and `spread_s` are None while they say nothing; `why` then is `few`, `at_once`
    or `apart`. `heard_s` is the uptime at the newest vote, None where there is none.
    """

    boot: str
    accounts: int
    heard_s: float | None = None
    less_uptime_s: float | None = None
    spread_s: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Vote:
    less_uptime_s: float
    at_s: float


@dataclass
class PanelTime:
    """The votes of one receiver."""

    boot: str = ""
    told: dict[str, float] = field(default_factory=dict)  # when an account was sent our time
    _votes: dict[str, _Vote] = field(default_factory=dict)
    _stamps: dict[str, datetime] = field(default_factory=dict)
    _written: str = ""
    _written_s: float = float("-inf")

    def hear(self, account: str, sent_at: datetime, *, now: datetime, up: Uptime) -> None:
        """Take an authenticated frame's own stamp as its account's vote, where it has one."""
        self._begin(up)
        last = self._stamps.get(account)
        if last is not None and sent_at <= last:
            return
        self._stamps[account] = sent_at
        told_s = self.told.get(account)
        if told_s is not None and now.timestamp() - told_s < ECHO_S:
            return
        self.told.pop(account, None)
        self._votes[account] = _Vote(sent_at.timestamp() - up.seconds, up.seconds)

    def tell(self, account: str, now: datetime) -> None:
        """Note that an account is sent our time; the vote that it has is older, and stands."""
        self.told[account] = now.timestamp()

    def summarise(self, up: Uptime) -> PanelMedian:
        """Return the median of the votes within the window."""
        self._begin(up)
        self._votes = {
            name: one for name, one in self._votes.items() if up.seconds - one.at_s <= WINDOW_S
        }
        votes = self._votes.values()
        newest = max((one.at_s for one in votes), default=None)
        if len(votes) < LEAST:
            return PanelMedian(up.boot, len(votes), newest, why="few")
        middle = median(one.less_uptime_s for one in votes)
        spread = median(abs(one.less_uptime_s - middle) for one in votes)
        if spread > SPREAD_S:
            return PanelMedian(up.boot, len(votes), newest, why="apart")
        near = [one.at_s for one in votes if abs(one.less_uptime_s - middle) <= SPREAD_S]
        if max(near) - min(near) < SPAN_S:
            return PanelMedian(up.boot, len(votes), newest, why="at_once")
        return PanelMedian(up.boot, len(votes), newest, middle, spread)

    def write(self, folder: Path, *, now: datetime, up: Uptime) -> None:
        """Leave the median, and who was told, beside the journal where they changed."""
        if up.seconds - self._written_s < WRITE_EVERY_S:
            return
        self._written_s = up.seconds
        self.told = {name: at for name, at in self.told.items() if now.timestamp() - at < ECHO_S}
        one = self.summarise(up)
        text = json.dumps({
            "boot": one.boot, "accounts": one.accounts, "heard_s": one.heard_s,
            "less_uptime_s": one.less_uptime_s, "spread_s": one.spread_s, "why": one.why,
            "told": self.told,
        })  # fmt: skip
        if text == self._written:
            return
        aside = folder / f".{FILE}.{secrets.token_hex(4)}"
        try:
            aside.write_text(text, "utf-8")
            aside.replace(folder / FILE)
        except OSError as fault:
            aside.unlink(missing_ok=True)
            logger.warning("panel_time_not_written", extra={"fault": str(fault)})
            return
        self._written = text

    def _begin(self, up: Uptime) -> None:
        if up.boot != self.boot:
            self.boot, self._votes, self._written_s = up.boot, {}, float("-inf")


def recall(folder: Path) -> PanelTime:
    """Return a receiver's votes as it starts: none, but it is known who was told the time."""
    try:
        told = json.loads((folder / FILE).read_text("utf-8"))["told"]
        return PanelTime(told={str(name): float(at) for name, at in told.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return PanelTime()


def find_median(folder: Path) -> PanelMedian | None:
    """Read what a receiver's panels say; None where it left nothing that can be read."""
    try:
        given = json.loads((folder / FILE).read_text("utf-8"))
        numbers = (given["heard_s"], given["less_uptime_s"], given["spread_s"])
        heard_s, less_s, spread_s = (None if one is None else float(one) for one in numbers)
        return PanelMedian(
            str(given["boot"]), int(given["accounts"]), heard_s, less_s, spread_s, str(given["why"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
