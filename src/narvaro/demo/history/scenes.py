"""The scripted wave: places and today in, events that were written out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from narvaro.demo.history.cluster import Event
from narvaro.demo.history.rates import DAYS, Span, read_spec
from narvaro.demo.history.truth import Rates
from narvaro.demo.town import TownPlace

Scene = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wave:
    """The square and the three schools of the wave, and what was written of them."""

    square: TownPlace
    schools: tuple[TownPlace, ...]
    events: tuple[Event, ...]
    scenes: tuple[Scene, ...]


def stage_wave(rates: Rates, places: tuple[TownPlace, ...], span: Span) -> Wave:
    """Place the scenes at the square and at the three schools nearest to it."""
    spec = read_spec()["wave"]
    today = span.days[-1] + timedelta(days=1)
    square = next(p for p in places if p.kind == "square" and p.name == spec["square"])
    away = np.hypot(*(rates.xy - rates.xy[places.index(square)]).T)
    schools = tuple(places[n] for n in np.argsort(away) if places[n].kind == "school")[:3]
    where = {"square": square} | dict(zip("ABC", schools, strict=True))
    events = []
    for scene in spec["scenes"]:
        at = datetime.combine(_day(scene, today), time.fromisoformat(scene["time"]), span.zone)
        time_h = (at.astimezone(UTC) - span.start) / timedelta(hours=1)
        place = places.index(where[scene["at"]])
        events.append((float(time_h), rates.kinds.index(scene["kind"]), place))
    return Wave(square, schools, tuple(events), tuple(spec["scenes"]))


def _day(scene: Scene, today: date) -> date:
    if "days_ago" in scene:
        return today - timedelta(days=scene["days_ago"])
    last = today - timedelta(days=1)
    back = (last.weekday() - DAYS.index(scene["weekday"])) % 7
    return last - timedelta(days=back + 7 * scene["weeks"])
