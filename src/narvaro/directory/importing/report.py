"""What an import says. In: rows read and refused. Out: a report that a person can act on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from narvaro.core.said import Said
from narvaro.core.tables import Refusal, RefusedRow


@dataclass(frozen=True)
class ImportReport:
    """The outcome of one file: `line` counts from 1, or entries in a TOML file."""

    kind: str
    file_name: str
    kept: int
    refused: tuple[RefusedRow, ...]
    unmapped: tuple[str, ...]
    written: bool
    known: int = 0  # rows that an earlier file, or an earlier line, brought
    changed: int = 0  # those of them that this file corrected
    passed_over: tuple[tuple[int, str], ...] = ()  # lines that are no rows, and why
    placed: dict[str, int] = field(default_factory=dict)  # rows by how their place was found
    unsure: tuple["UnsurePlace", ...] = ()
    alone: int = 0  # responses that no known alarm called for


@dataclass(frozen=True)
class UnsurePlace:
    """A place as written that was not placed, with what it may mean, best first."""

    text: str
    rows: int
    candidates: tuple[tuple[str, str], ...]  # (what it is, in words)
    likely: bool = False  # the first may be proposed


def list_open_places(
    unsure: Iterable[UnsurePlace], *, looked_at: bool
) -> list[UnsurePlace]:  # fmt: skip
    """List the places that a person must decide before rows come in.

    Where somebody has looked at them, a place that nothing known is like stays without one.
    """
    return [one for one in unsure if one.candidates or not looked_at]


def refuse(
    column: str, value: object, why: Said, todo: Said, *, code: str = "refused"
) -> Refusal:  # fmt: skip
    """Return one reason why a row is not taken; a `code` where a program asks which."""
    return Refusal(code=code, column=column, value=str(value), why=why, todo=todo)


def stands_twice(column: str, value: object, first: int) -> Refusal:
    """Return the reason of a line whose key stands on an earlier one."""
    why = Said("stands on line %(line)s too", line=first)
    return refuse(column, value, why, Said("keep one of the lines"))
