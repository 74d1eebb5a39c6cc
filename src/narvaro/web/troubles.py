"""The system's troubles as the pages show them. In: kept troubles, the worker's heartbeat. Out: rows."""

from datetime import timedelta

from django.conf import settings

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.situation.queries import count_open_troubles
from narvaro.spine import clock
from narvaro.spine.heartbeat import STILL_S, find_beat
from narvaro.spine.models import Trouble
from narvaro.web.screens.system import TroubleRow
from narvaro.web.system_words import words_of


def trouble_row(one: Trouble) -> TroubleRow:
    """Return a kept trouble in words."""
    return TroubleRow(*words_of(one.kind, one.about, one.facts), one.raised_at, one.ended_at)


def find_still() -> TroubleRow | None:
    """Return the trouble that no worker can raise: that it stands still itself; None while it turns."""
    beat = find_beat(settings.HOME.path)
    age_s = beat.step_age_s if beat is not None else None
    if age_s is None or age_s <= STILL_S:
        return None
    said = words_of("worker_still", "", {"age_s": round(age_s)})
    return TroubleRow(*said, clock.now() - timedelta(seconds=age_s))


def count_troubles(viewer: Viewer) -> int:
    """Return how many troubles the viewer is to be told of; none where he may not know of any."""
    if not viewer.may(Record.SYSTEM):
        return 0
    return count_open_troubles(viewer) + (find_still() is not None)
