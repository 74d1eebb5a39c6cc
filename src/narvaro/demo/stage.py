"""Play what a chapter of the tour asks for: the town's clock, panels, phones, people at desks.

From outside, through the same protocols and pages as everybody. In: a town and where the product
listens. Out: what happened, told line by line as a code and its facts.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock_time
from html import unescape
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.demo import wall
from narvaro.demo.browser import Browser, Page, list_forms
from narvaro.demo.driving import Fix
from narvaro.demo.frames import Event, sia
from narvaro.demo.panel import Panel
from narvaro.demo.patrol import Address
from narvaro.demo.phone import Phone, enter, send_position
from narvaro.demo.town import Town, TownSite

Tell = Callable[..., None]
TRASTEN, YOURS = "S-014", "V1"
HEARD_S = 0.6  # until every process has the moved time
WAIT_S = 15.0
EARLY = timedelta(seconds=15)  # to get ready in
AMBULANCE = timedelta(minutes=6, seconds=40)
CALL = "Medvetslös, andas ej. 112 är larmat."
BROKEN = "Fönster krossat på baksidan, bottenvåningen. Ingen kvar. Glasmästare beställd, larmet återställt."
REPORT = "Hjärt-lungräddning påbörjad, hjärtstartare använd. Överlämnat till ambulansen."
WHY = "Fler händelser än vanligt här de senaste veckorna."
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class StageRefused(Exception):  # noqa: N818 - a refusal, told to the viewer
    """The chapter cannot be played; says why."""


@dataclass(frozen=True)
class Attended:
    """How a response goes: when, what was found, and when others came."""

    there_at: datetime
    secured_at: datetime
    finding: str
    report: str
    others_at: datetime | None = None


@dataclass
class Stage:
    """The made-up town's people and panels, waiting for a chapter."""

    town: Town
    web: Address
    dc09: Address
    positions: Address
    sign_in: Callable[[str], tuple[str, str]]
    parts: dict[str, str]  # part → service number of the office's people
    _panels: dict[str, Panel] = field(default_factory=dict)

    def play(self, chapter: str, tell: Tell) -> None:
        """Play a chapter; raises StageRefused or UnreachableError."""
        {"2": self.break_in, "3": self.cardiac_arrest, "4": self.meeting}[chapter](tell)

    def break_in(self, tell: Tell) -> None:
        """Play 02:13: two zones of Trasten skola, eight seconds apart; the phone is the viewer's."""
        start = self._go_to(clock_time(2, 13, 7), tell)
        self._clear_desk(tell)
        self._say_positions(tell)
        self._move(start)
        site = self.town.get_site(TRASTEN)
        self._dial(site, sia("BA", 3, text="Korridor plan 1"), tell)
        found = self._await_offer(lambda offer: bool(offer["site"] == site.name))
        self._move(start + timedelta(seconds=8))
        self._dial(site, sia("TA", 5, text="Sabotagekontakt"), tell)
        if found is None:
            tell("no_offer")
        else:
            tell("offered", unit=found[0])
            tell("yours", unit=found[0])

    def cardiac_arrest(self, tell: Tell) -> None:
        """Play 16:42: a call is typed in, a patrol goes, and is there before the ambulance."""
        self._end_the_night(tell)
        start = self._go_to(clock_time(16, 42), tell)
        self._say_positions(tell)
        self._move(start)
        site = self._nearest_hall()
        case = self._type_in(site, tell)
        found = self._await_offer(lambda offer: bool(offer["case"] == case))
        if found is None:
            tell("no_offer")
            return
        unit, phone, offer = found
        tell("offered", unit=unit)
        self._move(start + timedelta(seconds=16))
        self._accept(phone, offer, unit, tell)
        there = start + timedelta(minutes=2, seconds=20)
        done = Attended(there, there + AMBULANCE, "medical", REPORT, others_at=there + AMBULANCE)
        self._attend(phone, unit, site, done, tell)
        self._say_positions(tell)
        whole = int(AMBULANCE.total_seconds())
        tell("ahead", unit=unit, minutes=f"{whole // 60}:{whole % 60:02}")

    def _end_the_night(self, tell: Tell) -> None:
        """See the break-in through where the viewer did not: who holds the offer, or the viewer's unit."""
        site, now = self.town.get_site(TRASTEN), wall.now()
        found = self._await_offer(lambda offer: bool(offer["site"] == site.name), wait_s=1.0)
        if found is not None:
            self._accept(found[1], found[2], found[0], tell)
            unit, phone = found[:2]
        else:
            unit, phone = YOURS, self._phones()[YOURS]
            out = phone.state().get("response") or {}
            if out.get("site") != site.name:
                return
        there = now + timedelta(minutes=6)
        done = Attended(there, there + timedelta(minutes=12), "break_in", BROKEN)
        self._attend(phone, unit, site, done, tell)

    def _accept(self, phone: Phone, offer: str, unit: str, tell: Tell) -> None:
        if not phone.accept(offer):
            raise StageRefused(f"{unit} was too late to accept")
        tell("accepted", unit=unit)

    def _attend(self, phone: Phone, unit: str, site: TownSite, done: Attended, tell: Tell) -> None:
        """Take a response that was accepted to its report, step by step at its times."""
        response = phone.state().get("response") or {}
        key, state = str(response.get("id", "")), response.get("state", "")
        if state in {"accepted", "rolling"}:
            phone.step(key, "rolling")
            self._move(done.there_at)
            self._stand(unit, site.lat, site.lon)
            phone.step(key, "on_scene")
            tell("on_scene", unit=unit)
        self._move(done.secured_at)
        if done.others_at is not None:
            tell("ambulance", unit=unit)
        phone.step(key, "secured")
        self._move(done.secured_at + timedelta(minutes=4))
        phone.step(key, "left")
        self._write_report(phone, key, done)
        tell("reported", unit=unit)

    def meeting(self, tell: Tell) -> None:
        """Play the week's meeting, and let the shift leader publish the plan."""
        desk = self._enter("coordinator")
        if self._step_week(desk, "/freeze/"):
            tell("frozen")
        while place := self._decide(desk):
            tell("decided", place=place)
            if self._step_week(desk, "/decided/"):
                break
        published = self._step_week(desk, "/publish/")
        if published is False:
            raise StageRefused("the week was not published; the page of the week says why")
        tell("published" if published else "already")
        leader = self._enter("shift_leader")
        page = leader.get("/plan/")
        if _send(leader, page, "/propose/"):
            tell("plan")
            page = leader.get("/plan/?proposal=1")
        tell("plan_published" if _send(leader, page, "/publish/") else "no_plan")

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.town.timezone))

    def _go_to(self, at: clock_time, tell: Tell) -> datetime:
        """Move the town's time forward to a little before the next time of day; return that."""
        now = self._local(wall.now())
        target = datetime.combine(now.date(), at, now.tzinfo)
        if target <= now:
            target = datetime.combine(now.date() + timedelta(days=1), at, now.tzinfo)
        if not self.town.list_crew(YOURS, target.replace(tzinfo=None)):
            raise StageRefused("the roster of the town has come to its end; start the demo anew")
        self._move(max(wall.now(), target - EARLY))
        tell("clock", time=f"{target:%H:%M:%S}")
        return target

    def _move(self, at: datetime) -> datetime:
        """Move the time forward to `at`; where it is past that already, leave it."""
        if at > wall.now():
            wall.move_to(at)
        time.sleep(HEARD_S)
        return at

    def _enter(self, part: str) -> Browser:
        return enter(self.web, *self.sign_in(self.parts[part]))

    def _clear_desk(self, tell: Tell) -> None:
        """End what is open at the desk, so that the chapter's case stands alone."""
        desk = self._enter("dispatcher")
        cases = re.findall(rf'data-case="({UUID})"', desk.get("/console/cases/").text)
        for case in cases:
            desk.post(f"/cases/{case}/close/", [])
        if cases:
            tell("cleared", count=str(len(cases)))

    def _say_positions(self, tell: Tell) -> None:
        """Let every unit on duty say where it stands, now."""
        local = self._local(wall.now()).replace(tzinfo=None)
        time.sleep(1.5)  # the receiver is told twice a second who is on duty
        on = [one for one in self.town.units if self.town.list_crew(one.call_sign, local)]
        for unit in on:
            self._stand(unit.call_sign, unit.lat, unit.lon)
        tell("positions", count=str(len(on)))

    def _stand(self, call_sign: str, lat: float, lon: float) -> None:
        tracker = self.town.get_unit(call_sign).tracker
        send_position(self.positions, tracker, Fix(0.0, lat, lon, 0.0, 0.0))
        time.sleep(HEARD_S / 6)

    def _dial(self, site: TownSite, event: Event, tell: Tell) -> None:
        account = self.town.get_account(site.code)
        made = Panel(account.account, account.key_bytes, self.dc09, Random(f"tour {site.code}"))
        delivery = self._panels.setdefault(site.code, made).dial(event)
        if not delivery.acknowledged:
            raise StageRefused(f"the panel of {site.name} got no receipt: {delivery.said}")
        tell("signal", site=site.name, signal=event.data.partition("/")[2])

    def _phones(self) -> dict[str, Phone]:
        """Give a phone of each unit on duty."""
        local = self._local(wall.now()).replace(tzinfo=None)
        return {
            unit.call_sign: Phone(self.web, *self.sign_in(crew[0]))
            for unit in self.town.units
            if (crew := self.town.list_crew(unit.call_sign, local))
        }

    def _await_offer(
        self, is_it: Callable[[dict[str, Any]], bool], wait_s: float = WAIT_S
    ) -> tuple[str, Phone, str] | None:
        """Ask the phones of all on duty until one of them holds the offer; None in the end."""
        phones, until = self._phones(), wall.monotonic() + wait_s
        while True:
            for call_sign, phone in phones.items():
                offer = phone.state().get("offer")
                if offer and is_it(offer):
                    return call_sign, phone, str(offer["id"])
            if wall.monotonic() > until:
                return None
            time.sleep(0.3)

    def _nearest_hall(self) -> TownSite:
        """Give the hall nearest to the viewer's own unit: its plan lets a medical case be offered."""
        unit, frame = self.town.get_unit(YOURS), self.town.roads.frame
        x, y = frame.metres(unit.lat, unit.lon)

        def away(site: TownSite) -> float:
            u, v = frame.metres(site.lat, site.lon)
            return (x - u) ** 2 + (y - v) ** 2

        return min((one for one in self.town.sites if one.kind == "hall"), key=away)

    def _type_in(self, site: TownSite, tell: Tell) -> str:
        desk = self._enter("dispatcher")
        page = desk.get("/console/new/")
        named = re.findall(rf'<option value="({UUID})"[^>]*>([^<]*)</option>', page.text)
        key = next(key for key, label in named if unescape(label).startswith(f"{site.name},"))
        form = next(one for one in list_forms(page) if one.action == "/console/new/")
        case = next(value for name, _kind, value in form.fields if name == "id")
        sent = desk.post(
            form.action, [("id", case), ("site", key), ("kind", "medical"), ("note", CALL)]
        )
        if sent.status >= 400:
            raise StageRefused(f"the case was not taken ({sent.status})")
        tell("typed", site=site.name)
        return case

    def _write_report(self, phone: Phone, response: str, done: Attended) -> None:
        """Send the report, with when the ambulance came where the form asks for it."""
        came = f"{self._local(done.others_at):%H:%M}" if done.others_at else ""

        def also(fields: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
            return [(name, came) for name, _kind, _value in fields if name == "others_arrived"]

        if not phone.report(response, done.finding, done.report, also=also):
            raise StageRefused("the report was not taken")

    def _step_week(self, desk: Browser, ending: str) -> bool | None:
        """Take the week's next step, where it is this one."""
        return _send(desk, desk.get("/week/"), ending)

    def _decide(self, desk: Browser) -> str:
        """Prioritise the first place that the form offers; return its name, "" without a form."""
        page = desk.get("/week/")
        form = next((one for one in list_forms(page) if one.action.endswith("/decide/")), None)
        if form is None:
            return ""
        place = next(v for name, _kind, v in form.fields if name == "place" and v)
        focus = next(v for name, _kind, v in form.fields if name == "focus")
        key = next(v for name, _kind, v in form.fields if name == "id")
        given = [("id", key), ("place", place), ("focus", focus), ("why", WHY),
                 ("hours_from", "19:00"), ("hours_until", "23:00")]  # fmt: skip
        sent = desk.post(form.action, given)
        if sent.status >= 400:
            raise StageRefused(f"the decision was not taken ({sent.status})")
        label = re.search(rf'<option value="{re.escape(place)}"[^>]*>([^<]*)<', page.text)
        return unescape(label[1]).strip() if label else ""


def _send(browser: Browser, page: Page, ending: str) -> bool | None:
    """Send the form of a page whose address ends so; None without one, False where it is refused."""
    form = next((one for one in list_forms(page) if one.action.endswith(ending)), None)
    if form is None:
        return None
    hidden = [(name, value) for name, kind, value in form.fields if kind == "hidden"]
    return browser.post(form.action, hidden).status < 400
