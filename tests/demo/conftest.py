"""The made-up town, written once for all tests of this room."""

from datetime import date
from pathlib import Path

import pytest

from narvaro.demo.town import Town
from narvaro.demo.write import write_town

TODAY = date(2026, 11, 23)
SEED = 7


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Write Älvhamra to a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("town")
    return write_town(folder, seed=SEED, today=TODAY)
