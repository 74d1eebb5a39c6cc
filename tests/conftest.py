"""Fixtures for every room: a clock whose hands the test moves, a world, small roads."""

import gc
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.template import Template
from hypothesis import settings

from narvaro.directory.actions import import_roads
from narvaro.directory.importing import staged
from narvaro.dispatch.following import DISPATCH
from narvaro.spine import clock, events, timers
from narvaro.spine.clock import Hands
from tests.make import NIGHT, World, make_world
from tests.roads import write_street

settings.register_profile("house", max_examples=50, deadline=None)  # machines are shared
settings.load_profile("house")

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of a second database's run."""
    said = "leave out what never asks the database: on another one it is the same"
    parser.addoption("--only-database", action="store_true", help=said)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was asked to be left out."""
    if not config.getoption("--only-database"):
        return
    left_out = [one for one in items if not _asks_the_database(one)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [one for one in items if _asks_the_database(one)]


def _asks_the_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    marked = item.get_closest_marker("django_db") is not None
    return marked or not {"db", "transactional_db"}.isdisjoint(fixtures)


def pytest_collection_finish() -> None:
    """Let the collector pass over what stays to the end anyway, and come seldom: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def plain_pages(django_test_environment: None) -> Iterator[None]:
    """Render pages as in use: no test here asks Django for a copy of each template's context."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Template, "_render", lambda page, context: page.nodelist.render(context))
        yield


@pytest.fixture(autouse=True)
def no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let importers write without gaps: there is no other connection here to let in."""
    monkeypatch.setattr(staged, "FREE_S", 0.0)


@pytest.fixture
def hands() -> Iterator[Hands]:
    """Let the test move the time; it starts at 02:00 local on a Tuesday."""
    given = Hands(NIGHT)
    with clock.ruled_by(given):
        yield given


@pytest.fixture
def world(db: None, hands: Hands) -> World:
    """Make a tenant with a municipality and a guarding company."""
    return make_world()


@pytest.fixture(scope="session")
def street_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a street of 20 km at 60 km/h, running north from 59.0 N 18.0 E, with side streets."""
    return write_street(tmp_path_factory.mktemp("street") / "street.osm.pbf")


@pytest.fixture
def street(world: World, street_file: Path) -> World:
    """Give the world that street as its map."""
    import_roads(
        tenant=world.tenant, pbf=street_file, progress=lambda _step, _share: None, by="test",
        at=NIGHT,
    )  # fmt: skip
    return world


Standing = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Standing]:
    """Give a way to make rows, at 02:00, once for all of a module's tests; each is undone to them.

    Only where no test of the module commits. Each test takes a deep copy of what was made.
    """
    with django_db_blocker.unblock():
        undone = transaction.atomic()
        undone.__enter__()

    def make(made: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock(), clock.ruled_by(Hands(NIGHT)):
            return made()

    yield make
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        undone.__exit__(None, None, None)


class Running:
    """What the work process does between two moments of a test."""

    def __init__(self, world: World, hands: Hands) -> None:
        self.world = world
        self.hands = hands

    def settle(self) -> None:
        """Let readers and due timers run until nothing is left to do."""
        for _ in range(100):
            done = events.advance(DISPATCH, self.world.tenant.pk)
            done += timers.fire_due()
            if not done:
                return
        raise AssertionError("the system never settles")

    def at(self, moment: datetime) -> None:
        """Move the hands to `moment` and let everything that is due happen."""
        self.hands.move_to(moment)
        self.settle()


@pytest.fixture
def running(world: World, hands: Hands) -> Running:
    """Return the work process in the test's hand."""
    return Running(world, hands)
