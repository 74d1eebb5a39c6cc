"""Silence: late, lost, restored; one carrier's fault; our own restarts; ten thousand paths."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narvaro.core.supervision import ALTERNATIVE_S, REPORTING_S
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
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        since = EPOCH + timedelta(microseconds=since_us)
        heard = [one for one in self.heard.items() if since <= one[1] <= self.until]
        return [Seen("", "sia-dc09", name, "", _us(at)) for name, at in heard]

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


@pytest.mark.parametrize(("count", "cases"), [(9, 9), (10, 1)])
def test_without_a_carrier_ten_lost_at_once_are_one_case(
    world: World, silence: Silence, count: int, cases: int
) -> None:
    panels = [
        make_transmitter(make_site(world), f"40{n:02}", poll_interval_s=90) for n in range(count)
    ]
    silence.poll(*panels)
    silence.look()
    silence.pass_(305)
    assert Case.objects.count() == cases
    assert Outage.objects.count() == count


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


@dataclass(frozen=True)
class Class:
    """Paths that are supervised alike."""

    category: str
    alternative: bool
    lost_s: int

    @property
    def name(self) -> str:
        """Return what the class is called."""
        return self.category + " alternative" * self.alternative


CLASSES = [
    *(Class(category, False, lost_s) for category, lost_s in REPORTING_S.items()),
    *(Class(category, True, lost_s) for category, lost_s in ALTERNATIVE_S.items()),
]


@pytest.mark.parametrize(
    ("kind", "down_s"), [*((one, 60) for one in CLASSES), (CLASSES[3], 5)],
    ids=lambda one: one.name if isinstance(one, Class) else f"{one} s",
)  # fmt: skip
def test_no_false_loss_after_a_restart(
    world: World, silence: Silence, kind: Class, down_s: int
) -> None:
    """Polled as seldom as is taken: the one that fell into the restart was missed by us."""
    every_s = kind.lost_s - 1
    panel = make_transmitter(
        make_site(world), "4001", category=kind.category, alternative=kind.alternative,
        poll_interval_s=every_s,
    )  # fmt: skip
    down_from_s = 2 * every_s - down_s // 2
    down = range(down_from_s, down_from_s + down_s)
    polls = {count * every_s for count in range(6)}
    looks = {one + late for one in polls for late in (-1, 0, 2)} | {down.start, down.stop}
    for second in sorted(looks - {-1}):
        silence.hands.move_to(START + timedelta(seconds=second))
        if second == down.stop:
            silence.since = silence.hands.now()
        if second in polls and second not in down:
            silence.poll(panel)
        silence.look(listening=second not in down)
    assert state_of(panel) in {"ok", "late"}
    assert not Outage.objects.exists()
    assert not Case.objects.exists()


PATHS = 10_000
SHARE_OF_TIME = 0.25
"""Of real time, what the looks may take of one core at most: the worker has more to do."""


class Town:
    """Ten thousand paths of all categories, each polled twice in its time; every hundredth falls silent."""

    def __init__(self, world: World, silence: Silence) -> None:
        self.silence = silence
        site = make_site(world)
        self.panels = Transmitter.objects.bulk_create(
            Transmitter(tenant=site.tenant, site=site, account=f"{n:05X}") for n in range(PATHS)
        )
        TransmissionPath.objects.bulk_create(
            TransmissionPath(
                tenant=site.tenant, transmitter=one, category=self.kind(n).category,
                alternative=self.kind(n).alternative, poll_interval_s=self.kind(n).lost_s // 2,
                carrier=f"carrier {n % 100}",
            )
            for n, one in enumerate(self.panels)
        )  # fmt: skip
        self.silent = set(range(0, PATHS, 99))
        self.heard_at: dict[int, datetime] = {}
        self.unsaved: dict[str, datetime] = {}
        self.took_s: list[float] = []

    def kind(self, number: int) -> Class:
        """Return the class of a path."""
        return CLASSES[number % len(CLASSES)]

    def poll(self, *numbers: int) -> None:
        """Let paths be heard now; the receiver saves it later."""
        for n in numbers:
            self.heard_at[n] = self.unsaved[self.panels[n].account] = self.silence.hands.now()

    def pass_(self, seconds: int, silent_from: int = 0) -> None:
        """Let time pass: a look every other second (the worker looks each), a save every fourth."""
        for second in range(seconds):
            self.silence.hands.advance(1)
            for place, kind in enumerate(CLASSES):
                every_s = kind.lost_s // 2
                of_kind = range(place, PATHS, len(CLASSES))
                due = of_kind[second % every_s :: every_s]
                self.poll(*(n for n in due if second < silent_from or n not in self.silent))
            if second % 4 == 3:
                self.save()
            if second % 2:
                began_s = time.process_time()
                self.silence.listener.look()
                self.took_s.append(time.process_time() - began_s)

    def save(self) -> None:
        """Let the receiver save what it heard."""
        self.silence.heard.update(self.unsaved)
        self.unsaved.clear()
        self.silence.until = self.silence.hands.now()

    def pass_until_before(self, at: datetime) -> None:
        """Let hours pass in which all but the silent are polled, as the last poll of each shows."""
        self.silence.hands.move_to(at)
        for n in set(range(PATHS)) - self.silent:
            if self.heard_at[n] + timedelta(seconds=self.kind(n).lost_s // 2) <= at:
                self.poll(n)
        self.save()


@pytest.mark.slow
def test_losses_among_ten_thousand_are_flagged_within_ten_seconds(
    world: World, silence: Silence
) -> None:
    """All categories: those that fall silent are lost in their time, no others, and looks cost little."""
    town = Town(world, silence)
    town.poll(*range(PATHS))
    town.pass_(420, silent_from=60)
    mean_s, longest_s = sum(town.took_s) / len(town.took_s), max(town.took_s)
    print(f"a look took {mean_s:.3f} s of a core, the longest {longest_s:.3f} s")
    assert mean_s < SHARE_OF_TIME
    for kind in sorted(CLASSES, key=lambda one: one.lost_s):
        last = max(town.heard_at[n] for n in town.silent if town.kind(n) == kind)
        lost_at = last + timedelta(seconds=kind.lost_s)
        if lost_at > silence.hands.now():
            first = min(town.heard_at[n] for n in town.silent if town.kind(n) == kind)
            town.pass_until_before(first + timedelta(seconds=kind.lost_s - 4))
            town.pass_(round((last - first).total_seconds()) + 16)
    flagged = {
        int(one.path.transmitter.account, 16): one.flagged_at
        for one in Outage.objects.select_related("path__transmitter")
    }
    assert set(flagged) == town.silent
    late = [flagged[n] - town.heard_at[n] - timedelta(seconds=town.kind(n).lost_s) for n in flagged]
    assert timedelta() <= min(late)
    assert max(late) <= timedelta(seconds=10)
