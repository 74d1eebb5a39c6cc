"""The interface's words: all translated, none left outside the catalogue, Swedish as served."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.conf import LazySettings
from django.template.base import Lexer, TokenType
from django.test import Client

from scripts import messages
from scripts.messages import Message

WEB = messages.SOURCE / "web"
TEMPLATES = sorted(
    path for path in (WEB / "templates").rglob("*") if path.suffix in messages.TEMPLATE_ENDS
)
# a single letter is a key cap or a mark, not a word
WORD = re.compile(r"[^\W\d_]{2,}")
SPOKEN = re.compile(r"title|alt|placeholder|aria-(label|description)|data-(text-.+|announce|done)")
FALLBACK = re.compile(r"""\|(?:default|default_if_none|yesno|add):(?P<mark>["'])(.*?)(?P=mark)""")
UNSHOWN = re.compile(r"(comment|blocktranslate|block(?= main_class))\b")
SAME_IN_BOTH = {"Närvaro", "PDF", "Excel"}


class _Shown(HTMLParser):
    """Collects what a reader sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag if tag in {"script", "style", "kbd"} else self._silent
        self.texts += [text or "" for name, text in attrs if SPOKEN.fullmatch(name)]

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def _bare_html(template: str) -> str:
    """Return a template's text outside its tags, without blocks that are translated or unseen."""
    inside, kept = "", []
    for token in Lexer(template).tokenize():
        tag = token.contents.strip() if token.token_type is TokenType.BLOCK else ""
        if unshown := UNSHOWN.match(tag):
            inside = f"end{unshown[1]}"
        elif inside and tag.startswith(inside):
            inside = ""
        elif token.token_type is TokenType.TEXT and not inside:
            kept.append(token.contents)
    return "".join(kept)


def untranslated(template: str) -> list[str]:
    """Return the words of a template that no language can change."""
    shown = _Shown()
    shown.feed(_bare_html(template))
    tags = [one.contents for one in Lexer(template).tokenize() if one.token_type is TokenType.VAR]
    fallbacks = [found[1] for tag in tags for found in FALLBACK.findall(f"|{tag}")]
    texts = [text.strip(" –·\n") for text in (*shown.texts, *fallbacks)]
    return [text for text in texts if WORD.search(text) and text not in SAME_IN_BOTH]


def _catalogue(**translated: str) -> polib.POFile:
    made = polib.POFile()
    made.extend(polib.POEntry(msgid=one, msgstr=text) for one, text in translated.items())
    return made


@pytest.fixture(scope="module")
def found() -> list[Message]:
    """Return every text of the product."""
    return messages.find_messages()


def test_the_swedish_catalogue_is_complete(found: list[Message]) -> None:
    assert len(found) > 300
    assert messages.faults(found, messages.read_catalogue()) == []


def test_extract_would_change_nothing(found: list[Message]) -> None:
    stored = messages.CATALOGUE.read_text(encoding="utf-8")
    assert str(messages.merged(found, messages.read_catalogue())) == stored


def test_python_is_read_through_its_imports() -> None:
    source = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy as lazy_in
from somewhere import gettext
_("plain"), gettext("not ours"), lazy_in("case", "New"), ngettext("one", "many", 2), _("a" "b")
"""
    assert list(messages.python_messages(source, "a.py")) == [
        Message("a.py", "plain"),
        Message("a.py", "New", "case"),
        Message("a.py", "one", plural="many"),
        Message("a.py", "ab"),
    ]


def test_the_cores_texts_have_a_context_of_their_own() -> None:
    source = "from narvaro.core.said import Said\nSaid('line %(line)s', line=3)\n"
    assert list(messages.python_messages(source, "a.py")) == [
        Message("a.py", "line %(line)s", "reason")
    ]
    with pytest.raises(ValueError, match=r"a\.py, line 2: write the text out"):
        list(messages.python_messages(source.replace("'line", "f'line"), "a.py"))


def test_a_text_that_is_put_together_is_refused() -> None:
    source = "from django.utils.translation import gettext as _\n_(f'case {1}')\n"
    with pytest.raises(ValueError, match=r"a\.py, line 2: write the text out"):
        list(messages.python_messages(source, "a.py"))


def test_templates_are_read_as_django_looks_up() -> None:
    source = """{% load i18n %}
      {% translate "it's" %}{% translate 'New' context "case" as new %}{{ x|default:_("none") }}
      {% blocktranslate count n=x trimmed %}
        one of {{ y }}
      {% plural %}
        {{ n }} of {{ y }}
      {% endblocktranslate %}{% comment %}{% translate "no" %}{% endcomment %}"""
    assert list(messages.template_messages(source, "a.html")) == [
        Message("a.html", "it's"),
        Message("a.html", "New", "case"),
        Message("a.html", "none"),
        Message("a.html", "one of %(y)s", plural="%(n)s of %(y)s"),
    ]


def test_extract_keeps_translations_and_drops_what_is_gone() -> None:
    found = [Message("b.html", "here"), Message("a.py", "here"), Message("a.py", "new")]
    after = messages.merged(found, _catalogue(here="här", gone="borta"))
    assert [(one.msgid, one.msgstr, one.occurrences) for one in after] == [
        ("here", "här", [("a.py", ""), ("b.html", "")]),
        ("new", "", [("a.py", "")]),
    ]


@pytest.mark.parametrize(
    ("source", "said", "fault"),
    [
        ("here", "", "empty"),
        ("%(n)s of %(m)s", "%(n)s av", "placeholders differ; the source has %(m)s %(n)s"),
        ("%(n)s %%", "%(n)s procent", "placeholders differ; the source has %% %(n)s"),
        ("%(n)s m", "%(nu)s m", "placeholders differ; the source has %(n)s"),
        ("%(n)s m", "%(n)s m", None),
    ],
)
def test_a_translation_is_whole(source: str, said: str, fault: str | None) -> None:
    found = messages.faults([Message("a.py", source)], _catalogue(**{source: said}))
    assert found == ([f"{source!r}: {fault}"] if fault else [])


def test_missing_obsolete_and_fuzzy_are_faults() -> None:
    catalogue = _catalogue(gone="borta", unsure="osäker")
    catalogue[1].flags = ["fuzzy"]
    wanted = [Message("a.py", "unsure"), Message("a.py", "new", "case")]
    assert messages.faults(wanted, catalogue) == [
        "'gone': obsolete; run extract",
        "'new' (case): missing; run extract and translate it",
        "'unsure': fuzzy",
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Open cases</p>", ["Open cases"]),
        ('<a title="Close {{ x }}"{% if x %} class="late"{% endif %}>×</a>', ["Close"]),
        ('{{ x|default:"nothing" }}', ["nothing"]),
        ("{% if x %}late{% endif %}", ["late"]),
        (
            "{% blocktranslate %}Open{% endblocktranslate %} {% translate 'Case' %} <kbd>Esc</kbd>",
            [],
        ),
        ('<i class="late">P{{ x|date:"H:i" }}</i> · {{ x|default:"–" }} – Närvaro', []),
    ],
)
def test_words_outside_tags_are_found(template: str, found: list[str]) -> None:
    assert untranslated(template) == found


@pytest.fixture
def compiled(settings: LazySettings, tmp_path: Path) -> None:
    """Serve the catalogue as it is now."""
    messages.compile_to(tmp_path / "sv" / "LC_MESSAGES" / "django.mo")
    settings.LOCALE_PATHS = [tmp_path]


def _words(page: str) -> Iterator[str]:
    shown = _Shown()
    shown.feed(page)
    yield from (text.strip() for text in shown.texts if WORD.search(text))


@pytest.mark.usefixtures("compiled")
def test_the_way_in_speaks_the_readers_language() -> None:
    swedish = Client(headers={"accept-language": "sv"}).get("/login/")
    english = Client(headers={"accept-language": "en"}).get("/login/")
    assert (swedish.headers["Content-Language"], english.headers["Content-Language"]) == (
        "sv",
        "en",
    )
    in_swedish = set(_words(swedish.content.decode()))
    in_english = set(_words(english.content.decode()))
    assert {"Logga in", "Tjänstenummer", "Lösenord", "Hoppa till innehållet"} <= in_swedish
    assert {"Sign in", "Service number", "Password", "Skip to the content"} <= in_english
    # the languages' own names and the product's are all that the two have in common
    same = in_swedish & in_english
    assert same == {"Svenska", "English", "Närvaro"}


@pytest.mark.usefixtures("compiled")
def test_swedish_is_what_a_reader_without_a_wish_gets() -> None:
    assert "Logga in" in set(_words(Client().get("/login/").content.decode()))
