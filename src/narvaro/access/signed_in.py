"""Who is signed in, by his session alone. In: session keys. Out: viewers.

For what is answered outside Django's middleware, to many at once: two queries let a hundred in. A
session that does not hold in every point is nobody's here; the pages find out why and say so.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from narvaro.access.entry import MEMBER_KEY, find_chosen
from narvaro.access.models import Member
from narvaro.access.queries import list_memberships
from narvaro.access.viewer import Viewer, viewer_of

_KEY = re.compile(r"[0-9a-z]{8,40}")  # as Django makes them; others are no session's and no query's


def find_signed_in(session_key: str) -> Viewer | None:
    """Return the viewer of a session, or None where it does not hold (any more)."""
    return list_signed_in([session_key]).get(session_key)


def list_signed_in(session_keys: Collection[str]) -> dict[str, Viewer]:
    """List the viewers of those sessions that hold, by session key."""
    sessions = _list_sessions(session_keys)
    members: dict[UUID, list[Member]] = defaultdict(list)
    for one in list_memberships(*{user_id for user_id, _session in sessions.values()}):
        members[one.user_id].append(one)
    found = {}
    for key, (user_id, session) in sessions.items():
        member = find_chosen(members[user_id], session.get(MEMBER_KEY))
        if member is not None and _is_his(session, member):
            found[key] = viewer_of(member)
    return found


def _list_sessions(session_keys: Collection[str]) -> dict[str, tuple[UUID, Mapping[str, object]]]:
    keys = [one for one in session_keys if _KEY.fullmatch(one)]
    # Django writes by the machine's own time when a session ends, which no demo moves
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=Now())
    store, found = SessionStore(), dict[str, tuple[UUID, Mapping[str, object]]]()
    for key, data in rows.values_list("session_key", "session_data"):
        session = store.decode(data)
        if session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS:
            found[key] = UUID(session[SESSION_KEY]), session
    return found


def _is_his(session: Mapping[str, object], member: Member) -> bool:
    """Return whether the session is of the password that the user has now."""
    kept = str(session.get(HASH_SESSION_KEY))
    return constant_time_compare(kept, member.user.get_session_auth_hash())
