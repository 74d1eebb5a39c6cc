"""A school's alarm with two units on duty, in a home of its own; for processes that are killed.

NARVARO_HOME=… python -m tests.config.restart_scene begin | look
"""

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.core.management import call_command

from narvaro.dispatch.models import Offer
from narvaro.situation.models import Case
from narvaro.spine import clock
from narvaro.spine.models import Event, Timer
from tests.make import make_plan, make_site, make_transmitter, make_unit, make_world, send_signal

ACCEPT_WITHIN_S = 4


def begin() -> None:
    """Make the scene and send the signal; nobody works on it yet."""
    call_command("migrate", verbosity=0)
    now = clock.now()
    world = make_world()
    world.tenant.accept_within_s = ACCEPT_WITHIN_S
    world.tenant.save()
    site = make_site(world)
    make_plan(site)
    for call_sign in ("V1", "V2"):
        make_unit(world, call_sign, at=now)
    send_signal(make_transmitter(site), at=now)


def look() -> None:
    """Print what has become of it."""
    offers = Offer.objects.order_by("offered_at").values_list("unit__call_sign", "state")
    facts = {
        "offers": [list(one) for one in offers],
        "made": Event.objects.filter(kind="offer.made").count(),
        "fired": Timer.objects.filter(kind="offer.accept").exclude(fired_at=None).count(),
        "unanswered": Case.objects.exclude(unanswered_at=None).count(),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    {"begin": begin, "look": look}[sys.argv[1]]()
