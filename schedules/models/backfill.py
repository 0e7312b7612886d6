"""Runs of a schedule for times in the past, on request."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7

from executions.admitting.overlap import OverlapPolicy
from executions.models import PRIORITY
from schedules.models.schedule import Schedule


class Backfills(models.QuerySet["Backfill"]):
    """Named reads of backfills."""

    def due(self, now: datetime) -> "Backfills":
        """Return running backfills that have more to hand out, the longest waiting first."""
        return self.filter(state=Backfill.State.RUNNING, next_at__lte=now).order_by("next_at", "id")

    def open(self) -> "Backfills":
        """Return backfills that have not ended."""
        return self.filter(state__in=[Backfill.State.RUNNING, Backfill.State.PAUSED])


class Backfill(models.Model):
    """A request to run a schedule for the nominal times in [from_at, to_at].

    It drips: `cursor_at` is the last nominal time that was handed out or passed
    over; `next_at` is when beat looks at it again.
    """

    class State(models.TextChoices):
        RUNNING = "running"  # hands out times
        PAUSED = "paused"  # a person stopped it for a while
        CANCELLED = "cancelled"  # a person ended it; what has not started never will
        COMPLETED = "completed"  # every time is handed out

    class Order(models.TextChoices):
        OLDEST_FIRST = "oldest_first"
        NEWEST_FIRST = "newest_first"

    class Reprocess(models.TextChoices):
        """What to do with a time that has a run already."""

        MISSING = "missing"  # leave it
        FAILED = "failed"  # run it again where the newest one has failed or was cancelled
        ALL = "all"  # run it again

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="backfills")
    from_at = models.DateTimeField(help_text="Inclusive.")
    to_at = models.DateTimeField(help_text="Inclusive.")
    order = models.CharField(max_length=12, choices=Order.choices, default=Order.OLDEST_FIRST)
    reprocess = models.CharField(max_length=8, choices=Reprocess.choices, default=Reprocess.MISSING)
    overlap = models.CharField(
        max_length=16,
        choices=[(policy.value, policy.value.replace("_", " ")) for policy in OverlapPolicy],
        default=OverlapPolicy.ALLOW_ALL.value,
        help_text="Towards other runs of the schedule.",
    )
    concurrency = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    priority = models.PositiveSmallIntegerField(validators=PRIORITY)
    input = models.JSONField(null=True, blank=True, help_text="In place of the schedule's own.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)
    cursor_at = models.DateTimeField(null=True, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    total = models.PositiveIntegerField(help_text="Nominal times in the range, when it was requested.")
    started = models.PositiveIntegerField(default=0, editable=False)
    skipped = models.PositiveIntegerField(
        default=0, editable=False, help_text="Had a run already, or overlapped."
    )
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Backfills] = Backfills.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["next_at", "id"], condition=models.Q(state="running"), name="backfill_due"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(from_at__lte=models.F("to_at")), name="backfill_range_is_one"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state__in=["cancelled", "completed"], finished_at__isnull=False)
                    | models.Q(state__in=["running", "paused"], finished_at__isnull=True)
                ),
                name="backfill_final_iff_finished",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state="running", next_at__isnull=False)
                    | (~models.Q(state="running") & models.Q(next_at__isnull=True))
                ),
                name="backfill_due_iff_running",
            ),
        )

    def __str__(self) -> str:
        return f"Backfill of {self.schedule}"

    @property
    def fire_kind(self) -> str:
        """Return the kind of its executions."""
        return f"backfill:{self.pk}"
