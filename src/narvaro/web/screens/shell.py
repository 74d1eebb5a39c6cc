"""What every page's head, forms and error pages show. In: labels in words. Out: contexts."""

from dataclasses import dataclass
from typing import Protocol


class PageViewer(Protocol):
    """Who is looking, as the page's head shows it."""

    @property
    def service_number(self) -> str:
        """Return the service number."""

    @property
    def role_label(self) -> str:
        """Return the role in words."""

    @property
    def organisation_name(self) -> str:
        """Return the organisation's name."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One room that the viewer has; `code`: console, phone, night or contract (also the icon)."""

    code: str
    label: str
    href: str
    current: bool = False
    text: str = ""  # one sentence for the home page


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice in a form: the value sent, and its words."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with a form or a request; `field` is empty when it is the whole."""

    detail: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """error.html: an RFC 9457 problem in words."""

    status: int
    title: str
    detail: str
    what_to_do: str = ""
    back_href: str = "/"


@dataclass(frozen=True, slots=True)
class HomePage:
    """home.html: the rooms come from `menu` with their `text`."""

    mode_label: str = ""


@dataclass(frozen=True, slots=True)
class MemberChoice:
    """One membership to enter as; the form posts `member` = id."""

    id: str
    role_label: str
    organisation_name: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class WhoPage:
    """who.html: enter as which member; `next_href` is posted back as `next`."""

    members: tuple[MemberChoice, ...]
    next_href: str = ""
