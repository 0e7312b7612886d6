"""Executions, their steps and attempts as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from executions.admitting.limits import reasons
from executions.models import WHOLE, Attempt, Execution, StepRun
from executions.running import outputs
from executions.states import STEP_FINAL, ExecutionState
from organizations.strict import StrictSerializer
from workflows.services import definition_of


class ExecutionSummarySerializer(serializers.ModelSerializer[Execution]):
    """An execution in a list, without its input and steps."""

    workflow = serializers.UUIDField(source="workflow_id")
    workflow_name = serializers.CharField(source="workflow.name")
    version = serializers.IntegerField(source="version.number")
    redrive_of = serializers.UUIDField(source="redrive_of_id", allow_null=True)
    parent_step = serializers.UUIDField(
        source="parent_step_id", allow_null=True, help_text="The step run that waits for its end."
    )

    class Meta:
        model = Execution
        fields = (
            "id",
            "workflow",
            "workflow_name",
            "version",
            "state",
            "source",
            "schedule_id",
            "fire_at",
            "trigger_id",
            "event_id",
            "depth",
            "priority",
            "queue",
            "idempotency_key",
            "redrive_of",
            "started_by",
            "error",
            "parent_step",
            "deadline_at",
            "cancel_requested_at",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try of a step that did not succeed."""

    class Meta:
        model = Attempt
        fields = (
            "number",
            "outcome",
            "error",
            "traceback",
            "worker",
            "started_at",
            "finished_at",
            "retry_at",
        )
        read_only_fields = fields


class ItemIndexField(serializers.IntegerField):
    """Place of an item in its list, null for a step itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: int) -> int | None:  # type: ignore[override]
        """Return the place."""
        return None if value == WHOLE else value


class StepRunSerializer(serializers.ModelSerializer[StepRun]):
    """One step of an execution, or one item of it; `attempts` are those that did not succeed."""

    attempts = AttemptSerializer(many=True)
    item_index = ItemIndexField(help_text="Place in the list; null for the step itself.")
    output = serializers.SerializerMethodField(help_text="Null until it has ended.")

    @extend_schema_field(serializers.JSONField(allow_null=True))
    def get_output(self, run: StepRun) -> Any:
        """Return the output; what a waiting step keeps for itself is none."""
        return run.output if run.state in STEP_FINAL else None

    class Meta:
        model = StepRun
        fields = (
            "id",
            "step",
            "item_index",
            "item",
            "kind",
            "state",
            "waits_for",
            "queue",
            "priority",
            "available_at",
            "attempt",
            "failures",
            "crashes",
            "worker",
            "resume_at",
            "progress",
            "progress_note",
            "output",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "attempts",
        )
        read_only_fields = fields


class ItemsSerializer(serializers.Serializer[Any]):
    """How many items of a `for_each` step are in which state."""

    step = serializers.CharField()
    states = serializers.DictField(child=serializers.IntegerField())


class ExecutionSerializer(ExecutionSummarySerializer):
    """An execution with everything that is known of it, but its items, which may be thousands."""

    input = serializers.DictField()
    output = serializers.SerializerMethodField(help_text="Null unless it has completed.")
    waiting_reason = serializers.SerializerMethodField(help_text="Of a pending one; empty for others.")
    steps = StepRunSerializer(source="step_runs", many=True)
    items = serializers.SerializerMethodField(help_text="Of steps that run for each entry of a list.")

    @extend_schema_field(serializers.JSONField(allow_null=True))
    def get_output(self, execution: Execution) -> Any:
        """Return what the execution has given."""
        if execution.state != ExecutionState.COMPLETED:
            return None
        giving = outputs.giving_step(definition_of(execution.version_id))
        return next((run.output for run in execution.step_runs.all() if run.step == giving), None)

    def get_waiting_reason(self, execution: Execution) -> str:
        """Return what a pending execution waits for."""
        return reasons.reason(execution)

    @extend_schema_field(ItemsSerializer(many=True))
    def get_items(self, execution: Execution) -> list[dict[str, Any]]:
        """Return the counts of items."""
        if all(run.items_left is None for run in execution.step_runs.all()):
            return []
        counts: dict[str, dict[str, int]] = {}
        for step, state, count in StepRun.objects.filter(execution=execution.pk).counted_items():
            counts.setdefault(step, {})[state] = count
        return [{"step": step, "states": states} for step, states in counts.items()]

    class Meta(ExecutionSummarySerializer.Meta):
        fields = (  # type: ignore[assignment]
            *ExecutionSummarySerializer.Meta.fields,
            "input",
            "output",
            "waiting_reason",
            "steps",
            "items",
        )
        read_only_fields = fields  # type: ignore[assignment]


class NothingSerializer(StrictSerializer):
    """A body without fields."""
