"""Calendars as JSON."""

from datetime import date
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from organizations.strict import YEARS, StrictSerializer
from schedules.calendars import KINDS, calendar_from_list, describe
from schedules.calendars.calendar import MOST_ENTRIES
from schedules.models import Calendar, Schedule
from schedules.recurrence import InvalidZone, zone_named


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": list(KINDS)}},
            "additionalProperties": {},
        },
        "example": [{"kind": "holidays", "country": "DE", "subdivision": "BE"}],
    }
)
class EntriesField(serializers.JSONField):
    """Entries, each an object with a `kind`; the service checks what they mean."""

    wanted: ClassVar[str] = f"a list of at most {MOST_ENTRIES} entries, each with its `kind`"


class CalendarSerializer(serializers.ModelSerializer[Calendar]):
    """A calendar, what it excludes in words, and the schedules that use it."""

    entries = EntriesField()
    excludes = serializers.SerializerMethodField()
    used_by = serializers.SerializerMethodField()

    class Meta:
        model = Calendar
        fields = (
            "id",
            "name",
            "description",
            "entries",
            "excludes",
            "used_by",
            "version",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_excludes(self, calendar: Calendar) -> str:
        """Return a sentence."""
        return describe(calendar_from_list(calendar.entries))

    def get_used_by(self, calendar: Calendar) -> list[str]:
        """Return the names of the first hundred schedules."""
        users = Schedule.objects.using_calendar(calendar.pk).visible()
        return list(users.order_by("name").values_list("name", flat=True)[:100])


class CalendarSettingsSerializer(StrictSerializer):
    """What can be written of a calendar; PUT gives fields that are left out their defaults."""

    shown = CalendarSerializer
    answered = frozenset({"affects"})

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    entries = EntriesField()
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a change is based on; like If-Match."
    )


class CalendarDaysQuerySerializer(StrictSerializer):
    """Which days of a calendar to show."""

    timezone = serializers.CharField(default="UTC", max_length=64)
    from_date = serializers.DateField(required=False, help_text="Today, where it is left out.")
    days = serializers.IntegerField(default=90, min_value=1, max_value=366)

    def validate_timezone(self, name: str) -> str:
        """Refuse what is no zone."""
        try:
            zone_named(name)
        except InvalidZone as error:
            raise ValidationError(error.problem) from None
        return name

    def validate_from_date(self, day: date) -> date:
        """Refuse a year that no schedule searches."""
        if day.year not in YEARS:
            raise ValidationError(f"the year must be from {YEARS[0]} to {YEARS[-1]}")
        return day


class ExcludedRangeSerializer(serializers.Serializer[Any]):
    """A range of local time that is excluded, its end not included."""

    start = serializers.CharField()
    end = serializers.CharField()
    reason = serializers.CharField()


class ExcludedRangesSerializer(serializers.Serializer[Any]):
    """What a calendar excludes on some days."""

    results = ExcludedRangeSerializer(many=True)


# As text, like that of a changed schedule.
CHANGED_CALENDAR = {
    "description": "The calendar, and what becomes of the schedules that use it.",
    "allOf": [
        {"$ref": "#/components/schemas/Calendar"},
        {
            "type": "object",
            "required": ["affects"],
            "properties": {
                "affects": {
                    "type": "object",
                    "required": ["schedules", "silenced"],
                    "properties": {
                        "schedules": {"type": "integer", "description": "Active ones that use it."},
                        "silenced": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Names of 20 at most that drop excluded times and have none left"
                            " in ten years, among the first 200 by name.",
                        },
                    },
                }
            },
        },
    ],
}
