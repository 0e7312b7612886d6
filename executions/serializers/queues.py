"""Queues as JSON, and what can be set and moved."""

from typing import Any

from rest_framework import serializers

from executions.models import StepRun
from executions.queues.services import MAX_MOVED
from executions.queues.statistics import MOST_COUNTED
from executions.serializers.executions import ItemIndexField
from executions.serializers.starts import PRIORITY_HELP
from organizations.strict import StrictSerializer

LARGEST = 2**31 - 1  # of a column


class PercentilesSerializer(serializers.Serializer[Any]):
    """Durations in seconds that 50, 95 and 99 percent did not exceed, each within 12.5 %; null of nothing."""

    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class RatesSerializer(serializers.Serializer[Any]):
    """How fast attempts ended, how long they waited to be claimed and how long they ran."""

    attempts_per_minute = serializers.FloatField()
    failed_per_minute = serializers.FloatField()
    wait_seconds = PercentilesSerializer()
    run_seconds = PercentilesSerializer()


class QueueSerializer(serializers.Serializer[Any]):
    """A queue of the organization: its settings, what stands in it and how fast it moves."""

    name = serializers.CharField()
    paused_at = serializers.DateTimeField(source="setting.paused_at", allow_null=True)
    paused_by = serializers.CharField(source="setting.paused_by")
    pause_reason = serializers.CharField(source="setting.pause_reason")
    max_running = serializers.IntegerField(source="setting.max_running", allow_null=True)
    max_waiting = serializers.IntegerField(source="setting.max_waiting", allow_null=True)
    aging_seconds = serializers.IntegerField(source="setting.aging_seconds", allow_null=True)
    depth = serializers.IntegerField(help_text="Steps that are ready.")
    is_capped = serializers.BooleanField(help_text=f"A count has reached {MOST_COUNTED:,}; there are more.")
    oldest_ready_at = serializers.DateTimeField(allow_null=True)
    oldest_age_seconds = serializers.FloatField(allow_null=True)
    running = serializers.IntegerField()
    waiting = serializers.DictField(
        child=serializers.IntegerField(), help_text="Steps that are not ready, by what they wait for."
    )
    workers = serializers.IntegerField(help_text="Live ones that serve it; with 0 nothing in it runs.")
    last_5_minutes = RatesSerializer()
    last_hour = RatesSerializer()


class QueueChangeSerializer(StrictSerializer):
    """Limits and aging of a queue; null takes one away."""

    max_running = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST, help_text="Steps that run at once."
    )
    max_waiting = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST,
        help_text="Ready steps; with as many, starts are refused.",
    )
    aging_seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST,
        help_text="A ready step gains one priority each time it has waited so long, up to 9.",
    )


class QueuePauseSerializer(StrictSerializer):
    """Why a queue is paused."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class QueueMoveSerializer(StrictSerializer):
    """Where to move what waits in a queue."""

    to = serializers.CharField(max_length=63)
    workflow = serializers.CharField(
        max_length=100, required=False, help_text="Only of this one; id or name."
    )
    limit = serializers.IntegerField(default=MAX_MOVED, min_value=1, max_value=MAX_MOVED)


class QueueMovedSerializer(serializers.Serializer[Any]):
    """How many steps were moved; fewer than asked for where none is left."""

    moved = serializers.IntegerField()


class ExecutionMoveSerializer(StrictSerializer):
    """Another queue or priority of an execution, or both."""

    queue = serializers.CharField(max_length=63, required=False)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=9, help_text=PRIORITY_HELP)


class QueuedStepSerializer(serializers.ModelSerializer[StepRun]):
    """A step that is ready, as the queue holds it."""

    execution = serializers.UUIDField(source="execution_id")
    workflow = serializers.UUIDField(source="execution.workflow_id")
    workflow_name = serializers.CharField(source="execution.workflow.name")
    item_index = ItemIndexField(help_text="Place in the list; null for the step itself.")
    ready_since = serializers.DateTimeField(source="available_at")

    class Meta:
        model = StepRun
        fields = (
            "id",
            "execution",
            "workflow",
            "workflow_name",
            "step",
            "item_index",
            "kind",
            "priority",
            "attempt",
            "ready_since",
        )
        read_only_fields = fields
