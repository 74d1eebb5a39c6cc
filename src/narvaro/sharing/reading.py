"""What is in a file, before anything is decided. In: a name and bytes. Out: sheets, kinds, headers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from narvaro.core.headers import Header, find_header
from narvaro.core.said import Said
from narvaro.core.sheets import Sheet, SheetsError, Workbook, read_sheets
from narvaro.core.table_spec import TableSpec, header_keys
from narvaro.core.tables import Refusal
from narvaro.core.wording import mask
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.population import find_heads
from narvaro.directory.importing.response_plans import read_toml
from narvaro.sharing.kinds import BY_CODE, KINDS, WHEN, WHERE
from narvaro.spine.models import Tenant

SAMPLES = 4
HINT = 0.2
LACK = 0.3
LIKELY = 0.3


@dataclass(frozen=True)
class Found:
    """One sheet, or a file without sheets: its likely kind ("" where unclear) and its headers."""

    sheet: str
    kind: str
    rows: int
    header: dict[str, Any] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)


def headers_digest(headers: Sequence[str]) -> str:
    """Return by which a source's headers are known again."""
    return hashlib.sha256("\n".join(headers).encode()).hexdigest()


def specs(tenant: Tenant, answers: Answers | None = None) -> dict[str, TableSpec]:
    """Return the columns of every kind that is a table."""
    given = answers or Answers()
    return {one.code: one.spec(tenant, given) for one in KINDS if one.spec}


def _headers(known: Mapping[str, TableSpec]) -> list[str]:
    return [header for spec in known.values() for c in spec.columns for header in c.headers]


def look_into(tenant: Tenant, name: str, data: bytes) -> list[Found]:
    """Return what a file holds; raises SheetsError with what to do where it cannot be read."""
    plain = _without_sheets(name, data)
    if plain is not None:
        return [plain]
    known = specs(tenant)
    book = read_sheets(data, _headers(known))
    found = [_look_at(sheet, name, known) for sheet in book.sheets]
    if not found:
        why = Said("there is nothing in the file")
        raise SheetsError("file_empty", why, Said("see that it is the right one"))
    return found


def open_sheet(tenant: Tenant, data: bytes, name: str) -> Sheet:
    """Return a sheet by its name; raises SheetsError where the file has none of that name."""
    book: Workbook = read_sheets(data, _headers(specs(tenant)))
    for sheet in book.sheets:
        if sheet.name[:120] == name:
            return sheet
    why = Said("the file has no sheet “%(name)s”", name=name)
    raise SheetsError("no_sheet", why, Said("put it in anew"))


def _without_sheets(name: str, data: bytes) -> Found | None:
    lower = name.casefold()
    if lower.endswith(".pbf"):
        return Found("", "roads", 0)
    if lower.endswith((".geojson", ".json")):
        kind = "areas" if b'"features"' in data[:100_000] else "police-events"
        return Found("", kind, 0)
    if lower.endswith(".toml"):
        return Found("", _toml_kind(data), 0)
    return None


def _toml_kind(data: bytes) -> str:
    given = read_toml(data)
    if isinstance(given, Refusal):
        raise SheetsError(given.code, given.why, given.todo)
    return "response-plans" if "plan" in given else "contract"


def _look_at(sheet: Sheet, name: str, known: dict[str, TableSpec]) -> Found:
    if find_heads(sheet) is not None:
        return Found(sheet.name, "population", len(sheet.rows))
    header = find_header(sheet, list(known.values()))
    if header is None:
        return Found(sheet.name, "", len(sheet.rows))
    kind = _likely(header, f"{name} {sheet.name}".casefold(), known)
    if kind and header.spec is not None and header.spec.kind != kind:
        header = find_header(sheet, [known[kind]]) or header
    after = [cells for line, cells in sheet.rows if line > header.lines[-1]]
    data = [
        cells
        for line, cells in sheet.rows
        if line > header.lines[-1] and line not in header.skipped
    ]
    return Found(
        sheet.name, kind, len(after),
        header={
            "line": header.lines[-1], "headers": list(header.headers),
            "samples": [[mask(cell).text for cell in cells] for cells in data[:SAMPLES]],
            "passed": [[one.line, one.code, mask(one.text).text] for one in header.passed[:50]],
        },
        mapping=likely_mapping(header.headers, known[kind]) if kind else {},
    )  # fmt: skip


def _likely(header: Header, names: str, known: Mapping[str, TableSpec]) -> str:
    """Return the kind that headers and names speak for; "" where nothing does.

    What says neither when nor where has hardly happened: it is a list of something.
    """
    hints = {one.code: HINT * any(word in names for word in one.hints) for one in KINDS}
    scored = []
    for kind, score in header.ranked:
        chosen = set(likely_mapping(header.headers, known[kind]).values())
        lacks = sum(not chosen.intersection(group) for group in BY_CODE[kind].one_of)
        scored.append((score + hints[kind] - LACK * lacks, kind))
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= LIKELY else ""


def list_missing(kind: str, mapping: Mapping[str, str], spec: TableSpec | None) -> list[str]:
    """List what a sheet lacks to be brought in: columns by name, `where`, `when`."""
    if spec is None:
        return []
    chosen = {name for name in mapping.values() if name}
    missing = [c.name for c in spec.columns if c.required and c.name not in chosen]
    groups: dict[tuple[str, ...], str] = {WHERE: "where", WHEN: "when"}
    return missing + [groups[one] for one in BY_CODE[kind].one_of if not chosen.intersection(one)]


def likely_mapping(headers: Sequence[str], spec: TableSpec) -> dict[str, str]:
    """Return each header with the column that it names; "" where it names none, or one taken."""
    names, taken = spec.keys(), set[str]()
    mapping = {}
    for header in headers:
        name = next((names[key] for key in header_keys(header) if key in names), "")
        mapping[header] = "" if name in taken else name
        taken.add(name)
    return {header: name for header, name in mapping.items() if header}
