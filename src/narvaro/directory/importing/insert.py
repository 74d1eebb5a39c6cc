"""Many rows in one short hold of the lock. In: rows of one model, not saved. Out: what writes them.

Of the time that `bulk_create` takes, most goes into making values ready for the database, inside the
transaction. SQLite lets one connection write at a time: what can be done before is done before.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import connection, models


def make_ready(rows: Sequence[models.Model]) -> Callable[[], object]:
    """Return what writes the rows, inside the caller's transaction; they have their ids."""
    if not rows or connection.vendor != "sqlite":
        return partial(_create, rows)
    meta = type(rows[0])._meta  # noqa: SLF001 - Django's documented name
    fields, quote = meta.concrete_fields, connection.ops.quote_name
    columns = ", ".join(quote(str(one.column)) for one in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of the model's own
    values = [
        tuple(
            one.get_db_prep_save(one.pre_save(row, add=True), connection=connection)
            for one in fields
        )
        for row in rows
    ]
    return partial(_write, sql, values)


def _create(rows: Sequence[Any]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows)  # noqa: SLF001 - Django's documented name


def _write(sql: str, values: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
