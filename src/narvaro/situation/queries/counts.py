"""Counts over the whole installation, for its metrics. No viewer asks, and no row is told: numbers alone."""

from django.db.models import Count

from narvaro.situation.models import Case
from narvaro.spine.models import Trouble


def count_open_cases() -> dict[str, int]:
    """Count the cases that are not closed, by kind; a kind without any counts 0."""
    lasting = Case.objects.exclude(state=Case.State.CLOSED).values_list("kind")
    found = dict(lasting.annotate(count=Count("pk")).values_list("kind", "count"))
    return {kind: found.get(kind, 0) for kind in Case.Kind.values}


def count_lasting_troubles() -> int:
    """Count the troubles that have not ended."""
    return Trouble.objects.filter(ended_at=None).count()
