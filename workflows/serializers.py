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
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that this is based on; like If-Match."
    )

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


class RestoreSerializer(StrictSerializer):
    """A restored workflow is as it was: the body has no fields."""


class MakeCurrentSerializer(StrictSerializer):
    """Why another version becomes the current one."""

    note = serializers.CharField(
        max_length=500, allow_blank=True, default="", help_text="Kept with the activation."
    )


class DifferenceQuerySerializer(StrictSerializer):
    """With which version to compare."""

    to = serializers.IntegerField(
        required=False, min_value=1, max_value=2_000_000_000, help_text="The current one unless given."
    )


class ChangedValueSerializer(serializers.Serializer[Any]):
    """One value that differs; null where a side has none."""

    path = serializers.CharField(help_text="Steps are named by their ids: `steps[fetch].timeout`.")
    to = serializers.JSONField(source="after")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields with `from`, which Python would not take for a name."""
        return {**super().get_fields(), "from": serializers.JSONField(source="before")}


class DifferenceSerializer(serializers.Serializer[Any]):
    """How a version differs from another."""

    changes = ChangedValueSerializer(many=True, help_text="Defaults are filled in.")
    text = serializers.CharField(
        help_text="A unified diff of both as YAML, without defaults; empty where they are too long for one."
    )
