"""A guard alone whose next sign of life is due in a few seconds; for processes that are killed.

NARVARO_HOME=… python -m tests.config.watch_scene begin SECONDS | look
"""

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import transaction

from narvaro.core import watch as rules
from narvaro.dispatch import checkin
from narvaro.dispatch.models import Escalation, Watch
from narvaro.situation.models import Case
from narvaro.spine import clock
from narvaro.spine.models import Event, Timer
from tests.make import crew_of, make_unit, make_world


def begin(seconds: str) -> None:
    """Make the scene; the first sign of life is due in so many seconds."""
    call_command("migrate", verbosity=0)
    now = clock.now()
    unit = make_unit(make_world(), "V1", at=now).unit
    watch = checkin.start_watch(
        unit=unit, member_id=crew_of(unit).pk, interval_s=900, by="V201", at=now
    )
    with transaction.atomic():
        watch.interval_s = int(seconds)
        checkin._wait_on(watch, rules.begin(interval_s=watch.interval_s, at=clock.now()))


def look() -> None:
    """Print what has become of it."""
    watch = Watch.objects.get()
    raised = list(Case.objects.values_list("received_at", flat=True))
    facts = {
        "late_s": [(one - watch.due_at).total_seconds() for one in raised],
        "missed": Event.objects.filter(kind="unit.watch", payload__contains="missed").count(),
        "escalations": Escalation.objects.count(),
        "fired": Timer.objects.filter(kind=checkin.MISSED).exclude(fired_at=None).count(),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    if sys.argv[1] == "begin":
        begin(sys.argv[2])
    else:
        look()
