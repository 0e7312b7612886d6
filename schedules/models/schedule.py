"""When, by clock: schedules and the times they did not start."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.db import models
from uuid_utils.compat import uuid7

from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY
from organizations.models import Organization
from schedules.misfire import CatchUpMode
from schedules.recurrence import Gap, Overlap
from schedules.states import ScheduleState
from workflows.models import NAME, Workflow


def _choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Schedules(models.QuerySet["Schedule"]):
    """Named reads of schedules."""

    def due(self, now: datetime) -> "Schedules":
        """Return active schedules whose due time has come, the longest overdue first."""
        return self.filter(state=ScheduleState.ACTIVE, next_due_at__lte=now).order_by("next_due_at", "id")

    def visible(self) -> "Schedules":
        """Return schedules that are not archived."""
        return self.exclude(state=ScheduleState.ARCHIVED)


class Schedule(models.Model):
    """A source of fire times for one workflow.

    `rules` is a JSON list of rules (`schedules.recurrence.rule_from_dict` has
    their shapes). `cursor_at` is the nominal time up to which every fire is
    accounted for; `last_fire_at` is the newest one started, and only grows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="schedules")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    rules = models.JSONField(default=list)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Berlin.")
    start_at = models.DateTimeField(null=True, blank=True, help_text="Nothing fires before; inclusive.")
    end_at = models.DateTimeField(null=True, blank=True, help_text="Nothing fires after; inclusive.")
    dst_gap = models.CharField(max_length=12, choices=_choices(Gap), default=Gap.AT_GAP_END.value)
    dst_overlap = models.CharField(max_length=12, choices=_choices(Overlap), default=Overlap.FIRST.value)
    catchup = models.CharField(max_length=10, choices=_choices(CatchUpMode), default=CatchUpMode.LATEST.value)
    catchup_window = models.DurationField(default=timedelta(hours=1))
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, validators=PRIORITY)
    queue = models.CharField(max_length=63, default=DEFAULT_QUEUE)
    input = models.JSONField(default=dict, blank=True)

    state = models.CharField(
        max_length=10, choices=ScheduleState.choices, default=ScheduleState.ACTIVE, editable=False
    )
    pause_reason = models.CharField(max_length=500, blank=True, editable=False)
    paused_by = models.CharField(max_length=150, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    cursor_at = models.DateTimeField(editable=False)
    last_fire_at = models.DateTimeField(null=True, editable=False)
    next_fire_at = models.DateTimeField(null=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False, help_text="Anchors intervals; never moves.")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Schedules] = Schedules.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name",)
        indexes = (
            models.Index(
                fields=["next_due_at", "id"], condition=models.Q(state="active"), name="schedule_due"
            ),
            models.Index(
                fields=["organization"], condition=models.Q(state="error"), name="schedule_in_error"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=~models.Q(state="archived"),
                name="schedule_name_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ScheduleState.values), name="schedule_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state="active", next_due_at__isnull=False)
                    | (~models.Q(state="active") & models.Q(next_due_at__isnull=True))
                ),
                name="schedule_due_iff_active",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SkippedFire(models.Model):
    """Nominal times that were not started, and why; a range is one row with its count."""

    class Reason(models.TextChoices):
        MISFIRE = "misfire"  # reached later than the catch-up window or mode allows
        ERROR = "error"  # the schedule could not be evaluated or started; `detail` says why
        PAUSED = "paused"  # was due and not started yet when a person paused the schedule
        EDITED = "edited"  # was due and not started yet when the rules changed
        ARCHIVED = "archived"  # was due and not started yet when the schedule was archived

    schedule = models.ForeignKey(Schedule, models.CASCADE, db_index=False, related_name="skipped_fires")
    first_fire_at = models.DateTimeField()
    last_fire_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    detail = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_fire_at",)
        constraints = (
            models.UniqueConstraint(fields=["schedule", "first_fire_at", "reason"], name="skipped_fire_once"),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="skipped_fire_counts"),
        )

    def __str__(self) -> str:
        return f"{self.count} skipped: {self.reason}"
