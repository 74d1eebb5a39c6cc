"""The documentation is true of the code. In: Markdown and the package. Out: what one lacks of the other."""

import ast
import re
from functools import cache
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.utils import translation

from narvaro.access.models import OrganisationKind, Role
from narvaro.access.policy import Record, Scope, Verb
from narvaro.core.choice import LeftOut, Reason
from narvaro.core.terms import TIME_POINTS
from narvaro.dispatch.models import Offer, Response
from narvaro.followup.points import PROOF
from narvaro.situation.models import Case, Category, UnitStatus
from narvaro.spine.models import Tenant
from narvaro.web import labels

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "narvaro"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(
    r"(?P<file>\.?[\w-][\w./-]*?(?:/|\.(?:py|md|toml|csv|html|css|ts|mjs|json|lock)))"
    r"(?:::(?P<name>[\w.]+))?"
)
MADE = ("var", "build", "dist", "node_modules", ".venv")  # folders that commands make
AT_HOME = ("narvaro.toml", "secrets.toml", "meta.json")  # files of an installation


def read(name: str) -> str:
    """Return a page's text."""
    return (ROOT / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    _before, found, after = page.partition(f"\n## {heading}\n")
    assert found, f"no heading {heading!r}"
    return after.partition("\n## ")[0]


@cache
def names_in(file: Path) -> set[str]:
    """Return what a Python file defines: functions, classes, constants."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def find_file(name: str, page: Path) -> Path | None:
    """Return what a path in a page stands for: beside the page, at the root, or in the package."""
    places = (page.parent / name, ROOT / name, SOURCE / name, ROOT / "src" / name)
    return next((one for one in places if one.exists()), None)


def faults_of(page: Path) -> list[str]:
    """Return what a page names that is not there."""
    text = page.read_text("utf-8")
    outside = re.compile(r"[a-z]+:|#|/")
    links = [one.partition("#")[0] for one in LINK.findall(text) if not outside.match(one)]
    faults = [one for one in links if not (page.parent / one).exists()]
    for code in CODE.findall(text):
        match = PATH.fullmatch(code)
        if match is None or code.startswith(MADE) or match["file"] in AT_HOME:
            continue
        file = find_file(match["file"], page)
        if file is None and ("/" in match["file"] or match["file"].endswith(".md")):
            faults.append(code)
        elif file is not None and match["name"]:
            last = match["name"].rpartition(".")[2]
            faults += [] if last in names_in(file) else [code]
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_page_names_only_what_exists(page: Path) -> None:
    """A link, a path or a `file.py::name` that leads nowhere is a fault of the page."""
    assert faults_of(page) == []


def test_a_path_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    """The test above is no empty promise."""
    page = tmp_path / "page.md"
    page.write_text(
        "`core/permits.py::find_cover` `core/permits.py::guess` `core/luck.py` [x](gone.md) `Case`"
    )
    assert faults_of(page) == ["gone.md", "core/permits.py::guess", "core/luck.py"]


def test_every_room_is_on_the_map() -> None:
    """A package that a newcomer cannot place is missing from docs/flow.md."""
    rooms = {one.parent.name for one in SOURCE.glob("*/__init__.py")}
    table = section(read("docs/flow.md"), "The rooms, in the order of the loop")
    assert set(re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)) == rooms


@pytest.mark.parametrize(
    "name", sorted(one.stem for one in (SOURCE / "intake" / "protocols").glob("[!_]*.py"))
)
def test_every_protocol_has_a_page(name: str) -> None:
    """The page is named as the file."""
    assert (ROOT / "docs" / "protocols" / f"{name}.md").exists()


def test_every_model_is_in_the_glossary() -> None:
    """Once, and nothing is called a model that is none."""
    mine = [one for one in apps.get_models() if one.__module__.startswith("narvaro.")]
    table, _other, _rest = section(read("docs/glossary.md"), "Models").partition("Not models")
    four = section(read("docs/glossary.md"), "Four words that must not blur")
    told = re.findall(r"^\| `(\w+)` \|", four + table, re.MULTILINE)
    assert sorted(told) == sorted(one.__name__ for one in mine)


@pytest.mark.parametrize(
    ("heading", "codes"),
    [
        ("Roles", Role.values),
        ("Kinds of organisation", OrganisationKind.values),
        ("Record classes", list(Record)),
        ("Scopes and verbs", [*Scope, *Verb]),
        ("Case states", Case.State.values),
        ("Kinds of case", Case.Kind.values),
        ("Offer states", Offer.State.values),
        ("Response states", Response.State.values),
        ("Unit states", UnitStatus.State.values),
        ("Modes", Tenant.Mode.values),
        ("Why a unit is left out, and why it stands where it stands", [*LeftOut, *Reason]),
        ("What a response ends in", Category.values),
    ],
)
def test_every_code_is_in_the_glossary(heading: str, codes: list[str]) -> None:
    """Each section defines exactly the codes that the code knows."""
    table = section(read("docs/glossary.md"), heading)
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(map(str, codes))


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("Roles", labels.ROLE),
        ("Case states", labels.CASE_STATE),
        ("Kinds of case", labels.CASE_KIND),
        ("Offer states", labels.OFFER_STATE),
        ("Response states", labels.RESPONSE_STATE),
        ("Unit states", labels.UNIT_STATE),
        ("The eleven time points", labels.POINT),
        ("Proof order", labels.SOURCE),
        ("What a response ends in", labels.CATEGORY),
    ],
)
def test_the_pages_say_the_words_of_the_glossary(heading: str, words: dict[str, object]) -> None:
    """One Swedish word per concept: the catalogue and the glossary agree."""
    catalogue: dict[str, set[str]] = {}
    for entry in polib.pofile(str(SOURCE / "locale" / "sv" / "LC_MESSAGES" / "django.po")):
        catalogue.setdefault(entry.msgid, set()).add(entry.msgstr.casefold())
    table = section(read("docs/glossary.md"), heading)
    rows = re.findall(r"^\|(?: t?\d+ \|)? `(\w+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert rows
    with translation.override(None):
        said = {code: str(words[code]) for code, _swedish in rows}
    assert [row for row in rows if row[1] not in catalogue[said[row[0]]]] == []


def test_the_time_points_and_their_proof_stand_in_order() -> None:
    """t0 to t10, and the order in which sources are believed."""
    glossary = read("docs/glossary.md")
    points = section(glossary, "The eleven time points")
    assert re.findall(r"^\| t\d+ \| `(\w+)` \|", points, re.MULTILINE) == list(TIME_POINTS)
    proof = section(glossary, "Proof order")
    assert re.findall(r"^\| \d+ \| `(\w+)` \|", proof, re.MULTILINE) == list(PROOF)


def test_every_event_kind_is_in_the_glossary() -> None:
    """A kind that is appended and not explained cannot be followed."""
    named = re.compile(r'kind: ClassVar\[str\] = "([\w.]+)"\n\s+record_class: .*Record\.(\w+)')
    kinds = {
        (kind, Record[record].value)
        for file in SOURCE.rglob("*.py")
        for kind, record in named.findall(file.read_text("utf-8"))
    }
    table = section(read("docs/glossary.md"), "Event kinds")
    assert set(re.findall(r"^\| `([\w.]+)` \| `(\w+)` \|", table, re.MULTILINE)) == kinds


def test_decisions_are_numbered_without_gaps() -> None:
    """0000 is the template; a number is never given twice."""
    assert [int(one.name[:4]) for one in DECISIONS] == list(range(len(DECISIONS)))


@pytest.mark.parametrize("file", DECISIONS, ids=lambda one: one.stem)
def test_a_decision_has_the_headings_of_the_template(file: Path) -> None:
    """Good and bad consequences both, and something under each heading."""
    template = re.findall(r"^## .+$", DECISIONS[0].read_text("utf-8"), re.MULTILINE)
    text = file.read_text("utf-8")
    assert re.findall(r"^## .+$", text, re.MULTILINE) == template
    assert text.startswith(f"# {file.name[:4]}: ")
    assert re.search(r"^Status: \w", text, re.MULTILINE)
    for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert part.strip(), f"{file.name} has an empty part"


def test_each_promise_that_is_kept_names_a_test() -> None:
    """A promise without a test stands among those that are not shown."""
    kept = section(read("docs/promises.md"), "Kept, and shown")
    rows = [row for row in re.findall(r"^\| .+ \|$", kept, re.MULTILINE) if "| Test |" not in row]
    assert rows
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+`", row)] == []
