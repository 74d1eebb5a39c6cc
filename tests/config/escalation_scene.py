"""An alarm that nobody answers, with three steps of people to tell; for processes that are watched.

NARVARO_HOME=… python -m tests.config.escalation_scene begin | alarm
"""

import json
import os
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.core.management import call_command

from narvaro.directory.models import Contact, Transmitter
from narvaro.dispatch.following import DISPATCH
from narvaro.situation.models import Case
from narvaro.spine import clock, events
from tests.config.schedulers import AFTER_S
from tests.make import make_plan, make_site, make_transmitter, make_world, send_signal


def begin() -> None:
    """Make the scene; nothing has happened yet."""
    call_command("migrate", verbosity=0)
    world = make_world()
    world.tenant.escalate_after_s = AFTER_S[0]
    world.tenant.save()
    for step, after_s in enumerate(AFTER_S, 1):
        Contact.objects.create(
            tenant=world.tenant, organisation=world.company, duty=f"Jour {step}", step=step,
            after_s=after_s, phone=f"+4670000000{step}", mail=f"jour{step}@bolaget.example",
        )  # fmt: skip
    site = make_site(world)
    make_plan(site, offer="person", priority=1)
    make_transmitter(site)


def alarm() -> None:
    """Let the panel ring, and dispatch see it; print the machine's uptime at which it rang."""
    panel = Transmitter.objects.get()
    rang_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    send_signal(panel, at=clock.now())
    events.advance(DISPATCH, panel.tenant_id)
    assert Case.objects.filter(state="open").count() == 1
    print(json.dumps(rang_s))


if __name__ == "__main__":
    {"begin": begin, "alarm": alarm}[sys.argv[1]]()
