"""Triggers as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from events.models import TEXT
from executions.admitting.overlap import OverlapPolicy
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from executions.serializers import PRIORITY_HELP
from organizations.strict import ObjectField, StrictSerializer
from schedules.models import Schedule
from schedules.serializers import DurationField
from schedules.serializers.schedules import OVERLAPS, WorkflowField
from triggers.models import Skip, Tally, Trigger
from triggers.validation.causes import NOTE
from workflows.models import Workflow

GONE = "it does not exist any more, so its end is never told; take it out"
EXPRESSION_HELP = "An expression over `event`."


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown of triggers and stands in other tables, read for all of them at once."""

    names: dict[str, str]
    tallies: dict[UUID, Tally]


def beside(triggers: Sequence[Trigger]) -> Beside:
    """Read what stands beside some triggers, with at most three statements."""
    ends = [end for trigger in triggers for end in trigger.after]
    workflows = {UUID(end["workflow"]) for end in ends if "workflow" in end}
    schedules = {UUID(end["schedule"]) for end in ends if "schedule" in end}
    rows = [
        *(Workflow.objects.filter(pk__in=workflows).values_list("pk", "name") if workflows else ()),
        *(Schedule.objects.filter(pk__in=schedules).values_list("pk", "name") if schedules else ()),
    ]
    tallies = Tally.objects.in_bulk([trigger.pk for trigger in triggers])
    return Beside({str(pk): name for pk, name in rows}, tallies)


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "workflow": {"type": "string"},
                "schedule": {"type": "string"},
                "states": {"type": "array", "items": {"type": "string"}},
                NOTE: {"type": "string"},
            },
        },
        "example": [{"workflow": "extract", "states": ["completed"]}],
    }
)
class AfterField(serializers.Field[list[Any], Any, list[Any], Any]):
    """What must have ended, by id or name; the service finds it."""

    wanted: ClassVar[str] = "a list of entries, each with one `workflow` or `schedule`, and `states`"

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the list."""
        if not isinstance(data, list):
            raise ValidationError(f"write {self.wanted}")
        return data

    def to_representation(self, value: list[Any]) -> list[Any]:
        """Return the list."""
        return value


@extend_schema_field({"type": "object", "additionalProperties": {}, "nullable": True})
class MappingField(serializers.JSONField):
    """How the input is made; the service compiles it."""

    wanted: ClassVar[str] = "null for the event's data, or an object"


class CountersSerializer(serializers.ModelSerializer[Tally]):
    """What a trigger has done since it was made; `skipped` has started nothing, and `skips` say why."""

    class Meta:
        model = Tally
        fields = (
            "matched",
            "started",
            "skipped",
            "last_matched_at",
            "last_started_at",
            "last_execution_id",
            "last_problem",
            "last_problem_at",
        )
        read_only_fields = fields


class EventTriggerSerializer(serializers.ModelSerializer[Trigger]):
    """A trigger; `version` grows with every change of its settings and is its ETag."""

    workflow = serializers.CharField(source="workflow.name")
    type = serializers.CharField(source="pattern")
    filters = serializers.DictField()
    after = serializers.SerializerMethodField()
    input = MappingField()
    join_window = DurationField()
    debounce = DurationField(allow_null=True)
    debounce_max = DurationField(allow_null=True)
    batch_window = DurationField(allow_null=True)
    rate_period = DurationField()
    overlap = serializers.CharField()
    counters = serializers.SerializerMethodField()

    class Meta:
        model = Trigger
        fields = (
            "id",
            "name",
            "description",
            "workflow",
            "state",
            "type",
            "source",
            "filters",
            "condition",
            "after",
            "input",
            "group_key",
            "join_window",
            "debounce",
            "debounce_max",
            "batch_size",
            "batch_window",
            "rate_limit",
            "rate_period",
            "concurrency_key",
            "concurrency_limit",
            "overlap",
            "priority",
            "queue",
            "counters",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    @extend_schema_field(AfterField)
    def get_after(self, trigger: Trigger) -> list[dict[str, Any]]:
        """Return what must have ended, by name; what is gone has its id and a note."""
        names: dict[str, str] = self.context["beside"].names
        return [_end_shown(end, names) for end in trigger.after]

    @extend_schema_field(CountersSerializer)
    def get_counters(self, trigger: Trigger) -> dict[str, Any]:
        """Return the counters."""
        tally = self.context["beside"].tallies.get(trigger.pk) or Tally(owner_id=trigger.pk)
        return dict(CountersSerializer(tally).data)


def _end_shown(end: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    kind = "workflow" if "workflow" in end else "schedule"
    name = names.get(end[kind])
    shown = {kind: name or end[kind], "states": end["states"]}
    return shown if name else {**shown, NOTE: GONE}


class EventTriggerSettingsSerializer(StrictSerializer):
    """What can be written of a trigger; PUT gives fields that are left out their defaults."""

    shown = EventTriggerSerializer
    answered = frozenset({"warnings"})

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    workflow = WorkflowField(help_text="Which is started.")
    type = serializers.CharField(
        source="pattern",
        max_length=TEXT,
        allow_blank=True,
        default="",
        help_text="Of the events: exactly, a prefix such as `order.*`, or `*`. In its place `after`.",
    )
    source = serializers.CharField(  # type: ignore[assignment]  # of the events; the metaclass takes it away
        max_length=TEXT, allow_blank=True, default="", help_text="Of the events, exactly."
    )
    filters = ObjectField(default=dict, help_text="From paths such as `data.kind` to what must be there.")
    condition = serializers.CharField(allow_blank=True, default="", help_text=EXPRESSION_HELP)
    after = AfterField(default=list, help_text="What must have ended; of several entries all.")
    input = MappingField(
        allow_null=True, default=None, help_text="Null is the event's data, or the output of what ended."
    )
    group_key = serializers.CharField(
        allow_blank=True, default="", help_text=f"{EXPRESSION_HELP} What is gathered together."
    )
    join_window = DurationField(default=timedelta(days=1), help_text="How long one end waits for the others.")
    debounce = DurationField(allow_null=True, default=None, help_text="Start once nothing came so long.")
    debounce_max = DurationField(
        allow_null=True, default=None, help_text="Start at the latest so long after the first."
    )
    batch_size = serializers.IntegerField(allow_null=True, default=None, min_value=2, max_value=1_000)
    batch_window = DurationField(
        allow_null=True, default=None, help_text="Start with fewer so long after the first."
    )
    rate_limit = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=1_000_000)
    rate_period = DurationField(default=timedelta(minutes=1))
    concurrency_key = serializers.CharField(
        allow_blank=True, default="", help_text=f"{EXPRESSION_HELP} Starts with one value compete."
    )
    concurrency_limit = serializers.IntegerField(default=1, min_value=1, max_value=1_000)
    overlap = serializers.ChoiceField(OVERLAPS, default=OverlapPolicy.ALLOW_ALL.value)
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(max_length=63, default=DEFAULT_QUEUE)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a change is based on; like If-Match."
    )


class TriggerSkipSerializer(serializers.ModelSerializer[Skip]):
    """Events that matched and started nothing; several alike are one row with its count."""

    class Meta:
        model = Skip
        fields = ("id", "reason", "detail", "event_id", "count", "at")
        read_only_fields = fields


# As text: another component with all settings would make the names of their enumerations collide.
WITH_WARNINGS = {
    "type": "object",
    "required": ["warnings"],
    "properties": {
        "warnings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        }
    },
}
SAVED_TRIGGER = {
    "description": "The trigger, and what may surprise in it.",
    "allOf": [{"$ref": "#/components/schemas/EventTrigger"}, WITH_WARNINGS],
}
