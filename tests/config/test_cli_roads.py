"""`narvaro roads calibrate`: the errors as a table, and times that follow."""

import pytest
from click.testing import CliRunner

from narvaro.config.cli_roads import roads
from narvaro.directory.models import RoadCalibration
from tests.directory.test_weights import make_samples
from tests.make import World


def run(*arguments: str) -> tuple[int, str]:
    """Run the command; return how it ended and what it said."""
    done = CliRunner().invoke(roads, ["calibrate", *arguments])
    return done.exit_code, done.output


@pytest.mark.django_db
def test_without_a_map_it_says_what_to_do(world: World) -> None:
    code, said = run()
    assert (code, "import a map first" in said) == (1, True)


def test_without_drives_nothing_can_be_told(street: World) -> None:
    code, said = run()
    assert code == 0
    assert "nothing can be told" in said
    code, said = run("--apply")
    assert code == 1
    assert "too few drives" in said


def test_few_drives_are_counted(street: World) -> None:
    make_samples(street, 12, 1.5)
    code, said = run()
    assert code == 0
    assert "Cannot tell yet: 12 drives, 50 needed." in said


def test_enough_drives_are_a_table_and_are_used_when_asked(street: World) -> None:
    make_samples(street, 120, 1.5)
    code, said = run()
    assert code == 0
    assert "car: 120 drives" in said
    assert "12           120" in said
    assert "snow           0" + 2 * f"{'cannot tell yet':>29}" in said
    assert RoadCalibration.objects.get().used_from is None
    code, said = run("--apply")
    assert code == 0
    assert "follow these drives" in said
    assert RoadCalibration.objects.get().used_from is not None
