"""Told: the append-only log of what happened."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Cast

from organizations.models import Organization

# Rows of transactions that may still be running are not readable yet: ids are
# assigned before commits, and a reader must never step over one.
SETTLED = "transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class Events(models.QuerySet["Event"]):
    """Named reads of the log."""

    def settled(self) -> "Events":
        """Return events before which no other can still appear, in their final order."""
        return self.extra(where=[SETTLED]).order_by("transaction_id", "id")

    def after(self, cursor: "Event") -> "Events":
        """Return events that follow `cursor` in the log's order."""
        same = models.Q(transaction_id=cursor.transaction_id, id__gt=cursor.pk)
        return self.filter(same | models.Q(transaction_id__gt=cursor.transaction_id))

    def of(self, organization_id: UUID) -> "Events":
        """Return the events of one organization."""
        return self.filter(organization_id=organization_id)


class Event(models.Model):
    """One thing that happened, with ids and small facts; never inputs or outputs."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    type = models.CharField(max_length=100)
    at = models.DateTimeField()
    workflow_id = models.UUIDField(null=True)
    schedule_id = models.UUIDField(null=True)
    execution_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    transaction_id = models.BigIntegerField(
        editable=False,
        db_default=Cast(
            Cast(
                models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                models.TextField(),
            ),
            models.BigIntegerField(),
        ),
    )

    objects: ClassVar[Events] = Events.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["organization", "transaction_id", "id"], name="event_log_order"),)

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"
