"""What the machine has left, and what is its own. In: a folder, a certificate, an address. Pure Python."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography import x509

from narvaro.spine import clock

MB = 1_000_000
LITTLE_BYTES, LITTLE_SHARE = 1000 * MB, 0.05
CRITICAL_BYTES = 200 * MB
DAY_S = 86_400
SOON_S, URGENT_S = 30 * DAY_S, 7 * DAY_S

Room: TypeAlias = Literal["", "little", "critical"]
Ending: TypeAlias = Literal["", "soon", "urgent", "ended", "unreadable"]


@dataclass(frozen=True)
class Disk:
    """How much of a disk is free to this process."""

    free_bytes: int
    total_bytes: int

    @property
    def room(self) -> Room:
        """Return whether it is little or critically little; empty where it is enough."""
        if self.free_bytes < CRITICAL_BYTES:
            return "critical"
        little = self.free_bytes < max(LITTLE_BYTES, LITTLE_SHARE * self.total_bytes)
        return "little" if little else ""


@dataclass(frozen=True)
class Certificate:
    """A certificate file, by when the first of its chain ends; None where it cannot be read."""

    file: Path
    ends_at: datetime | None

    @property
    def ending(self) -> Ending:
        """Return how near its end is; empty while it is far."""
        if self.ends_at is None:
            return "unreadable"
        left_s = (self.ends_at - clock.now()).total_seconds()
        if left_s <= 0:
            return "ended"
        if left_s <= URGENT_S:
            return "urgent"
        return "soon" if left_s <= SOON_S else ""


def read_disk(folder: Path) -> Disk:
    """Read how much of the folder's disk is free."""
    found = shutil.disk_usage(folder)
    return Disk(found.free, found.total)


def read_certificate(file: Path) -> Certificate:
    """Read when a certificate chain (PEM) ends; one that cannot be read has no end."""
    try:
        chain = x509.load_pem_x509_certificates(file.read_bytes())
        return Certificate(file, min(one.not_valid_after_utc for one in chain))
    except (OSError, ValueError):
        return Certificate(file, None)


def is_own_address(address: str) -> bool:
    """Return whether what is sent to an address stays on this machine."""
    try:
        return ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"
