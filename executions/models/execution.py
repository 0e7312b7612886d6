"""One run of a workflow version."""

from django.db import models
from uuid_utils.compat import uuid7

from executions.models.columns import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY, final_iff_finished
from executions.states import EXECUTION_FINAL, ExecutionState
from organizations.models import Organization
from workflows.models import Workflow, WorkflowVersion


class Source(models.TextChoices):
    """What caused an execution."""

    SCHEDULE = "schedule"
    MANUAL = "manual"  # a person, in the console or by API
    CALL = "call"  # another application, by Celery
    BACKFILL = "backfill"  # a schedule, for a time in the past, on request
    REDRIVE = "redrive"  # a person, from a failed execution
    PARENT = "parent"  # a step of another execution
    EVENT = "event"  # a trigger, for an event
    CHAIN = "chain"  # a trigger, for the end of another execution
    WEBHOOK = "webhook"  # a delivery to an endpoint of ours


class Ending(models.TextChoices):
    """As what an execution ends whose end was requested."""

    CANCELLED = "cancelled"  # by a person, a program or a newer run
    TIMED_OUT = "timed_out"  # by its deadline


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
    trigger_id = models.UUIDField(null=True, help_text="The trigger, or the webhook, that started it.")
    event_id = models.BigIntegerField(null=True, help_text="The event for which it was started.")
    depth = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many ends and events led to it, one after the other."
    )
    parent_step_id = models.UUIDField(null=True, help_text="The step run that waits for its end.")
    deadline_at = models.DateTimeField(null=True, help_text="It is ended as timed out then.")
    cancel_requested_at = models.DateTimeField(null=True, help_text="When its end was requested.")
    ends_as = models.CharField(
        max_length=10, blank=True, choices=Ending.choices, help_text="Final state of a requested end."
    )
    group_key = models.UUIDField(null=True, help_text="The group in which it holds or waits for a place.")
    group_limit = models.PositiveSmallIntegerField(
        default=1, help_text="Places of the group, when it was decided."
    )
    has_waiting = models.BooleanField(default=False, help_text="Its end must admit somebody of its group.")
    waits_until = models.DateTimeField(null=True, help_text="A pending execution is dropped then.")
    start_by = models.DateTimeField(null=True, help_text="Its first step must be taken until then.")
    has_places = models.BooleanField(default=False, help_text="It has rows in the limits of its workflow.")
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
            models.Index(
                fields=["deadline_at"],
                condition=models.Q(state="running", deadline_at__isnull=False),
                name="execution_deadline",
            ),
            models.Index(
                fields=["trigger_id", "-created_at", "-id"],
                condition=models.Q(trigger_id__isnull=False),
                name="execution_of_trigger",
            ),
            models.Index(
                fields=["parent_step_id"],
                condition=models.Q(parent_step_id__isnull=False),
                name="execution_of_parent",
            ),
            models.Index(
                fields=["parent_step_id"],
                condition=models.Q(parent_step_id__isnull=False, state__in=["pending", "running"]),
                name="execution_running_child",
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
            final_iff_finished(EXECUTION_FINAL, "execution_final_iff_finished"),
            models.CheckConstraint(
                condition=~models.Q(state="pending")
                | models.Q(group_key__isnull=False)
                | models.Q(has_places=True),
                name="execution_waits_in_a_group",
            ),
            models.CheckConstraint(
                condition=models.Q(cancel_requested_at__isnull=True, ends_as="")
                | (models.Q(cancel_requested_at__isnull=False) & ~models.Q(ends_as="")),
                name="execution_end_requested_as_something",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
