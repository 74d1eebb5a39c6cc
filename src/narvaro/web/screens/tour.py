"""What the demo's guided tour shows. In: chapters in words. Out: contexts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SceneStep:
    """One step of a chapter's picture: an icon, large words, and what they mean."""

    icon: str
    big: str
    words: str


@dataclass(frozen=True, slots=True)
class DoorView:
    """A room to enter as somebody; `part` is empty where nobody of that part is on duty now."""

    part: str
    role_label: str
    room: str
    href: str
    said: str


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One line of what the demo did."""

    at: datetime | None
    words: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """What is shown of a play; `play_label` is empty where a chapter plays nothing."""

    told_url: str
    play_url: str = ""
    play_label: str = ""
    is_playing: bool = False
    lines: tuple[ToldLine, ...] = ()
    coming_in: tuple[ToldLine, ...] = ()
    is_coming: bool = False


@dataclass(frozen=True, slots=True)
class ChapterLink:
    """A chapter in the list of chapters."""

    number: int
    title: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class ChapterPage:
    """tour/chapter.html."""

    number: int
    title: str
    sentences: tuple[str, ...]
    scene: tuple[SceneStep, ...]
    doors: tuple[DoorView, ...]
    played: Played
    chapters: tuple[ChapterLink, ...]
    before: ChapterLink | None = None
    after: ChapterLink | None = None


@dataclass(frozen=True, slots=True)
class TourPage:
    """tour/page.html."""

    chapters: tuple[ChapterLink, ...]
    doors: tuple[DoorView, ...]
    played: Played


@dataclass(frozen=True, slots=True)
class DemoClock:
    """The badge in the head of the demo's pages; `at` is None while the time is the machine's."""

    href: str
    at: datetime | None = None
