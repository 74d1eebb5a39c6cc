"""The count in the cameras' tab: what is grave and waits. In: a viewer. Out: a count, and its calls."""

from django.urls import reverse

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.situation.camera_words import WHAT
from narvaro.situation.queries import list_grave_camera_events
from narvaro.web.labels import say
from narvaro.web.screens.cameras import GraveCount, GraveRow


def count_grave(viewer: Viewer, *, quiet: bool) -> GraveCount:
    """Count the fires and intrusions that wait; who may decide is called, unless `quiet`."""
    found = list(list_grave_camera_events(viewer))
    calls = not quiet and viewer.may(Record.CAMERA_EVENT, Verb.WRITE)
    return GraveCount(
        number=len(found),
        refresh_url=f"{reverse('cameras')}?count={'quiet' if quiet else 'called'}",
        calls=tuple(
            GraveRow(str(one.pk), say(WHAT, one.what), one.camera.where, one.camera.code)
            for one in found
            if calls
        ),
    )  # fmt: skip
