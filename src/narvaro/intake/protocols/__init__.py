"""One file per protocol. In: bytes of the field. Out: the shapes of `narvaro.intake.message`.

A decoder is pure: no sockets, files or clock. Each file names itself in a `PROTOCOL`, opens a
message with `decode` and builds its answer with `acknowledge`; docs/protocols has a page of its
name, tests/intake/protocols a table of captured bytes and a test (a test finds what is missing).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Protocol:
    """What a protocol is, what carries it, and how far this implementation goes.

    `transports` are of "tcp", "tls", "udp", "http", "mqtt", "smtp", "file", "client".
    `clauses` names the parts of the standard that the file follows; `ladder` is what has been
    shown, from weak to strong: "codec" (agrees with another's codec), "dialled" (another's
    transmitter was answered), "field" (a real device was). `keeps_raw` is False where the bytes may
    say more than what may be stored: positions, cameras.
    """

    name: str
    transports: tuple[str, ...]
    standard: str
    clauses: tuple[str, ...]
    ladder: tuple[str, ...]
    keeps_raw: bool = True


@dataclass(frozen=True)
class Request:
    """A message over HTTP, or over MQTT: then `method` is "PUBLISH" and `path` the topic.

    Header names are in lower case; `query` is what follows the question mark.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; over MQTT only its `status` counts: below 500 the message is acknowledged."""

    status: HTTPStatus
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
