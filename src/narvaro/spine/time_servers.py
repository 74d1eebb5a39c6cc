"""Time servers, asked now and then. In: their names. Out: what each said last, in a file of the home.

They are asked in a thread of its own, one after another, so that nothing waits for the network; a name
that does not resolve may take long. What was said outlives a restart, so that no restart asks again.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from narvaro.spine import clock
from narvaro.spine.files import replace_text
from narvaro.spine.silent import Silent
from narvaro.spine.sntp import ServerTime, TimeRefusedError, ask
from narvaro.spine.uptime import Uptime

logger = logging.getLogger(__name__)

FILE = "time-servers.json"
EVERY_S = 600.0
UNWELCOME_S = 86_400.0
BELIEVED_S = 3 * EVERY_S + 60.0
"""So long what a server said is held against our time."""
GIVE_S = 2.0
"""What our own clock may drift, and a busy machine may add, between two answers."""


@dataclass(frozen=True, slots=True)
class ServerHeard:
    """What a server said last; `fault` is why the last question had no answer, empty where it had.

    `asked_s` and `read_s` are uptimes; the time is None before the first answer.
    """

    host: str
    boot: str
    asked_s: float
    fault: str = ""
    less_uptime_s: float | None = None
    give_s: float = 0.0
    read_s: float = 0.0

    def is_believed(self, up: Uptime) -> bool:
        """Return whether it said a time since the machine started, and not too long ago."""
        known = self.less_uptime_s is not None and self.boot == up.boot
        return known and up.seconds - self.read_s <= BELIEVED_S

    def is_due(self, up: Uptime) -> bool:
        """Return whether it may be asked again."""
        pause_s = UNWELCOME_S if self.fault == Silent.UNWELCOME else EVERY_S
        return self.boot != up.boot or up.seconds - self.asked_s >= pause_s


class TimeServers:
    """Asks the servers of a home when they are due."""

    def __init__(
        self, home: Path, hosts: Iterable[str], asking: Callable[[str], ServerTime] = ask
    ) -> None:
        self.home = home
        self.hosts = tuple(dict.fromkeys(hosts))
        self._asking = asking
        self._thread: threading.Thread | None = None
        self.heard = list_heard(home)

    def look(self) -> None:
        """Begin to ask those that are due, unless they are being asked."""
        if self._thread is not None and self._thread.is_alive():
            return
        up = clock.uptime()
        due = [host for host in self.hosts if host not in self.heard or self.heard[host].is_due(up)]
        if due:
            self._thread = threading.Thread(target=self._ask, args=(due,), daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait until those that are being asked have answered."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _ask(self, hosts: list[str]) -> None:
        for host in hosts:
            self.heard = self.heard | {host: self._ask_one(host)}
        kept = [asdict(self.heard[host]) for host in self.hosts if host in self.heard]
        try:
            replace_text(self.home / FILE, json.dumps(kept))
        except OSError as fault:
            logger.warning("time_servers_not_written", extra={"fault": str(fault)})

    def _ask_one(self, host: str) -> ServerHeard:
        up = clock.uptime()
        before = self.heard.get(host)
        if before is None or before.boot != up.boot:
            before = ServerHeard(host, up.boot, up.seconds)
        try:
            said = self._asking(host)
        except TimeRefusedError as no:
            logger.warning("time_server_refused", extra={"server": host, "why": no.code})
            return replace(before, asked_s=up.seconds, fault=no.code)
        return ServerHeard(
            host, said.boot, up.seconds, "", said.less_uptime_s, said.give_s + GIVE_S, said.read_s
        )


def list_heard(home: Path) -> dict[str, ServerHeard]:
    """Read what the servers of a home said last, by name; none where nothing can be read."""
    try:
        found = [ServerHeard(**one) for one in json.loads((home / FILE).read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return {}
    return {one.host: one for one in found}
