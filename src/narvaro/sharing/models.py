"""Files on their way in, and how each source writes things. In: uploads. Out: drafts, mappings."""

from django.db import models

from narvaro.access.models import Member
from narvaro.spine.models import TenantRow


class SourceMapping(TenantRow):
    """How one source's columns are read, kept from the first time that a person mapped them."""

    kind = models.CharField(max_length=20)
    headers = models.CharField(max_length=64)  # digest of the headers as written
    mapping = models.JSONField(default=dict)  # header as written → column
    words = models.JSONField(default=dict)  # column → word as written → code

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "headers"], name="source_mapping_once"
            ),
        ]


class FileDraft(TenantRow):
    """One sheet of an uploaded file on its way in; the file itself lies in the home folder."""

    class State(models.TextChoices):
        """How far it has come."""

        NEW = "new"  # a whole file; nobody has looked into it yet
        READ = "read"
        QUEUED = "queued"
        RUNNING = "running"
        ASKS = "asks"  # places, words or refused rows wait for a person
        DONE = "done"
        FAILED = "failed"
        DROPPED = "dropped"

    file_name = models.CharField(max_length=200)
    sheet = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READ)
    tries = models.PositiveSmallIntegerField(default=0)  # runs begun since a person let it go on
    kind = models.CharField(max_length=20, blank=True)
    header = models.JSONField(default=dict)  # line, headers as written, first rows
    mapping = models.JSONField(default=dict)  # header as written → column
    answers = models.JSONField(default=dict)  # what a person said of places and words
    answered = models.BooleanField(default=False)
    done_rows = models.PositiveIntegerField(default=0)
    all_rows = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-uploaded_at"], name="draft_newest")]
