"""Every source of time beside our own. In: journals, the home's files. Out: what each says, and a verdict.

Panels and time servers give numbers, which are held against our time (`core/clock_agreement.py`). The
kernel's word is about the machine's own clock; it is shown, and counted for the step of a clock alone
(`config/watching.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from narvaro.core.clock_agreement import PANELS, Reading, Verdict, judge
from narvaro.intake.panel_time import WINDOW_S, PanelMedian, find_median
from narvaro.spine import clock
from narvaro.spine.clock import Uptime
from narvaro.spine.time_servers import Heard, list_heard

PANELS_GIVE_S = 10.0  # whole seconds, a clock that nobody tends
LATE_S = 20.0  # a stamp's way over a mobile net; the standard's own window has as much more for it


@dataclass(frozen=True, slots=True)
class SourceNow:
    """One source: `off_s` is its time less ours, None while it says nothing; `why` then is a code.

    `about` is the server's name, empty for the panels; `read_at` is when it was last heard, None where
    it never was; `is_out` says that a majority speaks against it.
    """

    kind: str  # panels, server
    about: str = ""
    off_s: float | None = None
    give_s: float = 0.0
    read_at: datetime | None = None
    why: str = ""
    accounts: int = 0
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources, the panels first, and what they mean for our own time."""

    rows: tuple[SourceNow, ...]
    verdict: Verdict


def list_sources(journals: Iterable[Path], home: Path, hosts: Iterable[str]) -> Sources:
    """List what panels and servers say now; a server that was not asked yet says so."""
    now, up = clock.now(), clock.uptime()
    ours_s = now.timestamp() - up.seconds
    heard = list_heard(home)
    rows = [_panels(journals, ours_s, now, up)]
    rows += [_server(host, heard, ours_s, now, up) for host in dict.fromkeys(hosts)]
    verdict = judge([
        Reading(PANELS, one.off_s, one.give_s, LATE_S)
        if one.kind == PANELS
        else Reading(one.about, one.off_s, one.give_s)
        for one in rows
        if one.off_s is not None
    ])  # fmt: skip
    return Sources(tuple(_marked(one, verdict) for one in rows), verdict)


def _marked(one: SourceNow, verdict: Verdict) -> SourceNow:
    name = PANELS if one.kind == PANELS else one.about
    is_out = one.off_s is not None and name in verdict.out
    return replace(one, is_out=is_out)


def _panels(journals: Iterable[Path], ours_s: float, now: datetime, up: Uptime) -> SourceNow:
    """Return what the panels of the receiver with most votes say."""
    found = [one for path in journals if (one := find_median(path.parent)) is not None]
    fresh = [one for one in found if _is_fresh(one, up)]
    if not fresh:
        return SourceNow(PANELS, why="few")
    best = max(fresh, key=lambda one: (one.less_uptime_s is not None, one.accounts))
    assert best.heard_s is not None
    read_at = now - timedelta(seconds=up.seconds - best.heard_s)
    if best.less_uptime_s is None or best.spread_s is None:
        return SourceNow(PANELS, read_at=read_at, why=best.why, accounts=best.accounts)
    return SourceNow(
        PANELS, "", best.less_uptime_s - ours_s, PANELS_GIVE_S + best.spread_s, read_at, "",
        best.accounts,
    )  # fmt: skip


def _is_fresh(one: PanelMedian, up: Uptime) -> bool:
    if one.boot != up.boot or one.heard_s is None:
        return False
    return up.seconds - one.heard_s <= WINDOW_S


def _server(
    host: str, heard: Mapping[str, Heard], ours_s: float, now: datetime, up: Uptime
) -> SourceNow:
    one = heard.get(host)
    if one is None or one.boot != up.boot:
        return SourceNow("server", host, why="not_asked")
    if one.less_uptime_s is None:
        return SourceNow("server", host, why=one.fault)
    read_at = now - timedelta(seconds=up.seconds - one.read_s)
    if not one.is_believed(up):
        return SourceNow("server", host, read_at=read_at, why=one.fault or "old")
    return SourceNow("server", host, one.less_uptime_s - ours_s, one.give_s, read_at)
