"""How far promotion has come in each receiver's journal, and when each transmitter was last seen."""

from django.db import models

from narvaro.directory.models import Transmitter


class JournalPlace(models.Model):
    """The last journal record that was promoted, per receiver."""

    receiver_id = models.CharField(primary_key=True, max_length=40)
    record_id = models.BigIntegerField(default=0)


class LastSeen(models.Model):
    """When a transmitter was last heard, alarms and polls alike."""

    transmitter = models.OneToOneField(
        Transmitter, primary_key=True, on_delete=models.CASCADE, related_name="last_seen"
    )
    at = models.DateTimeField()
