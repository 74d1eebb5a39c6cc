"""Rules that are broken on purpose, so that the oracle shows that it can fail. In: a name. Out: it is broken.

What is the product's own is broken in the product (`narvaro.core.watch`, `narvaro.core.supervision`).
Timers and what follows a return are played in `guards`, not run, and are broken there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

import pytest

from narvaro.core import supervision, watch
from narvaro.core.supervision import PathSilence, Terms, begin_anew, hear
from narvaro.core.watch import WatchState, take_sign

PLAYED = {
    "wall": "a deadline is taken from the clock's time alone",
    "forgotten_at_reboot": "a deadline by the uptime of then is not looked at any more",
    "no_lease": "a timer is fired by whoever found it",
    "found_is_fired": "a timer is fired although it was moved since it was found",
    "no_standby": "one scheduler alone",
    "silent_return": "a late sign clears the alarm without a word",
}


@dataclass(frozen=True)
class _Break:
    words: str
    module: ModuleType
    instead: dict[str, Callable[..., object] | float]


def _take_as_now(state: WatchState, *, at: datetime, **_given: object) -> WatchState | None:
    return take_sign(state, at=at)


def _take_by_order(
    state: WatchState, *, at: datetime, given_at: datetime | None = None
) -> WatchState | None:
    if given_at is not None and given_at < state.seen_at:
        return None
    return take_sign(state, at=at, given_at=given_at)


def _begin_never(_silence: PathSilence, **_given: object) -> None:
    return None


def _hear_by_order(
    before: PathSilence | None, *, at: datetime, now: datetime, terms: Terms | None
) -> PathSilence | None:
    if before is not None and at <= before.heard_at:
        return None
    return hear(before, at=at, now=now, terms=terms)


def _begin_by_order(
    silence: PathSilence, *, since: datetime, now: datetime, terms: Terms | None
) -> PathSilence | None:
    if silence.heard_at >= since:
        return None
    return begin_anew(silence, since=since, now=now, terms=terms)


WATCH = {
    "kept_is_now": _Break(
        "a sign that the phone kept counts from when it came", watch, {"take_sign": _take_as_now}
    ),
    "older_after_step": _Break(
        "a sign from after the clock was set back is older than the last", watch,
        {"take_sign": _take_by_order},
    ),
}  # fmt: skip
SUPERVISION = {
    "no_grace": _Break(
        "silence while we did not listen counts", supervision, {"begin_anew": _begin_never}
    ),
    "deaf_after_step": _Break(
        "after the clock was set back a sign of life is no news", supervision,
        {"hear": _hear_by_order, "begin_anew": _begin_by_order},
    ),
    "no_grouping": _Break(
        "each loss of a carrier's fault is a case", supervision, {"TOGETHER_S": -1.0}
    ),
}  # fmt: skip

GUARD_RULES = PLAYED | {name: one.words for name, one in WATCH.items()}
PATH_RULES = {name: one.words for name, one in SUPERVISION.items()}


@contextmanager
def broken(rule: str) -> Iterator[None]:
    """Break a rule of the product inside the block; nothing where it is none of the product's."""
    found = (WATCH | SUPERVISION).get(rule)
    if found is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name, instead in found.instead.items():
            patch.setattr(found.module, name, instead)
        yield
