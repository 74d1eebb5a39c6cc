"""Files on their way in, and alarms on their way out. In: uploads, cases. Out: drafts, forwards."""

from uuid import UUID

from django.db import models

from narvaro.access.models import Member
from narvaro.situation.models import Case
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


class Centre(TenantRow):
    """An alarm centre that alarms are passed on to, over SOS Access v4, at one address or two.

    We are one transmitter to it, with the code, the type and the authentication that it gave us.
    """

    name = models.CharField(max_length=80)
    host = models.CharField(max_length=120)
    port = models.PositiveIntegerField()
    second_host = models.CharField(max_length=120, blank=True)
    second_port = models.PositiveIntegerField(null=True)
    tls = models.BooleanField(default=True)
    ca_file = models.CharField(max_length=200, blank=True)
    receiver = models.CharField(max_length=20)
    transmitter_code = models.CharField(max_length=15)
    transmitter_type = models.CharField(max_length=5)
    sealed_authentication = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="centre_once")]

    def __str__(self) -> str:
        return self.name


class Forward(TenantRow):
    """A case's alarm on its way to a centre: what is said there, and what became of it.

    `content` is fixed when it is asked for: each try sends the same, so that a centre that has it
    already knows it again. Its id is the reference that the centre knows it by.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        DELIVERED = "delivered"
        REFUSED = "refused"  # the centre said no for good
        GIVEN_UP = "given_up"  # nobody took it in time

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="forwards")
    case_id: UUID
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="forwards")
    centre_id: UUID
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    status = models.PositiveSmallIntegerField(null=True)  # the centre's last answer
    asked_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "centre"], name="forward_once")]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(state="waiting"),
                name="forward_waiting",
            ),
        ]
