"""Decisions that people are asked for, as JSON."""

from typing import Any, cast

from rest_framework import serializers

from executions.models import StepRun
from executions.serializers.executions import ItemIndexField
from executions.steps.approval import asked_in
from executions.waiting.approvals import MAX_NOTE
from organizations.strict import ObjectField, StrictSerializer
from workflows.definition import ApprovalStep
from workflows.services import definition_of


class DecisionSerializer(StrictSerializer):
    """What a person says beside yes or no."""

    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="")
    form = ObjectField(default=dict, help_text="Fits the form; may be left empty when rejecting.")


class ApprovalSerializer(serializers.ModelSerializer[StepRun]):
    """A step that asks a person."""

    execution = serializers.UUIDField(source="execution_id")
    workflow = serializers.UUIDField(source="execution.workflow_id")
    workflow_name = serializers.CharField(source="execution.workflow.name")
    message = serializers.SerializerMethodField(
        help_text="What is or was asked; empty for one that was cancelled."
    )
    form = serializers.SerializerMethodField(help_text="JSON Schema of what is to be filled in.")
    item_index = ItemIndexField(help_text="Place in the list; null for the step itself.")
    asked_at = serializers.DateTimeField(source="started_at")
    deadline_at = serializers.DateTimeField(source="resume_at", allow_null=True)
    decision = serializers.SerializerMethodField(
        help_text="What a person, or the deadline, has decided; null until then."
    )

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
        return asked_in(asked.output)

    def get_form(self, asked: StepRun) -> dict[str, Any]:
        """Return the schema of the form."""
        step = cast("ApprovalStep", definition_of(asked.execution.version_id).step(asked.step))
        return step.form

    def get_decision(self, asked: StepRun) -> dict[str, Any] | None:
        """Return what was decided."""
        return asked.output if "approved" in (asked.output or {}) else None
