"""A rough few days of the simulated month: kept as it stands, broken by each rule that is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulated_month.breaking import GUARD_RULES, PATH_RULES
from tests.simulated_month.play import play_month

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("seed", [1, 2])
def test_every_promise_is_kept(seed: int) -> None:
    """Each missing sign and each lost path is raised in time, once, and nothing else is."""
    found = play_month(guards=30, transmitters=200, days=4, seed=seed, is_rough=True)
    assert found.is_kept, found
    assert found.missing.truly > 100
    assert found.losses.truly > 50


@pytest.mark.parametrize("rule", GUARD_RULES)
def test_the_oracle_finds_out_a_broken_rule_of_the_watch(rule: str) -> None:
    """The control: an oracle that cannot fail shows nothing."""
    found = play_month(
        guards=40, transmitters=1, days=4, seed=1, mutated=rule, is_rough=True
    )  # fmt: skip
    assert not found.is_kept_to_guards


@pytest.mark.parametrize("rule", PATH_RULES)
def test_the_oracle_finds_out_a_broken_rule_of_supervision(rule: str) -> None:
    """The control of the other half."""
    found = play_month(guards=1, transmitters=200, days=4, seed=1, mutated=rule, is_rough=True)
    assert not found.is_kept_to_paths


def test_the_oracle_knows_none_of_the_products_rules() -> None:
    """Else it would agree with them whatever they were."""
    asked = "import sys, tests.simulated_month.oracle as one; print('narvaro' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "False\n"
