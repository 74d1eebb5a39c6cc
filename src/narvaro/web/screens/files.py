"""What the files' room shows. In: drafts. Out: contexts."""

from dataclasses import dataclass

from narvaro.web.screens.shell import Choice, Problem


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One header of a sheet: what stands under it, and which column it may be."""

    name: str
    header: str
    samples: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class DraftCard:
    """A sheet that waits to be looked at."""

    id: str
    file_name: str
    sheet: str
    rows: int
    kind: str
    kind_choices: tuple[Choice, ...]
    columns: tuple[ColumnRow, ...]
    missing: tuple[str, ...]
    passed: tuple[str, ...]
    unclear: bool
    error: str = ""
    refused: tuple["RefusedLine", ...] = ()
    refused_count: int = 0


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A row that was not taken: its line, and each reason in one text."""

    line: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A sheet on its way in."""

    title: str
    state_label: str
    done: int
    rows: int


@dataclass(frozen=True, slots=True)
class PlaceQuestion:
    """A place as written that is not certain."""

    name: str
    text: str
    rows: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class WordQuestion:
    """A word that nobody knows yet."""

    name: str
    column: str
    value: str
    rows: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A sheet that asks: what of it is clear, and what could not be read."""

    id: str
    title: str
    kept: int
    refused: tuple[RefusedLine, ...]
    refused_count: int


@dataclass(frozen=True, slots=True)
class Questions:
    """What all sheets ask together: each place and each word once."""

    sheets: tuple[Asking, ...]
    places: tuple[PlaceQuestion, ...]
    more_places: int
    words: tuple[WordQuestion, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoneRow:
    """A sheet that is in."""

    title: str
    kind_label: str
    kept: int
    known: int
    refused: tuple[RefusedLine, ...]
    refused_count: int
    placed: str
    not_used: str


@dataclass(frozen=True, slots=True)
class FilesPage:
    """files/page.html: everything that came in, and what it still asks."""

    has_map: bool
    running: tuple[Running, ...]
    drafts: tuple[DraftCard, ...]
    questions: Questions | None
    waiting: tuple[str, ...]
    done: tuple[DoneRow, ...]
    report_href: str
    problems: tuple[Problem, ...] = ()
