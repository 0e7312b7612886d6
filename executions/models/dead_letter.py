"""Failed executions put aside for a person."""

from django.db import models
from uuid_utils.compat import uuid7

from executions.models.execution import Execution
from organizations.models import Organization


class DeadLetter(models.Model):
    """A failed execution put aside for a person."""

    class Resolution(models.TextChoices):
        OPEN = "open"  # nobody has decided
        REDRIVEN = "redriven"  # started again as `redriven_as`
        DISCARDED = "discarded"  # closed with a note

    class Cause(models.TextChoices):
        FAILED = "failed"  # a step failed after its last retry
        TIMED_OUT = "timed_out"  # a step, or the execution, took too long
        CRASHED = "crashed"  # a step took its worker down again and again
        AMBIGUOUS = "ambiguous"  # nobody knows whether an attempt had its effect

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    execution = models.OneToOneField(Execution, models.CASCADE, related_name="dead_letter")
    cause = models.CharField(max_length=10, choices=Cause.choices, default=Cause.FAILED)
    reason = models.TextField()
    resolution = models.CharField(max_length=10, choices=Resolution.choices, default=Resolution.OPEN)
    note = models.CharField(max_length=500, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True)
    resolved_at = models.DateTimeField(null=True)
    redriven_as = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["organization", "resolution", "-created_at"], name="dead_letter_open"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(resolution="open", resolved_at__isnull=True)
                | (~models.Q(resolution="open") & models.Q(resolved_at__isnull=False)),
                name="dead_letter_resolved_iff_dated",
            ),
        )

    def __str__(self) -> str:
        return f"dead letter of {self.execution_id}"
