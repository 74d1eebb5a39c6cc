"""SOS Access v4 as a client. In: an alarm and one or two centres. Out: which took it, or why none.

One connection per attempt, the same bytes to both centres, so that a centre which had it already
can say so. Blocking sockets, no database: call it from a job.
"""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from narvaro.intake.formats.sos_access_xml import (
    MAX_CHARACTERS,
    Alarm,
    DocumentError,
    Status,
    encode_alarm,
    find_end,
    read_answer,
)
from narvaro.spine import clock

READ_BYTES = 4096
NOT_AUTHORIZED_TOO = 6  # in an example of the protocol's description, in place of 4
DELIVERED = (Status.OK, Status.DUPLICATED_ALARM)
NOT_TAKEN = (Status.NOT_TREATED_NOT_DISTRIBUTED, Status.SERVER_ERROR, Status.OTHER_ERROR)


@dataclass(frozen=True)
class Centre:
    """Where a centre listens; its certificate is verified, by `ca_file` where one is named.

    `verified` is False only for a centre whose certificate cannot be verified: then anybody on the
    way can read and answer.
    """

    name: str
    host: str
    port: int
    tls: bool = True
    ca_file: Path | None = None
    verified: bool = True


@dataclass(frozen=True)
class Passed:
    """What became of an alarm: the last status (None where nobody answered), from whom, and words.

    `info` tells of every attempt; it holds no content of the alarm.
    """

    status: int | None
    centre: str
    info: str

    @property
    def delivered(self) -> bool:
        """Return whether a centre has it."""
        return self.status in DELIVERED

    @property
    def refused(self) -> bool:
        """Return whether a centre said no for good: sending it again as it is would not help."""
        return self.status is not None and not self.delivered and self.status not in NOT_TAKEN


class _BrokenError(Exception):
    """The centre's answer cannot be read."""


def pass_on(
    alarm: Alarm, primary: Centre, secondary: Centre | None = None, *, timeout_s: float = 10.0
) -> Passed:
    """Pass an alarm on; each centre gets `timeout_s` in all. Raises DocumentError for a bad alarm.

    The secondary is tried where the primary does not answer in time or at all, answers what cannot
    be read, or says that it did not take it (5, 98, 99); never after a refusal.
    """
    document = encode_alarm(alarm)
    tried: list[str] = []
    last = Passed(None, "", "")
    for centre in (primary, secondary):
        if centre is None:
            continue
        try:
            found = _ask(document, centre, timeout_s)
        except (OSError, UnicodeError, _BrokenError) as fault:
            tried.append(f"{centre.name}: {str(fault) or type(fault).__name__}")
            last = Passed(last.status, last.centre, "; ".join(tried))
            continue
        tried.append(f"{centre.name}: {found.status} {found.info}".strip())
        last = Passed(found.status, centre.name, "; ".join(tried))
        if last.delivered or last.refused:
            return last
    return last


@dataclass(frozen=True)
class _Found:
    status: int
    info: str


def _ask(document: bytes, centre: Centre, timeout_s: float) -> _Found:
    """Send a document and read the answer; raise OSError or _BrokenError."""
    until_s = clock.monotonic() + timeout_s
    with socket.create_connection((centre.host, centre.port), timeout_s) as plain:
        plain.settimeout(_left(until_s))
        line = _secured(plain, centre) if centre.tls else plain
        with line:
            line.settimeout(_left(until_s))
            line.sendall(document)
            data = _read(line, until_s)
    try:
        answer = read_answer(data)
    except DocumentError as fault:
        raise _BrokenError(f"broken answer: {fault.detail}") from fault
    if answer.known is None and answer.status != NOT_AUTHORIZED_TOO:
        raise _BrokenError(f"broken answer: status {answer.status} is not of the protocol")
    info = "".join(sign if sign.isprintable() else "?" for sign in answer.info)
    return _Found(answer.status, info or (answer.known.name if answer.known else ""))


def _secured(plain: socket.socket, centre: Centre) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=centre.ca_file)
    if not centre.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=centre.host)


def _read(line: socket.socket, until_s: float) -> bytes:
    """Read until the answer is whole, the line ends, or the time is up."""
    data = b""
    while len(data) <= MAX_CHARACTERS:
        line.settimeout(_left(until_s))
        more = line.recv(READ_BYTES)
        data += more
        end = find_end(data, len(data) - len(more))
        if end or not more:
            return data[: end or None]
    raise _BrokenError("broken answer: it does not end")


def _left(until_s: float) -> float:
    left_s = until_s - clock.monotonic()
    if left_s <= 0:
        raise TimeoutError("no answer in time")
    return left_s
