"""A real mosquitto for the tests. In: settings. Out: its port, and a way to publish."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = ("mosquitto", "mosquitto_pub", "mosquitto_passwd")
MISSING = [one for one in PROGRAMS if shutil.which(one) is None]


@dataclass
class Mosquitto:
    """A broker on loopback that keeps its sessions in `folder`."""

    folder: Path
    settings: tuple[str, ...] = ("allow_anonymous true",)
    port: int = 0
    arguments: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> None:
        """Start on the same port each time; wait until it listens."""
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        lines = [
            f"listener {self.port} 127.0.0.1", "persistence true", "autosave_interval 1",
            "autosave_on_changes true", f"persistence_location {self.folder}/", "log_dest stderr",
            *(["user root"] if os.geteuid() == 0 else []), *self.settings,
        ]  # fmt: skip
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        with (self.folder / "broker.log").open("a") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=log)
        end = time.monotonic() + 5
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert time.monotonic() < end, (self.folder / "broker.log").read_text()
                time.sleep(0.02)
            else:
                return

    def end(self, number: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(10)

    def publish(self, topic: str, *messages: bytes, qos: int = 1, retain: bool = False) -> None:
        """Publish messages, each a line, with mosquitto_pub; return once the broker has them."""
        subprocess.run(
            ["mosquitto_pub", "-p", str(self.port), "-t", topic, "-q", str(qos), "-l",
             *(["-r"] if retain else []), *self.arguments],
            input=b"\n".join(messages) + b"\n", check=True, timeout=20, capture_output=True,
        )  # fmt: skip


@contextmanager
def mosquitto(folder: Path, *settings: str, arguments: tuple[str, ...] = ()) -> Iterator[Mosquitto]:
    """Run a broker in `folder` for the length of a block."""
    broker = Mosquitto(folder, settings or ("allow_anonymous true",), arguments=arguments)
    broker.start()
    try:
        yield broker
    finally:
        if broker.process is not None and broker.process.poll() is None:
            broker.end()
