"""Schedules as JSON."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from executions.admitting.overlap import ALIASES, OverlapPolicy
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE
from executions.serializers import KEY_HELP, PRIORITY_HELP, StartSerializer
from organizations.strict import InstantField, ObjectField, StrictSerializer
from organizations.viewsets import as_id
from schedules.calendars import OnExcluded
from schedules.misfire import CatchUpMode
from schedules.models import SETTINGS, Calendar, Schedule, SkippedFire
from schedules.recurrence import KINDS, Gap, Overlap
from schedules.serializers.shown import RulesShownField, SummaryField
from schedules.spread import SpreadKind
from schedules.states import OnComplete
from schedules.validation import MAX_RULES, rule_problems
from workflows.duration import format_duration, parse_duration
from workflows.models import Workflow

GRACE = timedelta(minutes=15)
OVERLAPS = [*OverlapPolicy, *ALIASES]  # as one writes them; shown without the aliases


@extend_schema_field({"type": "string", "example": "1h30m"})
class DurationField(serializers.Field[timedelta, Any, str, Any]):
    """A duration in the text form of definitions."""

    wanted: ClassVar[str] = "a duration, such as 1h30m"

    def to_internal_value(self, data: Any) -> timedelta:
        """Return what the text, or a number of seconds, means."""
        try:
            return parse_duration(data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def to_representation(self, value: timedelta) -> str:
        """Return the canonical text."""
        return format_duration(value)


class WindowField(DurationField):
    """A catch-up window: a duration, or the preset `grace`."""

    def to_internal_value(self, data: Any) -> timedelta:
        """Return what the text means."""
        return GRACE if data == "grace" else super().to_internal_value(data)


@extend_schema_field({"type": "string", "description": "Id or name."})
class WorkflowField(serializers.Field[Workflow, Any, str, Any]):
    """One of the organization's workflows, by id or name; shown as its id."""

    wanted: ClassVar[str] = "the id or the name of a workflow"

    def to_internal_value(self, data: Any) -> Workflow:
        """Return the workflow."""
        if not isinstance(data, str):
            raise ValidationError(f"write {self.wanted}")
        own = Workflow.objects.filter(organization=self.context["access"].organization)
        workflow_id = as_id(data)
        found = (own.filter(pk=workflow_id) if workflow_id else own.filter(name=data)).first()
        if found is None:
            raise ValidationError(f"there is no workflow {data[:100]!r}")
        return found

    def to_representation(self, value: Workflow) -> str:
        """Return the id."""
        return str(value.pk)


@extend_schema_field({"type": "array", "items": {"type": "string"}, "description": "Ids or names."})
class CalendarsField(serializers.Field[list[UUID], Any, list[str], Any]):
    """Some of the organization's calendars, by id or name; shown as their ids."""

    wanted: ClassVar[str] = "a list of ids or names of calendars"

    def to_internal_value(self, data: Any) -> list[UUID]:
        """Return the ids, in the order given."""
        if not isinstance(data, list) or not all(isinstance(item, str) for item in data):
            raise ValidationError(f"write {self.wanted}")
        own = Calendar.objects.filter(organization=self.context["access"].organization)
        by_name = dict(own.filter(name__in=data).values_list("name", "pk"))
        return [as_id(item) or self._named(item, by_name) for item in data]

    def _named(self, name: str, by_name: dict[str, UUID]) -> UUID:
        if name not in by_name:
            raise ValidationError(f"there is no calendar {name[:100]!r}")
        return by_name[name]

    def to_representation(self, value: list[UUID]) -> list[str]:
        """Return the ids."""
        return [str(calendar_id) for calendar_id in value]


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

    wanted: ClassVar[str] = f"a list of 1 to {MAX_RULES} rules, each with its `kind`"


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """A schedule; `version` grows with every change of its settings and is its ETag."""

    workflow = serializers.UUIDField(source="workflow_id")
    workflow_name = serializers.CharField(source="workflow.name")
    rules = RulesField()
    summary = SummaryField()
    rules_shown = RulesShownField()
    calendars = CalendarsField()
    spread_window = DurationField()
    catchup_window = DurationField()
    start_deadline = DurationField(allow_null=True)
    input = serializers.DictField()

    class Meta:
        model = Schedule
        fields = (
            "id",
            *SETTINGS,
            "workflow_name",
            "summary",
            "rules_shown",
            "state",
            "pause_reason",
            "paused_by",
            "paused_until",
            "error",
            "fires",
            "consecutive_failures",
            "last_fire_at",
            "next_fire_at",
            "next_due_at",
            "skip_times",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ScheduleSettingsSerializer(StrictSerializer):
    """What can be written of a schedule; PUT gives fields that are left out their defaults."""

    shown = ScheduleSerializer
    answered = frozenset({"fires_changed", "cautions"})

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    workflow = WorkflowField()
    rules = RulesField()
    timezone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name.")
    start_at = InstantField(allow_null=True, default=None, help_text="Nothing fires before; inclusive.")
    end_at = InstantField(allow_null=True, default=None, help_text="Nothing fires after; inclusive.")
    dst_gap = serializers.ChoiceField([*Gap], default=Gap.AT_GAP_END.value)
    dst_overlap = serializers.ChoiceField([*Overlap], default=Overlap.FIRST.value)
    calendars = CalendarsField(default=list, help_text="Their times are excluded.")
    on_excluded = serializers.ChoiceField([*OnExcluded], default=OnExcluded.DROP.value)
    spread = serializers.ChoiceField([*SpreadKind], default=SpreadKind.NONE.value)
    spread_window = DurationField(default=timedelta(0), help_text="Due this much later at most.")
    overlap = serializers.ChoiceField(OVERLAPS, default=OverlapPolicy.SKIP.value)
    max_active = serializers.IntegerField(default=1, min_value=1, max_value=1_000)
    catchup = serializers.ChoiceField([*CatchUpMode], default=CatchUpMode.LATEST.value)
    catchup_window = WindowField(
        default=None,
        allow_null=True,
        help_text="Or `grace`, 15 minutes. Left out: 1h, or 24h if it fires daily or less often.",
    )
    catchup_max = serializers.IntegerField(default=None, allow_null=True, min_value=1, max_value=1_000_000)
    start_deadline = DurationField(default=None, allow_null=True, help_text="Taken later, it is not run.")
    auto_pause_after = serializers.IntegerField(
        default=0, min_value=0, max_value=1_000, help_text="Failures in a row; 0 never pauses."
    )
    max_executions = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, max_value=2_000_000_000, help_text="Starts by the rules."
    )
    on_complete = serializers.ChoiceField(OnComplete.values, default=OnComplete.KEEP.value)
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=9, help_text=PRIORITY_HELP
    )
    queue = serializers.CharField(max_length=63, default=DEFAULT_QUEUE)
    input = ObjectField(default=dict)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a change is based on; like If-Match."
    )
    reason = serializers.CharField(
        required=False, max_length=500, allow_blank=True, help_text="Kept with the version."
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values; where one is wrong, say at once what is wrong with the rules as well."""
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**_of_rules(data), **error.detail}) from None  # type: ignore[dict-item]
        return values


def _of_rules(data: Any) -> dict[str, list[str]]:
    rules = data.get("rules") if isinstance(data, Mapping) else None
    problems = [] if rules is None else rule_problems(rules)
    return {problem["path"]: [problem["message"]] for problem in problems}


class DisableSerializer(StrictSerializer):
    """Why a schedule is switched off."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class PauseSerializer(DisableSerializer):
    """Why a schedule is paused, and until when."""

    until = InstantField(required=False, allow_null=True, help_text="It resumes by itself then.")


class ResumeSerializer(StrictSerializer):
    """How a schedule resumes."""

    catch_up = serializers.BooleanField(
        default=False, help_text="Start what came due meanwhile, by the catch-up policy; else from now on."
    )


class SkipSerializer(StrictSerializer):
    """Which future time is left out."""

    at = InstantField(required=False, allow_null=True, help_text="The next one, where it is left out.")


class UnskipSerializer(StrictSerializer):
    """Which time is put back."""

    at = InstantField()


class TriggerSerializer(StartSerializer):
    """How to start the schedule's workflow once; what is left out is the schedule's own."""

    input = ObjectField(required=False)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=9, help_text=PRIORITY_HELP)
    queue = None  # type: ignore[assignment]  # always the schedule's
    overlap = serializers.ChoiceField(
        OVERLAPS, required=False, help_text="In place of the schedule's own policy."
    )
    idempotency_key = serializers.CharField(
        required=False, max_length=200, trim_whitespace=False, help_text=KEY_HELP
    )


class NextRunsQuerySerializer(StrictSerializer):
    """Which fire times to compute."""

    count = serializers.IntegerField(default=10, min_value=1, max_value=100)
    after = InstantField(required=False, help_text="Now, where it is left out.")


class SkippedFireSerializer(serializers.ModelSerializer[SkippedFire]):
    """Nominal times that were not started, and why; a range is one row with its count."""

    class Meta:
        model = SkippedFire
        fields = ("id", "first_fire_at", "last_fire_at", "count", "reason", "detail", "created_at")
        read_only_fields = fields
