"""Words of the cameras' page: why nothing is to be done, and which kind of case it is."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy as lazy_in

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
