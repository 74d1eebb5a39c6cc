"""What the core says, in the viewer's language. In: a text that keeps its facts. Out: words."""

from django.utils import translation

from narvaro.core.said import Fact, Said
from narvaro.web.files_words import COLUMN

CONTEXT = "reason"  # as scripts/messages.py puts such texts into the catalogue


def in_words(kept: object) -> str:
    """Return a text, or what a report kept of it, in words; what is no `Said` stands as it is."""
    said = Said.of(kept)
    words = translation.pgettext(CONTEXT, said.template)
    facts = {name: _fact(name, fact) for name, fact in said.facts.items()}
    return words % facts if facts else words


def _fact(name: str, fact: Fact) -> Fact:
    if isinstance(fact, Said):
        return in_words(fact)
    return str(COLUMN.get(fact, fact)) if name == "column" and isinstance(fact, str) else fact
