"""The whole made-up history of a town: town and day in; truth, registers and deliveries out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.demo.history.alarms import AlarmRecord, AlarmYear, ResponseRecord, in_order
from narvaro.demo.history.cluster import draw_events
from narvaro.demo.history.deliveries import HoursRecord, VisitRecord, list_hours, list_visits
from narvaro.demo.history.rates import list_kinds, make_rates, span_until
from narvaro.demo.history.records import DamageRecord, Happening, IncidentRecord, Registers
from narvaro.demo.history.scenes import Wave, stage_wave
from narvaro.demo.history.truth import Truth
from narvaro.demo.town import Town

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class History:
    """Two years of a town; alarms, responses, visits and hours are of the last year."""

    today: date
    truth: Truth
    wave: Wave
    incidents: tuple[IncidentRecord, ...]
    damages: tuple[DamageRecord, ...]
    alarms: tuple[AlarmRecord, ...]
    responses: tuple[ResponseRecord, ...]
    visits: tuple[VisitRecord, ...]
    hours: tuple[HoursRecord, ...]

    @property
    def year_from(self) -> date:
        """The first day of the last year."""
        return self.today - YEAR


def make_history(town: Town, today: date) -> History:
    """Make the history of a town until the midnight before today; the same town gives the same."""
    zone = ZoneInfo(town.timezone)
    span = span_until(today, zone)
    connected = {a.site for a in town.accounts}
    rates = make_rates(
        town.places, connected, town.roads.frame, span, np.random.default_rng([town.seed, 1000])
    )
    wave = stage_wave(rates, town.places, span)
    truth = draw_events(rates, list(wave.events), town.seed)
    first = today - YEAR
    registers = Registers(today, town.seed)
    midnights = (datetime.combine(d, time(), zone) for d in (first, today))
    year = AlarmYear(town, *midnights)
    for what in _happenings(truth, town, wave, zone):
        heard = year.hears(what.kind.code, connected=what.place.code in connected)
        if what.kind.alarm or heard:
            year.take(what)
        if not what.kind.alarm:
            registers.take(Happening(what.event, what.kind, what.place, what.at, heard, what.scene))
    return History(
        today, truth, wave, tuple(registers.incidents), tuple(registers.damages),
        tuple(year.alarms), in_order(year.responses), list_visits(town, first, today, zone),
        list_hours(town, first, today),
    )  # fmt: skip


def _happenings(truth: Truth, town: Town, wave: Wave, zone: ZoneInfo) -> list[Happening]:
    """List the events in order, each with its scene if it was written."""
    kinds = list_kinds()
    scenes = dict(zip(wave.events, wave.scenes, strict=True))
    out = []
    columns = (truth.time_h, truth.kind, truth.place, truth.scripted)
    for event, (t, k, p, written) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        scene = scenes[t, k, p] if written else None
        at = truth.moment(t).astimezone(zone)
        out.append(Happening(event, kinds[k], town.places[p], at, heard=False, scene=scene))
    return out
