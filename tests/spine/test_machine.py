"""How much is left: of a disk, of a certificate."""

from datetime import timedelta
from pathlib import Path

import pytest

from narvaro.spine.clock import Hands
from narvaro.spine.machine import MB, Certificate, Disk, is_own_address, read_certificate, read_disk
from tests.authority import Authority
from tests.make import NIGHT


@pytest.mark.parametrize(
    ("free_mb", "total_mb", "room"),
    [
        (199, 10_000, "critical"),
        (200, 10_000, "little"),
        (999, 10_000, "little"),
        (1000, 10_000, ""),
        (4_999, 100_000, "little"),
        (5_000, 100_000, ""),
    ],
)
def test_little_is_a_gigabyte_or_a_twentieth(free_mb: int, total_mb: int, room: str) -> None:
    assert Disk(free_mb * MB, total_mb * MB).room == room


def test_a_folders_disk_is_read(tmp_path: Path) -> None:
    disk = read_disk(tmp_path)
    assert 0 < disk.free_bytes <= disk.total_bytes


@pytest.mark.parametrize(
    ("left", "ending"),
    [
        (timedelta(days=31), ""),
        (timedelta(days=30), "soon"),
        (timedelta(days=7), "urgent"),
        (timedelta(0), "ended"),
        (timedelta(days=-1), "ended"),
    ],
)
def test_a_certificates_end_comes_nearer(hands: Hands, left: timedelta, ending: str) -> None:
    assert hands.now() == NIGHT
    assert Certificate(Path("web.pem"), NIGHT + left).ending == ending


def test_a_chains_first_end_counts(tmp_path: Path, hands: Hands) -> None:
    """A server's certificate that is good for long is refused with an intermediate that has ended."""
    authority = Authority(tmp_path)
    chain, _key = authority.issue("127.0.0.1")
    ends_at = read_certificate(chain).ends_at
    hands.advance(86_400)
    later, _key = authority.issue("127.0.0.2", days=30)
    later.write_bytes(later.read_bytes() + chain.read_bytes())
    assert read_certificate(later).ends_at == ends_at
    assert read_certificate(later).ending == "ended"


def test_what_is_no_certificate_cannot_be_read(tmp_path: Path, hands: Hands) -> None:
    (tmp_path / "web.pem").write_text("nothing")
    for name in ("web.pem", "missing.pem"):
        assert read_certificate(tmp_path / name).ending == "unreadable"


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example.se", False),
        ("", False),
    ],
)
def test_an_address_of_this_machine_alone(address: str, *, own: bool) -> None:
    assert is_own_address(address) == own
