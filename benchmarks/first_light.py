"""From an alarm panel's first byte to the case in a dispatcher's list, over the real processes.

    python -m benchmarks.first_light [--alarms 200] [--streams 20] [--json]

Each alarm is dialled over TCP (DC-09, encrypted where the account has a key) by a transmitter in
this process; a browser session that holds a live stream fetches the list of cases when it is told,
as the console does, and the clock stops when the new case stands in it. All cases stay active, so
the list grows to the number of alarms. `--streams` more streams are held open beside it. There is
no peer: no open dispatch system receives alarms.
"""

import argparse
import json
import re
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random

from benchmarks.product import Product, running
from narvaro.demo.driving import Fix
from narvaro.demo.frames import sia
from narvaro.demo.panel import Panel
from narvaro.demo.phone import send_position

KINDS = ("BA", "FA", "MA", "WA")  # one case each at one site: no two are related
PATIENCE_S = 15.0
GAP_S = 0.05


@dataclass
class Console:
    """A signed-in dispatcher: a live stream, and the list fetched when it tells of a change."""

    product: Product
    service_number: str
    seen: set[str] = field(default_factory=set)
    news: threading.Condition = field(default_factory=threading.Condition)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Sign in."""
        self.browser = self.product.sign_in(self.service_number)

    def kinds(self) -> Iterator[str]:
        """Yield the kinds of the stream's events as they come."""
        line = HTTPConnection(*self.product.web, timeout=30)
        line.request("GET", "/live", headers={"Cookie": self.browser.cookie_header()})
        answer = line.getresponse()
        while not self.stop.is_set():
            written = answer.readline().decode()
            if written.startswith("event: "):
                yield written.removeprefix("event: ").strip()

    def follow(self) -> None:
        """Fetch the list whenever the stream tells of a new case."""
        for kind in self.kinds():
            if kind == "case.opened":
                page = self.browser.get("/console/cases/")
                with self.news:
                    self.seen = set(re.findall(r"/console/cases/([0-9a-f-]{36})/", page.text))
                    self.news.notify_all()

    def hold(self) -> None:
        """Only keep the stream open."""
        for _ in self.kinds():
            pass

    def wait_for(self, count: int) -> bool:
        """Wait until the list holds `count` cases."""
        with self.news:
            return self.news.wait_for(lambda: len(self.seen) >= count, PATIENCE_S)


def put_units(product: Product) -> None:
    """Give each unit a position, so that the ranking stands on road times."""
    for unit in product.town.units:
        fix = Fix(0.0, unit.lat, unit.lon, 0.0, 0.0)
        send_position(product.positions, unit.tracker, fix)


def measure(product: Product, alarms: int, streams: int) -> list[float]:
    """Dial the alarms one after the other; return seconds from first byte to the list."""
    console = Console(product, "K101")
    others = [Console(product, "K102") for _ in range(streams)]
    for target in (console.follow, *(one.hold for one in others)):
        threading.Thread(target=target, daemon=True).start()
    put_units(product)
    time.sleep(1.0)
    waits = []
    accounts = product.town.accounts
    for number in range(alarms):
        account, kind = accounts[number % len(accounts)], KINDS[number // len(accounts)]
        panel = Panel(
            account.account, account.key_bytes, product.alarms, Random(number), _sequence=number
        )
        begun = time.perf_counter()
        delivery = panel.dial(sia(kind, 3))
        if not delivery.acknowledged:
            raise RuntimeError(f"alarm {number} was not acknowledged: {delivery.said}")
        if not console.wait_for(number + 1):
            raise RuntimeError(f"alarm {number} was not in the list within {PATIENCE_S} s")
        waits.append(time.perf_counter() - begun)
        time.sleep(GAP_S)
    console.stop.set()
    return waits


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else ""
    )
    parser.add_argument("--alarms", type=int, default=200)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with running("bench-home") as product:
        waits = sorted(1000 * one for one in measure(product, given.alarms, given.streams))
    p99 = waits[min(len(waits) - 1, -(-99 * len(waits) // 100) - 1)]
    print(
        f"alarms {len(waits)}, open streams {given.streams + 1}, list grows to {len(waits)} cases"
    )
    print(f"{'':24}{'median':>9}{'p99':>9}{'longest':>9}")
    row = f"{statistics.median(waits):9.0f}{p99:9.0f}{waits[-1]:9.0f}"
    print(f"{'alarm to console, ms':24}{row}")
    if given.json:
        print(json.dumps({"alarm_to_console_p99_ms": round(p99, 1), "alarms": len(waits)}))


if __name__ == "__main__":
    main()
