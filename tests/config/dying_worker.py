"""The worker's own loop, killed at one moment of a step of an escalation.

    NARVARO_HOME=… python -m tests.config.dying_worker told | stepped | committed

`told`: the first message is written, and no more. `stepped`: all is written, nothing is committed.
`committed`: all is, and the worker knows nothing of it.
"""

import json
import os
import signal
import sys
from datetime import datetime

os.environ["DJANGO_SETTINGS_MODULE"] = "narvaro.config.settings"

import django

django.setup()

from django.db import transaction

from narvaro.config import work
from narvaro.dispatch import escalation
from narvaro.spine import notifications, timers
from narvaro.spine.models import Timer


def die() -> None:
    """End as `kill -9` does, here and now."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Let the next step of an escalation that this process takes be its last."""
    if point == "told":
        put = notifications.put

        def put_and_die(**given: object) -> None:
            put(**given)  # type: ignore[arg-type]  # as given
            die()

        notifications.put = put_and_die
        return
    step_up = timers._handlers[escalation.ESCALATE]

    def step_and_die(timer: Timer, now: datetime) -> None:
        step_up(timer, now)
        if point == "stepped":
            die()
        transaction.on_commit(die)

    timers._handlers[escalation.ESCALATE] = step_and_die


if __name__ == "__main__":
    arm(sys.argv[1])
    work.run(lambda: print(json.dumps({"event": "ready", "process": "work"}), flush=True))
