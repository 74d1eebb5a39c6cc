"""A receiver of MQTT alone, as a process that a test can kill. In: folder, port. Out: its journal.

python -m tests.intake.mqtt_subscriber FOLDER PORT
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from narvaro.intake.desk import Desk
from narvaro.intake.journal import Journal
from narvaro.intake.limits import Limits
from narvaro.intake.mqtt_listener import MqttListener
from narvaro.intake.receiver_config import Broker
from narvaro.intake.sealed import Accounts, Device

DEVICES = Accounts(
    devices=(Device("town/g-418", "town", "unit-1", on_duty=True),), positions_allowed=True
)


async def receive(folder: Path, port: int) -> None:
    journal = Journal(folder / "intake.db", "test")
    broker = Broker("127.0.0.1", "narvaro-test", ("owntracks/#",), port, tls=False)
    listener = MqttListener(
        Desk(journal, DEVICES, Limits()), Limits(), broker, pauses_s=(0.05, 0.1)
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener.start()
    await stop.wait()
    listener.stop()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
    journal.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    asyncio.run(receive(Path(sys.argv[1]), int(sys.argv[2])))
