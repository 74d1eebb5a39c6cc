"""The house holds its own shape: sizes, docstrings, who writes rows, who reads the clock.

The layers are held by import-linter (`make lint`).
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src" / "narvaro"
MODULES = sorted(
    one for one in HOUSE.rglob("*.py") if "migrations" not in one.parts and one.stat().st_size
)
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef

# Rows are written in the rooms' actions and importers and in the spine, nowhere else.
WRITERS = (
    "*/actions.py",
    "*/importing.py",
    "*/importing/*.py",
    "spine/*.py",
    "situation/cameras.py",
    "situation/paths.py",
    "situation/pictures.py",
    "situation/presence.py",
    "situation/reports.py",
    "situation/signals.py",
    "situation/troubles.py",
    "intake/supervision.py",
    "directory/weights.py",
    "dispatch/checkin.py",
    "dispatch/drives.py",
    "dispatch/escalation.py",
    "dispatch/responses.py",
    "plan/keys.py",
    "plan/visits.py",
    "sharing/centres.py",
    "sharing/forwarding.py",
    "access/models.py",  # Django's own way to make a user
)
WRITES = frozenset(
    {"save", "create", "bulk_create", "bulk_update", "delete", "update", "get_or_create",
     "update_or_create", "select_for_update"}
)  # fmt: skip
TRANSACTIONS = (*WRITERS, "config/work.py", "intake/promotion.py")  # these two only open one

CLOCKS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
     "time.monotonic", "time.time_ns", "time.perf_counter", "timezone.now"}
)  # fmt: skip
CLOCK_READERS = ("spine/clock.py", "spine/guarded_clock.py", "spine/uptime.py", "demo/*.py")
# The made-up town stands outside of the house


def named(file: Path) -> str:
    """Return a module's path in the house."""
    return file.relative_to(HOUSE).as_posix()


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return every node of a module's syntax, the module first."""
    return tuple(ast.walk(ast.parse(file.read_text("utf-8"))))


def matches(file: Path, patterns: tuple[str, ...]) -> bool:
    """Return whether a module is one of those."""
    return any(file.relative_to(HOUSE).match(one) for one in patterns)


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function, methods and inner ones too."""
    for node in nodes(file):
        if isinstance(node, FUNCTIONS):
            yield node


def chain(node: ast.expr) -> str:
    """Return the dotted words of an expression, calls passed through."""
    words: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=inner, attr=name):
                words.append(name)
                node = inner
            case ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return ".".join([name, *reversed(words)])
            case _:
                return ".".join(reversed(words))


@cache
def calls(file: Path) -> tuple[tuple[int, str], ...]:
    """Return line and dotted words of every call."""
    return tuple(
        (node.lineno, chain(node.func)) for node in nodes(file) if isinstance(node, ast.Call)
    )


def writes_rows(words: str) -> bool:
    """Return whether a call writes (or locks) rows: through a manager, or a row's own save."""
    *before, last = words.split(".")
    other = words in {"bare.save", "np.save"}  # an image into memory, an array into a file
    return (last == "save" and not other) or (last in WRITES and "objects" in before)


def test_files_and_functions_stay_small() -> None:
    """What does not fit a screen or two is two things."""
    files = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]
    long = [
        f"{file.relative_to(ROOT)}: {count} lines"
        for file in files
        if (count := len(file.read_text("utf-8").splitlines())) > LONGEST_FILE
    ]
    long += [
        f"{file.relative_to(ROOT)}:{one.lineno}: {one.name} has {length} lines"
        for file in files
        for one in functions(file)
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_comes_in_and_goes_out() -> None:
    """The first thing that a reader sees."""
    modules = [(file, nodes(file)[0]) for file in MODULES]
    silent = [
        named(file)
        for file, module in modules
        if not (isinstance(module, ast.Module) and ast.get_docstring(module))
    ]
    assert silent == []


def test_rows_are_written_only_where_writes_belong() -> None:
    """Views, queries, decoders and jobs save nothing: an action does, with its event."""
    elsewhere = [
        f"{named(file)}:{line}: {words}"
        for file in MODULES
        if not matches(file, WRITERS)
        for line, words in calls(file)
        if writes_rows(words)
    ]
    assert elsewhere == []


def test_transactions_are_opened_only_where_writes_belong() -> None:
    """A transaction in a view would hold a lock for as long as a page takes."""
    elsewhere = [
        f"{named(file)}: {node.lineno}"
        for file in MODULES
        if not matches(file, TRANSACTIONS)
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and chain(node) == "transaction.atomic"
    ]
    assert elsewhere == []


def test_the_clock_is_read_in_one_place() -> None:
    """Else a story's night could not be played at its own time."""
    elsewhere = [
        f"{named(file)}:{line}: {words}"
        for file in MODULES
        if not matches(file, CLOCK_READERS)
        for line, words in calls(file)
        if ".".join(words.split(".")[-2:]) in CLOCKS
    ]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        (
            [one for one in MODULES if named(one).startswith("core/")],
            ("django", "apsw", "narvaro.spine", "narvaro.config"),
        ),
        (
            [HOUSE / "intake" / name for name in ("receiver.py", "journal.py", "sealed.py")],
            ("django", "numpy", "numba", "narvaro.core", "narvaro.situation"),
        ),
        ([HOUSE / "config" / "cli.py"], ("django", "numpy", "numba", "narvaro.situation")),
    ],
    ids=["core", "receiver", "command line"],
)
def test_what_stands_alone_imports_alone(modules: list[Path], never: tuple[str, ...]) -> None:
    """The core computes without the house, alarms come in without it, the command starts at once."""
    names = [
        ".".join(one.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")
        for one in modules
    ]
    code = (
        f"import importlib, sys\nfor one in {names!r}: importlib.import_module(one)\n"
        f"print([one for one in {never!r} if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(HOUSE.parent), "PATH": "/usr/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\n", "")
