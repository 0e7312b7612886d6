"""What an operator has set for one queue of an organization."""

from django.db import models

from organizations.models import Organization


class QueueSetting(models.Model):
    """A queue that is paused, limited or ages; a queue without a row is none of that."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    name = models.CharField(max_length=63)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=150, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    max_running = models.PositiveIntegerField(null=True, help_text="Steps that run at once.")
    max_waiting = models.PositiveIntegerField(
        null=True, help_text="Ready steps beyond which starts are refused."
    )
    aging_seconds = models.PositiveIntegerField(
        null=True, help_text="A ready step gains one priority each time it has waited so long."
    )

    class Meta:
        verbose_name = "queue"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["organization", "name"], name="queue_setting_once"),)

    def __str__(self) -> str:
        return self.name
