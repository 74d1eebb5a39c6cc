"""One receiver process that the tests of a file share."""

from collections.abc import Iterator

import pytest

from tests.intake.running import Running, receiver


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A receiver with three accounts and two devices."""
    with receiver(tmp_path_factory.mktemp("receiver")) as one:
        yield one
