"""Told: the append-only log of what happened."""

from typing import ClassVar, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThan

from organizations.models import Organization


class Position(NamedTuple):
    """A place in the log's order."""

    transaction_id: int
    id: int


BEGINNING = Position(0, 0)


class OldestRunning(models.Func):
    """The id of the oldest transaction that may still be running, as the statement's snapshot sees it.

    Ids are assigned before commits, so what is below it is final, and a reader
    that stays below it never steps over a row.
    """

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()


class Row(models.Func):
    """A row value: comparing two of them is one condition of the index, which two columns ORed are not."""

    function = "ROW"
    output_field = models.BigIntegerField()


class Events(models.QuerySet["Event"]):
    """Named reads of the log. Reads in order rely on the index `event_log_order`."""

    def settled(self) -> "Events":
        """Return events before which no other can still appear, in their final order."""
        return self.filter(transaction_id__lt=OldestRunning()).in_order()

    def in_order(self) -> "Events":
        """Return events in the log's order; those that may still get a predecessor come last."""
        return self.order_by("transaction_id", "id")

    def after(self, place: "Event | Position") -> "Events":
        """Return events that follow `place` in the log's order."""
        here = Row(models.F("transaction_id"), models.F("id"))
        there = Row(models.Value(place.transaction_id), models.Value(place.id))
        return self.filter(GreaterThan(here, there))

    def marked(self) -> "Events":
        """Add `is_settled`: whether no other event can still appear before this one."""
        return self.annotate(is_settled=LessThan(models.F("transaction_id"), OldestRunning()))

    def of(self, organization_id: UUID) -> "Events":
        """Return the events of one organization."""
        return self.filter(organization_id=organization_id)


class Event(models.Model):
    """One thing that happened, with ids and small facts, never inputs or outputs; or one that was sent to us.

    What was sent has a `source`, an id of its own there, and the sender's data.
    """

    # No database constraint: it would lock the organization's row for every event.
    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    type = models.CharField(max_length=100)
    at = models.DateTimeField()
    workflow_id = models.UUIDField(null=True)
    schedule_id = models.UUIDField(null=True)
    execution_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=200, blank=True, default="", db_default="")
    external_id = models.CharField(max_length=200, blank=True, default="", db_default="")
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
        indexes = (
            models.Index(fields=["organization", "transaction_id", "id"], name="event_log_order"),
            models.Index(
                fields=["organization", "type", "transaction_id", "id"],
                condition=~models.Q(source=""),
                name="event_sent",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "source", "external_id"],
                condition=~models.Q(source=""),
                name="event_sent_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"

    @property
    def position(self) -> Position:
        """Return where the log's order has this event."""
        return Position(self.transaction_id, self.pk)
