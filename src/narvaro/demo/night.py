"""Play a night in a made-up town: panels dial, guards' phones answer and drive, links are polled."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random
from threading import Event as Flag
from threading import Lock, Thread

from narvaro.demo import wall
from narvaro.demo.cases import Call, Case, read_cases, timetable
from narvaro.demo.panel import Panel
from narvaro.demo.patrol import Address, Board, Patrol
from narvaro.demo.town import Town

LAST_CASE_S = 1800.0


@dataclass(frozen=True, slots=True)
class NightConfig:
    """Where the product listens and how the night is played.

    `sign_in` gives (user name, password) of a service number. `yours` is the unit that a viewer may
    play himself: it only sends its position. `speed` shortens the gaps between cases, never the time
    inside one. With `keep_on` polls and positions go on after the last case until `stop` is set.
    """

    web: Address
    dc09: Address
    positions: Address
    sign_in: Callable[[str], tuple[str, str]]
    yours: str = "V1"
    speed: float = 1.0
    seed: int = 1
    keep_on: bool = False
    cases: tuple[Case, ...] | None = None
    stop: Flag = field(default_factory=Flag)


def play(town: Town, config: NightConfig, on_line: Callable[[str], None]) -> None:
    """Play the night's cases; return when all is reported, or as soon as `config.stop` is set."""
    cases = read_cases(town) if config.cases is None else config.cases
    say, board, over = _one_at_a_time(on_line), Board(), _Either(config.stop)
    panels = _make_panels(town, config.dc09, config.seed, over.flag)
    patrols = _make_patrols(town, config, board, say, over.flag)
    threads = [Thread(target=p.run, name=p.unit.call_sign, daemon=True) for p in patrols]
    threads.append(
        Thread(target=_poll, args=(town, panels, say, over.flag, config.seed), daemon=True)
    )
    for thread in threads:
        thread.start()
    try:
        _dial(timetable(cases, config.speed), panels, board, say, config.stop)
        _wait_for_the_end(board, config)
    finally:
        over.flag.set()
        for thread in threads:
            thread.join(timeout=15)
    say("The night is over.")


class _Either:
    """A flag of the night's own, so that the caller's is never set for him."""

    def __init__(self, outer: Flag) -> None:
        self.flag = Flag()
        Thread(target=self._watch, args=(outer,), daemon=True).start()

    def _watch(self, outer: Flag) -> None:
        while not self.flag.is_set():
            if outer.wait(0.3):
                self.flag.set()


def _one_at_a_time(on_line: Callable[[str], None]) -> Callable[[str], None]:
    lock = Lock()

    def say(line: str) -> None:
        with lock:
            on_line(line)

    return say


def _make_panels(town: Town, dc09: Address, seed: int, stop: Flag) -> dict[str, Panel]:
    return {
        a.site: Panel(a.account, a.key_bytes, dc09, Random(f"{a.account} {seed}"), stop=stop)
        for a in town.accounts
    }


def keep_links_alive(
    town: Town, dc09: Address, say: Callable[[str], None], stop: Flag, seed: int = 1
) -> None:
    """Test every link at its interval until stopped, when no night is played."""
    _poll(town, _make_panels(town, dc09, seed, stop), say, stop, seed)


def _make_patrols(
    town: Town, config: NightConfig, board: Board, say: Callable[[str], None], stop: Flag
) -> list[Patrol]:
    return [
        Patrol(
            town, unit, config.web, config.positions, config.sign_in, board, say, stop,
            Random(f"{unit.call_sign} {config.seed}"), answers=unit.call_sign != config.yours,
        )
        for unit in town.units
    ]  # fmt: skip


def _dial(
    calls: list[Call],
    panels: dict[str, Panel],
    board: Board,
    say: Callable[[str], None],
    stop: Flag,
) -> None:
    """Dial each signal at its time; a panel that is still busy dials late, as real ones do."""
    start = wall.monotonic()
    for call in calls:
        if stop.wait(max(0.0, start + call.at_s - wall.monotonic())):
            return
        site = call.case.site
        board.cases[site.name] = call.case
        delivery = panels[site.code].dial(call.event)
        outcome = "acknowledged" if delivery.acknowledged else f"NOT acknowledged: {delivery.said}"
        say(f"{site.name}: {call.event.token} {call.event.data} {outcome} ({call.case.name})")


def _poll(
    town: Town, panels: dict[str, Panel], say: Callable[[str], None], stop: Flag, seed: int
) -> None:
    """Test every link at its interval, spread over the interval from the start."""
    rng, now = Random(f"poll {seed}"), wall.monotonic()
    due = [(now + rng.uniform(0, a.poll_interval_s), k) for k, a in enumerate(town.accounts)]
    heapify(due)
    silent: set[str] = set()
    while due:
        at, k = heappop(due)
        if stop.wait(max(0.0, at - wall.monotonic())):
            return
        account = town.accounts[k]
        delivery = panels[account.site].poll()
        if delivery.acknowledged:
            silent.discard(account.account)
        elif account.account not in silent and delivery.said != "stopped":
            silent.add(account.account)
            say(f"account {account.account}: link test failed: {delivery.said}")
        heappush(due, (max(at, wall.monotonic() - 5) + account.poll_interval_s, k))


def _wait_for_the_end(board: Board, config: NightConfig) -> None:
    """Wait until no unit is out any more; with `keep_on` until the caller stops the night."""
    until = wall.monotonic() + LAST_CASE_S
    config.stop.wait(0.0 if config.keep_on else 45.0)
    while not config.stop.wait(1.0):
        if not config.keep_on and (not board.busy or wall.monotonic() > until):
            return
