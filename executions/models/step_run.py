"""One step of one execution, and the tries that did not succeed."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from uuid_utils.compat import uuid7

from executions.models.columns import PRIORITY, final_iff_finished
from executions.models.execution import Execution
from executions.states import STEP_FINAL, StepState

WHOLE = -1  # item index of a step itself


class StepRuns(models.QuerySet["StepRun"]):
    """Named reads of step runs."""

    def whole(self) -> "StepRuns":
        """Return the rows of steps, without those of items."""
        return self.filter(item_index=WHOLE)

    def counted_items(self) -> Iterable[tuple[str, str, int]]:
        """Return step, state and number of items."""
        items = self.exclude(item_index=WHOLE).order_by("step", "state")
        return items.values_list("step", "state").annotate(models.Count("pk"))


class WaitsFor(models.TextChoices):
    """What ends the wait of a step run."""

    RETRY = "retry"  # the delay before its next attempt
    TIME = "time"  # an instant
    EVENT = "event"  # an event of the type in `waits_key`
    APPROVAL = "approval"  # a person
    EXECUTION = "execution"  # the end of another execution
    REMOTE = "remote"  # the answer of another application
    CIRCUIT = "circuit"  # the target in `waits_key` is not to be called now
    ITEMS = "items"  # the items of this step
    TURN = "turn"  # a place among the items that run at once


class StepRun(models.Model):
    """One step of one execution, or one item of it, and the queue's row.

    `attempt` fences: a worker writes only while the row still has the number
    that it claimed. `failures` and `crashes` count what the retry policy and the
    rescue decide by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    execution = models.ForeignKey(Execution, models.CASCADE, db_index=False, related_name="step_runs")
    organization_id = models.UUIDField(help_text="Of the execution; the claim takes turns by it.")
    step = models.CharField(max_length=80, help_text="Id in the definition, or `<id>.compensate`.")
    item_index = models.IntegerField(
        default=WHOLE, help_text="Place of an item in its list; -1 for the step itself."
    )
    item = models.JSONField(null=True)
    items_left = models.PositiveIntegerField(
        null=True, help_text="Of a step whose items run: how many have not ended."
    )
    items_next = models.PositiveIntegerField(
        null=True, help_text="Of a step whose items run: the next one to begin."
    )
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.READY)
    queue = models.CharField(max_length=63)
    priority = models.PositiveSmallIntegerField(validators=PRIORITY)
    available_at = models.DateTimeField(
        null=True, help_text="Since when it is ready; of a waiting one when it becomes so, if by itself."
    )
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    waits_for = models.CharField(max_length=10, blank=True, choices=WaitsFor.choices)
    waits_key = models.CharField(max_length=200, blank=True, help_text="Type of the event that it waits for.")
    resume_at = models.DateTimeField(null=True, help_text="When a wait ends.")
    progress = models.FloatField(null=True, help_text="What its code says of itself, 0 to 1.")
    progress_note = models.CharField(max_length=200, blank=True)
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
                "organization_id",
                models.F("priority").desc(),
                "available_at",
                "id",
                condition=models.Q(state="ready"),
                name="step_run_claim",
            ),
            models.Index(
                fields=["available_at"],
                condition=models.Q(state="waiting", available_at__isnull=False),
                name="step_run_due",
            ),
            models.Index(
                fields=["organization_id", "waits_for", "waits_key"],
                condition=models.Q(state="waiting", waits_for__in=["event", "approval", "circuit"]),
                name="step_run_waits_for",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(state="waiting", waits_for="execution"),
                name="step_run_waits_for_child",
            ),
            models.Index(
                fields=["lease_expires_at"], condition=models.Q(state="running"), name="step_run_lease"
            ),
            models.Index(
                fields=["organization_id", "queue", "waits_for"],
                condition=models.Q(state="waiting"),
                name="step_run_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["execution", "step", "item_index"], name="step_run_once_per_execution"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=StepState.values), name="step_run_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", lease_expires_at__isnull=False)
                | (~models.Q(state="running") & models.Q(lease_expires_at__isnull=True)),
                name="step_run_leased_iff_running",
            ),
            models.CheckConstraint(
                condition=(models.Q(state="waiting") & ~models.Q(waits_for=""))
                | (~models.Q(state="waiting") & models.Q(waits_for="")),
                name="step_run_waits_for_something_iff_waiting",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready") | models.Q(available_at__isnull=False),
                name="step_run_ready_since_some_time",
            ),
            final_iff_finished(STEP_FINAL, "step_run_final_iff_finished"),
        )

    def __str__(self) -> str:
        return self.step


class Approval(StepRun):
    """A step run that asks a person, as the console lists it."""

    class Meta:
        proxy = True


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
