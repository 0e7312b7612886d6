"""Previews as JSON."""

from typing import Any

from rest_framework import serializers

from organizations.strict import InstantField
from schedules.serializers import ScheduleSettingsSerializer

NOT_PREVIEWED = ("version", "reason")  # of a write, and there is none


class PreviewSettingsSerializer(ScheduleSettingsSerializer):
    """The settings of a schedule that is not saved yet, and how many of its times to compute."""

    name = serializers.CharField(max_length=100, default="unnamed")
    schedule = serializers.CharField(
        required=False, max_length=100, help_text="Id or name of the one to be changed; left out, a new one."
    )
    count = serializers.IntegerField(default=10, min_value=1, max_value=100)
    after = InstantField(required=False, allow_null=True, help_text="Now, where it is left out.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values without those that only a write has."""
        values: dict[str, Any] = super().to_internal_value(data)
        return {name: value for name, value in values.items() if name not in NOT_PREVIEWED}


# As text: another component with all settings would make the names of their enumerations collide.
PREVIEW_REQUEST = {
    "allOf": [
        {"$ref": "#/components/schemas/ScheduleSettings"},
        {
            "type": "object",
            "properties": {
                "schedule": {
                    "type": "string",
                    "description": "Id or name of the one to be changed; left out, a new one.",
                },
                "count": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
                "after": {
                    "type": "string",
                    "format": "date-time",
                    "nullable": True,
                    "description": "Now, where it is left out.",
                },
            },
        },
    ]
}


class UpcomingSerializer(serializers.Serializer[Any]):
    """A coming time: the instant, the same in the schedule's zone, and what is special about it."""

    fire_at = serializers.DateTimeField(help_text="Nominal.")
    due_at = serializers.DateTimeField(help_text="With spread.")
    local = serializers.CharField(help_text="ISO 8601 with the zone's offset.")
    offset = serializers.CharField()
    is_dst = serializers.BooleanField()
    fires = serializers.BooleanField(help_text="False where a calendar or a request leaves it out.")
    notes = serializers.ListField(child=serializers.CharField())


class UpcomingListSerializer(serializers.Serializer[Any]):
    """The next times."""

    results = UpcomingSerializer(many=True)


class CautionSerializer(serializers.Serializer[Any]):
    """Something that may surprise; no error."""

    path = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class RuleShownSerializer(serializers.Serializer[Any]):
    """A rule with every default written out, and in words."""

    rule = serializers.JSONField()
    description = serializers.CharField()
    canonical = serializers.CharField(allow_null=True, help_text="Of a cron, in numbers.")


class PreviewSerializer(serializers.Serializer[Any]):
    """What a schedule would do."""

    description = serializers.CharField()
    rules = RuleShownSerializer(many=True)
    results = UpcomingSerializer(many=True, source="times")
    note = serializers.CharField(help_text="Why there are fewer times than were asked for.")
    warnings = CautionSerializer(many=True, source="cautions")
