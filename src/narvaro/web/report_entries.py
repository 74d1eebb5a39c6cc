"""The reporting forms as they are shown. In: what was given, or nothing. Out: entries, choices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.functional import Promise

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.dispatch.queries import find_waiting_offer
from narvaro.situation.models import Photo
from narvaro.spine import clock
from narvaro.spine.ids import uuid7
from narvaro.web import labels, report_words
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.phone_page import offer_of
from narvaro.web.report_forms import MOST_ENTRIES, Entry
from narvaro.web.screens import (
    Choice,
    ChoiceGroup,
    DamageEntry,
    ObservationEntry,
    PhotoView,
    PlaceAndTime,
    ReportFormPage,
)

BLANK = "__n__"
"""Stands for the number of an entry in the piece of the page that the script copies."""


def choices_of(words: Mapping[str, "str | Promise"], chosen: str) -> tuple[Choice, ...]:
    """Return every code with its words."""
    return tuple(Choice(code, str(text), code == chosen) for code, text in words.items())


def category_groups(chosen: str) -> tuple[ChoiceGroup, ...]:
    """Return the categories in their groups."""
    return tuple(
        ChoiceGroup(
            str(label),
            tuple(Choice(code, say(labels.CATEGORY, code), code == chosen) for code in codes),
        )
        for label, codes in report_words.CATEGORY_GROUPS
    )


@dataclass(frozen=True)
class Shown:
    """What an entry shows again: a reader of what was given, and a new id where none was."""

    entry: Entry
    number: str

    def get(self, name: str, otherwise: str = "") -> str:
        """Return what was given for a field."""
        return self.entry.text(name, 8000) or otherwise

    @property
    def id(self) -> str:
        """Return the proposed id."""
        return self.get("id") or str(uuid7())

    @property
    def place(self) -> PlaceAndTime:
        """Return where and when."""
        return PlaceAndTime(
            where=self.get("where"), lat=self.get("lat"), lon=self.get("lon"),
            when=choices_of(report_words.WHEN, self.get("when", "now")),
            since=self.get("from"), until=self.get("until"),
        )  # fmt: skip


def observation_entry(entry: Entry, number: str) -> ObservationEntry:
    """Return an observation as its form shows it."""
    shown = Shown(entry, number)
    return ObservationEntry(
        prefix=entry.prefix,
        number=number,
        id=shown.id,
        place=shown.place,
        groups=category_groups(shown.get("category")),
        known_by=choices_of(report_words.KNOWN_BY, shown.get("known_by", "seen")),
        severities=choices_of(report_words.SEVERITY, shown.get("severity", "1")),
        counts=choices_of(report_words.COUNT, shown.get("count", "unknown")),
        age_bands=choices_of(report_words.AGE_BAND, shown.get("age_band", "unknown")),
        police_told=bool(shown.get("police_told")),
        text=shown.get("text"),
        problems=tuple(entry.problems),
    )


def damage_entry(entry: Entry, number: str) -> DamageEntry:
    """Return a damage as its form shows it."""
    shown = Shown(entry, number)
    return DamageEntry(
        prefix=entry.prefix,
        number=number,
        id=shown.id,
        place=shown.place,
        kinds=choices_of(report_words.DAMAGE_KIND, shown.get("kind")),
        part=shown.get("part"),
        offensive=bool(shown.get("offensive")),
        estimate=shown.get("estimate"),
        police_reference=shown.get("police_reference"),
        cost_centre=shown.get("cost_centre"),
        text=shown.get("text"),
        problems=tuple(entry.problems),
    )


def one_more(given: Mapping[str, str], prefix: str, following: str) -> dict[str, str]:
    """Return what was given, and one more report at the same place and time."""
    same = ("where", "lat", "lon", "when", "from", "until")
    copied = {f"{following}{name}": given.get(f"{prefix}{name}", "") for name in same}
    return {**dict(given.items()), **copied, f"{following}id": str(uuid7())}


def form_page(
    viewer: Viewer,
    action_url: str,
    entries: Sequence[ObservationEntry | DamageEntry],
    blank: ObservationEntry | DamageEntry,
    places: tuple[str, ...],
) -> ReportFormPage:
    """Return a form's page; a crew is told there of an offer, and keeps what is written."""
    page = ReportFormPage(
        action_url=action_url, entries=tuple(entries), blank=replace(blank, id=BLANK, number=BLANK),
        places=places, most=MOST_ENTRIES,
    )  # fmt: skip
    if not viewer.may(Record.OFFER, Verb.ANSWER):
        return page
    at = clock.now()
    position = position_now(viewer)
    offer = find_waiting_offer(viewer, at)
    return replace(page, position=position, offer=offer_of(viewer, offer, at) if offer else None)


def photo_views(photos: Iterable[Photo], alt: str) -> tuple[PhotoView, ...]:
    """Return photos as pages show them."""
    return tuple(PhotoView(photo_href(one.pk), one.width, one.height, alt) for one in photos)


def photo_href(photo_id: UUID) -> str:
    """Return a photo's address."""
    return f"/photos/{photo_id}.jpg"
