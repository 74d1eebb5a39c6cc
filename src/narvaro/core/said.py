"""Texts for people, to be said again in another language. In: a template, facts. Out: an English text.

The core speaks English and knows no other language. Each `Said("…")` is written out where it is
made, so that `scripts/messages.py` finds it for the catalogue; who shows it says it anew.
"""

from collections.abc import Mapping
from typing import Self

Fact = str | int


class Said(str):
    """An English text that keeps what it was made of.

    `template` holds a `%(name)s` for each of the `facts`; a fact may be `Said` itself. A fact
    `column` is a column's canonical name. A template without facts is taken as it stands.
    """

    __slots__ = ("facts", "template")
    template: str
    facts: Mapping[str, Fact]

    def __new__(cls, template: str, /, **facts: Fact) -> Self:
        """Fill the template in."""
        said = super().__new__(cls, template % facts if facts else template)
        said.template, said.facts = template, facts
        return said

    def to_json(self) -> list[object]:
        """Return it as JSON keeps it."""
        facts = {
            name: fact.to_json() if isinstance(fact, Said) else fact
            for name, fact in self.facts.items()
        }
        return [self.template, facts]

    @classmethod
    def of(cls, kept: object) -> Self:
        """Return what JSON kept; another text becomes one that stands as it is."""
        if isinstance(kept, cls):
            return kept
        if not isinstance(kept, list):
            return cls(str(kept))
        template, facts = kept
        return cls(template, **{name: _fact(fact) for name, fact in facts.items()})


def _fact(kept: object) -> Fact:
    return kept if isinstance(kept, str | int) else Said.of(kept)
