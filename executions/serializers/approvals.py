"""Decisions that people are asked for, as JSON."""

from typing import Any

from rest_framework import serializers

from executions.approvals import MAX_NOTE
from executions.models import StepRun
from executions.serializers.executions import ItemIndexField
from executions.states import StepState
from organizations.strict import ObjectField, StrictSerializer


class DecisionSerializer(StrictSerializer):
    """What a person says beside yes or no."""

    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="")
    form = ObjectField(default=dict, help_text="Fits the form; may be left empty when rejecting.")


class ApprovalSerializer(serializers.ModelSerializer[StepRun]):
    """A step that asks a person."""

    execution = serializers.UUIDField(source="execution_id")
    workflow = serializers.UUIDField(source="execution.workflow_id")
    workflow_name = serializers.CharField(source="execution.workflow.name")
    message = serializers.SerializerMethodField(help_text="What is asked, while it is.")
    form = serializers.SerializerMethodField(help_text="JSON Schema of what is to be filled in.")
    item_index = ItemIndexField(help_text="Place in the list; null for the step itself.")
    asked_at = serializers.DateTimeField(source="started_at")
    deadline_at = serializers.DateTimeField(source="resume_at", allow_null=True)
    decision = serializers.SerializerMethodField(help_text="The step's output, once there is one.")

    class Meta:
        model = StepRun
        fields = (
            "id",
            "execution",
            "workflow",
            "workflow_name",
            "step",
            "item_index",
            "state",
            "message",
            "form",
            "asked_at",
            "deadline_at",
            "decision",
            "error",
        )
        read_only_fields = fields

    def get_message(self, asked: StepRun) -> str:
        """Return what is asked."""
        return str(self._kept(asked).get("message", ""))

    def get_form(self, asked: StepRun) -> dict[str, Any]:
        """Return the schema of the form."""
        return dict(self._kept(asked).get("form", {}))

    def get_decision(self, asked: StepRun) -> dict[str, Any] | None:
        """Return what was decided."""
        return asked.output if asked.state == StepState.COMPLETED else None

    def _kept(self, asked: StepRun) -> dict[str, Any]:
        return (asked.output or {}) if asked.state == StepState.WAITING else {}
