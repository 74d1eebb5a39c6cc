"""Files of rows, brought in by the door of their kind. In: lines of text. Out: the import's report."""

from typing import Any
from uuid import UUID

from django.db.models import Model

from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.run import Source
from narvaro.sharing.kinds import import_file
from tests.make import NIGHT, World

PERSON = "19850709-9805"
"""A personnummer that the tax agency keeps free for tests: it is nobody's."""


def bring_in(
    world: World, kind: str, *lines: str, answers: Answers | None = None, keep_good: bool = False,
    dry_run: bool = False,
) -> ImportReport:  # fmt: skip
    """Import lines as a file of that kind."""
    data = "\n".join((*lines, "")).encode()
    source = Source(f"{kind}.csv", data, keep_good=keep_good, dry_run=dry_run)
    return import_file(kind, world.tenant, source, answers or Answers(), by="test", at=NIGHT)


def told(report: ImportReport) -> list[tuple[int, str, str]]:
    """Return line, column and value of all that was refused, each with a reason and a remedy."""
    reasons = [(row.line, one) for row in report.refused for one in row.reasons]
    assert all(one.why and one.todo and one.code for _line, one in reasons)
    return [(line, one.column, one.value) for line, one in reasons]


def words_kept(model: type[Model]) -> str:
    """Return all that the only row keeps but its ids, whose digits are drawn by lot."""
    row: dict[str, Any] = model._default_manager.values().get()
    return str({column: kept for column, kept in row.items() if not isinstance(kept, UUID)})
