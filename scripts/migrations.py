#!/usr/bin/env python
"""Make the rooms' first migrations anew from the models. In: models. Out: src/narvaro/*/migrations.

    .venv/bin/python scripts/migrations.py

For as long as no version was given out: afterwards `django-admin makemigrations` adds to them.
Indexes and constraints are made with their table, where their columns are: added to it one by one
they take a new installation half of its time, as Django draws all models anew for each.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module, invalidate_caches
from pathlib import Path

from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "spine", "access", "directory", "contract", "situation", "intake", "forecast", "plan",
    "dispatch", "followup", "sharing",
)  # fmt: skip


def fold(operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations with indexes and constraints in the options of their CreateModel."""
    made = {one.name_lower: one for one in operations if isinstance(one, CreateModel)}
    later = {one.model_name_lower for one in operations if isinstance(one, AddField)}
    kept = list[Operation]()
    for one in operations:
        if not isinstance(one, AddIndex | AddConstraint) or one.model_name_lower in later:
            kept.append(one)
            continue
        options = made[one.model_name_lower].options
        if isinstance(one, AddIndex):
            options.setdefault("indexes", []).append(one.index)
        else:
            options.setdefault("constraints", []).append(one.constraint)
    return kept


def main() -> int:
    """Write them; show nothing but what Django says."""
    sys.path.insert(0, str(ROOT / "src"))
    for room in ROOMS:
        for old in (ROOT / "src" / "narvaro" / room / "migrations").glob("0*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"NARVARO_HOME": home, "DJANGO_SETTINGS_MODULE": "narvaro.config.settings"}
        import django
        from django.core.management import call_command
        from django.db.migrations.writer import MigrationWriter

        django.setup()
        call_command("makemigrations", *ROOMS, skip_checks=True, no_header=True)
        invalidate_caches()
        for room in ROOMS:
            for file in sorted((ROOT / "src" / "narvaro" / room / "migrations").glob("0*.py")):
                module = import_module(f"narvaro.{room}.migrations.{file.stem}")
                migration = module.Migration(file.stem, room)
                migration.operations = fold(migration.operations)
                file.write_text(MigrationWriter(migration, include_header=False).as_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
