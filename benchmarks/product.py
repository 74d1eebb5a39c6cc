"""A whole product for a benchmark: a made-up town, three processes, free ports. Ended by its id."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from narvaro.demo.browser import Browser
from narvaro.demo.town import Town
from narvaro.demo.write import write_town
from narvaro.spine import clock

ROOT = Path(__file__).resolve().parent.parent
START_S = 240
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Product:
    """A running product and its town."""

    home: Path
    town: Town
    web: tuple[str, int]
    alarms: tuple[str, int]
    positions: tuple[str, int]
    password: str

    def sign_in(self, service_number: str) -> Browser:
        """Return a browser that is signed in."""
        browser = Browser(self.web)
        browser.get("/login/")
        page = browser.post("/login/", [("login", service_number), ("password", self.password)])
        if page.path == "/login/":
            raise RuntimeError(f"{service_number} could not sign in")
        return browser


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def today() -> "datetime":
    """Return the time in the town."""
    return clock.now().astimezone(ZoneInfo("Europe/Stockholm"))


@contextmanager
def running(name: str) -> Iterator[Product]:
    """Run the made-up town without a night, in a home of its own under build/."""
    home = ROOT / "build" / name
    home.mkdir(parents=True, exist_ok=True)
    web, alarms, positions = free_ports(3)
    environment = os.environ | {
        "NARVARO_HOME": str(home),
        "NARVARO_WEB_PORT": str(web),
        "NARVARO_ALARM_PORT": str(alarms),
        "NARVARO_POSITION_PORT": str(positions),
    }
    command = [sys.executable, "-m", "narvaro.config.cli", "demo", "--no-night"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        password = _read_password(process)
        town = write_town(home / "town-again", seed=1, today=today().date())
        yield Product(home, town, (HOST, web), (HOST, alarms), (HOST, positions), password)
    finally:
        process.terminate()
        process.wait(60)


def _read_password(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    timer = threading.Timer(START_S, process.terminate)
    timer.start()
    try:
        for line in process.stdout:
            found = re.search(r"password for everybody: (\S+)", line)
            if found:
                return found[1]
    finally:
        timer.cancel()
    raise RuntimeError("the product did not start; see serve.log in its home")
