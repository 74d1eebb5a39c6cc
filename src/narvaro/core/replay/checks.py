"""What columns must be to be played. In: columns of a table. Out: arrays, or a ValueError with the row."""

from typing import Any

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64, Bits


def fit(of: object, columns: dict[str, Any]) -> int:
    """Turn columns into arrays; return their common length."""
    for name, kind in columns.items():
        given = np.asarray(getattr(of, name))
        if given.ndim != 1:
            raise ValueError(f"{type(of).__name__}.{name} is {given.shape}: give one column")
        object.__setattr__(of, name, np.ascontiguousarray(given, kind))
    lengths = {name: len(getattr(of, name)) for name in columns}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{type(of).__name__}: columns of different lengths {lengths}")
    return next(iter(lengths.values()))


def fill(of: object, name: str, kind: npt.DTypeLike, count: int, fill: int) -> None:
    """Fill a column that was left out; refuse one of another length."""
    given = np.asarray(getattr(of, name))
    column = given if given.size else np.full(count, fill)
    if column.shape != (count,):
        raise ValueError(f"{type(of).__name__}.{name} is {given.shape}: give {count} rows")
    object.__setattr__(of, name, np.ascontiguousarray(column, kind))


def refuse(name: str, wrong: Bits, values: npt.NDArray[Any], rather: str) -> None:
    """Refuse the first wrong row, and say what to give rather."""
    if wrong.any():
        row = tuple(int(one) for one in np.argwhere(wrong)[0])
        where = row[0] if len(row) == 1 else row
        raise ValueError(f"{name}, row {where}: {values[row]} cannot be; {rather}")


def refuse_durations(name: str, values: F64) -> None:
    """Refuse durations that are negative or unknown."""
    refuse(name, ~((values >= 0) & np.isfinite(values)), values, "give seconds, 0 or more")


def within(name: str, values: I64, count: int, what: str) -> None:
    """Refuse numbers of what is not there."""
    if values.size and (values.min() < 0 or values.max() >= count):
        wrong = (values < 0) | (values >= count)
        refuse(name, wrong, values, f"there are {count} {what}, numbered from 0")
