"""What ended in one queue within one minute."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class QueueMinute(models.Model):
    """Counts and histograms of the attempts that ended; see `executions.queues.histogram` for the buckets."""

    organization_id = models.UUIDField()
    minute_at = models.DateTimeField(help_text="When the minute began.")
    queue = models.CharField(max_length=63)
    attempts = models.PositiveIntegerField()
    failed = models.PositiveIntegerField(help_text="Of the attempts.")
    waited_seconds = models.FloatField(help_text="From ready to claimed, all attempts together.")
    ran_seconds = models.FloatField(help_text="From claimed to ended, all attempts together.")
    waits = ArrayField(models.PositiveIntegerField(), help_text="Attempts by how long they waited.")
    runs = ArrayField(models.PositiveIntegerField(), help_text="Attempts by how long they ran.")

    class Meta:
        ordering = ("-minute_at", "queue")
        constraints = (
            # In this order it also serves what an organization did since a time.
            models.UniqueConstraint(
                fields=["organization_id", "minute_at", "queue"], name="queue_minute_once"
            ),
        )

    def __str__(self) -> str:
        return self.queue
