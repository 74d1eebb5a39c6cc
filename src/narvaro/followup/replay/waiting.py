"""What-ifs as they are waited for. In: rows that wait. Out: rows with answers, or with why there is none."""

import logging

from narvaro.core.said import Said
from narvaro.followup.models import WhatIf
from narvaro.followup.replay import actions
from narvaro.followup.replay.loading import load
from narvaro.followup.replay.running import Stopped, run
from narvaro.followup.replay.scenario import Asked
from narvaro.spine import clock
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

EVERY_S = 1.0


class _Progress:
    """Notes progress on the row, at most once a second; `go_on` is what was said of it last."""

    def __init__(self, what_if: WhatIf) -> None:
        self.what_if = what_if
        self.noted_at = -EVERY_S
        self.is_wanted = True

    def __call__(self, share: float) -> None:
        now = clock.monotonic()
        if now - self.noted_at >= EVERY_S:
            self.noted_at = now
            self.is_wanted = actions.note_progress(what_if=self.what_if, share=share)

    def go_on(self) -> bool:
        """Tell whether somebody still waits for it."""
        return self.is_wanted


def run_waiting() -> int:
    """Play what waits, until nothing does; return how many were played."""
    actions.requeue_interrupted(at=clock.now())
    done = 0
    while what_if := actions.take_next(at=clock.now()):
        play_one(what_if)
        done += 1
    return done


def play_one(what_if: WhatIf) -> None:
    """Play one that was taken in hand; what fails is kept on it, in words."""
    progress = _Progress(what_if)
    try:
        loaded = load(what_if.tenant, Asked.of(what_if.asked), clock.now())
        answer = run(loaded, progress, progress.go_on)
        actions.finish(what_if=what_if, answer=answer, at=clock.now())
    except Stopped:
        logger.info("what-if stopped", extra={"what_if": str(what_if.pk)})
    except Refused as no:
        actions.fail(what_if=what_if, why=Said.of(no.detail), at=clock.now())
    except Exception as fault:
        # A fault of ours: kept on the row for the person, with its trace in the log.
        logger.exception("a what-if could not be played", extra={"what_if": str(what_if.pk)})
        why = Said(
            "a fault of the program itself stopped it (%(fault)s); tell those who run the program",
            fault=type(fault).__name__,
        )  # fmt: skip
        actions.fail(what_if=what_if, why=why, at=clock.now())
