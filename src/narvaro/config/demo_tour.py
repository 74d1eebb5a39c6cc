"""The tour's other side: takes what the pages ask, lets the stage play it, tells what happened.

In: the tour's folder of a demo's home. Out: chapters played, lines told; and beside it the town's
files put in, a forecast and a proposed plan.
"""

import logging
import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

from narvaro.config.demo_files import put_in
from narvaro.config.home import Home
from narvaro.demo import wall
from narvaro.demo.browser import UnreachableError
from narvaro.demo.night import keep_links_alive
from narvaro.demo.stage import YOURS, Stage, StageRefused
from narvaro.demo.town import Town
from narvaro.spine import clock
from narvaro.web.tour_folder import (
    BEGUN,
    COMING_IN,
    DONE,
    FAILED,
    Cast,
    Duty,
    Told,
    TourFolder,
)

logger = logging.getLogger(__name__)

Say = Callable[[str], None]
CLOCK = "clock.json"
LOOK_EVERY_S = 0.2
PARTS = (
    "dispatcher", "shift_leader", "coordinator", "property_manager", "camera_operator", "reporter",
    "police_guest",
)  # fmt: skip


def cast_of(town: Town) -> Cast:
    """Return who one can be in a town: the first of each role, and one's own unit's crews."""
    parts = {one.role: one.service_number for one in reversed(town.members) if one.role in PARTS}
    company = {one.organisation for one in town.members if one.role == "shift_leader"}
    for one in town.members:
        if one.role == "contract_manager":
            parts["supplier" if one.organisation in company else one.role] = one.service_number
    zone = ZoneInfo(town.timezone)
    duties = tuple(
        Duty(one.service_numbers[0], one.starts.replace(tzinfo=zone), one.ends.replace(tzinfo=zone))
        for one in town.shifts
        if one.call_sign == YOURS
    )
    return Cast(parts, duties)


class Teller:
    """Tells lines of one chapter, in the town's time."""

    def __init__(self, folder: TourFolder, chapter: str) -> None:
        self.folder = folder
        self.chapter = chapter

    def __call__(self, code: str, **facts: str) -> None:
        """Tell one line."""
        told = Told(code, wall.now().isoformat(timespec="seconds"), facts)
        self.folder.tell(self.chapter, told)


def play_one(folder: TourFolder, stage: Stage, chapter: str) -> None:
    """Play one chapter to its end; what goes wrong is told on its page."""
    tell = Teller(folder, chapter)
    tell(BEGUN)
    try:
        stage.play(chapter, tell)
    except (StageRefused, UnreachableError) as no:
        tell(FAILED, why=str(no))
    except Exception as fault:
        # The tour goes on with its other chapters; the fault is said on the page and in the log.
        logger.exception("a chapter could not be played", extra={"chapter": chapter})
        tell(FAILED, why=f"{type(fault).__name__}: {fault}")
    else:
        tell(DONE)


def play_what_is_asked(folder: TourFolder, stage: Stage, stop: threading.Event) -> None:
    """Play chapters as they are asked for, one after the other, until stopped."""
    while not stop.wait(LOOK_EVERY_S):
        chapter = folder.take()
        if chapter is not None:
            play_one(folder, stage, chapter)


def bring_in_the_past(home: Home, town: Town, stop: threading.Event, say: Say) -> None:
    """Put the town's files in, then make a forecast and propose a plan; each step is told."""
    from django.db import close_old_connections
    from django.utils import translation

    from narvaro.web.tour_words import TOLD

    tell = Teller(TourFolder(home.path), COMING_IN)

    def told(code: str, **facts: str) -> None:
        tell(code, **facts)
        with translation.override(None):  # the command line speaks English
            say(f"  {str(TOLD[code]) % facts}")

    tell(BEGUN)
    try:
        put_in(town, cast_of(town).parts["coordinator"], told, stop)
        if not stop.is_set():
            _forecast_and_plan(town, told)
    except Exception as fault:
        # The demo runs on without its past; the page and the log say what happened.
        logger.exception("the town's files did not come in")
        told(FAILED, why=f"{type(fault).__name__}: {fault}")
    else:
        told(DONE)
    finally:
        close_old_connections()


def _forecast_and_plan(town: Town, tell: Callable[..., None]) -> None:
    """Make what the running system makes by itself a little later: a forecast, tonight's proposal."""
    from narvaro.access.models import Organisation, OrganisationKind
    from narvaro.config.cli import by_whom
    from narvaro.forecast.actions import make_forecast
    from narvaro.plan.actions import propose
    from narvaro.spine.models import Tenant
    from narvaro.spine.refusal import Refused

    tenant = Tenant.objects.get(name=town.name)
    company = Organisation.objects.get(tenant=tenant, kind=OrganisationKind.GUARDING_COMPANY)
    tonight = clock.now().astimezone(ZoneInfo(town.timezone)).date()
    try:
        make_forecast(tenant=tenant, at=clock.now())
        tell("forecast")
        propose(organisation=company, day=tonight, by=by_whom(), at=clock.now())
        tell("plan")
    except Refused as no:
        tell("refused_file", what="forecast, plan", why=no.detail)


def run_beside(
    home: Home, town: Town, password: str, stop: threading.Event, say: Say, *, polls: bool
) -> list[threading.Thread]:
    """Start the tour's threads: chapters as they are asked for, and the town's past.

    With `polls` the panels test their links too; where a night is played, it does that.
    """
    folder, cast, given = TourFolder(home.path), cast_of(town), home.settings
    folder.write_cast(cast)
    stage = Stage(
        town,
        web=(given.bind, given.web_port),
        dc09=(given.bind, given.alarm_port),
        positions=(given.bind, given.position_port),
        sign_in=lambda number: (number, password),
        parts=cast.parts,
    )
    alarms = (given.bind, given.alarm_port)
    threads = [
        threading.Thread(target=play_what_is_asked, args=(folder, stage, stop), daemon=True),
        threading.Thread(target=bring_in_the_past, args=(home, town, stop, say), daemon=True),
    ]
    if polls:
        links = (town, alarms, say, stop)
        threads.append(threading.Thread(target=keep_links_alive, args=links, daemon=True))
    for thread in threads:
        thread.start()
    return threads
