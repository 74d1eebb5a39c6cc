"""Fragments that many look at are made once. In: a viewer and how to make it. Out: an answer.

A hundred consoles are told of the same change in the same tenth of a second and all fetch the same
lists; on one interpreter that is a hundred times the same work while the alarm waits to be seen. Each
request is still let in by its own session and membership; what is shared is only what comes after.

Two viewers share where nothing that decides what they see differs: their sight. It is read from the
policy, grant by grant. Who reads only his own rows of any class has none, and shares with nobody. What
is shared is made for a nobody with the same sight, without the request: no member, no session and no
token can stand in it, and it fits all who share it or none. It is never older than the log's position
at the request, nor than a second: a position of a unit, or the time itself, is in no log.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from narvaro.access.policy import Grant, Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.spine import clock
from narvaro.spine.events import head_positions
from narvaro.web.answers import viewer_of_request

OLDEST_S = 1.0
KEPT_AT_MOST = 64
NOBODY = UUID(int=0)

Make: TypeAlias = Callable[[Viewer], str]


@dataclass(frozen=True, slots=True)
class Sight:
    """All that decides which rows and fields a viewer sees, and nothing of who he is."""

    tenant_id: UUID
    timezone: str
    organisation_id: UUID
    organisation_name: str
    organisation_kind: str
    grants: tuple[tuple[Record, Grant], ...]


def find_sight(viewer: Viewer) -> Sight | None:
    """Return what others may share with this viewer; None where something he sees is his alone."""
    grants = tuple((one, grant) for one in Record if (grant := viewer.find_grant(one)) is not None)
    if any(grant.scope == Scope.OWN for _record, grant in grants):
        return None
    return Sight(
        viewer.tenant_id, viewer.timezone, viewer.organisation_id, viewer.organisation_name,
        viewer.organisation_kind, grants,
    )  # fmt: skip


def without_name(viewer: Viewer) -> Viewer:
    """Return nobody, with the same sight."""
    return replace(viewer, member_id=NOBODY, service_number="")


@dataclass(frozen=True, slots=True)
class Key:
    """Which fragment, for whom, in which language."""

    name: str
    sight: Sight
    language: str


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment as it is sent, its tag, and how old it is."""

    body: bytes
    tag: str
    position: int
    begun_s: float


def _make(make: Make, viewer: Viewer, position: int) -> Fragment:
    begun_s = clock.monotonic()
    body = make(viewer).encode()
    return Fragment(body, f'"{sha256(body).hexdigest()[:32]}"', position, begun_s)


@dataclass(slots=True)
class _Place:
    """Where one fragment is kept; who makes it holds the lock, the others wait for him."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: Fragment | None = None


class Fragments:
    """The newest fragment of each key, the least used dropped first."""

    def __init__(self, at_most: int = KEPT_AT_MOST) -> None:
        self._at_most = at_most
        self._lock = threading.Lock()
        self._places: OrderedDict[Key, _Place] = OrderedDict()

    def get(self, key: Key, position: int, viewer: Viewer, make: Make) -> Fragment:
        """Return the fragment as of `position` or later; of those who ask at once, one makes it."""
        place = self._place(key)
        with place.lock:
            kept = place.kept
            if kept is None or kept.position < position or _is_old(kept):
                kept = place.kept = _make(make, without_name(viewer), position)
            return kept

    def _place(self, key: Key) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._at_most:
                self._places.popitem(last=False)
            return place

    def __len__(self) -> int:
        """Return how many fragments are kept."""
        return len(self._places)


def _is_old(kept: Fragment) -> bool:
    return clock.monotonic() - kept.begun_s > OLDEST_S


FRAGMENTS = Fragments()


@dataclass(frozen=True, slots=True)
class Shared:
    """A fragment's name, how it is made, and what it is."""

    name: str
    make: Make
    content_type: str

    def find(self, viewer: Viewer, language: str, position: int) -> Fragment:
        """Return the fragment for a viewer as of `position` or later; made, or kept of another."""
        sight = find_sight(viewer)
        if sight is None:
            return _make(self.make, viewer, position)
        return FRAGMENTS.get(Key(self.name, sight, language), position, viewer, self.make)

    def answer(self, found: Fragment, has_already: str | None) -> HttpResponse:
        """Answer with the fragment; with 304 where the asker has it already."""
        if has_already == found.tag:
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(found.body, content_type=self.content_type)
        response["ETag"] = found.tag
        return response


def shared(
    name: str, make: Make, content_type: str = "text/html; charset=utf-8"
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of a fragment; it bears `shared`, which `shared_entry` reads."""
    found = Shared(name, make, content_type)

    @require_GET
    def view(request: HttpRequest) -> HttpResponse:
        viewer = viewer_of_request(request)
        position = head_positions().get(viewer.tenant_id, 0)
        fragment = found.find(viewer, get_language() or "", position)
        return found.answer(fragment, request.headers.get("If-None-Match"))

    view.__name__ = name
    view.shared = found  # type: ignore[attr-defined]  # a view's own word, as `need` is
    return view
