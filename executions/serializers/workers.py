"""Workers as JSON."""

from typing import Any

from rest_framework import serializers


class RunningStepSerializer(serializers.Serializer[Any]):
    """A step of the organization that a worker runs."""

    id = serializers.UUIDField()
    execution = serializers.UUIDField(source="execution_id")
    workflow_name = serializers.CharField()
    step = serializers.CharField()
    queue = serializers.CharField()
    attempt = serializers.IntegerField()
    started_at = serializers.DateTimeField()


class WorkerSerializer(serializers.Serializer[Any]):
    """A worker, as it described itself when it was last seen, and what it runs."""

    name = serializers.CharField(source="worker.name")
    state = serializers.ChoiceField(
        ["active", "overloaded", "draining", "drained", "silent", "stopped"],
        help_text="Silent: not seen for 30 seconds.",
    )
    host = serializers.CharField(source="worker.host")
    pid = serializers.IntegerField(source="worker.pid")
    queues = serializers.ListField(source="worker.queues", child=serializers.CharField())
    slots = serializers.IntegerField(source="worker.slots", help_text="Steps that it can run at once.")
    running = serializers.IntegerField(help_text="Steps that it runs, of all organizations.")
    steps = RunningStepSerializer(many=True, help_text="Those of your organization.")
    memory_bytes = serializers.IntegerField(source="worker.memory_bytes", help_text="With its processes.")
    memory_limit_bytes = serializers.IntegerField(source="worker.memory_limit_bytes", allow_null=True)
    cpu_percent = serializers.FloatField(
        source="worker.cpu_percent", help_text="Of one core, with its processes."
    )
    cpu_limit_percent = serializers.FloatField(source="worker.cpu_limit_percent", allow_null=True)
    drain_requested_at = serializers.DateTimeField(source="worker.drain_requested_at", allow_null=True)
    drain_requested_by = serializers.CharField(source="worker.drain_requested_by")
    started_at = serializers.DateTimeField(source="worker.started_at")
    seen_at = serializers.DateTimeField(source="worker.seen_at")
    stopped_at = serializers.DateTimeField(source="worker.stopped_at", allow_null=True)
