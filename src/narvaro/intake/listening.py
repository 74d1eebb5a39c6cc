"""What the receivers heard, carried to supervision. In: their journals. Out: states and cases.

With several receivers a path is heard where any of them heard it; judged is up to the moment that
the slowest of them has saved, and counted from when the last of them began to listen.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from narvaro.directory.models import TransmissionPath
from narvaro.intake.records import Seen, read_last_seen, read_listening
from narvaro.intake.supervision import Heard, begin_anew, judge_silence, note_heard
from narvaro.spine import clock

logger = logging.getLogger(__name__)

UNDER_WAY = timedelta(seconds=1)  # a sign of life may be a moment on its way into the journal
SILENT_S = 15.0  # a receiver saves every four seconds that it listens
FEW = 500


def _time_of(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)


@dataclass
class Listener:
    """Reads on in all journals; `silent` are the receivers that no longer say that they listen."""

    journals: Mapping[str, Path]
    silent: frozenset[str] = frozenset()
    _since: datetime | None = None
    _read_to_us: dict[str, int] = field(default_factory=dict)

    def look(self) -> int:
        """Note what was heard and judge what was not; return how much there was."""
        spans = {name: read_listening(path) for name, path in self.journals.items()}
        begun = {name: span for name, span in spans.items() if span is not None}
        if not begun:
            return 0
        done = sum(self._hear(name, span.until_us) for name, span in begun.items())
        now = clock.now()
        until = _time_of(min(one.until_us for one in begun.values())) - UNDER_WAY
        self._note_silent({name: _time_of(one.until_us) for name, one in begun.items()}, now)
        since = _time_of(max(one.from_us for one in begun.values()))
        if since != self._since:
            done += begin_anew(since=since)
            self._since = since
        return done + judge_silence(until=until, at=now)

    def _hear(self, name: str, until_us: int) -> int:
        read_to_us = self._read_to_us.get(name, 0)
        # a receiver whose clock was set back writes before where we were: read all anew
        since_us = read_to_us if read_to_us <= until_us else 0
        seen = read_last_seen(self.journals[name], since_us)
        done = note_heard(heard=_paths_of(seen), at=clock.now())
        self._read_to_us[name] = until_us - int(UNDER_WAY.total_seconds() * 1e6)
        return done

    def _note_silent(self, until: Mapping[str, datetime], now: datetime) -> None:
        silent = frozenset(
            name for name, at in until.items() if (now - at).total_seconds() > SILENT_S
        )
        if silent != self.silent:
            logger.critical("receivers_silent", extra={"receivers": sorted(silent)})
            self.silent = silent


def _paths_of(seen: list[Seen]) -> list[Heard]:
    """Find the paths that were heard; one that is named otherwise counts as the first."""
    heard: list[Heard] = []
    for start in range(0, len(seen), FEW):
        portion = seen[start : start + FEW]
        known = TransmissionPath.objects.filter(
            transmitter__account__in={one.account for one in portion}
        ).select_related("transmitter")
        paths: dict[tuple[str, str], dict[str, TransmissionPath]] = {}
        for path in known.order_by("name"):
            whose = (path.transmitter.protocol, path.transmitter.account)
            paths.setdefault(whose, {})[path.name] = path
        for one in portion:
            of_account = paths.get((one.protocol, one.account))
            if of_account:
                first = next(iter(of_account.values()))
                heard.append(Heard(of_account.get(one.path, first), _time_of(one.at_us)))
    return heard
