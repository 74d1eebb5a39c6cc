"""What the kernel says of its clock: never more than it said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.spine.kernel_clock import Sync, judge, read_sync


@pytest.mark.parametrize(
    ("returned", "said"),
    [(0, "synchronised"), (4, "synchronised"), (5, "unsynchronised"), (-1, "unknown")],
)
def test_a_return_value_is_judged(returned: int, said: Sync) -> None:
    """TIME_OK to TIME_WAIT, TIME_ERROR, and a refusal (a container may forbid the call)."""
    assert judge(returned) == said


@given(st.integers().filter(lambda number: number not in range(6)))
def test_what_no_manual_names_is_unknown(returned: int) -> None:
    assert judge(returned) == "unknown"


def test_the_kernel_of_this_machine_can_be_asked() -> None:
    assert read_sync() in {"synchronised", "unsynchronised", "unknown"}


def test_a_system_without_the_call_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert read_sync() == "unknown"
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    assert read_sync() == "unknown"
