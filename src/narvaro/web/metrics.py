"""The installation in numbers, for Prometheus. In: a request with the token. Out: text of gauges.

No id, name or account stands in a label: a receiver is told by its number in the installation.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET

from narvaro.intake.queries import count_all_paths, read_receivers
from narvaro.situation.queries import count_lasting_troubles, count_open_cases
from narvaro.spine import notifications, timers
from narvaro.spine.heartbeat import find_beat
from narvaro.spine.refusal import Missing

Sample: TypeAlias = tuple[Mapping[str, str], float]


@dataclass(frozen=True)
class Gauge:
    """One metric: its name without the product's, what it says, and what it is now."""

    name: str
    says: str
    samples: Callable[[], Iterator[Sample]]


def _last_ids() -> Iterator[Sample]:
    for number, one in enumerate(read_receivers(settings.HOME.journals), 1):
        yield {"receiver": str(number)}, one.last_id


def _promoted_ids() -> Iterator[Sample]:
    for number, one in enumerate(read_receivers(settings.HOME.journals), 1):
        yield {"receiver": str(number)}, one.promoted_id


def _lags() -> Iterator[Sample]:
    for number, one in enumerate(read_receivers(settings.HOME.journals), 1):
        yield {"receiver": str(number)}, one.lag_s


def _open_cases() -> Iterator[Sample]:
    for kind, count in count_open_cases().items():
        yield {"kind": kind}, count


def _timers_waiting() -> Iterator[Sample]:
    yield {}, timers.count_waiting()


def _timers_overdue() -> Iterator[Sample]:
    yield {}, timers.find_overdue()[0]


def _paths() -> Iterator[Sample]:
    for state, count in count_all_paths().items():
        yield {"state": state}, count


def _troubles() -> Iterator[Sample]:
    yield {}, count_lasting_troubles()


def _notifications() -> Iterator[Sample]:
    yield {}, sum(notifications.count_failing(older_than_s=0.0).values())


def _heartbeat() -> Iterator[Sample]:
    beat = find_beat(settings.HOME.path)
    if beat is not None and beat.step_age_s is not None:
        yield {}, beat.step_age_s


GAUGES = (
    Gauge("journal_last_id", "Highest id that the journal gave.", _last_ids),
    Gauge("journal_promoted_id", "Id up to which the journal is promoted.", _promoted_ids),
    Gauge("promotion_lag_seconds", "Age of the oldest record that waits.", _lags),
    Gauge("open_cases", "Cases that are not closed.", _open_cases),
    Gauge("timers_waiting", "Timers that wait for their deadline.", _timers_waiting),
    Gauge(
        "timers_overdue",
        f"Timers that should have fired over {timers.OVERDUE_S:.0f} s ago.",
        _timers_overdue,
    ),
    Gauge("paths", "Transmission paths by state.", _paths),
    Gauge("troubles_open", "Troubles of the installation that last.", _troubles),
    Gauge("notifications_waiting", "Messages to people that wait to be sent.", _notifications),
    Gauge("worker_heartbeat_age_seconds", "Seconds since the worker ended a step.", _heartbeat),
)
"""One more line is one more gauge."""


def to_text() -> str:
    """Write all gauges in Prometheus' text format."""
    lines = []
    for gauge in GAUGES:
        name = f"narvaro_{gauge.name}"
        lines += [f"# HELP {name} {gauge.says}", f"# TYPE {name} gauge"]
        for labels, value in gauge.samples():
            said = ",".join(f'{label}="{text}"' for label, text in labels.items())
            lines.append(f"{name}{{{said}}} {value}" if said else f"{name} {value}")
    return "\n".join(lines) + "\n"


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who shows the token; to all others there is no such page."""
    token = settings.HOME.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not token or not constant_time_compare(given, token):
        raise Missing
    return HttpResponse(to_text(), content_type="text/plain; version=0.0.4; charset=utf-8")
