"""Silence: late, lost, restored; one carrier's fault; our own restarts; ten thousand paths."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from narvaro.directory.models import TransmissionPath, Transmitter
from narvaro.intake import supervision
from narvaro.intake.listening import Listener
from narvaro.intake.models import Outage, PathState
from narvaro.intake.records import Listening, Seen
from narvaro.situation.models import Case
from narvaro.spine import timers
from narvaro.spine.clock import Hands
from tests.make import NIGHT, World, make_plan, make_site, make_transmitter

START = NIGHT
STEP_S = 15


class Silence:
    """Panels that poll, a receiver that listens, and the work process that looks each second."""

    def __init__(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hands = hands
        self.since = self.until = hands.now()
        self.heard: dict[str, datetime] = {}
        self.listener = Listener({"main": Path("main")})
        monkeypatch.setattr("narvaro.intake.listening.read_listening", self._listening)
        monkeypatch.setattr("narvaro.intake.listening.read_last_seen", self._seen)

    def _listening(self, _path: Path) -> object:
        return Listening(_us(self.since), _us(self.until))

    def _seen(self, _path: Path, since_us: int) -> list[Seen]:
        seen = [Seen("", "sia-dc09", name, "", _us(at)) for name, at in self.heard.items()]
        return [one for one in seen if since_us <= one.at_us <= _us(self.until)]

    def poll(self, *panels: Transmitter) -> None:
        """Let panels poll now."""
        for one in panels:
            self.heard[one.account] = self.hands.now()

    def look(self, *, listening: bool = True) -> None:
        """Let the receiver save, the work process look, and timers fire."""
        if listening:
            self.until = self.hands.now()
        self.listener.look()
        timers.fire_due()

    def pass_(self, seconds: float, *polling: Transmitter, every_s: float = 90) -> None:
        """Let time pass in steps of at most fifteen seconds, while some panels poll."""
        end = self.hands.now() + timedelta(seconds=seconds)
        while self.hands.now() < end:
            at_s = (self.hands.now() - START).total_seconds()
            to_poll = every_s - at_s % every_s
            left = (end - self.hands.now()).total_seconds()
            self.hands.advance(min(STEP_S, to_poll, left))
            if (self.hands.now() - START).total_seconds() % every_s == 0:
                self.poll(*polling)
            self.look()


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


@pytest.fixture
def silence(hands: Hands, monkeypatch: pytest.MonkeyPatch, db: None) -> Silence:
    return Silence(hands, monkeypatch)


def state_of(panel: Transmitter) -> str:
    return PathState.objects.get(path__transmitter=panel).state


def test_the_silent_school_of_the_story(world: World, silence: Silence) -> None:
    """Polls of 90 s: late after 180 s, lost after 300 s with a case, closed ten minutes after its return."""
    panel = make_transmitter(make_site(world), "4001", poll_interval_s=90)
    silence.poll(panel)
    silence.look()
    silence.pass_(180)
    assert state_of(panel) == "ok"
    silence.pass_(1)
    assert state_of(panel) == "late"
    silence.pass_(119)
    assert state_of(panel) == "late"
    assert not Case.objects.exists()
    silence.pass_(1)
    assert state_of(panel) == "lost"
    (case,) = Case.objects.all()
    assert (case.kind, case.born, case.site_id) == ("path", "watch", panel.site_id)
    assert case.triggered_at == START
    (outage,) = Outage.objects.all()
    assert (outage.began_at, outage.case_id, outage.ended_at) == (START, case.pk, None)
    silence.poll(panel)
    silence.pass_(2)
    outage.refresh_from_db()
    assert outage.ended_at == START + timedelta(seconds=301)
    silence.pass_(595, panel)
    case.refresh_from_db()
    assert case.state == "open"
    silence.pass_(10, panel)
    case.refresh_from_db()
    assert (case.state, case.cause) == ("closed", "technical")


def test_after_the_clock_was_set_back_what_was_heard_meanwhile_is_read(
    world: World, silence: Silence
) -> None:
    """The worker is away while the receiver's clock goes back and a panel polls, once."""
    panel = make_transmitter(make_site(world), "4001", poll_interval_s=3600)
    silence.poll(panel)
    silence.hands.advance(1000)
    silence.look()
    silence.hands.jump(-900)
    silence.hands.advance(300)
    silence.poll(panel)
    silence.hands.advance(5)
    silence.look()
    assert PathState.objects.get(path__transmitter=panel).heard_at == silence.heard["4001"]


def test_fourteen_paths_of_one_carrier_are_one_case(world: World, silence: Silence) -> None:
    """And nobody is sent to fourteen schools, whatever their plans say of one."""
    panels = [
        make_transmitter(make_site(world), f"40{n:02}", poll_interval_s=90, carrier="Nordnät")
        for n in range(14)
    ]
    for one in panels:
        make_plan(one.site, on="path")
    for one in panels:
        silence.poll(one)
        silence.hands.advance(5)
    silence.look()
    silence.pass_(500)
    (case,) = Case.objects.all()
    assert (case.place, case.site_id, case.offer_by_rule) == ("Nordnät", None, False)
    assert Outage.objects.filter(case=case).count() == 14
    silence.poll(*panels[:13])
    silence.pass_(700, *panels[:13])
    case.refresh_from_db()
    assert case.state == "open", "one is still silent"


def test_a_lonely_loss_is_handled_by_its_sites_plan(world: World, silence: Silence) -> None:
    """After two minutes it is no carrier's fault."""
    panel = make_transmitter(make_site(world), "4001", poll_interval_s=90, carrier="Nordnät")
    make_plan(panel.site, on="path")
    silence.poll(panel)
    silence.look()
    silence.pass_(305)
    case = Case.objects.get()
    assert not case.offer_by_rule
    silence.pass_(121)
    case.refresh_from_db()
    assert case.offer_by_rule


def test_the_second_path_keeps_the_first_from_nothing(world: World, silence: Silence) -> None:
    """Each path is judged alone: the lost one shows while the other speaks."""
    panel = make_transmitter(make_site(world), "4001", name="ip", poll_interval_s=90)
    panel.paths.create(tenant=panel.tenant, name="mobil", category="SP5")
    listener = silence.listener
    for name in ("ip", "mobil"):
        supervision.note_heard(
            heard=[supervision.Heard(panel.paths.get(name=name), START)], at=START
        )
    assert listener.look() >= 0
    silence.hands.advance(95)
    silence.look()
    assert {one.path.name: one.state for one in PathState.objects.all()} == {
        "ip": "ok", "mobil": "lost",
    }  # fmt: skip


def test_a_panel_under_maintenance_is_lost_without_a_case(world: World, silence: Silence) -> None:
    """Its minutes count all the same."""
    panel = make_transmitter(make_site(world), "4001", poll_interval_s=90)
    panel.paths.update(maintenance_until=START + timedelta(hours=1))
    silence.poll(panel)
    silence.look()
    silence.pass_(305)
    assert not Case.objects.exists()
    assert Outage.objects.get().case_id is None


def test_a_receiver_that_does_not_save_judges_nobody(world: World, silence: Silence) -> None:
    """Silence is counted only as far as the receiver was heard to listen."""
    panel = make_transmitter(make_site(world), "4001", poll_interval_s=90)
    silence.poll(panel)
    silence.look()
    silence.hands.advance(3600)
    silence.look(listening=False)
    assert state_of(panel) == "ok"
    assert silence.listener.silent == {"main"}


@pytest.mark.parametrize("down_s", [5, 60])
def test_no_false_loss_after_a_restart(world: World, silence: Silence, down_s: int) -> None:
    """Polls that fell into the restart were missed by us; each path gets its time again."""
    panels = [
        make_transmitter(make_site(world), f"4{n:03}", category=category, poll_interval_s=every)
        for n, (category, every) in enumerate([("SP6", 10), ("SP5", 60), ("SP4", 90), ("", 90)])
    ]
    every = {"4000": 10, "4001": 60, "4002": 90, "4003": 90}

    def run(seconds: int, *, up: bool) -> None:
        for _ in range(seconds // 5):
            silence.hands.advance(5)
            elapsed = (silence.hands.now() - START).total_seconds()
            if up:
                silence.poll(*(one for one in panels if elapsed % every[one.account] == 0))
            silence.look(listening=up)

    silence.poll(*panels)
    run(200, up=True)
    run(down_s, up=False)
    silence.since = silence.hands.now()
    run(200, up=True)
    assert not Outage.objects.exists()
    assert not Case.objects.exists()


@pytest.mark.slow
def test_losses_among_ten_thousand_are_flagged_within_ten_seconds(
    world: World, silence: Silence
) -> None:
    """A receiver that saves every four seconds; a hundred fall silent; those and no others are lost."""
    site = make_site(world)
    panels = Transmitter.objects.bulk_create(
        Transmitter(tenant=site.tenant, site=site, account=f"{n:05X}") for n in range(10_000)
    )
    TransmissionPath.objects.bulk_create(
        TransmissionPath(
            tenant=site.tenant, transmitter=one, category="SP4", poll_interval_s=90,
            carrier=f"carrier {n % 100}",
        )
        for n, one in enumerate(panels)
    )  # fmt: skip
    silent = set(range(0, 10_000, 100))
    last_heard: dict[str, datetime] = {}
    seen: dict[str, datetime] = {}
    for second in range(420):
        silence.hands.advance(1)
        for n in range(second % 90, 10_000, 90):
            if not (second >= 120 and n in silent):
                seen[panels[n].account] = silence.hands.now()
                last_heard[panels[n].account] = silence.hands.now()
        if second % 4 == 3:
            silence.heard.update(seen)
            seen.clear()
            silence.until = silence.hands.now()
        silence.listener.look()
    flagged = {
        one.path.transmitter.account: one.flagged_at
        for one in Outage.objects.select_related("path__transmitter")
    }
    assert set(flagged) == {panels[n].account for n in silent}
    late = [flagged[name] - last_heard[name] - timedelta(seconds=180) for name in flagged]
    assert timedelta() <= min(late)
    assert max(late) <= timedelta(seconds=10)
