"""How a case's site stands, and where its alarm was passed on to. In: words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """An alarm on its way to a centre. state: waiting, delivered, refused, given_up."""

    centre: str
    state: str
    state_label: str
    at: datetime  # when it got there; before that, when it was asked for
    reference: str = ""  # what the centre knows it by
    why: str = ""  # what the last try met

    @property
    def must_call(self) -> bool:
        """Return whether a person has to tell the centre."""
        return self.state in {"refused", "given_up"}


@dataclass(frozen=True, slots=True)
class CentreChoice:
    """A centre that the alarm can be passed on to; `url` takes a POST."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class StandingView:
    """console/_standing.html: how the site stands towards an alarm centre, what went where.

    `standing` is beside, behind or alone, empty for a case without a site. `not_set_up` names the
    centres that the response plan passes on to and that are not known here.
    """

    standing: str = ""
    text: str = ""
    forwards: tuple[ForwardRow, ...] = ()
    centres: tuple[CentreChoice, ...] = ()
    not_set_up: tuple[str, ...] = ()
