"""What people wrote down of what happened: the truth in, incidents and damage with intervals out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import exp
from random import Random

from narvaro.demo.history.attended import (
    Interval,
    about,
    away,
    found_after,
    found_on_patrol,
    later,
    noticed,
)
from narvaro.demo.history.rates import Kind, read_spec
from narvaro.demo.history.scenes import Scene
from narvaro.demo.town import TownPlace

# What is said of things found later; scenes of people are seen.
NOBODY = "none"
OWN_GROUND = frozenset({"school", "preschool", "library", "hall", "other", "square", "park"})
TWICE = 0.06
COMPANY = "Ekvakt"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the truth with its place, local time and, if it was written, its scene."""

    event: int
    kind: Kind
    place: TownPlace
    at: datetime
    heard: bool
    scene: Scene | None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """A report of something that happened; `again` is the number of an earlier report of the same."""

    number: int
    event: int
    category: str
    place: TownPlace
    since: datetime
    until: datetime
    reported: datetime
    reporter: str
    by_patrol: bool
    known_by: str
    severity: int
    count: str
    ages: str
    police_reference: str
    text: str
    again: int | None = None


@dataclass(frozen=True, slots=True)
class DamageRecord:
    """A line of the damage register, SEK without VAT."""

    number: int
    event: int
    kind: str
    place: TownPlace
    part: str
    discovered: datetime
    since: datetime
    until: datetime
    estimate_sek: int
    final_sek: int | None
    police_reference: str
    work_order: str
    restored: date | None
    reporter: str
    by_patrol: bool
    offensive: bool
    text: str


class Registers:
    """Collects the two registers, numbered in the order of what happened."""

    def __init__(self, today: date, seed: int) -> None:
        """Begin with empty registers that are read on `today`."""
        self.incidents: list[IncidentRecord] = []
        self.damages: list[DamageRecord] = []
        self._today = today
        self._rng = Random(f"records {seed}")
        self._spec = read_spec()

    def take(self, what: Happening) -> None:
        """Write down an event where somebody noticed it before today."""
        kind, scene, rng = what.kind, what.scene or {}, self._rng
        reporter = scene.get("reporter") or self._reporter(what)
        patrol = reporter == COMPANY
        interval = self._interval(what, patrol=patrol)
        reference = self._reference(what.at) if rng.random() < kind.police else ""
        own = bool(kind.damage) and what.place.kind in OWN_GROUND
        share = kind.incident["share"] if own else 1.0
        told = rng.random() < share or bool(what.scene)
        if interval.discovered.date() >= self._today:
            return
        interval = replace(interval, until=min(interval.until, self._midnight(what.at)))
        if own:
            self._damage(what, interval, reporter, reference)
        if told and kind.incident["share"] > 0:
            first = self._incident(what, interval, reporter, reference)
            if rng.random() < TWICE and not what.scene:
                self._again(what, first)

    def _reporter(self, what: Happening) -> str:
        weights: dict[str, float] = dict(self._spec["reporters"][what.place.kind])
        if not 7 <= what.at.hour < 18:
            weights["patrol"] *= 2.5
        if what.heard:
            return COMPANY
        found = self._rng.choices(list(weights), list(weights.values()))[0]
        return COMPANY if found == "patrol" else found

    def _interval(self, what: Happening, *, patrol: bool) -> Interval:
        kind, rng, scene = what.kind, self._rng, what.scene or {}
        if what.heard:
            return about(what.at, 0.3, rng)
        if "found_h" in scene:
            return found_after(what.place.kind, what.at, scene["found_h"])
        if kind.found == "seen":
            return about(what.at, scene.get("hours", kind.hours), rng)
        if what.place.kind == "street":
            return away(what.at, rng)
        if patrol and not 7 <= what.at.hour < 18:
            return found_on_patrol(what.place.kind, what.at, rng)
        return noticed(what.place.kind, what.at, rng)

    def _reference(self, at: datetime) -> str:
        """Make a reference number of the police; it grows through the year."""
        hours = int((at.replace(tzinfo=None) - datetime(at.year, 1, 1)) / timedelta(hours=1))  # noqa: DTZ001 - local on both sides
        return f"5000-K{100_000 + 140 * hours + self._rng.randrange(140)}-{at:%y}"

    def _incident(
        self, what: Happening, interval: Interval, reporter: str, reference: str
    ) -> IncidentRecord:
        kind, rng, spec, scene = what.kind, self._rng, self._spec, what.scene or {}
        category = kind.incident["category"]
        crowd = spec["crowd"].get(category, [[NOBODY, 1]])
        count = scene.get("count") or rng.choices([c for c, _ in crowd], [w for _, w in crowd])[0]
        if kind.found == "later":
            count = NOBODY
        ages = rng.choice(spec["ages"].get(category, ["unknown"])) if count != NOBODY else "unknown"
        known = (
            "told" if category == "rumour" else rng.choices(["seen", "told", "heard"], [8, 2, 1])[0]
        )
        written = timedelta(minutes=rng.choice([10, 30, 60, 240, 900]))
        reported = min(later(interval.discovered, written), self._midnight(what.at))
        record = IncidentRecord(
            len(self.incidents) + 1, what.event, category, what.place, interval.since,
            interval.until, reported, reporter, reporter == COMPANY, known,
            spec["severity"].get(category, 1), count, ages, reference,
            scene.get("text") or rng.choice(kind.texts),
        )  # fmt: skip
        self.incidents.append(record)
        return record

    def _midnight(self, like: datetime) -> datetime:
        return datetime.combine(self._today, datetime.min.time(), like.tzinfo)

    def _again(self, what: Happening, first: IncidentRecord) -> None:
        """Let another reporter tell of the same, with other words and other times."""
        other = self._reporter(what)
        if other == first.reporter:
            return
        shift = timedelta(minutes=5 * self._rng.randrange(-4, 5))
        until = later(first.until, abs(shift))
        late = Interval(later(first.since, shift), until, until)
        if late.discovered.date() < self._today:
            second = self._incident(what, late, other, first.police_reference)
            self.incidents[-1] = replace(second, again=first.number)

    def _part(self, what: Happening) -> str:
        parts = self._spec["parts"]
        side = "inside" if what.kind.damage["kind"] in parts["inside"] else "outside"
        named: list[str] = parts[what.place.kind][side]
        return self._rng.choice(named)

    def _damage(self, what: Happening, interval: Interval, reporter: str, reference: str) -> None:
        kind, rng, scene = what.kind, self._rng, what.scene or {}
        drawn = kind.damage["cost"] * exp(rng.gauss(0, 0.75) - 0.28)
        estimate = scene.get("cost") or max(300, round(drawn / 100) * 100)
        days = rng.randrange(1, 45)
        restored = interval.discovered.date() + timedelta(days=days)
        done = restored < self._today
        final = round(estimate * exp(rng.gauss(0, 0.25))) if done and rng.random() < 0.86 else None
        number = len(self.damages) + 1
        self.damages.append(DamageRecord(
            number, what.event, kind.damage["kind"], what.place,
            self._part(what), interval.discovered, interval.since, interval.until, estimate, final, reference,
            f"AO{31_000 + 7 * number}" if rng.random() < 0.85 else "",
            restored if done else None, reporter, reporter == COMPANY,
            bool(scene.get("offensive")) or (kind.code == "graffiti" and rng.random() < 0.04),
            scene.get("text") or rng.choice(kind.texts),
        ))  # fmt: skip
