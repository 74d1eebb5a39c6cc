"""A year of alarms: the truth in; the centre's lines and the company's responses to them out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, hypot
from random import Random

from narvaro.demo.history.attended import later
from narvaro.demo.history.records import Happening
from narvaro.demo.town import Town, TownPlace, TownUnit

# The share of events that a site's alarm hears, by kind of event, and as what.
HEARS = {
    "break_in": (0.75, "intruder"), "trespass": (0.35, "intruder"), "glass": (0.10, "intruder"),
    "fire": (0.30, "fire"), "arson": (0.6, "fire"),
}  # fmt: skip
# The share of alarms that a guard is sent to, by kind.
SENT = {"intruder": 0.97, "fire": 0.9, "duress": 1.0, "tamper": 0.7, "technical": 0.4}
TEXTS = {"intruder": ("Inbrott", "Inbrottslarm sektion"), "fire": ("Brandlarm",)}
LONGEST = timedelta(hours=2.5)  # from an alarm until the guard has left
CARS = ("V1", "V2", "V3", "V4")
UNKNOWN, CANCELLED = 0.012, 0.02
LOST_BY_COMPANY, LOST_BY_CENTRE, DIFFERS, OUTSIDE = 0.03, 0.02, 0.13, 0.015


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """A line of the alarm centre's journal; `cause` is what it turned out to be."""

    number: int
    event: int
    place: TownPlace
    kind: str
    zone: int
    text: str
    received: datetime
    ordered: datetime | None
    on_scene: datetime | None
    cause: str
    operator: str


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """A line of the company's list of responses; `alarm` is the number in the centre's journal."""

    number: int
    alarm: int | None
    place: TownPlace
    unit: str
    alarmed: datetime
    ordered: datetime
    on_scene: datetime
    left: datetime
    cause: str


class AlarmYear:
    """Collects the journal and the responses of the year before today."""

    def __init__(self, town: Town, first: datetime, last: datetime) -> None:
        """Take alarms from `first` on that are over by `last`, when the lists are drawn up."""
        self.alarms: list[AlarmRecord] = []
        self.responses: list[ResponseRecord] = []
        self._first, self._last = first, last
        self._rng = Random(f"alarms {town.seed}")
        self._frame, self._units = town.roads.frame, [u for u in town.units if u.call_sign in CARS]

    def hears(self, code: str, *, connected: bool) -> bool:
        """Tell whether a site's alarm hears an event of a kind."""
        share, _ = HEARS.get(code, (0.0, ""))
        return connected and self._rng.random() < share

    def take(self, what: Happening) -> None:
        """Write an alarm down, and the response where a guard was sent."""
        if not self._first <= what.at < self._last - LONGEST:
            return
        kind, rng = what.kind, self._rng
        sort = kind.alarm["kind"] if kind.alarm else HEARS[kind.code][1]
        cause = kind.alarm["cause"] if kind.alarm else "real"
        at = what.at.replace(microsecond=0)
        sent = cause != "test" and rng.random() < (1.0 if cause == "real" else SENT[sort])
        cancelled = cause == "unwarranted" and not sent and sort == "intruder"
        cause = "cancelled" if cancelled or (sent and rng.random() < CANCELLED) else cause
        cause = "unknown" if cause == "unwarranted" and rng.random() < UNKNOWN else cause
        alarm = AlarmRecord(
            len(self.alarms) + 1, what.event, what.place, sort, rng.randrange(1, 13),
            rng.choice(kind.texts if kind.alarm else TEXTS[sort]), at, None, None, cause,
            f"L{rng.randrange(11, 19)}",
        )  # fmt: skip
        self.alarms.append(self._respond(alarm) if sent else alarm)

    def _respond(self, alarm: AlarmRecord) -> AlarmRecord:
        """Send a car; the company and the centre do not always say the same of it."""
        rng = self._rng
        handling = timedelta(seconds=round(75 * exp(rng.gauss(0, 0.6))))
        ordered = later(alarm.received, handling)
        if alarm.cause == "cancelled":  # called back on the way
            return replace(alarm, ordered=ordered)
        unit, travel_s = self._car(alarm.place)
        on_scene = later(ordered, timedelta(seconds=round(travel_s)))
        minutes = rng.uniform(25, 95) if alarm.cause == "real" else 5 + 14 * exp(rng.gauss(0, 0.5))
        left = later(on_scene, timedelta(seconds=round(60 * minutes)))
        if rng.random() >= LOST_BY_COMPANY:
            said = on_scene
            if rng.random() < DIFFERS:
                off = timedelta(minutes=rng.choice([1, -1, -2, -3, -4]))
                said = max(ordered, later(on_scene, off))
            self._note(alarm.number, alarm, unit, (ordered, said, left))
        gap = timedelta(hours=rng.randrange(2, 30))
        if rng.random() < OUTSIDE and later(left, gap) < self._last:
            again = (later(ordered, gap), later(on_scene, gap), later(left, gap))
            self._note(None, alarm, unit, again)
        known = rng.random() >= LOST_BY_CENTRE
        return replace(alarm, ordered=ordered, on_scene=on_scene if known else None)

    def _note(
        self, number: int | None, alarm: AlarmRecord, unit: str,
        times: tuple[datetime, datetime, datetime],
    ) -> None:  # fmt: skip
        ordered, on_scene, left = times
        alarmed = alarm.received if number is not None else ordered
        self.responses.append(ResponseRecord(
            len(self.responses) + 1, number, alarm.place, unit, alarmed, ordered, on_scene,
            max(left, on_scene), alarm.cause,
        ))  # fmt: skip

    def _car(self, place: TownPlace) -> tuple[str, float]:
        """Choose a car, mostly the nearest, and its time: turn-out, road, now and then a queue."""
        rng, (x, y) = self._rng, self._frame.metres(place.lat, place.lon)

        def away(unit: TownUnit) -> float:
            ux, uy = self._frame.metres(unit.lat, unit.lon)
            return hypot(x - ux, y - uy)

        near = sorted(self._units, key=away)
        unit = near[rng.choices(range(len(near)), [6, 3, 2, 1][: len(near)])[0]]
        road_s = 1.35 * away(unit) / (38 / 3.6)
        queue_s = rng.uniform(300, 1500) if rng.random() < 0.11 else 0.0
        return unit.call_sign, (130 + road_s) * exp(rng.gauss(0, 0.28)) + 60 + queue_s


def in_order(responses: list[ResponseRecord]) -> tuple[ResponseRecord, ...]:
    """Number responses by the time of their order."""
    ordered = sorted(responses, key=lambda r: (r.ordered, r.number))
    return tuple(replace(r, number=n) for n, r in enumerate(ordered, 1))
