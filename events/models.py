"""Told: the append-only log of what happened, who wants to hear of it, and what they have not heard yet."""

from typing import ClassVar, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThan

from events.patterns import ANY_SUBJECT
from organizations.models import Organization

TEXT = 255  # characters of a type, a source, an id or a subject


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

    What was sent has a `source`, an id of its own there, and the sender's data; its `execution_id` is that of
    the step that sent it, if one did.
    """

    # No database constraint: it would lock the organization's row for every event.
    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    type = models.CharField(max_length=TEXT)
    at = models.DateTimeField()
    workflow_id = models.UUIDField(null=True)
    schedule_id = models.UUIDField(null=True)
    execution_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=TEXT, blank=True, default="", db_default="")
    external_id = models.CharField(max_length=TEXT, blank=True, default="", db_default="")
    subject = models.CharField(max_length=TEXT, blank=True, default="", db_default="")
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
            models.Index(fields=["organization", "type", "transaction_id", "id"], name="event_of_type"),
            models.Index(
                fields=["organization", "source", "transaction_id", "id"],
                condition=~models.Q(source=""),
                name="event_of_source",
            ),
            models.Index(
                fields=["organization", "subject", "transaction_id", "id"],
                condition=~models.Q(subject=""),
                name="event_about",
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


class Subscription(models.Model):
    """Somebody wants events: of a pattern of types, and where something in them equals a value.

    `owner_id` says who, among those of `consumer`. `path` and `digest` name the
    value (see `patterns.digest`), "" and 0 none. `subject_id` narrows what
    Horarium itself tells to one workflow or schedule, so that what nobody
    wants is not handed out.
    """

    consumer = models.CharField(max_length=20)
    owner_id = models.UUIDField()
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    pattern = models.CharField(max_length=TEXT)
    path = models.CharField(max_length=TEXT, blank=True, default="")
    digest = models.BigIntegerField(default=0)
    subject_id = models.UUIDField(default=ANY_SUBJECT)

    class Meta:
        indexes = (
            models.Index(
                fields=["consumer", "organization", "pattern", "subject_id"], name="subscription_wanted"
            ),
            models.Index(
                fields=["consumer", "organization", "pattern", "path", "digest"],
                name="subscription_candidates",
            ),
            models.Index(fields=["owner_id"], name="subscription_of_owner"),
        )

    def __str__(self) -> str:
        return self.pattern


class Dispatch(models.Model):
    """An event that a consumer wants and has not dealt with; inserted with the event, deleted when it has.

    Whoever claims it has it until `available_at`; `attempts` fences those who were too slow.
    """

    event_id = models.BigIntegerField()
    consumer = models.CharField(max_length=20)
    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "event not handed on"
        verbose_name_plural = "events not handed on"
        indexes = (
            models.Index(
                fields=["consumer", "organization", "available_at", "event_id"], name="dispatch_available"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["event_id", "consumer"], name="dispatch_once_per_consumer"),
        )

    def __str__(self) -> str:
        return f"event {self.event_id} for {self.consumer}"
