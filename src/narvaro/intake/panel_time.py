"""What time it is at the panels. In: the stamps of encrypted frames. Out: their median, or silence.

The receiver keeps one vote for each account: the stamp of its last frame less the machine's uptime,
so that no step of our own clock moves it. No vote has

- an account that was sent a time (NAK) within a day: a panel takes it over, and would echo us; but for
  one that goes on saying what it said before;
- a stamp that is no later than the account's last one: a frame that somebody recorded;
- an account whose clock is known to drift (`ignore_time`), and a plain account: anybody can stamp that.

A tenant's voice is the median of its votes; the panels' is the median of the tenants'. Fewer than `LEAST`
votes, votes that do not agree, or votes of which most came within two minutes and were not said again
after as long (what an outage held back arrives at once, late, and once) are no voice. The result lies in
a file beside the journal.
"""

import json
import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from statistics import median

from narvaro.intake.protocols.sia_dc09 import IGNORE_TIME
from narvaro.intake.sealed import Accounts
from narvaro.spine.files import replace_text
from narvaro.spine.silent import Silent
from narvaro.spine.uptime import Uptime

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
    """The panels' time less the machine's uptime, and half of the voices lie within `spread_s` of it.

    `less_uptime_s` and `spread_s` are None while they say nothing; `why` then is a
    `Silent`. `heard_s` is the uptime at the newest vote, None where there is none.
    `may_alone` says whether two tenants agree, or there is but one. `keyed` accounts could have a vote.
    """

    boot: str
    accounts: int
    heard_s: float | None = None
    less_uptime_s: float | None = None
    spread_s: float | None = None
    why: str = ""
    may_alone: bool = True
    keyed: int = 0


@dataclass(frozen=True, slots=True)
class _Vote:
    """What an account says, since when it has said so without a break, and when last."""

    tenant: str
    less_uptime_s: float
    since_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class _Voice:
    less_uptime_s: float
    spread_s: float


@dataclass
class PanelTime:
    """The votes of one receiver."""

    boot: str = ""
    told: dict[str, float] = field(default_factory=dict)  # when an account was sent our time
    _votes: dict[str, _Vote] = field(default_factory=dict)
    _stamps: dict[str, datetime] = field(default_factory=dict)
    _accounts: Accounts | None = None
    _keyed: tuple[str, ...] = ()  # the tenant of each account that could have a vote
    _written: str = ""
    _written_s: float = float("-inf")

    def know(self, accounts: Accounts) -> None:
        """Note which accounts could have a vote."""
        if accounts is not self._accounts:
            self._accounts = accounts
            self._keyed = tuple(
                one.tenant for one in accounts.accounts if one.key and IGNORE_TIME not in one.flags
            )

    def hear(
        self, account: str, sent_at: datetime, *, tenant: str, now: datetime, up: Uptime
    ) -> bool:
        """Take an authenticated frame's own stamp as its account's vote, where it has one.

        Returns whether the stamp is later than all that the account sent: no recording.
        """
        self._begin(up)
        last = self._stamps.get(account)
        if last is not None and sent_at <= last:
            return False
        self._stamps[account] = sent_at
        less_s = sent_at.timestamp() - up.seconds
        known = self._votes.get(account)
        if known and (
            up.seconds - known.at_s > WINDOW_S or not _agree(known.less_uptime_s, less_s)
        ):
            known = None
        told_s = self.told.get(account)
        if told_s is None or now.timestamp() - told_s >= ECHO_S:
            self.told.pop(account, None)
            since_s = known.since_s if known else up.seconds
            self._votes[account] = _Vote(tenant, less_s, since_s, up.seconds)
        elif known:
            self._votes[account] = replace(known, at_s=up.seconds)
        return True

    def tell(self, account: str, now: datetime) -> None:
        """Note that an account is sent our time; the vote that it has is older, and stands."""
        self.told[account] = now.timestamp()

    def summarise(self, up: Uptime) -> PanelMedian:
        """Return the median of the tenants' medians of the votes within the window."""
        self._begin(up)
        self._votes = {
            name: one for name, one in self._votes.items() if up.seconds - one.at_s <= WINDOW_S
        }
        of_tenants: defaultdict[str, list[_Vote]] = defaultdict(list)
        for one in self._votes.values():
            of_tenants[one.tenant].append(one)
        newest = max((one.at_s for one in self._votes.values()), default=None)
        silent = PanelMedian(up.boot, len(self._votes), newest, keyed=len(self._keyed))
        said = [_read_voice(votes) for votes in of_tenants.values()]
        voices = [one for one in said if isinstance(one, _Voice)]
        if not voices:
            why = next((one for one in (Silent.APART, Silent.AT_ONCE) if one in said), Silent.FEW)
            return replace(silent, why=why)
        middle = median(one.less_uptime_s for one in voices)
        spread = median(abs(one.less_uptime_s - middle) for one in voices)
        if spread > SPREAD_S:
            return replace(silent, why=Silent.APART)
        near = [one.spread_s for one in voices if _agree(one.less_uptime_s, middle)]
        return replace(
            silent,
            less_uptime_s=middle,
            spread_s=max(spread, median(near)),
            may_alone=len(near) > 1 or len(of_tenants.keys() | set(self._keyed)) == 1,
        )

    def write(self, folder: Path, *, now: datetime, up: Uptime) -> None:
        """Leave the median, and who was told, beside the journal where they changed."""
        if up.seconds - self._written_s < WRITE_EVERY_S:
            return
        self._written_s = up.seconds
        self.told = {name: at for name, at in self.told.items() if now.timestamp() - at < ECHO_S}
        text = json.dumps(asdict(self.summarise(up)) | {"told": self.told})
        if text == self._written:
            return
        try:
            replace_text(folder / FILE, text)
        except OSError as fault:
            logger.warning("panel_time_not_written", extra={"fault": str(fault)})
            return
        self._written = text

    def _begin(self, up: Uptime) -> None:
        if up.boot != self.boot:
            self.boot, self._votes, self._written_s = up.boot, {}, float("-inf")


def _agree(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) <= SPREAD_S


def _read_voice(votes: Sequence[_Vote]) -> _Voice | Silent:
    """Return the median of one tenant's votes, or why it is none."""
    if len(votes) < LEAST:
        return Silent.FEW
    middle = median(one.less_uptime_s for one in votes)
    spread = median(abs(one.less_uptime_s - middle) for one in votes)
    if spread > SPREAD_S:
        return Silent.APART
    if _came_at_once([one for one in votes if _agree(one.less_uptime_s, middle)]):
        return Silent.AT_ONCE
    return _Voice(middle, spread)


def _came_at_once(votes: Sequence[_Vote]) -> bool:
    """Return whether most came within one span, and were not said again after it."""
    once = sorted(one.since_s for one in votes if one.at_s - one.since_s < SPAN_S)
    together = (bisect_left(once, first + SPAN_S) - n for n, first in enumerate(once))
    return 2 * max(together, default=0) > len(votes)


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
        del given["told"]
        return PanelMedian(**given)
    except (OSError, ValueError, KeyError, TypeError):
        return None
