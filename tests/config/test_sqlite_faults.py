"""Which versions of SQLite have which fault."""

import pytest

from narvaro.config.sqlite_faults import list_faults


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        ("3.6.23", []),
        ("3.7.0", ["wal_reset"]),
        ("3.40.1", ["wal_reset"]),
        ("3.44.5", ["wal_reset"]),
        ("3.44.6", []),
        ("3.45.0", ["wal_reset"]),
        ("3.50.6", ["wal_reset"]),
        ("3.50.7", []),
        ("3.51.2", ["wal_reset"]),
        ("3.51.3", []),
        ("3.52.0", ["withdrawn"]),
        ("3.53.0", []),
        ("3.54.1", []),
    ],
)
def test_a_version_has_the_faults_that_are_known_of_it(version: str, codes: list[str]) -> None:
    assert [one.code for one in list_faults(version)] == codes
