"""Circuit breakers: whether a target may be called."""

from django.db import models
from uuid_utils.compat import uuid7

from organizations.models import Organization


class Circuit(models.Model):
    """What all workers know of one target of an organization; a target without a row is closed and clean."""

    class State(models.TextChoices):
        CLOSED = "closed"  # calls go through and are counted
        OPEN = "open"  # nothing is called before `retry_at`
        HALF_OPEN = "half_open"  # one probe decides

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    target = models.CharField(max_length=200, help_text="`http:<host>` or `task:<name>`.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLOSED)
    successes = models.PositiveIntegerField(default=0, help_text="Within the window.")
    failures = models.PositiveIntegerField(default=0, help_text="Within the window.")
    window_started_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="When an open one lets a probe through.")
    probing_until = models.DateTimeField(null=True, help_text="A probe that has not answered then is lost.")
    last_error = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("target",)
        constraints = (models.UniqueConstraint(fields=["organization", "target"], name="circuit_once"),)

    def __str__(self) -> str:
        return self.target
