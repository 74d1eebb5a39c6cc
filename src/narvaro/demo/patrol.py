"""One unit of the night: its phone answers and reports, its tracker drives along the roads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Event as Flag
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.demo import wall
from narvaro.demo.browser import UnreachableError
from narvaro.demo.cases import Case
from narvaro.demo.driving import Fix, where
from narvaro.demo.phone import Phone, send_position
from narvaro.demo.town import Town, TownUnit

Address = tuple[str, int]
STATE_EVERY_S, RETRY_S = 2.0, 5.0
MOVING_EVERY_S, STANDING_EVERY_S = 4.0, 20.0
THINK_S, TURNOUT_S, CLOSE_S, WRITE_S = (5.0, 10.0), (6.0, 14.0), 20.0, 25.0
IDLE_S = (150.0, 360.0)
WALK_MS = 1.4
NOTHING = ("nothing_found", "Gick runt byggnaden, allt låst och helt. Larmet återställt.")


@dataclass(slots=True)
class Board:
    """What the night knows of its cases: which stand at which site, and who stays silent there."""

    cases: dict[str, Case] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    _silent: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def stays_silent(self, site: str, call_sign: str) -> bool:
        """Tell whether this unit leaves the offer unanswered: the first to see it, where the case says so."""
        case = self.cases.get(site)
        if case is None or not case.silent_nearest:
            return False
        with self._lock:
            return self._silent.setdefault(case.name, call_sign) == call_sign


@dataclass(slots=True)
class Patrol:
    """A unit on duty; `answers` is False for the unit that a viewer plays himself."""

    town: Town
    unit: TownUnit
    web: Address
    positions: Address
    sign_in: Callable[[str], tuple[str, str]]
    board: Board
    say: Callable[[str], None]
    stop: Flag
    rng: Random
    answers: bool = True
    _phone: Phone | None = None
    _track: list[Fix] = field(default_factory=list)
    _track_since: float = 0.0
    _fix: Fix | None = None
    _until: dict[tuple[str, str], float] = field(default_factory=dict)
    _sites: dict[str, str] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Live until the night stops."""
        self._fix = Fix(0.0, self.unit.lat, self.unit.lon, 0.0, 0.0)
        self._next["idle"] = wall.monotonic() + self.rng.uniform(*IDLE_S)
        while not self.stop.wait(0.5):
            local = wall.now().astimezone(ZoneInfo(self.town.timezone)).replace(tzinfo=None)
            if self._is_on_duty(local):
                self._contact("position", self._send_position)
                self._contact("state", self._follow)

    def _contact(self, what: str, speak: Callable[[], None]) -> None:
        """Speak to the product; say once that it is lost, and try again until it is back."""
        try:
            speak()
        except UnreachableError as fault:
            if what not in self._lost:
                self.say(f"{self.unit.call_sign}: {fault}; trying again")
            self._lost.add(what)
            self._next[what] = wall.monotonic() + RETRY_S

    def _send_position(self) -> None:
        moving = self._move()
        if self._due("position", MOVING_EVERY_S if moving else STANDING_EVERY_S):
            assert self._fix is not None
            send_position(self.positions, self.unit.tracker, self._fix)
            self._lost.discard("position")

    def _is_on_duty(self, local: datetime) -> bool:
        """Keep the phone with the guard who is on duty now; no positions off duty."""
        crew = self.town.list_crew(self.unit.call_sign, local)
        if not crew:
            self._phone, self._track = None, []
            return False
        if self.answers:
            username, password = self.sign_in(crew[0])
            if self._phone is None or self._phone.username != username:
                self._phone = Phone(self.web, username, password)
        return True

    def _due(self, what: str, every_s: float) -> bool:
        now = wall.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every_s
        return True

    def _move(self) -> bool:
        if not self._track:
            return False
        driven = wall.monotonic() - self._track_since
        self._fix = where(self._track, driven)
        if driven >= self._track[-1].after_s:
            self._track = []
            self._next["position"] = 0.0
        return bool(self._track)

    def _go(self, lat: float, lon: float) -> None:
        assert self._fix is not None
        pace = WALK_MS if self.unit.travel == "foot" else None
        self._track = self.town.roads.track(
            (self._fix.lat, self._fix.lon), (lat, lon), pace_ms=pace
        )
        self._track_since = wall.monotonic()
        self._next["position"] = 0.0

    def _waited(self, thing: str, step: str, least_s: float, most_s: float = 0.0) -> bool:
        """Tell whether something has stood in a state long enough, counted from when it was seen."""
        if (thing, step) not in self._until:
            wait_s = self.rng.uniform(least_s, max(least_s, most_s))
            self._until[thing, step] = wall.monotonic() + wait_s
        return wall.monotonic() >= self._until[thing, step]

    def _follow(self) -> None:
        """Ask the phone for its state and do what is to be done next."""
        if self._phone is None or not self._due("state", STATE_EVERY_S):
            return
        phone, state = self._phone, self._phone.state()
        self._lost.discard("state")
        offer, response = state.get("offer"), state.get("response")
        due = state.get("reports_due") or []
        if response or due:
            self.board.busy.add(self.unit.call_sign)
        else:
            self.board.busy.discard(self.unit.call_sign)
        if response:
            self._work(phone, response)
        elif offer:
            self._answer(phone, offer)
        elif not self._track and wall.monotonic() >= self._next["idle"]:
            self._wander()
        for one in due:
            if self._waited(one, "due", WRITE_S):
                self._report(phone, one)

    def _wander(self) -> None:
        """Go round the municipality's sites while nothing happens."""
        site = self.rng.choice(self.town.sites)
        if self.unit.role == "guard":
            self._go(site.lat, site.lon)
        self._next["idle"] = wall.monotonic() + self.rng.uniform(*IDLE_S)

    def _answer(self, phone: Phone, offer: dict[str, Any]) -> None:
        if self.board.stays_silent(offer["site"], self.unit.call_sign):
            return
        if self._waited(offer["id"], "offer", *THINK_S) and phone.accept(offer["id"]):
            self.say(f"{self.unit.call_sign} accepted {offer['site']}")

    def _work(self, phone: Phone, response: dict[str, Any]) -> None:
        """Take the next step of a response when its time has come."""
        one, state, site = response["id"], response["state"], response["site"]
        case = self.board.cases.get(site)
        self._sites[one] = site
        if state == "accepted" and self._waited(one, state, *TURNOUT_S):
            self._go(response["lat"], response["lon"])
            self._step(phone, one, "rolling", f"is rolling to {site}")
        elif state == "rolling":
            if not self._track and self._waited(one, state, 1.0):
                self._arrive(phone, response)
        elif state == "on_scene" and self._waited(one, state, case.on_scene_s if case else 90.0):
            self._step(phone, one, "secured", f"has secured {site}")
        elif state == "secured" and self._waited(one, state, CLOSE_S):
            self._step(phone, one, "left", f"has left {site}")
        elif state == "left" and self._waited(one, state, WRITE_S):
            self._report(phone, one)

    def _arrive(self, phone: Phone, response: dict[str, Any]) -> None:
        """Tap on scene at the end of the drive; a phone that has just been taken up drives first."""
        assert self._fix is not None
        frame = self.town.roads.frame
        x, y = frame.metres(self._fix.lat, self._fix.lon)
        u, v = frame.metres(response["lat"], response["lon"])
        if (x - u) ** 2 + (y - v) ** 2 > 250.0**2 and self._waited(response["id"], "lost", 0.0):
            self._go(response["lat"], response["lon"])
            if self._track and not self._waited(response["id"], "tried", 900.0):
                return
        self._step(phone, response["id"], "on_scene", f"is on scene at {response['site']}")

    def _step(self, phone: Phone, response: str, step: str, said: str) -> None:
        if phone.step(response, step):
            self.say(f"{self.unit.call_sign} {said}")

    def _report(self, phone: Phone, response: str) -> None:
        site = self._sites.get(response, "")
        case = self.board.cases.get(site)
        finding, text = (case.finding, case.report) if case else NOTHING
        if phone.report(response, finding, text):
            self.say(f"{self.unit.call_sign} has sent its report{f' on {site}' if site else ''}")
        else:
            self._until[response, "due"] = wall.monotonic() + WRITE_S
