"""Imported files, and what a row of one carries. In: what an import writes. Out: rows, selections."""

from typing import Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from narvaro.spine.models import TenantRow

_Row = TypeVar("_Row", bound=models.Model)


class ImportBatch(TenantRow):
    """One imported file: its rows show from the moment it is published, all at once."""

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    kept = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)


class FromFileRow(models.Model):
    """A row that a file may have brought: hidden until its file is published, known by its key."""

    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="+")
    batch_id: UUID | None
    row_key = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class FromFileQuerySet(models.QuerySet[_Row]):
    """Selections of rows that files may have brought."""

    def published(self) -> Self:
        """Leave out rows of files that are still coming in."""
        return self.filter(Q(batch=None) | Q(batch__published_at__isnull=False))
