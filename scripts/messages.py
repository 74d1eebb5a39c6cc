"""Keep the interface's words. In: Python and templates. Out: the Swedish catalogue, checked, compiled.

`python scripts/messages.py extract` renews the .po file and keeps what is translated, `check` lists
what is missing in it, `compile` writes the .mo file that Django reads. English is the source.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "narvaro"
CATALOGUE = SOURCE / "locale" / "sv" / "LC_MESSAGES" / "django.po"
TEMPLATE_ENDS = {".html", ".svg", ".txt"}
METADATA = {
    "Project-Id-Version": "Närvaro",
    "Language": "sv",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
# what each of Django's functions is given, in order
SHAPES = {
    "gettext": ("id",),
    "ngettext": ("id", "plural"),
    "pgettext": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
}
# the core's own texts, and the context that keeps them apart from those of pages
CORE_TEXTS, CORE_TEXT, CORE_CONTEXT = "narvaro.core.said", "Said", "reason"
# a call as templatize writes it, with its literals
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b({'|'.join(SHAPES)}|_)\(({LITERAL}(?:, ?{LITERAL})*)")
PLACEHOLDER = re.compile(r"%(?:%|(?:\(\w+\))?[#0+-]*[\d.]*[a-zA-Z])")

Key = tuple[str | None, str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A text in the source: where it stands, its context and its plural, if it has them."""

    file: str
    id: str
    context: str | None = None
    plural: str = ""

    @property
    def key(self) -> Key:
        """Return what the catalogue tells texts apart by."""
        return self.context, self.id, self.plural


def _message(file: str, shape: tuple[str, ...], given: Iterable[str]) -> Message:
    return Message(file, **dict(zip(shape, given, strict=False)))


def _aliases(tree: ast.Module) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """Return the names that a module gives texts to: what each is given, and its own context."""
    found: dict[str, tuple[tuple[str, ...], str | None]] = {}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for module, name in ((node.module, name) for node in imports for name in node.names):
        bare = name.name.removesuffix("_lazy")
        if module == "django.utils.translation" and bare in SHAPES:
            found[name.asname or name.name] = SHAPES[bare], None
        elif (module, name.name) == (CORE_TEXTS, CORE_TEXT):
            found[name.asname or name.name] = ("id",), CORE_CONTEXT
    return found


def python_messages(text: str, file: str) -> Iterator[Message]:
    """Yield the texts of a module; raises ValueError where one is not written out."""
    tree = ast.parse(text)
    names = _aliases(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id not in names:
            continue
        shape, context = names[node.func.id]
        given = [
            one.value
            for one in node.args[: len(shape)]
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if len(given) < len(shape):
            raise ValueError(f"{file}, line {node.lineno}: write the text out in the call.")
        message = _message(file, shape, given)
        yield replace(message, context=context) if context else message


def template_messages(text: str, file: str) -> Iterator[Message]:
    """Yield the texts of a template, as Django will look them up."""
    for name, written in CALL.findall(templatize(text, origin=file)):
        shape = SHAPES["gettext" if name == "_" else name]
        yield _message(file, shape, ast.literal_eval(f"({written},)"))


def find_messages() -> list[Message]:
    """Return every text of the product, a row per place where it stands."""
    found: list[Message] = []
    for path in sorted(SOURCE.rglob("*")):
        file = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            found += python_messages(path.read_text(encoding="utf-8"), file)
        elif path.suffix in TEMPLATE_ENDS and "templates" in path.parts:
            found += template_messages(path.read_text(encoding="utf-8"), file)
    return found


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid, entry.msgid_plural or ""


def _blank(messages: list[Message]) -> polib.POEntry:
    first = messages[0]
    entry = polib.POEntry(
        msgid=first.id,
        msgctxt=first.context,
        occurrences=[(file, "") for file in sorted({one.file for one in messages})],
        flags=["python-format"] if PLACEHOLDER.search(first.id + first.plural) else [],
    )
    if first.plural:
        entry.msgid_plural = first.plural
        entry.msgstr_plural = {0: "", 1: ""}
    return entry


def merged(messages: Iterable[Message], before: polib.POFile) -> polib.POFile:
    """Return the catalogue of these texts, with the translations that `before` has of them."""
    places: dict[Key, list[Message]] = {}
    for one in messages:
        places.setdefault(one.key, []).append(one)
    known = {_key(entry): entry for entry in before if not entry.obsolete}
    after = polib.POFile(wrapwidth=98)
    after.metadata = METADATA
    for key in sorted(places, key=lambda one: (one[1].casefold(), one[1], one[0] or "", one[2])):
        entry = _blank(places[key])
        if key in known:
            entry.msgstr, entry.msgstr_plural = known[key].msgstr, known[key].msgstr_plural
            entry.flags += ["fuzzy"] if known[key].fuzzy else []
        after.append(entry)
    return after


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def _fault(entry: polib.POEntry) -> str | None:
    said = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy:
        return "fuzzy"
    if not said or not all(said):
        return "empty"
    wanted = _placeholders(entry.msgid_plural or entry.msgid)
    if any(_placeholders(one) != wanted for one in said):
        return f"placeholders differ; the source has {' '.join(wanted) or 'none'}"
    return None


def faults(messages: Iterable[Message], catalogue: polib.POFile) -> list[str]:
    """Return what is wrong with a catalogue of these texts, a line each."""
    wanted = {one.key for one in messages}
    there = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    found = [(key, "missing; run extract and translate it") for key in wanted - there.keys()]
    found += [(key, "obsolete; run extract") for key in there.keys() - wanted]
    found += [(_key(entry), "obsolete; run extract") for entry in catalogue.obsolete_entries()]
    found += [(key, fault) for key, entry in there.items() if (fault := _fault(entry))]
    return sorted(f"{key[1]!r}{f' ({key[0]})' if key[0] else ''}: {what}" for key, what in found)


def read_catalogue() -> polib.POFile:
    """Return the Swedish catalogue as stored; an empty one before the first extract."""
    return polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile()


def compile_to(file: Path) -> None:
    """Write the catalogue for machines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    read_catalogue().save_as_mofile(str(file))


def main() -> int:
    """Run one command; 1 where `check` finds faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["extract", "check", "compile"])
    command = parser.parse_args().command
    if command == "compile":
        compile_to(CATALOGUE.with_suffix(".mo"))
        return 0
    messages = find_messages()
    if command == "check":
        found = faults(messages, read_catalogue())
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    merged(messages, read_catalogue()).save(str(CATALOGUE))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
