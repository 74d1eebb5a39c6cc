"""Database work asked for on the event loop. In: a function. Out: its answer, made in a thread.

Outside a request of Django's nobody puts away a connection that its database has ended: every later
use would fail as well, until the process is started anew. Here it is done before each use.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(made: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Return what `made` returns, run in a thread on a connection that is not known to be ended."""

    def run() -> T:
        close_old_connections()
        return made(*given, **named)

    return await asyncio.to_thread(run)
