"""Alarms beside an import, in a home of its own. In: a folder and a CSV. Out: JSON of the waits.

Run as a process: it prepares the home, starts `narvaro import KIND` as a process of its own, and
lets the work process's own loop promote an alarm every 50 ms until the import ends.
"""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"
    django.setup()

from django.conf import settings
from django.core.management import call_command

from narvaro.access.models import Organisation
from narvaro.config.work import Worker
from narvaro.directory.actions import set_up
from narvaro.directory.models import ImportBatch, Transmitter
from narvaro.intake.journal import Journal
from narvaro.intake.message import Received
from narvaro.intake.models import JournalPlace
from narvaro.intake.records import Record, now_us
from narvaro.situation.models import Signal
from narvaro.spine import clock
from tests.make import World, make_site

LONGEST_RUN_S = 200.0
PANELS = 20
EVERY_S = 0.05


def prepare() -> None:
    """Set up a tenant with its panels."""

    call_command("migrate", verbosity=0, interactive=False)
    if Transmitter.objects.exists():
        return
    kinds = {"kommun": "municipality", "bolag": "guarding_company"}
    tenant = set_up(
        given={
            "tenant": "Älvhamra",
            "mode": "manned",
            "organisation": [{"name": name, "kind": kind} for name, kind in kinds.items()],
        },
        by="test", at=clock.now(),
    )  # fmt: skip

    town, company = Organisation.objects.order_by("name").reverse()
    batch = ImportBatch.objects.create(
        tenant=tenant, kind="sites", file_name="first", sha256="", started_at=clock.now(),
        published_at=clock.now(),
    )  # fmt: skip
    world = World(tenant, town, company, batch)
    for number in range(PANELS):
        site = make_site(world)
        Transmitter.objects.create(tenant=tenant, site=site, account=f"{number:04}")


class Ringing(threading.Thread):
    """Panels that ring, one after another, through the real journal."""

    def __init__(self, journal: Path) -> None:
        super().__init__(daemon=True)

        self.journal = Journal(journal, "main")
        self.stored: dict[int, float] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        """Store an alarm every 50 ms and note when it was safe."""
        number, start = 0, now_us()  # no alarm repeats one of an earlier run
        while not self.stop.wait(EVERY_S):
            number += 1
            account = f"{number % PANELS:04}"
            signal = Received(
                protocol="sia-dc09", token="SIA-DCS", account=account, sequence=number % 10000,
                code="BA", zone=f"{start}{number}",
            )  # fmt: skip
            decoded = json.dumps([signal.to_dict()])
            record = Record("main", now_us(), "signal", "sia-dc09", decoded, account=account)
            done: Future[int] = self.journal.append(record)
            self.stored[done.result(10)] = clock.monotonic()
        self.journal.close()


def watch(worker: Worker, importing: "subprocess.Popen[bytes]", ringing: Ringing) -> list[float]:
    """Turn the work loop until import and alarms are over; return each alarm's wait in seconds."""
    waits: list[float] = []
    until = clock.monotonic() + LONGEST_RUN_S
    while clock.monotonic() < until:
        if importing.poll() is not None:
            ringing.stop.set()
            if not ringing.is_alive() and not ringing.stored:
                break
        worker.turn()
        place = JournalPlace.objects.first()
        now = clock.monotonic()
        through = [one for one in list(ringing.stored) if place and one <= place.record_id]
        waits += [now - ringing.stored.pop(one) for one in through]
        time.sleep(0.01)
    return sorted(waits)


def main(kind: str, file: Path) -> None:
    """Import one file beside ringing panels and print what was measured."""
    prepare()
    worker, before = Worker(), Signal.objects.count()
    worker.turn()  # the work process has long been running
    ringing = Ringing(settings.HOME.journal)
    began = clock.monotonic()
    importing = subprocess.Popen(
        [sys.executable, "-m", "narvaro.config.cli", "import", kind, str(file)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ringing.start()
    try:
        waits = watch(worker, importing, ringing)
        took_s = clock.monotonic() - began
    finally:
        importing.terminate()
        importing.wait(10)
        ringing.stop.set()
        ringing.join(10)
    measured = {
        "code": importing.returncode,
        "import_s": took_s,
        "alarms": len(waits),
        "signals": Signal.objects.count() - before,
        "left": len(ringing.stored),
        "median_s": waits[len(waits) // 2],
        "p99_s": waits[-1 - len(waits) // 100],
        "longest_s": waits[-1],
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
