"""Writes of what-ifs: asked for, stopped, played, done, failed."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.core.said import Said
from narvaro.followup.models import WhatIf
from narvaro.followup.replay.queries import UNDER_WAY, what_ifs_seen_by
from narvaro.followup.replay.scenario import Answer, Asked
from narvaro.spine.events import hold
from narvaro.spine.refusal import Missing, Refused

AT_ONCE = 3  # of an organisation
MOST_TRIES = 2
State = WhatIf.State
CUT_OFF = Said("it was ended twice while it was played; ask for fewer days or runs")


@transaction.atomic
def ask_what_if(*, viewer: Viewer, asked: Asked, at: datetime) -> WhatIf:
    """Ask for a replay; raises Missing, or Refused where three of one's own are still to be played."""
    viewer.require(Record.REPLAY, Verb.WRITE)
    hold(viewer.tenant_id)
    mine = WhatIf.objects.filter(tenant_id=viewer.tenant_id, organisation_id=viewer.organisation_id)
    if mine.filter(state__in=UNDER_WAY).count() >= AT_ONCE:
        said = Said("%(count)s are still to be played; wait, or stop one", count=AT_ONCE)
        raise Refused("too_many_what_ifs", said)
    return WhatIf.objects.create(
        tenant_id=viewer.tenant_id, organisation_id=viewer.organisation_id, asked=asked.to_json(),
        asked_by_id=viewer.member_id, asked_at=at,
    )  # fmt: skip


@transaction.atomic
def stop_what_if(*, viewer: Viewer, what_if_id: UUID, at: datetime) -> None:
    """Stop what is still to be played, or is; it ends between two runs. Raises Missing."""
    viewer.require(Record.REPLAY, Verb.WRITE)
    hold(viewer.tenant_id)
    found = what_ifs_seen_by(viewer).filter(pk=what_if_id)
    if not found.exists():
        raise Missing
    WhatIf.objects.filter(pk=what_if_id, state__in=UNDER_WAY).update(
        state=State.STOPPED, done_at=at
    )


@transaction.atomic
def take_next(*, at: datetime) -> WhatIf | None:
    """Take the one in hand that has waited longest, of any tenant."""
    waiting = WhatIf.objects.filter(state=State.WAITING).order_by("asked_at", "pk")
    found = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if found is None:
        return None
    found.state, found.started_at, found.progress = State.RUNNING, at, 0.0
    found.tries += 1
    found.save(update_fields=["state", "started_at", "progress", "tries"])
    return found


def note_progress(*, what_if: WhatIf, share: float) -> bool:
    """Note how far it has come; return whether it is to go on: nobody has stopped it."""
    running = WhatIf.objects.filter(pk=what_if.pk, state=State.RUNNING)
    return bool(running.update(progress=min(1.0, max(0.0, share))))


def finish(*, what_if: WhatIf, answer: Answer, at: datetime) -> None:
    """Keep the answer; what somebody has stopped meanwhile stays stopped."""
    WhatIf.objects.filter(pk=what_if.pk, state=State.RUNNING).update(
        state=State.DONE, answer=answer.to_json(), progress=1.0, done_at=at
    )


def fail(*, what_if: WhatIf, why: Said, at: datetime) -> None:
    """Keep why it could not be played, and what to do."""
    WhatIf.objects.filter(pk=what_if.pk, state=State.RUNNING).update(
        state=State.FAILED, why=why.to_json(), done_at=at
    )


def requeue_interrupted(*, at: datetime) -> None:
    """Let what was cut off be played anew, once; what ended twice is said to be too much.

    Called by the one process that plays, before it takes any.
    """
    cut_off = WhatIf.objects.filter(state=State.RUNNING)
    for one in cut_off.filter(tries__gte=MOST_TRIES):
        fail(what_if=one, why=CUT_OFF, at=at)
    cut_off.update(state=State.WAITING, progress=0.0)
