"""A real receiver process for the tests. In: accounts. Out: its ports, log and journal."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from narvaro.intake.records import Record, read_after
from narvaro.intake.sealed import Accounts, AlarmAccount, Device, write_sealed

ROOT = Path(__file__).parents[2]
SEAL_KEY = Fernet.generate_key().decode()
HEX_KEY = "0123456789ABCDEF" * 2
ACCOUNTS = Accounts(
    (
        AlarmAccount("town", "1234"),
        AlarmAccount("town", "AB12", key=HEX_KEY),
        AlarmAccount("town", "5678", key="0123456789ABCDEF", key_form="ascii"),
    ),
    (Device("car-1", "town", "unit-1", on_duty=True), Device("car-2", "town", "unit-2")),
    positions_allowed=True,
)


@dataclass
class Running:
    """A receiver: its folder, its process and its ports."""

    folder: Path
    process: "subprocess.Popen[str] | None" = None
    dc09_port: int = 0
    http_port: int = 0
    limits: dict[str, float] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    disk: str = ""  # what tests.intake.faulty_receiver makes of it; empty is the machine's own

    @property
    def journal(self) -> Path:
        return self.folder / "intake.db"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def hand_over(self, accounts: Accounts) -> None:
        write_sealed(self.folder / "accounts.sealed", accounts, SEAL_KEY)

    def start(self) -> None:
        """Start the process and wait for its ready line; a restart keeps the ports."""
        config: dict[str, Any] = {
            "receiver_id": "test",
            "journal": str(self.journal),
            "accounts": str(self.folder / "accounts.sealed"),
            "seal_key_file": str(self.folder / "key"),
            "dc09_port": self.dc09_port,
            "http_port": self.http_port,
            "limits": self.limits,
            **self.more,
        }
        (self.folder / "config.json").write_text(json.dumps(config))
        (self.folder / "key").write_text(SEAL_KEY)
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m",
                 "tests.intake.faulty_receiver" if self.disk else "narvaro.intake.receiver",
                 "--config", str(self.folder / "config.json")],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env=os.environ
                | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "NARVARO_TEST_DISK": self.disk},
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the receiver did not start: {self.log}"
        ready = json.loads(line)
        self.ports = ready["ports"]
        self.dc09_port, self.http_port = self.ports["dc09"], self.ports["http"]

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def ask(self, frame: bytes) -> bytes:
        """Send bytes on a new connection and return the answer; empty where there is none."""
        with socket.create_connection(("127.0.0.1", self.dc09_port), 5) as line:
            line.sendall(frame)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(4096), b""))

    def list_records(self) -> list[Record]:
        return read_after(self.journal, 0, 1_000_000)


@contextmanager
def receiver(
    folder: Path, accounts: Accounts | None = ACCOUNTS, **limits: float
) -> Iterator[Running]:
    """Run a receiver in `folder` for the length of a block."""
    running = Running(folder, limits=limits)
    if accounts is not None:
        running.hand_over(accounts)
    running.start()
    try:
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.end()
