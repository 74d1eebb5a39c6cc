"""The police's public feed, fetched. In: places, an address, a state file. Out: events brought in.

polisen.se's rules for open data: HTTPS, a User-Agent that names the program, 10 s between two calls,
60 an hour, 1,440 a day, 429 is obeyed and 404 is final. A call is written down before it is made, so
that no crash brings one too many. Off while no place is set; one call at most in each run, which the
worker leaves to its child process: nothing waits for the answer.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from re import split
from typing import Any
from urllib.parse import urlencode

from narvaro.directory.importing.run import Source
from narvaro.situation.pictures import import_police_events
from narvaro.situation.police_call import OK, Answer, FeedSilent, ask
from narvaro.spine import clock
from narvaro.spine.events import SYSTEM
from narvaro.spine.files import replace_text
from narvaro.spine.models import Tenant

logger = logging.getLogger(__name__)

HOUR_S, DAY_S = 3600.0, 86400.0
PACE = ((10.0, 1), (HOUR_S, 60), (DAY_S, 1440))
"""In so many seconds, so many calls: https://polisen.se/om-polisen/om-webbplatsen/oppna-data/."""
EVERY_S = 600.0
LONGEST_WAIT_S = DAY_S
_GONE = frozenset({404, 410})
_UNWELCOME = frozenset({401, 403})
_NOT_MODIFIED = 304
_TOO_MANY = 429


@dataclass(frozen=True)
class Feed:
    """What is asked for whom: a whole address; an empty tenant is the only one."""

    tenant: str
    address: str

    @property
    def key(self) -> str:
        """Return what it is remembered under: a changed setting is a new feed."""
        return f"{self.tenant} {self.address}".strip()


@dataclass
class _Kept:
    """What is remembered of one feed; `why` is empty while it answers."""

    next_at: float = 0.0
    etag: str = ""
    modified: str = ""
    failures: int = 0
    why: str = ""
    final: bool = False
    refused: int = 0


@dataclass
class _State:
    calls: list[float] = field(default_factory=list)
    feeds: dict[str, _Kept] = field(default_factory=dict)


def list_feeds(places: str, url: str) -> list[Feed]:
    """List what a setting asks for: ``Place; Place`` or, of several tenants, ``Place@Tenant``."""
    named: dict[str, list[str]] = {}
    for one in split("[;,]", places):
        place, _at, tenant = (part.strip() for part in one.partition("@"))
        if place:
            named.setdefault(tenant, []).append(place)
    return [
        Feed(tenant, f"{url}?{urlencode({'locationname': ';'.join(found)})}")
        for tenant, found in named.items()
    ]


def count_due(*, places: str, url: str, file: Path) -> int:
    """Return how many feeds may be asked now, by their own time and the rules' pace."""
    if not (feeds := list_feeds(places, url)):
        return 0
    now = clock.now().timestamp()
    state = _read_state(file, now)
    return len(_list_due(feeds, state, now)) if _is_allowed(state, now) else 0


def fetch_due(*, places: str, url: str, file: Path) -> int:
    """Ask one feed that is due and bring in what it says; return how many calls were made, 0 or 1.

    A feed that fails is asked less and less often, up to once a day; that it fails, and that it
    answers again, is said once in the log.
    """
    now = clock.now().timestamp()
    state = _read_state(file, now)
    feeds = list_feeds(places, url)
    due = _list_due(feeds, state, now)
    if not due or not _is_allowed(state, now):
        return 0
    feed = due[0]
    state.feeds = {one.key: state.feeds.get(one.key, _Kept()) for one in feeds}
    kept = state.feeds[feed.key]
    kept.next_at = now + EVERY_S
    state.calls.append(now)
    _write_state(file, state)
    try:
        _bring_in(feed, kept)
    except FeedSilent as fault:
        _note_silent(kept, fault, now)
    else:
        if kept.why:
            logger.info("police feed answers", extra={"after": kept.why})
        kept.why, kept.failures = "", 0
    _write_state(file, state)
    return 1


def _list_due(feeds: list[Feed], state: _State, now: float) -> list[Feed]:
    """List the feeds that are due, the longest waiting first.

    A time that lies beyond the longest wait was written before the clock was set back.
    """
    at = {one: state.feeds.get(one.key, _Kept()) for one in feeds}
    due = [
        one
        for one, kept in at.items()
        if not kept.final and not now < kept.next_at <= now + LONGEST_WAIT_S
    ]
    return sorted(due, key=lambda one: at[one].next_at)


def _is_allowed(state: _State, now: float) -> bool:
    return all(sum(at > now - span_s for at in state.calls) < most for span_s, most in PACE)


def _bring_in(feed: Feed, kept: _Kept) -> None:
    """Ask and bring in; raises FeedSilent."""
    tenant = _get_tenant(feed.tenant)
    answer = ask(feed.address, etag=kept.etag, modified=kept.modified)
    if answer.status == _NOT_MODIFIED:
        return
    if answer.status != OK:
        raise _refusal(answer)
    source = Source("polisen.se", answer.data, keep_good=True)
    report = import_police_events(tenant, source, by=SYSTEM, at=clock.now())
    if any(reason.code == "bad_file" for row in report.refused for reason in row.reasons):
        raise FeedSilent("no_feed")
    if len(report.refused) != kept.refused:
        logger.info("police events refused", extra={"count": len(report.refused)})
    kept.refused, kept.etag, kept.modified = len(report.refused), answer.etag, answer.modified


def _get_tenant(name: str) -> Tenant:
    found = Tenant.objects.filter(name=name) if name else Tenant.objects.all()[:2]
    tenants = list(found)
    if len(tenants) != 1:
        raise FeedSilent("no_such_tenant" if name or not tenants else "which_tenant")
    return tenants[0]


def _refusal(answer: Answer) -> FeedSilent:
    why = f"status_{answer.status}"
    if answer.status in _GONE:
        return FeedSilent(why, final=True)
    if answer.status in _UNWELCOME:
        return FeedSilent(why, wait_s=DAY_S)
    least_s = HOUR_S if answer.status == _TOO_MANY else 0.0
    return FeedSilent(why, wait_s=max(answer.wait_s, least_s))


def _note_silent(kept: _Kept, fault: FeedSilent, now: float) -> None:
    wait_s = max(EVERY_S * 2 ** min(kept.failures, 10), fault.wait_s)
    kept.failures += 1
    kept.next_at = now + min(wait_s, LONGEST_WAIT_S)
    kept.final = fault.final
    if kept.why != fault.why:
        logger.warning("police feed silent", extra={"why": fault.why, "for_good": fault.final})
    kept.why = fault.why


def _read_state(file: Path, now: float) -> _State:
    """Read what is kept; calls that a clock set back has put into the future become calls of now."""
    try:
        given: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
        calls = [float(at) for at in given["calls"] if float(at) > now - DAY_S]
        feeds = {str(key): _Kept(**kept) for key, kept in given["feeds"].items()}
    except FileNotFoundError:
        return _State()
    except (ValueError, TypeError, KeyError, AttributeError):
        logger.exception("police feed state unreadable, begun anew")
        calls, feeds = [math.inf], {}
    state = _State([min(at, now) for at in calls], feeds)
    if state.calls != calls:
        _write_state(file, state)
    return state


def _write_state(file: Path, state: _State) -> None:
    replace_text(file, json.dumps(asdict(state)))
