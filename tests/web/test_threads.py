"""Database work from the event loop: an ended connection is put away, not used for ever."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection

from narvaro.web.threads import in_thread


def ask(end: bool) -> int:
    """Ask the database for one row, at most on a connection that is ended under us."""
    connection.ensure_connection()
    if end:
        connection.connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def leave() -> None:
    """Close what the thread has opened."""
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_after_a_database_has_ended_the_connection_the_next_use_opens_another() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only a server ends connections: make postgresql runs this")

    async def scene() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        assert await in_thread(ask, False) == 1
        with pytest.raises(DatabaseError):
            await in_thread(ask, True)
        assert await in_thread(ask, False) == 1
        await in_thread(leave)

    asyncio.run(scene())
