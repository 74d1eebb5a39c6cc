"""The made-up town, written once for all tests of this room; and a village that needs no map."""

from datetime import date
from pathlib import Path

import pytest

from narvaro.demo.first_day.write import FirstDay, write_first_day
from narvaro.demo.history.made import History, make_history
from narvaro.demo.town import Town
from narvaro.demo.write import write_town
from tests.demo.village import make_village

TODAY = date(2026, 11, 23)
SEED = 7
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count as slow whatever needs the whole town or a village's two years: seconds, in each process."""
    mine = (one for one in items if isinstance(one, pytest.Function) and HERE in one.path.parents)
    for one in mine:
        if {"town", "history"} & set(one.fixturenames):
            one.add_marker("slow")


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Write Älvhamra to a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("town")
    return write_town(folder, seed=SEED, today=TODAY)


@pytest.fixture(scope="session")
def village() -> Town:
    """Make a town without a map."""
    return make_village()


@pytest.fixture(scope="session")
def history(village: Town) -> History:
    """Make the village's two years."""
    return make_history(village, TODAY)


@pytest.fixture(scope="session")
def first_day(
    village: Town, history: History, tmp_path_factory: pytest.TempPathFactory
) -> FirstDay:
    """Write the village's four files."""
    folder: Path = tmp_path_factory.mktemp("first-day")
    return write_first_day(folder, village, TODAY, history=history)
