"""Executions, their steps and attempts, and dead letters as JSON."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, Attempt, DeadLetter, Execution, StepRun
from organizations.strict import ObjectField, StrictSerializer

PRIORITY_HELP = "0 to 9; 9 runs first."
KEY_HELP = "Names the cause: the same key never starts two executions. Also as header Idempotency-Key."


class ExecutionSummarySerializer(serializers.ModelSerializer[Execution]):
    """An execution in a list, without its input and steps."""

    workflow = serializers.UUIDField(source="workflow_id")
    workflow_name = serializers.CharField(source="workflow.name")
    version = serializers.IntegerField(source="version.number")
    redrive_of = serializers.UUIDField(source="redrive_of_id", allow_null=True)

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
            "priority",
            "queue",
            "idempotency_key",
            "redrive_of",
            "started_by",
            "error",
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


class StepRunSerializer(serializers.ModelSerializer[StepRun]):
    """One step of an execution; `attempts` are those that did not succeed."""

    attempts = AttemptSerializer(many=True)

    class Meta:
        model = StepRun
        fields = (
            "id",
            "step",
            "kind",
            "state",
            "queue",
            "priority",
            "available_at",
            "attempt",
            "failures",
            "crashes",
            "worker",
            "resume_at",
            "output",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "attempts",
        )
        read_only_fields = fields


class ExecutionSerializer(ExecutionSummarySerializer):
    """An execution with everything that is known of it."""

    input = serializers.DictField()
    steps = StepRunSerializer(source="step_runs", many=True)

    class Meta(ExecutionSummarySerializer.Meta):
        fields = (*ExecutionSummarySerializer.Meta.fields, "input", "steps")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class StartSerializer(StrictSerializer):
    """How to start a workflow once."""

    input = ObjectField(default=dict, help_text="Fits the workflow's inputs.")
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(default=DEFAULT_QUEUE, max_length=63)
    idempotency_key = serializers.CharField(
        required=False, max_length=200, trim_whitespace=False, help_text=KEY_HELP
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, with the key from the header where that has one."""
        header = self.context["request"].headers.get("Idempotency-Key")
        if header is None or not isinstance(data, Mapping):
            return super().to_internal_value(data)
        if data.get("idempotency_key", header) != header:
            raise ValidationError({"idempotency_key": ["differs from the header; send one of them"]})
        return super().to_internal_value({**data, "idempotency_key": header})

    def validate_idempotency_key(self, value: str) -> str:
        """Refuse what the database cannot hold or a person cannot read."""
        if not value.isprintable():
            raise ValidationError("write printable characters")
        return value


class StartedSerializer(serializers.Serializer[Any]):
    """The execution that the cause has, and whether this request created it."""

    id = serializers.UUIDField()
    result = serializers.ChoiceField(["created", "replayed"])


class NothingSerializer(StrictSerializer):
    """A body without fields."""


class RetrySerializer(StrictSerializer):
    """How to start an execution again."""

    input = ObjectField(required=False, help_text="In place of the old input.")


class DiscardSerializer(StrictSerializer):
    """Why a dead letter is closed."""

    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class DeadLetterSerializer(serializers.ModelSerializer[DeadLetter]):
    """A failed execution put aside for a person."""

    execution = serializers.UUIDField(source="execution_id")
    workflow = serializers.UUIDField(source="execution.workflow_id")
    workflow_name = serializers.CharField(source="execution.workflow.name")
    redriven_as = serializers.UUIDField(source="redriven_as_id", allow_null=True)

    class Meta:
        model = DeadLetter
        fields = (
            "id",
            "execution",
            "workflow",
            "workflow_name",
            "reason",
            "resolution",
            "note",
            "resolved_by",
            "resolved_at",
            "redriven_as",
            "created_at",
        )
        read_only_fields = fields
