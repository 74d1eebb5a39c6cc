"""What the pages of what-ifs show. In: figures and ready-translated words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from narvaro.web.screens.contract import FormField
from narvaro.web.screens.shell import Problem


@dataclass(frozen=True, slots=True)
class WhatIfForm:
    """What may be asked; `base` is None for who may see no site."""

    rule: FormField
    keep: FormField
    held: FormField
    more: FormField
    begins: FormField
    ends: FormField
    base: FormField | None
    play: FormField
    days: FormField


@dataclass(frozen=True, slots=True)
class WhatIfRow:
    """One what-if: what was asked, by whom, how far it has come. `look` is a state's, for its icon."""

    id: UUID
    a: str
    b: str
    played: str
    who: str
    asked_at: datetime
    look: str
    state_label: str


@dataclass(frozen=True, slots=True)
class WhatIfListPage:
    """what_if/page.html."""

    form: WhatIfForm
    rows: tuple[WhatIfRow, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A main difference in words; `way`: less, more, none, unknown (of B against A)."""

    figure: str
    verdict: str
    way: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure under A and B; `runs` where not all of them could be compared."""

    label: str
    a: str
    b: str
    difference: str
    interval: str
    runs: str = ""


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Figures that belong together."""

    title: str
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class RealRow:
    """Real responses, or played ones, of the same cases."""

    label: str
    cases: str
    half: str
    tenths: str


@dataclass(frozen=True, slots=True)
class WhatIfAnswer:
    """What came of it."""

    told: tuple[Told, ...]
    groups: tuple[FigureGroup, ...]
    drawing: SafeString
    means: str
    stands_on: tuple[str, ...]
    notes: tuple[str, ...]
    real: tuple[RealRow, ...] | None  # None: real days were not asked for


@dataclass(frozen=True, slots=True)
class WhatIfPage:
    """what_if/one.html, and its body: still under way, answered, failed or stopped."""

    row: WhatIfRow
    under_way: bool
    percent: int
    why: str = ""
    answer: WhatIfAnswer | None = None
