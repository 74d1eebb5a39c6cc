"""A time server on loopback that answers as a test says."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

EPOCH_S = 2_208_988_800


@dataclass(frozen=True)
class Answer:
    """What a server puts into its answer; `off_s` is by how much its time is ahead of the machine's."""

    leap: int = 0
    version: int = 4
    mode: int = 4
    stratum: int = 2
    off_s: float = 0.0
    root_s: float = 0.01
    repeats: bool = True
    busy_s: float = 0.0
    cut: int = 48

    def to_bytes(self, question: bytes) -> bytes:
        """Return the packet."""
        now = time.time() + self.off_s
        received, sent = (
            int((at + EPOCH_S) * 2**32) % 2**64 for at in (now, now + self.busy_s)
        )  # fmt: skip
        origin = question[40:48] if self.repeats else b"\0" * 8
        root = int(self.root_s * 2**16)
        return struct.pack(
            "!BBbbII4s8s8sQQ", self.leap << 6 | self.version << 3 | self.mode, self.stratum, 6, -20,
            0, root, b"TEST", bytes(8), origin, received, sent,
        )[: self.cut]  # fmt: skip


class Server:
    """One server and what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer: Answer | None = answer
        self.questions: list[bytes] = []
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.line.getsockname()[1]}"

    def say(self, **changes: object) -> None:
        """Answer otherwise from now on."""
        assert self.answer is not None
        self.answer = replace(self.answer, **changes)  # type: ignore[arg-type]

    def serve(self) -> None:
        """Answer until an empty datagram comes."""
        while question_from := self.line.recvfrom(512):
            question, peer = question_from
            if not question:
                return
            self.questions.append(question)
            if self.answer is not None:
                self.line.sendto(self.answer.to_bytes(question), peer)


@contextmanager
def time_server(answer: Answer | None = None) -> Iterator[Server]:
    """Let a server run inside the block."""
    server = Server(answer or Answer())
    serving: Callable[[], None] = server.serve
    thread = threading.Thread(target=serving, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", server.line.getsockname())
        thread.join(5)
        server.line.close()
