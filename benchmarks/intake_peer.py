"""pysiaalarm as a server of its own, for the benchmark of the intake. In: accounts. Out: its port.

It acknowledges before its handler runs, and this handler stores nothing.

    python -m benchmarks.intake_peer --port 12128 --connections 50 [--plain]
"""

import argparse
import asyncio
import json
import signal
import sys

from pysiaalarm import SIAAccount, SIAEvent
from pysiaalarm.aio import SIAClient

from benchmarks.intake_sender import account_of, key_of


async def ignore(_event: SIAEvent) -> None:
    """Store nothing."""


async def serve(port: int, connections: int, *, plain: bool) -> None:
    """Answer until SIGTERM."""
    accounts = [
        SIAAccount(account_of(panel), None if plain else key_of(panel))
        for panel in range(connections)
    ]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = SIAClient("127.0.0.1", port, accounts, ignore)
    await client.async_start(backlog=512)
    sys.stdout.write(json.dumps({"dc09_port": port}) + "\n")
    sys.stdout.flush()
    await stop.wait()


def main() -> None:
    """Start the server."""
    parser = argparse.ArgumentParser(description="Answer alarms and store nothing.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.connections, plain=given.plain))


if __name__ == "__main__":
    main()
