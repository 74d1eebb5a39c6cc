"""Messages over MQTT. In: what a broker keeps for us. Out: a PUBACK each, after the commit.

The broker is spoken with in a thread of its own (paho-mqtt); messages are opened, kept and answered
in the loop of the other listeners. What is not stored gets no PUBACK: the connection is left, and
the broker sends it again on the next one. Which protocol a message speaks is told by its topic's
first word (`TOPICS`). See docs/how-to/mqtt.md.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from paho.mqtt.client import MQTTMessage

from narvaro.intake.desk import Desk
from narvaro.intake.http_listener import Spoken
from narvaro.intake.limits import Limits
from narvaro.intake.message import Message
from narvaro.intake.mqtt_line import Line
from narvaro.intake.protocols import Request, onvif, owntracks
from narvaro.intake.receiver_config import Broker
from narvaro.spine import clock

logger = logging.getLogger(__name__)

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_S = 60.0  # a connection that lasted so long does not count as a failed one
LEAVE_S = 2.0

TOPICS: tuple[tuple[str, Spoken], ...] = (
    ("owntracks", owntracks),
    ("onvif", onvif),
)
"""The first word of a topic and the protocol that is spoken there."""


@dataclass(frozen=True)
class _Taken:
    """A message that waits for its answer; without `spoken` it is only to be got rid of."""

    line: Line
    mid: int
    qos: int
    spoken: Spoken | None = None
    message: Message = field(default_factory=Message)
    kept: "Sequence[Future[int]]" = ()


class MqttListener:
    """Takes and acknowledges what a broker has for us; `start` within the receiver's loop."""

    def __init__(
        self,
        desk: Desk,
        limits: Limits,
        broker: Broker,
        topics: Sequence[tuple[str, Spoken]] = TOPICS,
        *,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._broker = broker
        self._spoken = dict(topics)
        self._pauses_s = pauses_s
        self._room = threading.Semaphore(broker.in_flight)
        self._stopping = threading.Event()
        self._ended = asyncio.Event()
        self._waiting: asyncio.Queue[_Taken | None] = asyncio.Queue()
        self._thread = threading.Thread(target=self._stay_connected, name="mqtt", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answering: asyncio.Task[None] | None = None
        self._line: Line | None = None
        self._said: tuple[str, str] | None = None
        self._storing = True

    def start(self) -> None:
        """Begin to connect, and to answer; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._answering = asyncio.create_task(self._answer(), name="mqtt")
        self._thread.start()

    def stop(self) -> None:
        """Take no more; what was taken is still stored and answered, then the broker is left."""
        self._stopping.set()
        self._waiting.put_nowait(None)

    # In the receiver's loop.

    def _take(self, line: Line, message: MQTTMessage) -> None:
        """Open a message and hand it to the journal."""
        try:
            if not line.given_up and not self._stopping.is_set():
                self._waiting.put_nowait(self._open(line, message))
                return
        except BaseException:  # an error of ours, said by the loop; the message stays at the broker
            self._room.release()
            raise
        self._room.release()

    def _open(self, line: Line, message: MQTTMessage) -> _Taken:
        counts = self._desk.counts
        counts["mqtt_message"] += 1
        counts["mqtt_again"] += message.dup
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        body = bytes(message.payload)
        spoken = self._spoken.get(topic.partition("/")[0])
        if spoken is None or len(body) > self._limits.body_bytes:
            counts["mqtt_unknown_topic" if spoken is None else "mqtt_too_long"] += 1
            return _Taken(line, message.mid, message.qos)
        asked = Request("PUBLISH", topic, body=body)
        decoded = spoken.decode(asked, accounts=self._desk.accounts, now=clock.now())
        opened = self._desk.admit(decoded, "")
        kept = self._desk.keep(opened, protocol=spoken.PROTOCOL, peer="", raw=body)
        return _Taken(line, message.mid, message.qos, spoken, opened, kept)

    async def _answer(self) -> None:
        """Answer in the order of arrival, as MQTT wants it, until the end."""
        while (taken := await self._waiting.get()) is not None:
            try:
                done = await self._is_done(taken)
            finally:
                self._room.release()
            if done:
                taken.line.acknowledge(taken.mid, taken.qos)
            elif not taken.line.given_up:
                taken.line.give_up()
                self._desk.counts["mqtt_not_stored"] += 1
            if not done and self._storing:
                logger.error("mqtt_not_stored", extra={"broker": self._broker.host})
            self._storing = done
        if self._line is not None:
            self._line.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await self._ended.wait()

    async def _is_done(self, taken: _Taken) -> bool:
        """Return whether the broker may forget the message."""
        if taken.spoken is None:
            return True
        stored = await self._desk.stored(taken.kept)
        return taken.spoken.acknowledge(taken.message, stored=stored).status < 500

    # In the thread.

    def _stay_connected(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            if self._is_ready():
                failed = 0 if self._visit() else failed + 1
            self._stopping.wait(self._pauses_s[min(failed, len(self._pauses_s) - 1)])
        self._call(self._ended.set)

    def _visit(self) -> bool:
        """Connect, stay until the end, and say why it ended; True where it was of use."""
        begun = clock.monotonic()
        line: Line | None = None
        try:
            line = Line(self._broker, self._limits.body_bytes, self._receive, self._say)
            self._line = line
            event, why = line.run(self._stopping)
        except Exception as fault:  # noqa: BLE001 - whatever a broker sends, dial again
            event, why = "mqtt_unreachable", f"{type(fault).__name__}: {fault}"
        if not self._stopping.is_set():
            self._say(logging.WARNING, event, why)
        useful = line is not None and line.acknowledged > 0
        return useful or clock.monotonic() - begun > STEADY_S

    def _is_ready(self) -> bool:
        """Return whether messages could be kept: a broker's copy is better than a refusal here."""
        accounts = self._desk.accounts
        if not (accounts.devices or accounts.senders):
            self._say(logging.WARNING, "mqtt_waits", "No devices or senders are known yet.")
            return False
        if not self._desk.journal.healthy:
            self._say(logging.WARNING, "mqtt_waits", "The journal takes no records now.")
            return False
        return True

    def _receive(self, line: Line, message: MQTTMessage) -> None:
        """Hand a message over; wait while too many are under way, and so make the broker wait."""
        while not self._room.acquire(timeout=1.0):
            if self._stopping.is_set() or line.given_up:
                return
        self._call(self._take, line, message)

    def _call(self, what: Callable[..., object], *given: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(what, *given)

    def _say(self, level: int, event: str, why: str) -> None:
        """Log where we stand with the broker, once per change."""
        if (event, why) != self._said:
            self._said = (event, why)
            logger.log(level, event, extra={"broker": self._broker.host, "reason": why})
