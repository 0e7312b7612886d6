"""Versions as JSON."""

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organizations.strict import StrictSerializer
from schedules.models import Schedule
from schedules.preview import cautions_of
from schedules.serializers import ScheduleSerializer
from schedules.services import SETTINGS
from schedules.versions.difference import MOST_LISTED, fires_changed
from schedules.versions.services import Change, Version


class VersionSettingsSerializer(ScheduleSerializer):
    """The settings of one version."""

    workflow_name = None  # type: ignore[assignment]  # the workflow of then may have another name now

    class Meta:
        model = Schedule
        fields = SETTINGS
        read_only_fields = SETTINGS


class ScheduleChangeSerializer(serializers.Serializer[Any]):
    """A setting that a version changed."""

    field = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    def get_before(self, change: Change) -> Any:
        """Return the value of the version before."""
        return _shown(change.field, change.before)

    def get_after(self, change: Change) -> Any:
        """Return the value of this version."""
        return _shown(change.field, change.after)


def _shown(field: str, value: Any) -> Any:
    return None if value is None else VersionSettingsSerializer().fields[field].to_representation(value)


class ScheduleVersionSerializer(serializers.Serializer[Any]):
    """Who changed which settings when, and why."""

    version = serializers.IntegerField(source="row.version")
    at = serializers.DateTimeField(source="row.history_date")
    by = serializers.CharField(source="row.history_user_id")
    reason = serializers.CharField(source="row.history_change_reason")
    changes = ScheduleChangeSerializer(many=True, help_text="Against the version before.")


class WholeScheduleVersionSerializer(ScheduleVersionSerializer):
    """A version with all its settings."""

    settings = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_settings(self, version: Version) -> dict[str, Any]:
        """Return what can be written of a schedule, as it was."""
        return VersionSettingsSerializer(version.row).data


class FiresChangedSerializer(serializers.Serializer[Any]):
    """How an edit changes the times at which the schedule fires in the next 30 days."""

    removed = serializers.ListField(child=serializers.DateTimeField(), help_text="50 at most.")
    added = serializers.ListField(child=serializers.DateTimeField(), help_text="50 at most.")
    more = serializers.IntegerField(help_text="Further ones of both kinds.")
    until = serializers.DateTimeField(help_text="How far they were compared.")


class RollbackSerializer(StrictSerializer):
    """Which version's settings to take again."""

    to = serializers.IntegerField(min_value=1, max_value=2_000_000_000)
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that this is based on; like If-Match."
    )
    reason = serializers.CharField(
        max_length=450, allow_blank=True, default="", help_text="Kept with the version."
    )


_INSTANTS = {"type": "array", "items": {"type": "string", "format": "date-time"}, "maxItems": MOST_LISTED}
# As text: another component with all settings would make the names of their enumerations collide.
CHANGED_SCHEDULE = {
    "description": "The schedule, and how its fires of the next 30 days change.",
    "allOf": [
        {"$ref": "#/components/schemas/Schedule"},
        {
            "type": "object",
            "required": ["fires_changed", "cautions"],
            "properties": {
                "cautions": {"type": "array", "items": {"$ref": "#/components/schemas/Caution"}},
                "fires_changed": {
                    "type": "object",
                    "required": ["removed", "added", "more", "until"],
                    "properties": {
                        "removed": _INSTANTS,
                        "added": _INSTANTS,
                        "more": {"type": "integer", "description": "Further ones of both kinds."},
                        "until": {"type": "string", "format": "date-time", "description": "Compared so far."},
                    },
                },
            },
        },
    ],
}


def changed_schedule(before: Schedule, after: Schedule, *, now: datetime) -> dict[str, Any]:
    """Return a schedule that was changed, as JSON, in the form of `CHANGED_SCHEDULE`."""
    changed = FiresChangedSerializer(fires_changed(before, after, now=now)).data
    cautions = cautions_of(after, now=now)
    return {**ScheduleSerializer(after).data, "fires_changed": changed, "cautions": cautions}
