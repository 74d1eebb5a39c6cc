"""Words of the cameras' page: what was seen, why nothing is to be done."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy as lazy_in

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
REASON: dict[str, "str | Promise"] = {
    "nothing_there": lazy_in("camera", "Nothing to be seen"),
    "allowed": lazy_in("camera", "They may be there"),
    "animal": lazy_in("camera", "An animal"),
    "weather": lazy_in("camera", "Weather or light"),
    "known": lazy_in("camera", "It is being handled"),
    "work": lazy_in("camera", "Work on the place or the camera"),
    "camera_fault": lazy_in("camera", "The camera is at fault"),
}
KIND: dict[str, "str | Promise"] = {
    "disturbance": lazy_in("camera", "Disturbance"),
    "intruder": lazy_in("camera", "Break-in"),
    "fire": lazy_in("camera", "Fire"),
    "technical": lazy_in("camera", "Technical fault"),
}
