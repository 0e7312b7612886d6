"""What happened: executions, their step runs and attempts, dead letters."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7

from executions.states import EXECUTION_FINAL, STEP_FINAL, ExecutionState, StepState
from organizations.models import Organization
from workflows.models import Workflow, WorkflowVersion

PRIORITY = (MinValueValidator(0), MaxValueValidator(9))  # 9 is claimed first
DEFAULT_PRIORITY = 5
DEFAULT_QUEUE = "default"


class Source(models.TextChoices):
    """What caused an execution."""

    SCHEDULE = "schedule"
    MANUAL = "manual"  # a person, in the console or by API
    CALL = "call"  # another application, by Celery
    BACKFILL = "backfill"  # a schedule, for a time in the past, on request
    REDRIVE = "redrive"  # a person, from a failed execution


def _final_iff_finished(final: frozenset[str], name: str) -> models.CheckConstraint:
    is_final = models.Q(state__in=sorted(final))
    is_finished = models.Q(finished_at__isnull=False)
    return models.CheckConstraint(condition=(is_final & is_finished) | (~is_final & ~is_finished), name=name)


class Execution(models.Model):
    """One run of a workflow version, from recorded to final state."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The version's constraint covers both: one more lock on a shared row for each start would buy nothing.
    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    workflow = models.ForeignKey(
        Workflow, models.CASCADE, db_index=False, db_constraint=False, related_name="executions"
    )
    version = models.ForeignKey(WorkflowVersion, models.PROTECT, db_index=False, related_name="+")
    state = models.CharField(max_length=10, choices=ExecutionState.choices, default=ExecutionState.RUNNING)
    source = models.CharField(max_length=10, choices=Source.choices)
    schedule_id = models.UUIDField(null=True, help_text="The schedule that started it.")
    fire_kind = models.CharField(max_length=60, blank=True)
    fire_at = models.DateTimeField(null=True, help_text="Nominal time, before spread.")
    idempotency_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null is 'no key'; '' would be one
    input = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, validators=PRIORITY)
    queue = models.CharField(max_length=63, default=DEFAULT_QUEUE)
    redrive_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, db_index=False, related_name="redrives"
    )
    started_by = models.CharField(max_length=150, blank=True)
    cancel_requested_at = models.DateTimeField(null=True)
    group_key = models.UUIDField(null=True, help_text="The group in which it holds or waits for a place.")
    group_limit = models.PositiveSmallIntegerField(
        default=1, help_text="Places of the group, when it was decided."
    )
    has_waiting = models.BooleanField(default=False, help_text="Its end must admit somebody of its group.")
    waits_until = models.DateTimeField(null=True, help_text="A pending execution is dropped then.")
    start_by = models.DateTimeField(null=True, help_text="Its first step must be taken until then.")
    is_watched = models.BooleanField(default=False, help_text="Its end is still to be told to its schedule.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["organization", "-created_at", "-id"], name="execution_newest"),
            models.Index(fields=["workflow", "-created_at", "-id"], name="execution_of_workflow"),
            models.Index(
                fields=["organization", "-created_at"],
                condition=models.Q(state="running"),
                name="execution_running",
            ),
            models.Index(
                fields=["group_key", "fire_at", "id"],
                condition=models.Q(group_key__isnull=False, state__in=["pending", "running"]),
                name="execution_in_group",
            ),
            models.Index(
                fields=["start_by"],
                condition=models.Q(state="running", start_by__isnull=False),
                name="execution_start_deadline",
            ),
            models.Index(
                fields=["finished_at", "id"],
                condition=models.Q(is_watched=True, finished_at__isnull=False),
                name="execution_end_to_tell",
            ),
        )
        constraints = (
            # One fire per nominal time; in this order it also finds the runs of a range of times.
            models.UniqueConstraint(
                fields=["schedule_id", "fire_at", "fire_kind"],
                condition=models.Q(schedule_id__isnull=False),
                name="execution_one_fire",
            ),
            models.UniqueConstraint(
                fields=["organization", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="execution_idempotency_key",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ExecutionState.values), name="execution_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(priority__gte=0, priority__lte=9), name="execution_priority_0_to_9"
            ),
            _final_iff_finished(EXECUTION_FINAL, "execution_final_iff_finished"),
            models.CheckConstraint(
                condition=~models.Q(state="pending") | models.Q(group_key__isnull=False),
                name="execution_waits_in_a_group",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class StepRuns(models.QuerySet["StepRun"]):
    """Named reads of step runs."""

    def expired(self, now: datetime) -> "StepRuns":
        """Return running step runs whose lease has ended."""
        return self.filter(state=StepState.RUNNING, lease_expires_at__lt=now)

    def overdue(self, now: datetime, *, by: timedelta) -> "StepRuns":
        """Return step runs that could have been claimed for longer than `by`."""
        return self.filter(state=StepState.READY, available_at__lt=now - by)


class StepRun(models.Model):
    """One step of one execution, and the queue's row.

    `attempt` fences: a worker writes only while the row still has the number
    that it claimed. `failures` and `crashes` count what the retry policy and the
    rescue decide by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    execution = models.ForeignKey(Execution, models.CASCADE, db_index=False, related_name="step_runs")
    step = models.CharField(max_length=63)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.READY)
    queue = models.CharField(max_length=63)
    priority = models.PositiveSmallIntegerField(validators=PRIORITY)
    available_at = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    resume_at = models.DateTimeField(null=True, help_text="When a wait ends.")
    output = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, help_text="When the newest attempt was claimed.")
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[StepRuns] = StepRuns.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("created_at", "id")
        indexes = (
            # The claim's order. The primary key must not be able to serve it.
            models.Index(
                "queue",
                models.F("priority").desc(),
                "available_at",
                "id",
                condition=models.Q(state="ready"),
                name="step_run_claim",
            ),
            models.Index(
                fields=["available_at"], condition=models.Q(state="ready"), name="step_run_available"
            ),
            models.Index(
                fields=["lease_expires_at"], condition=models.Q(state="running"), name="step_run_lease"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["execution", "step"], name="step_run_once_per_execution"),
            models.CheckConstraint(
                condition=models.Q(state__in=StepState.values), name="step_run_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", lease_expires_at__isnull=False)
                | (~models.Q(state="running") & models.Q(lease_expires_at__isnull=True)),
                name="step_run_leased_iff_running",
            ),
            _final_iff_finished(STEP_FINAL, "step_run_final_iff_finished"),
        )

    def __str__(self) -> str:
        return self.step


class Attempt(models.Model):
    """One try of a step run that did not succeed."""

    class Outcome(models.TextChoices):
        FAILED = "failed"  # raised, or answered with an error
        TIMED_OUT = "timed_out"  # exceeded the step's timeout
        LOST = "lost"  # its worker died or fell silent
        RELEASED = "released"  # handed back by a worker that was stopping; counts as nothing

    step_run = models.ForeignKey(StepRun, models.CASCADE, db_index=False, related_name="attempts")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    worker = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True, help_text="When the next attempt may start; empty for none.")

    class Meta:
        ordering = ("step_run", "number")
        constraints = (models.UniqueConstraint(fields=["step_run", "number"], name="attempt_number_once"),)

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"


class DeadLetter(models.Model):
    """A failed execution put aside for a person."""

    class Resolution(models.TextChoices):
        OPEN = "open"  # nobody has decided
        REDRIVEN = "redriven"  # started again as `redriven_as`
        DISCARDED = "discarded"  # closed with a note

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    execution = models.OneToOneField(Execution, models.CASCADE, related_name="dead_letter")
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


class Pulse(models.Model):
    """When a beat last passed, or a worker last asked for work: liveness is progress."""

    class Role(models.TextChoices):
        BEAT = "beat"
        WORKER = "worker"

    name = models.CharField(primary_key=True, max_length=200)
    role = models.CharField(max_length=10, choices=Role.choices)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("role", "name")
        indexes = (models.Index(fields=["role", "-seen_at"], name="pulse_newest"),)

    def __str__(self) -> str:
        return self.name
