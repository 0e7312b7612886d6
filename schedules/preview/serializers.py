"""Previews as JSON."""

from typing import Any

from rest_framework import serializers

from organizations.strict import InstantField
from schedules.serializers import ScheduleSettingsSerializer
from schedules.serializers.shown import RuleShownSerializer

NOT_PREVIEWED = ("version", "reason")  # of a write, and there is none


COUNT = 10  # times, where none are asked for
SCHEDULE_HELP = "Id or name of the one to be changed, which has the settings that are left out."


class PreviewedSerializer(serializers.Serializer[Any]):
    """Which saved schedule the settings would change; the other fields are not looked at."""

    schedule = serializers.CharField(required=False, max_length=100)


class PreviewSettingsSerializer(ScheduleSettingsSerializer):
    """The settings of a schedule that is not saved yet, and how many of its times to compute."""

    name = serializers.CharField(max_length=100, default="unnamed")
    schedule = serializers.CharField(required=False, max_length=100, help_text=SCHEDULE_HELP)
    count = serializers.IntegerField(default=COUNT, min_value=1, max_value=100)
    after = InstantField(required=False, allow_null=True, help_text="Now, where it is left out.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values without those that only a write has."""
        values: dict[str, Any] = super().to_internal_value(data)
        return {name: value for name, value in values.items() if name not in NOT_PREVIEWED}


# As text: another component with all settings would make the names of their enumerations collide.
# Those of a patch, since with `schedule` none has to be there.
PREVIEW_REQUEST = {
    "allOf": [
        {"$ref": "#/components/schemas/PatchedScheduleSettings"},
        {
            "type": "object",
            "properties": {
                "schedule": {"type": "string", "description": SCHEDULE_HELP},
                "count": {"type": "integer", "minimum": 1, "maximum": 100, "default": COUNT},
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
    fires = serializers.BooleanField(
        help_text="False where a calendar or a request leaves it out, or a pause lasts that long."
    )
    notes = serializers.ListField(child=serializers.CharField())


class UpcomingListSerializer(serializers.Serializer[Any]):
    """The next times, and what is to be known of them as a whole."""

    results = UpcomingSerializer(many=True, source="times")
    note = serializers.CharField(
        help_text="What stops the schedule, what is not listed, and why there are fewer than were asked for."
    )


class CautionSerializer(serializers.Serializer[Any]):
    """Something that may surprise; no error."""

    path = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class PreviewedRuleSerializer(RuleShownSerializer):
    """A rule with every default written out, and what it is called."""

    rule = serializers.JSONField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What a schedule would do."""

    description = serializers.CharField()
    rules = PreviewedRuleSerializer(many=True)
    results = UpcomingSerializer(many=True, source="times")
    note = serializers.CharField(
        help_text="What is to be known of the times as a whole, such as an H that is not decided yet."
    )
    cautions = CautionSerializer(many=True)


# As text, for the same reason as above.
CREATED_SCHEDULE = {
    "description": "The schedule, and what may surprise in it.",
    "allOf": [
        {"$ref": "#/components/schemas/Schedule"},
        {
            "type": "object",
            "required": ["cautions"],
            "properties": {"cautions": {"type": "array", "items": {"$ref": "#/components/schemas/Caution"}}},
        },
    ],
}
