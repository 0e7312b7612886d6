"""Backfills as JSON."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from executions.admitting.overlap import ALIASES, OverlapPolicy
from executions.serializers import PRIORITY_HELP
from organizations.strict import InstantField, ObjectField, StrictSerializer
from schedules.backfill.previews import LISTED, MAX_LISTED
from schedules.backfill.queries import Progress
from schedules.backfill.wanted import MAX_CONCURRENCY
from schedules.models import Backfill


class BackfillProgressSerializer(serializers.Serializer[Progress]):
    """How many executions of a backfill are in each state."""

    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class BackfillSerializer(serializers.ModelSerializer[Backfill]):
    """A backfill; the context's `progress` holds that of each by id."""

    schedule = serializers.UUIDField(source="schedule_id")
    schedule_name = serializers.CharField(source="schedule.name")
    overlap = serializers.CharField(help_text="Towards other runs of the schedule.")
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Backfill
        fields = (
            "id",
            "schedule",
            "schedule_name",
            "from_at",
            "to_at",
            "order",
            "reprocess",
            "overlap",
            "concurrency",
            "priority",
            "input",
            "state",
            "reason",
            "total",
            "started",
            "skipped",
            "cursor_at",
            "progress",
            "created_by",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(BackfillProgressSerializer)
    def get_progress(self, backfill: Backfill) -> Any:
        """Return how far its executions are."""
        progress: dict[UUID, Progress] = self.context["progress"]
        return BackfillProgressSerializer(progress[backfill.pk]).data


class BackfillRequestSerializer(StrictSerializer):
    """A range of nominal times in the past, and how to run them."""

    from_at = InstantField(help_text="Inclusive.")
    to_at = InstantField(help_text="Inclusive.")
    order = serializers.ChoiceField(Backfill.Order.choices, default=Backfill.Order.OLDEST_FIRST.value)
    reprocess = serializers.ChoiceField(
        Backfill.Reprocess.choices,
        default=Backfill.Reprocess.MISSING.value,
        help_text="Which times that have an execution are run again; what is still running never is.",
    )
    overlap = serializers.CharField(
        max_length=16,
        default=OverlapPolicy.ALLOW_ALL.value,
        help_text=f"Towards other runs of the schedule: {', '.join([*OverlapPolicy, *ALIASES])}.",
    )
    concurrency = serializers.IntegerField(
        default=1, min_value=1, max_value=MAX_CONCURRENCY, help_text="So many run at once."
    )
    priority = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=0,
        max_value=9,
        help_text=f"{PRIORITY_HELP} Below the schedule's own, where it is left out.",
    )
    input = ObjectField(default=None, allow_null=True, help_text="In place of the schedule's own.")
    dry_run = serializers.BooleanField(default=False, help_text="Show what it would do, and do nothing.")
    limit = serializers.IntegerField(
        default=LISTED, min_value=1, max_value=MAX_LISTED, help_text="Times that a dry run lists."
    )


class ExistingRunSerializer(serializers.Serializer[Any]):
    """The newest execution of a nominal time."""

    id = serializers.UUIDField()
    state = serializers.CharField()


class PlannedTimeSerializer(serializers.Serializer[Any]):
    """A nominal time, and what a backfill would do with it."""

    fire_at = serializers.DateTimeField()
    local = serializers.SerializerMethodField(help_text="In the schedule's zone, with its offset.")
    is_run = serializers.BooleanField(help_text="Whether it would be run.")
    execution = ExistingRunSerializer(allow_null=True, help_text="What it has already.")

    def get_local(self, planned: Any) -> str:
        """Return the time as ISO 8601 in the zone of the context."""
        return str(planned.fire_at.astimezone(self.context["zone"]).isoformat())


class BackfillPreviewSerializer(serializers.Serializer[Any]):
    """What a backfill would do."""

    total = serializers.IntegerField(help_text="Nominal times in the range.")
    to_run = serializers.IntegerField(help_text="How many of them would be run.")
    estimated_seconds = serializers.SerializerMethodField(
        help_text="From measured durations; null where nothing is measured."
    )
    times = PlannedTimeSerializer(many=True, help_text="The first of them, in the order of the backfill.")

    def get_estimated_seconds(self, preview: Any) -> float | None:
        """Return the estimate in seconds."""
        return None if preview.estimated is None else round(preview.estimated.total_seconds(), 3)


class BackfillPauseSerializer(StrictSerializer):
    """Why a backfill is paused."""

    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class BackfillCancelSerializer(StrictSerializer):
    """What becomes of the executions that are running."""

    running = serializers.ChoiceField(["leave", "cancel"], default="leave")
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")
