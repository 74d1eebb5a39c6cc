"""All listeners of a receiver, in one table. In: what it is told. Out: open ports, closed at the end.

The mail and the broker's listeners are loaded where they are configured: without their libraries a
receiver stands up in two thirds of the time.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from narvaro.intake.alarm_frames import AlarmFrames
from narvaro.intake.alarm_listener import AlarmDatagrams, AlarmListener
from narvaro.intake.cot_listener import CotListener
from narvaro.intake.desk import Desk
from narvaro.intake.door import Converse, Door
from narvaro.intake.http_listener import HttpListener
from narvaro.intake.receiver_config import ReceiverConfig, load_tls
from narvaro.intake.rotation import Rotation
from narvaro.intake.sos_access_listener import SosAccessListener

BACKLOG = 512


@dataclass
class Doors:
    """Opens what the configuration names; `ports` are those that are bound."""

    config: ReceiverConfig
    desk: Desk
    frames: AlarmFrames
    rotation: Rotation
    until: AsyncExitStack

    def __post_init__(self) -> None:
        """Read the certificate once for those that ask for a client's, once for the others."""
        tls = self.config.tls
        self.ports: dict[str, int] = {}
        self._open_tls = load_tls(replace(tls, client_ca=None)) if tls else None
        self._strict_tls = load_tls(tls) if tls else None

    async def open(self) -> None:
        """Open all; raises OSError where a port is taken."""
        config, limits, desk = self.config, self.config.limits, self.desk
        alarms = AlarmListener(desk, limits, self.frames).converse
        await self._listen("dc09", config.dc09_port, alarms, alarms_only=True)
        await self._datagrams()
        if self._strict_tls is not None:
            strict = self._strict_tls
            await self._listen("dc09_tls", config.dc09_tls_port, alarms, strict, alarms_only=True)
        sos_access = SosAccessListener(desk, limits, self.rotation)
        await self._listen(
            "sos_access", config.sos_access_port, sos_access.converse, self._open_tls,
            alarms_only=True, end=sos_access.stop,
        )  # fmt: skip
        http = HttpListener(desk, limits).converse
        await self._listen("http", config.http_port, http, self._open_tls)
        await self._listen(
            "cot", config.cot_port, CotListener(desk, limits).converse, self._open_tls
        )
        await self._mail()
        if config.broker is not None:
            from narvaro.intake.mqtt_listener import MqttListener

            line = MqttListener(desk, limits, config.broker)
            line.start()
            self.until.callback(line.stop)

    async def _listen(
        self,
        name: str,
        port: int | None,
        converse: Converse,
        tls: ssl.SSLContext | None = None,
        *,
        alarms_only: bool = False,
        end: Callable[[], None] | None = None,
    ) -> None:
        if port is None:
            return
        networks = self.config.alarm_networks if alarms_only else ()
        door = Door(self.desk, self.config.limits, converse, tls=tls, networks=networks)
        server = await asyncio.start_server(door.attend, self.config.host, port, backlog=BACKLOG)
        self._keep(name, server, end or door.stop)

    def _keep(self, name: str, server: asyncio.Server, end: Callable[[], None]) -> None:
        self.ports[name] = server.sockets[0].getsockname()[1]
        self.until.callback(end)
        self.until.callback(server.close)

    async def _datagrams(self) -> None:
        if "dc09" not in self.ports:
            return
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: AlarmDatagrams(
                self.desk, self.config.limits, self.frames, self.config.alarm_networks
            ),
            local_addr=(self.config.host, self.ports["dc09"]),
        )
        self.until.callback(transport.close)

    async def _mail(self) -> None:
        if self.config.mail_port is None:
            return
        from narvaro.intake.mail_listener import MailListener

        mail = MailListener(
            self.desk, self.config.limits, hostname=socket.gethostname(), tls=self._open_tls
        )
        server = await mail.listen(self.config.host, self.config.mail_port)
        self._keep("mail", server, mail.stop)
