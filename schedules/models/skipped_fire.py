"""The times that were not started, and why."""

from django.db import models

from schedules.models.schedule import Schedule
from schedules.reasons import Reason


class SkippedFire(models.Model):
    """Nominal times that were not started, and why; a range is one row with its count."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, db_index=False, related_name="skipped_fires")
    first_fire_at = models.DateTimeField()
    last_fire_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    reason = models.CharField(
        max_length=20, choices=[(reason.value, reason.value.replace("_", " ")) for reason in Reason]
    )
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_fire_at",)
        indexes = (models.Index(fields=["schedule", "-last_fire_at"], name="skipped_fire_newest"),)
        constraints = (
            models.UniqueConstraint(fields=["schedule", "first_fire_at", "reason"], name="skipped_fire_once"),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="skipped_fire_counts"),
        )

    def __str__(self) -> str:
        return f"{self.count} skipped: {self.reason}"
