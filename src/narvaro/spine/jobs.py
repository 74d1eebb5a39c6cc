"""Jobs: work outside a transaction. In: a kind and when. Out: a run by one worker at a time.

A job is leased while it runs; a worker that dies gives it up when the lease ends. A repeated job
keeps one row and moves its time forward.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from narvaro.spine import clock
from narvaro.spine.models import Job

logger = logging.getLogger(__name__)

Work = Callable[[], None]
_kinds: dict[str, Work] = {}

LEASE_S = 300


def does(kind: str) -> Callable[[Work], Work]:
    """Name the function that does jobs of this kind."""

    def register(work: Work) -> Work:
        _kinds[kind] = work
        return work

    return register


def repeat(kind: str, *, every_s: int) -> None:
    """See to it that a job of this kind runs every `every_s` seconds."""
    if kind not in _kinds:
        raise LookupError(f"Nothing does jobs of kind {kind!r}.")
    with transaction.atomic():
        found = (
            Job.objects.select_for_update(no_key=True)
            .filter(kind=kind, every_s__isnull=False)
            .first()
        )
        if found is None:
            Job.objects.create(kind=kind, run_at=clock.now(), every_s=every_s)
        elif found.every_s != every_s:
            found.every_s = every_s
            found.save(update_fields=["every_s"])


def enqueue(kind: str, *, run_at: datetime) -> None:
    """Ask for one run, in the caller's transaction; a waiting one of the same kind is enough."""
    if kind not in _kinds:
        raise LookupError(f"Nothing does jobs of kind {kind!r}.")
    waiting = Job.objects.filter(kind=kind, every_s=None, done_at=None, lease_until=None)
    if not waiting.filter(run_at__lte=run_at).exists():
        Job.objects.create(kind=kind, run_at=run_at)


def list_failing(times: int) -> list[Job]:
    """List the jobs that failed so many times in a row, or more."""
    return list(Job.objects.filter(done_at=None, failures__gte=times).order_by("kind", "pk"))


def run_due(now: datetime) -> int:
    """Run what is due at `now`; return how many ran without failing."""
    due = Job.objects.filter(done_at=None, run_at__lte=now)
    due = due.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    return sum(_run(job, now) for job in due.order_by("run_at")[:20])


def _run(job: Job, now: datetime) -> bool:
    free = Job.objects.filter(pk=job.pk, lease_until=job.lease_until, done_at=None)
    if not free.update(lease_until=now + timedelta(seconds=LEASE_S)):
        return False
    try:
        _kinds[job.kind]()
    except Exception as fault:
        # The job's fault is kept on its row and in the log; the others go on.
        logger.exception("job failed", extra={"job": job.kind})
        job.failures += 1
        job.last_error = f"{type(fault).__name__}: {fault}"
        job.run_at = now + timedelta(seconds=min(2**job.failures, 600))
        job.lease_until = None
        job.save()
        return False
    job.failures, job.last_error, job.lease_until = 0, "", None
    if job.every_s is None:
        job.done_at = now
    else:
        job.run_at = now + timedelta(seconds=job.every_s)
    job.save()
    return True
