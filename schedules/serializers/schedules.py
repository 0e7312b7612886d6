"""Schedules as JSON."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from executions.serializers import KEY_HELP, PRIORITY_HELP, StartSerializer
from organizations.strict import InstantField, ObjectField, StrictSerializer
from organizations.viewsets import as_id
from schedules.misfire import CatchUpMode
from schedules.models import Schedule, SkippedFire
from schedules.recurrence import KINDS, Gap, Overlap
from workflows.duration import format_duration, parse_duration
from workflows.models import Workflow


@extend_schema_field({"type": "string", "example": "1h30m"})
class DurationField(serializers.Field[timedelta, Any, str, Any]):
    """A duration in the text form of definitions."""

    def to_internal_value(self, data: Any) -> timedelta:
        """Return what the text, or a number of seconds, means."""
        try:
            return parse_duration(data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def to_representation(self, value: timedelta) -> str:
        """Return the canonical text."""
        return format_duration(value)


@extend_schema_field({"type": "string", "description": "Id or name."})
class WorkflowField(serializers.Field[Workflow, Any, str, Any]):
    """One of the organization's workflows, by id or name; shown as its id."""

    def to_internal_value(self, data: Any) -> Workflow:
        """Return the workflow."""
        if not isinstance(data, str):
            raise ValidationError("write the id or the name of a workflow")
        own = Workflow.objects.filter(organization=self.context["access"].organization)
        workflow_id = as_id(data)
        found = (own.filter(pk=workflow_id) if workflow_id else own.filter(name=data)).first()
        if found is None:
            raise ValidationError(f"there is no workflow {data[:100]!r}")
        return found

    def to_representation(self, value: Workflow) -> str:
        """Return the id."""
        return str(value.pk)


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": list(KINDS)}},
            "additionalProperties": {},
        },
        "example": [{"kind": "cron", "expression": "0 6 * * MON-FRI"}],
    }
)
class RulesField(serializers.JSONField):
    """Rules, each an object with a `kind`; the service checks what they mean."""


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """A schedule; `version` grows with every change of its settings and is its ETag."""

    workflow = serializers.UUIDField(source="workflow_id")
    workflow_name = serializers.CharField(source="workflow.name")
    rules = RulesField()
    catchup_window = DurationField()
    input = serializers.DictField()

    class Meta:
        model = Schedule
        fields = (
            "id",
            "name",
            "description",
            "workflow",
            "workflow_name",
            "rules",
            "timezone",
            "start_at",
            "end_at",
            "dst_gap",
            "dst_overlap",
            "catchup",
            "catchup_window",
            "priority",
            "queue",
            "input",
            "state",
            "pause_reason",
            "paused_by",
            "error",
            "last_fire_at",
            "next_fire_at",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ScheduleSettingsSerializer(StrictSerializer):
    """What can be written of a schedule; PUT gives fields that are left out their defaults."""

    shown = ScheduleSerializer

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    workflow = WorkflowField()
    rules = RulesField()
    timezone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name.")
    start_at = InstantField(allow_null=True, default=None, help_text="Nothing fires before; inclusive.")
    end_at = InstantField(allow_null=True, default=None, help_text="Nothing fires after; inclusive.")
    dst_gap = serializers.ChoiceField([*Gap], default=Gap.AT_GAP_END.value)
    dst_overlap = serializers.ChoiceField([*Overlap], default=Overlap.FIRST.value)
    catchup = serializers.ChoiceField([*CatchUpMode], default=CatchUpMode.LATEST.value)
    catchup_window = DurationField(default=timedelta(hours=1))
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(max_length=63, default=DEFAULT_QUEUE)
    input = ObjectField(default=dict)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a change is based on; like If-Match."
    )


class PauseSerializer(StrictSerializer):
    """Why a schedule is paused."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class TriggerSerializer(StartSerializer):
    """How to start the schedule's workflow once; what is left out is the schedule's own."""

    input = ObjectField(required=False)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=9, help_text=PRIORITY_HELP)
    queue = None  # type: ignore[assignment]  # always the schedule's
    idempotency_key = serializers.CharField(
        required=False, max_length=200, trim_whitespace=False, help_text=KEY_HELP
    )


class NextRunsQuerySerializer(StrictSerializer):
    """Which fire times to compute."""

    count = serializers.IntegerField(default=10, min_value=1, max_value=100)
    after = InstantField(required=False, help_text="Now, where it is left out.")


class NextRunSerializer(serializers.Serializer[Any]):
    """A nominal time: the instant, and the same in the schedule's zone."""

    fire_at = serializers.DateTimeField()
    local = serializers.CharField(help_text="ISO 8601 with the zone's offset.")


class NextRunsSerializer(serializers.Serializer[Any]):
    """The next nominal times."""

    results = NextRunSerializer(many=True)


class SkippedFireSerializer(serializers.ModelSerializer[SkippedFire]):
    """Nominal times that were not started, and why; a range is one row with its count."""

    class Meta:
        model = SkippedFire
        fields = ("id", "first_fire_at", "last_fire_at", "count", "reason", "detail", "created_at")
        read_only_fields = fields
