"""The way in. In: a request with a session. Out: `request.viewer`, or None for who is not in.

A user with several memberships chooses one; a membership that has ended opens nothing.
"""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from narvaro.access.models import Member
from narvaro.access.queries import list_memberships
from narvaro.access.viewer import Viewer, viewer_of

MEMBER_KEY = "member"
WRONG = lazy(
    "The service number or the password is not right. Try again, or ask your shift leader for a new password."
)


class NoSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Members come from the organisations' own lists; nobody signs himself up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's shape
        """Return False, always."""
        return False

    error_messages: ClassVar[dict[str, Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
    }


class ViewerRequest(HttpRequest):
    """A request that has passed the way in."""

    viewer: Viewer | None
    htmx: Any


def find_chosen(members: list[Member], chosen: object) -> Member | None:
    """Return the chosen membership of a user, or his only one."""
    if chosen is not None:
        members = [one for one in members if str(one.pk) == chosen]
    return members[0] if len(members) == 1 else None


def find_viewer(user_id: UUID, chosen: object) -> Viewer | None:
    """Return the viewer of a signed-in user: the chosen membership, or the only one."""
    member = find_chosen(list_memberships(user_id), chosen)
    return viewer_of(member) if member else None


def viewer_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Put the viewer on each request."""

    def with_viewer(request: HttpRequest) -> HttpResponse:
        viewer = None
        if request.user.is_authenticated:
            viewer = find_viewer(request.user.pk, request.session.get(MEMBER_KEY))
        request.viewer = viewer  # type: ignore[attr-defined]  # ViewerRequest names it
        return get_response(request)

    return with_viewer
