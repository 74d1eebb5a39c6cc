"""A signed-in dispatcher and alarms for him to hear of, in a home of its own, beside the web process.

In: `begin`, or `alarm` and a number. Out: JSON with the session's cookie and the log's place, or with
the places of what was told.

NARVARO_HOME=… python -m tests.config.live_scene begin | alarm 40
"""

import json
import os
import sys
import time
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from narvaro.access.models import Role
from narvaro.access.queries import list_memberships
from narvaro.directory.models import Transmitter
from narvaro.spine import clock, events
from narvaro.spine.models import Tenant
from narvaro.web.live import list_missed
from tests.make import (
    make_member,
    make_site,
    make_transmitter,
    make_viewer,
    make_world,
    send_signal,
)

EVERY_S = 0.02


def begin() -> None:
    """Make the scene and sign a dispatcher in."""
    call_command("migrate", verbosity=0)
    world = make_world()
    make_transmitter(make_site(world))
    member = make_member(world, Role.DISPATCHER)
    browser = Client()
    browser.force_login(member.user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    say({"cookie": cookie, "user": str(member.user.pk), "place": place()})


def place() -> int:
    """Return the log's last place."""
    return events.head_positions().get(Tenant.objects.get().pk, 0)


def alarm(count: int, user: str) -> None:
    """Let signals come, one behind the other; say at which places their dispatcher is told."""
    before, panel = place(), Transmitter.objects.get()
    for number in range(count):
        send_signal(panel, zone=str(number), at=clock.now())
        time.sleep(EVERY_S)
    [member] = list_memberships(UUID(user))
    missed = list_missed(make_viewer(member), before)
    say({"told": [one.position for one in missed or []]})


def say(facts: object) -> None:
    """Print what the test reads."""
    print(json.dumps(facts))


if __name__ == "__main__":
    if sys.argv[1] == "begin":
        begin()
    else:
        alarm(int(sys.argv[2]), sys.argv[3])
