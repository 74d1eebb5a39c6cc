"""One connection to an MQTT 5 broker. In: PUBLISH packets. Out: the acknowledgements we decide on.

Each connection has a client of its own, so that an acknowledgement that comes late can never go out
on the next one, where its number may be another message's. paho's own loop waits with select(),
which knows no descriptor above 1023, and the receiver has more; so the waiting is done here.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TypeAlias, cast

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from narvaro.intake.receiver_config import Broker

KEEPALIVE_S = 30
TICK_S = 1.0
HEADER_BYTES = 1024  # topic and properties, beside the payload

Say: TypeAlias = Callable[[int, str, str], None]


class Line:
    """A connection, from the dialling to its end; `run` and the callbacks are the thread's."""

    def __init__(
        self,
        broker: Broker,
        payload_bytes: int,
        receive: "Callable[[Line, MQTTMessage], None]",
        say: Say,
    ) -> None:
        self.given_up = False
        self.acknowledged = 0
        self._broker = broker
        self._payload_bytes = payload_bytes
        self._receive = receive
        self._say = say
        self._end: tuple[str, str] | None = None
        self._client = self._make_client()
        self._wake, self._woken = socket.socketpair()
        for one in (self._wake, self._woken):
            one.setblocking(False)

    def run(self, stopping: threading.Event) -> tuple[str, str]:
        """Connect and stay until the end; return the event and its reason.

        Raises OSError or ValueError where the broker cannot be reached.
        """
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.SessionExpiryInterval = self._broker.session_s
        properties.ReceiveMaximum = self._broker.in_flight
        properties.MaximumPacketSize = self._payload_bytes + HEADER_BYTES
        line: socket.socket | None = None
        try:
            # Not paho's default, which would throw the session away at the first connection.
            self._client.connect(
                self._broker.host, self._broker.port, KEEPALIVE_S,
                clean_start=False, properties=properties,
            )  # fmt: skip
            line = cast("socket.socket | None", self._client.socket())
            if line is not None and not stopping.is_set():
                self._pump(line)
        finally:
            if line is not None:
                line.close()
            self._wake.close()
            self._woken.close()
        if self.given_up:
            return "mqtt_left", "A message could not be stored; the broker is to send it again."
        return self._end or ("mqtt_lost", "The connection ended.")

    def acknowledge(self, mid: int, qos: int) -> None:
        """Send a PUBACK, unless the connection is gone; for any thread."""
        if not self.given_up and qos > 0:
            self.acknowledged += 1
            self._client.ack(mid, qos)
            self._rouse()

    def give_up(self) -> None:
        """End the connection without acknowledging more; for any thread."""
        self.given_up = True
        self._rouse()

    def leave(self) -> None:
        """End the connection after what waits to be sent; for any thread."""
        self._client.disconnect()
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: it has ended
            self._wake.send(b"\0")

    def _make_client(self) -> Client:
        broker = self._broker
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if broker.username:
            client.username_pw_set(broker.username, broker.password or None)
        if broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = lambda _client, _data, message: self._receive(self, message)
        client.on_socket_register_write = lambda *_: None  # else paho writes from our loop's thread
        return client

    def _pump(self, line: socket.socket) -> None:
        """Read and write until either side has ended it."""
        client = self._client
        with selectors.DefaultSelector() as ready:
            ready.register(self._woken, selectors.EVENT_READ)
            ready.register(line, selectors.EVENT_READ)
            while client.socket() is line and not self.given_up:
                wanted = selectors.EVENT_WRITE if client.want_write() else 0
                ready.modify(line, selectors.EVENT_READ | wanted)
                buffered = isinstance(line, ssl.SSLSocket) and line.pending() > 0
                events = {
                    key.fileobj: mask for key, mask in ready.select(0 if buffered else TICK_S)
                }
                if self._woken in events:
                    self._woken.recv(4096)
                mask = events.get(line, 0)
                failed = (mask & selectors.EVENT_READ or buffered) and client.loop_read()
                if not failed and mask & selectors.EVENT_WRITE:
                    failed = client.loop_write()
                if failed or client.loop_misc():
                    return

    def _on_connect(
        self, client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, _more: object
    ) -> None:
        if reason.is_failure:
            self._end = ("mqtt_refused", str(reason))
            return
        session = "kept" if flags.session_present else "new: the broker held nothing for us"
        self._say(logging.INFO, "mqtt_connected", f"Session {session}.")
        # Retained messages once per session, not at each connection.
        options = SubscribeOptions(
            qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        )  # fmt: skip
        client.subscribe([(topic, options) for topic in self._broker.topics])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: object
    ) -> None:
        for topic, reason in zip(self._broker.topics, reasons, strict=False):
            if reason.is_failure:
                self._say(logging.ERROR, "mqtt_topic_refused", f"{topic}: {reason}")

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        self._end = self._end or ("mqtt_lost", str(reason))
