"""A town with one of each, and a way to import text as a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from narvaro.access.models import Member
from narvaro.config.cli_import import import_file
from narvaro.directory.importing.report import ImportReport
from tests.make import World, make_site, make_unit

Importer = Callable[..., ImportReport]


@pytest.fixture
def town(world: World) -> World:
    """Give the world the unit V1 with its guard PR001, and the site S-001."""
    make_unit(world, "V1", lat=None, lon=None)
    assert Member.objects.get(tenant=world.tenant).service_number == "PR001"
    world.serial = 0
    assert make_site(world, "Lärkan skola").code == "S-001"
    return world


@pytest.fixture
def importer(town: World, tmp_path: Path) -> Importer:
    """Return a way to import text, or bytes, as a file of a kind."""

    def run(kind: str, content: str | bytes, **how: object) -> ImportReport:
        file = tmp_path / f"{kind}.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(kind, file, town.tenant, **how)  # type: ignore[arg-type]  # as named there

    return run
