"""Workflows and their versions as JSON."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from organizations.strict import StrictSerializer
from workflows.models import NAME, Workflow, WorkflowVersion


class WorkflowSummarySerializer(serializers.ModelSerializer[Workflow]):
    """A workflow in a list, without its definition."""

    version = serializers.IntegerField(source="current_version.number", help_text="Of the current version.")

    class Meta:
        model = Workflow
        fields = (
            "id",
            "name",
            "description",
            "state",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class WorkflowSerializer(WorkflowSummarySerializer):
    """A workflow with its current definition."""

    definition = serializers.DictField(source="current_version.definition")

    class Meta(WorkflowSummarySerializer.Meta):
        fields = (*WorkflowSummarySerializer.Meta.fields, "definition")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


@extend_schema_field(
    {
        "oneOf": [{"type": "object", "additionalProperties": {}}, {"type": "string"}],
        "description": "An object, or YAML or JSON text. `GET workflows/schema/` has its JSON Schema.",
    }
)
class DefinitionField(serializers.Field[Any, Any, Any, Any]):
    """A definition as its author writes it; its meaning is checked by the service."""

    def to_internal_value(self, data: Any) -> Mapping[str, Any] | str:
        """Return the object or the text."""
        if isinstance(data, dict | str):
            return data
        raise ValidationError("write an object, or YAML or JSON text")

    def to_representation(self, value: Any) -> Any:
        """Return the definition as it is."""
        return value


class NewWorkflowSerializer(StrictSerializer):
    """What a new workflow is given."""

    shown = WorkflowSerializer

    name = serializers.CharField(validators=[NAME])
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    definition = DefinitionField()
    note = serializers.CharField(
        max_length=500, allow_blank=True, default="", help_text="Says what this version is for."
    )


class WorkflowChangeSerializer(StrictSerializer):
    """What can be changed of a workflow; another definition becomes its next version."""

    shown = WorkflowSerializer

    name = serializers.CharField(required=False, help_text="Cannot be changed; may be sent back as it is.")
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    definition = DefinitionField()
    note = serializers.CharField(max_length=500, allow_blank=True, default="")

    def validate_name(self, value: str) -> str:
        """Refuse another name: programs start the workflow by it."""
        if value != self.instance.name:  # type: ignore[union-attr]
            raise ValidationError("the name of a workflow cannot be changed; create another workflow")
        return value


class VersionSummarySerializer(serializers.ModelSerializer[WorkflowVersion]):
    """A version in a list, without its definition."""

    class Meta:
        model = WorkflowVersion
        fields = ("number", "note", "created_by", "created_at")
        read_only_fields = fields


class VersionSerializer(VersionSummarySerializer):
    """A frozen definition."""

    class Meta(VersionSummarySerializer.Meta):
        fields = (*VersionSummarySerializer.Meta.fields, "definition")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]
