"""When, by clock: schedules."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords
from uuid_utils.compat import uuid7

from executions.admitting.overlap import OverlapPolicy
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY
from organizations.models import Organization
from schedules.calendars import OnExcluded
from schedules.misfire import CatchUpMode
from schedules.recurrence import Gap, Overlap
from schedules.spread import SpreadKind
from schedules.states import OnComplete, ScheduleState
from workflows.models import NAME, Workflow


def _choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Schedules(models.QuerySet["Schedule"]):
    """Named reads of schedules."""

    def due(self, now: datetime) -> "Schedules":
        """Return active schedules whose due time has come, the longest overdue first."""
        return self.filter(state=ScheduleState.ACTIVE, next_due_at__lte=now).order_by("next_due_at", "id")

    def to_resume(self, now: datetime) -> "Schedules":
        """Return paused schedules whose pause is over."""
        return self.filter(state=ScheduleState.PAUSED, paused_until__lte=now).order_by("paused_until")

    def visible(self) -> "Schedules":
        """Return schedules that are not archived."""
        return self.exclude(state=ScheduleState.ARCHIVED)

    def using_calendar(self, calendar_id: UUID) -> "Schedules":
        """Return schedules, archived ones too, that a calendar excludes times of."""
        return self.filter(calendars__contains=[calendar_id])


WHERE_IT_STANDS = [
    "state",
    "pause_reason",
    "paused_by",
    "paused_until",
    "error",
    "effective_from",
    "cursor_at",
    "ended_at",
    "last_fire_at",
    "next_fire_at",
    "next_due_at",
    "fires",
    "consecutive_failures",
    "skip_times",
    "zone_data",
    "updated_at",
]


class Schedule(models.Model):
    """A source of fire times for one workflow.

    `rules` is a JSON list of rules (`schedules.recurrence.rule_from_dict` has
    their shapes). `cursor_at` is the nominal time up to which every fire is
    accounted for; `last_fire_at` is the newest one started, and only grows.
    Settings have versions in `history`; where the schedule stands has not.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="schedules")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    input = models.JSONField(default=dict, blank=True)

    rules = models.JSONField(default=list)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Berlin.")
    start_at = models.DateTimeField(null=True, blank=True, help_text="Nothing fires before; inclusive.")
    end_at = models.DateTimeField(null=True, blank=True, help_text="Nothing fires after; inclusive.")
    dst_gap = models.CharField(max_length=12, choices=_choices(Gap), default=Gap.AT_GAP_END.value)
    dst_overlap = models.CharField(max_length=12, choices=_choices(Overlap), default=Overlap.FIRST.value)
    calendars = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text="Calendars whose times are excluded."
    )
    on_excluded = models.CharField(max_length=24, choices=_choices(OnExcluded), default=OnExcluded.DROP.value)
    spread = models.CharField(max_length=10, choices=_choices(SpreadKind), default=SpreadKind.NONE.value)
    spread_window = models.DurationField(default=timedelta(0), help_text="Due this much later at most.")

    overlap = models.CharField(
        max_length=16, choices=_choices(OverlapPolicy), default=OverlapPolicy.SKIP.value
    )
    max_active = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    catchup = models.CharField(max_length=10, choices=_choices(CatchUpMode), default=CatchUpMode.LATEST.value)
    catchup_window = models.DurationField(default=timedelta(hours=1))
    catchup_max = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of several late fires start at most this many, the newest."
    )
    start_deadline = models.DurationField(
        null=True, blank=True, help_text="A fire that no worker takes within this time is not run."
    )
    auto_pause_after = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(1000)], help_text="Failures in a row; 0 never pauses."
    )
    max_executions = models.PositiveIntegerField(
        null=True, blank=True, help_text="Completed after this many starts by the rules."
    )
    on_complete = models.CharField(max_length=10, choices=OnComplete.choices, default=OnComplete.KEEP)
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, validators=PRIORITY)
    queue = models.CharField(max_length=63, default=DEFAULT_QUEUE)
    managed_by = models.CharField(
        max_length=100, blank=True, editable=False, help_text="The source of schedules as code that owns it."
    )

    state = models.CharField(
        max_length=10, choices=ScheduleState.choices, default=ScheduleState.ACTIVE, editable=False
    )
    pause_reason = models.CharField(max_length=500, blank=True, editable=False)
    paused_by = models.CharField(max_length=150, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    effective_from = models.DateTimeField(editable=False, help_text="Nothing due before is started.")
    cursor_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(
        null=True, editable=False, help_text="When its last run ended; empty while one is active."
    )
    last_fire_at = models.DateTimeField(null=True, editable=False)
    next_fire_at = models.DateTimeField(null=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    fires = models.PositiveBigIntegerField(default=0, editable=False, help_text="Starts by the rules.")
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    skip_times = ArrayField(models.DateTimeField(), default=list, blank=True, editable=False)
    zone_data = models.CharField(max_length=20, blank=True, editable=False, help_text="tzdata of the search.")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False, help_text="Anchors intervals; never moves.")
    updated_at = models.DateTimeField(auto_now=True)

    # What django-simple-history looks for on the instance that is saved.
    skip_history_when_saving: bool
    _history_user: str
    _history_date: datetime
    _change_reason: str

    objects: ClassVar[Schedules] = Schedules.as_manager()  # type: ignore[assignment]
    history = HistoricalRecords(
        excluded_fields=WHERE_IT_STANDS,
        cascade_delete_history=True,
        history_user_id_field=models.CharField(max_length=150, blank=True, default=""),
        history_user_getter=lambda row: row.history_user_id,
        history_user_setter=lambda row, by: setattr(row, "history_user_id", by or ""),
        history_change_reason_field=models.CharField(max_length=500, blank=True, default=""),
    )

    class Meta:
        ordering = ("name",)
        indexes = (
            models.Index(
                fields=["next_due_at", "id"], condition=models.Q(state="active"), name="schedule_due"
            ),
            models.Index(
                fields=["organization"], condition=models.Q(state="error"), name="schedule_in_error"
            ),
            models.Index(
                fields=["paused_until"],
                condition=models.Q(state="paused", paused_until__isnull=False),
                name="schedule_pause_ends",
            ),
            GinIndex(fields=["calendars"], condition=~models.Q(calendars=[]), name="schedule_calendars"),
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
            # An active one without a due time waits for the end of its own run.
            models.CheckConstraint(
                condition=models.Q(state="active") | models.Q(next_due_at__isnull=True),
                name="schedule_due_only_while_active",
            ),
            models.CheckConstraint(condition=models.Q(max_active__gte=1), name="schedule_has_a_place"),
            models.CheckConstraint(
                condition=models.Q(max_executions__isnull=True)
                | models.Q(fires__lte=models.F("max_executions")),
                name="schedule_keeps_its_limit",
            ),
        )

    def __str__(self) -> str:
        return self.name
