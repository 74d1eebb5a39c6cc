"""What an import says. In: rows read and refused. Out: a report that a person can act on."""

from dataclasses import dataclass

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


def refuse(column: str, value: object, why: str, todo: str, *, code: str = "unknown") -> Refusal:
    """Return one reason why a row is not taken."""
    return Refusal(code=code, column=column, value=str(value), why=why, todo=todo)
