"""A benchmark's promises are judged by the median, and one that is missed is said."""

from pathlib import Path

import pytest

from benchmarks.verdict import Goal, judge, print_machine

FAST = Goal("per_s", 2000, at_least=True)
SOON = Goal("p99_ms", 50)


@pytest.mark.parametrize(
    ("per_s", "p99_ms", "kept"),
    [
        ([2000, 1, 9000], [50, 900, 1], True),
        ([1999, 1, 9000], [50], False),
        ([2000], [50.1], False),
        ([2000], [], True),
    ],
)
def test_promises_are_judged_by_the_median_of_what_was_measured(
    per_s: list[float], p99_ms: list[float], kept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge([FAST, SOON], {"per_s": per_s, "p99_ms": p99_ms}) is kept
    said = capsys.readouterr().out
    assert ("NOT KEPT" in said) is not kept
    assert ("p99_ms" in said) is bool(p99_ms)


def test_the_machine_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_machine(tmp_path)
    said = capsys.readouterr().out
    assert "cores, load" in said
    assert "unknown" not in said
