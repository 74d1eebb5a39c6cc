"""Every source of time beside our own. In: journals, the home's files. Out: what each says, and a verdict.

Panels and time servers give numbers, which are held against our time (`core/clock_agreement.py`). The
kernel's word is about the machine's own clock; it is shown, and counted for the step of a clock alone
(`config/watching.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from narvaro.core.clock_agreement import (
    OURS,
    PANELS,
    SERVER,
    ClockVerdict,
    Kind,
    Reading,
    judge,
)
from narvaro.intake.panel_time import LEAST, WINDOW_S, PanelMedian, find_median
from narvaro.spine import clock
from narvaro.spine.silent import Silent
from narvaro.spine.time_servers import ServerHeard, list_heard
from narvaro.spine.uptime import Uptime

PANELS_GIVE_S = 10.0  # whole seconds, a clock that nobody tends
LATE_S = 20.0  # a stamp's way over a mobile net; the standard's own window has as much more for it


@dataclass(frozen=True, slots=True)
class SourceNow:
    """One source: `off_s` is its time less ours, None while it says nothing; `why` then is a `Silent`, or the
    code of an answer that is not sound.

    `about` is the server's name, empty for the panels; `read_at` is when it was last heard, None where
    it never was; `is_out` says that a majority speaks against it. For panels, `keyed` accounts could speak,
    and `may_alone` says whether what they say is doubt enough.
    """

    kind: Kind
    about: str = ""
    off_s: float | None = None
    give_s: float = 0.0
    read_at: datetime | None = None
    why: str = ""
    accounts: int = 0
    is_out: bool = False
    keyed: int = 0
    may_alone: bool = True

    @property
    def reading(self) -> Reading | None:
        """Return what it says, to be held against others; None while it says nothing."""
        if self.off_s is None:
            return None
        if self.kind == PANELS:
            return Reading(PANELS, self.off_s, self.give_s, LATE_S, self.may_alone)
        return Reading(self.about, self.off_s, self.give_s)

    @property
    def differs(self) -> bool:
        """Return whether what it says cannot be of the same time as ours."""
        return self.reading is not None and not self.reading.agrees(OURS)

    @property
    def is_missed(self) -> bool:
        """Return whether it says nothing and ought to: enough panels could speak, or a server was asked."""
        if self.off_s is not None:
            return False
        return self.keyed >= LEAST if self.kind == PANELS else self.why != Silent.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources, the panels first, and what they mean for our own time."""

    rows: tuple[SourceNow, ...]
    verdict: ClockVerdict


def list_sources(journals: Iterable[Path], home: Path, hosts: Iterable[str]) -> Sources:
    """List what panels and servers say now; a server that was not asked yet says so."""
    now, up = clock.now(), clock.uptime()
    ours_s = now.timestamp() - up.seconds
    heard = list_heard(home)
    rows = [_panels(journals, ours_s, now, up)]
    rows += [_server(host, heard, ours_s, now, up) for host in dict.fromkeys(hosts)]
    verdict = judge([one.reading for one in rows if one.reading is not None])
    return Sources(tuple(_marked(one, verdict) for one in rows), verdict)


def _marked(one: SourceNow, verdict: ClockVerdict) -> SourceNow:
    name = PANELS if one.kind == PANELS else one.about
    is_out = one.off_s is not None and name in verdict.out
    return replace(one, is_out=is_out)


def _panels(journals: Iterable[Path], ours_s: float, now: datetime, up: Uptime) -> SourceNow:
    """Return what the panels of the receiver with most votes say."""
    found = [one for path in journals if (one := find_median(path.parent)) is not None]
    fresh = [one for one in found if _is_fresh(one, up)]
    keyed = max((one.keyed for one in found), default=0)
    if not fresh:
        return SourceNow(PANELS, why=Silent.FEW, keyed=keyed)
    best = max(fresh, key=lambda one: (one.less_uptime_s is not None, one.accounts))
    assert best.heard_s is not None
    read_at = now - timedelta(seconds=up.seconds - best.heard_s)
    if best.less_uptime_s is None or best.spread_s is None:
        return SourceNow(PANELS, read_at=read_at, why=best.why, accounts=best.accounts, keyed=keyed)
    return SourceNow(
        PANELS,
        off_s=best.less_uptime_s - ours_s,
        give_s=PANELS_GIVE_S + best.spread_s,
        read_at=read_at,
        accounts=best.accounts,
        keyed=keyed,
        may_alone=best.may_alone,
    )


def _is_fresh(one: PanelMedian, up: Uptime) -> bool:
    if one.boot != up.boot or one.heard_s is None:
        return False
    return up.seconds - one.heard_s <= WINDOW_S


def _server(
    host: str, heard: Mapping[str, ServerHeard], ours_s: float, now: datetime, up: Uptime
) -> SourceNow:
    one = heard.get(host)
    if one is None or one.boot != up.boot:
        return SourceNow(SERVER, host, why=Silent.NOT_ASKED)
    if one.less_uptime_s is None:
        return SourceNow(SERVER, host, why=one.fault)
    read_at = now - timedelta(seconds=up.seconds - one.read_s)
    if not one.is_believed(up):
        return SourceNow(SERVER, host, read_at=read_at, why=one.fault or Silent.OLD)
    return SourceNow(SERVER, host, one.less_uptime_s - ours_s, one.give_s, read_at)
