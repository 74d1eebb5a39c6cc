"""What cameras say, in words. In: codes and degrees. Out: words, and the Swedish text of a case."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext
from django.utils.translation import pgettext_lazy as lazy_in

from narvaro.situation.models import CameraEvent

WHAT: dict[str, "str | Promise"] = {
    "line_crossing": lazy_in("camera", "A line was crossed"),
    "intrusion": lazy_in("camera", "Somebody in a closed area"),
    "loitering": lazy_in("camera", "Somebody stays for long"),
    "crowd": lazy_in("camera", "Many at one place"),
    "motion": lazy_in("camera", "Motion"),
    "object_left": lazy_in("camera", "A thing was left"),
    "object_removed": lazy_in("camera", "A thing was taken away"),
    "fire_smoke": lazy_in("camera", "Fire or smoke"),
    "sound": lazy_in("camera", "A sound"),
    "tamper": lazy_in("camera", "The camera was covered or moved"),
    "camera_lost": lazy_in("camera", "The camera gives no picture"),
    "other": lazy_in("camera", "Something else"),
}
DIRECTIONS = (
    lazy_in("direction", "north"),
    lazy_in("direction", "north-east"),
    lazy_in("direction", "east"),
    lazy_in("direction", "south-east"),
    lazy_in("direction", "south"),
    lazy_in("direction", "south-west"),
    lazy_in("direction", "west"),
    lazy_in("direction", "north-west"),
)


def direction_of(degrees: float | None) -> str:
    """Return the nearest of eight directions in words, from degrees clockwise from north."""
    if degrees is None:
        return ""
    step = 360 / len(DIRECTIONS)
    return str(DIRECTIONS[round(degrees / step) % len(DIRECTIONS)])


def case_text_of(event: CameraEvent, at: datetime) -> str:
    """Return in Swedish what a guard must know: what was seen and when, which camera, its direction."""
    camera = event.camera
    zone = ZoneInfo(camera.tenant.timezone)
    began = event.began_at.astimezone(zone)
    form = "%H:%M:%S" if began.date() == at.astimezone(zone).date() else "%Y-%m-%d %H:%M:%S"
    with translation.override("sv"):
        text = f"{WHAT[event.what]} {began:{form}} · {camera}"
        if camera.direction_deg is None:
            return text
        looks = {"direction": direction_of(camera.direction_deg)}
        return f"{text}, {pgettext('camera', 'towards the %(direction)s') % looks}"
