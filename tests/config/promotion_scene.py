"""A journal full of alarms and a database, in a home of its own; for a promotion that is killed.

NARVARO_HOME=… python -m tests.config.promotion_scene begin [SITES FIRST LAST] | store FIRST LAST | promote | look
"""

import json
import os
import sys
from collections.abc import Callable

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from narvaro.intake.journal import Journal
from narvaro.intake.message import Received
from narvaro.intake.promotion import promote
from narvaro.intake.records import Record, now_us, read_after
from narvaro.situation.models import Case, Signal
from narvaro.spine import clock
from narvaro.spine.audit import verify
from narvaro.spine.models import Event, Tenant
from tests.make import make_site, make_transmitter, make_world

SITES, EACH = 40, 10


def begin(sites: int = SITES, first: int = 0, last: int = SITES) -> None:
    """Make the sites, and let the receiver have stored ten alarms of those from `first` up to `last`."""
    call_command("migrate", verbosity=0)
    world = make_world()
    for number in range(sites):
        make_transmitter(make_site(world, f"Skola {number}"), f"{4000 + number}")
    store(first, last)


def store(first: int, last: int) -> None:
    """Let the receiver have stored ten alarms of each of these sites."""
    journal = Journal(settings.HOME.journal, "main")
    for sequence in range(EACH):
        for number in range(first, last):
            one = Received(
                protocol="sia-dc09", token="SIA-DCS", account=f"{4000 + number}", code="BA",
                sequence=sequence + 1, zone=str(sequence), area="1", occurred_at=clock.now(),
                time_verified=True,
            )  # fmt: skip
            text = json.dumps([one.to_dict()])
            journal.append(
                Record("main", now_us(), "signal", "sia-dc09", text, account=one.account)
            ).result(10)
    journal.close()


def promote_on() -> None:
    """Promote until nothing is left, a few records at a time, as `work` does."""
    print("ready", flush=True)
    while promote(settings.HOME.journal, "main", lambda _positions: 0, limit=20):
        pass
    print("done", flush=True)


def look() -> None:
    """Print what is in the journal, and what came of it."""
    verdict = verify(Tenant.objects.get().pk)
    facts = {
        "stored": [one.id for one in read_after(settings.HOME.journal, 0, SITES * EACH + 1)],
        "signals": sorted(Signal.objects.values_list("journal_id", flat=True)),
        "cases": Case.objects.count(),
        "told": Event.objects.filter(kind="case.opened").count(),
        "faults": len(verdict.faults),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    steps: dict[str, Callable[..., None]] = {
        "begin": begin,
        "store": store,
        "promote": promote_on,
        "look": look,
    }
    steps[sys.argv[1]](*map(int, sys.argv[2:]))
