"""One question to a time server (SNTPv4, RFC 4330 and 5905). In: a host. Out: its time, or why not.

Pure Python. The question holds no time of ours, but 64 random bits that the answer must repeat: who
does not see the question cannot answer it. Whoever does can: SNTP has no signature.
"""

import secrets
import socket
import struct
from dataclasses import dataclass

from narvaro.spine import clock
from narvaro.spine.silent import Silent
from narvaro.spine.uptime import Uptime

PORT = 123
TIMEOUT_S = 1.0
LENGTH = 48
QUESTION = b"\x23" + bytes(
    39
)  # no warning, version 4, client; where our transmit time would stand come 64 random bits
EPOCH_S = 2_208_988_800  # 1900 to 1970
ERA_S = 2**32
FIRST_S = 1_577_836_800  # 2020: an earlier time is the next era's
UNSYNCHRONISED = 3
SERVER = 4
LOWEST = 15
FAR_S = 1.5  # root distance of RFC 5905: beyond it a server is of no use
_PARTS = struct.Struct("!BBbbII4sQQQQ")


class TimeRefusedError(Exception):
    """A server gave no time; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ServerTime:
    """A server's time less the machine's uptime, when it was read, and how far it may be wrong."""

    boot: str
    less_uptime_s: float
    give_s: float
    read_s: float


def ask(host: str, *, timeout_s: float = TIMEOUT_S) -> ServerTime:
    """Ask `host` or `host:port` once; raise TimeRefusedError."""
    name, port = split_host(host)
    nonce = secrets.token_bytes(8)
    try:
        kind, kind_of, number, _name, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(kind, kind_of, number) as line:
            line.settimeout(timeout_s)
            line.connect(address)  # so that only its own answers reach us
            begun = clock.uptime()
            line.send(QUESTION + nonce)
            answer = line.recv(512)
            up = clock.uptime()
    except TimeoutError as fault:
        raise TimeRefusedError(Silent.NO_ANSWER) from fault
    except (OSError, UnicodeError) as fault:
        raise TimeRefusedError(Silent.UNREACHABLE) from fault
    return read(answer, nonce, begun.seconds, up)


def split_host(host: str) -> tuple[str, int]:
    """Return name and port of `name`, `name:port`, `[address]` or `[address]:port`."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and (name.endswith("]") or ":" not in name):
        return name.strip("[]"), int(port)
    return host.strip("[]"), PORT


def read(answer: bytes, nonce: bytes, begun_s: float, up: Uptime) -> ServerTime:
    """Read an answer that came at the uptime `up`; raise TimeRefusedError."""
    if len(answer) < LENGTH:
        raise TimeRefusedError("short")
    first, stratum, _, _, delay, dispersion, _, _, origin, received, sent = _PARTS.unpack(
        answer[:LENGTH]
    )
    if first & 7 != SERVER or first >> 3 & 7 not in (3, 4):
        raise TimeRefusedError("no_answer")
    if origin != int.from_bytes(nonce):
        raise TimeRefusedError("not_ours")
    if stratum == 0:
        raise TimeRefusedError(Silent.UNWELCOME)  # kiss of death: it is not asked again today
    if first >> 6 == UNSYNCHRONISED or stratum > LOWEST:
        raise TimeRefusedError(Silent.UNSYNCHRONISED)
    root_s = (delay / 2 + dispersion) / 2**16
    way_s = up.seconds - begun_s - _span_s(received, sent)
    if not received or not sent or root_s > FAR_S or _span_s(received, sent) < 0 or way_s < -0.1:
        raise TimeRefusedError("unsound")
    at_s = sent / 2**32 - EPOCH_S
    at_s += ERA_S if at_s < FIRST_S else 0
    half_s = max(0.0, way_s) / 2
    return ServerTime(up.boot, at_s + half_s - up.seconds, root_s + half_s, up.seconds)


def _span_s(received: int, sent: int) -> float:
    return ((sent - received + 2**63) % 2**64 - 2**63) / 2**32
