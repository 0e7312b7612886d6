"""Calendars as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organizations.strict import StrictSerializer
from schedules.calendars import KINDS, calendar_from_list, describe
from schedules.models import Calendar, Schedule


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


class ExcludedRangeSerializer(serializers.Serializer[Any]):
    """A range of local time that is excluded, its end not included."""

    start = serializers.CharField()
    end = serializers.CharField()
    reason = serializers.CharField()


class ExcludedRangesSerializer(serializers.Serializer[Any]):
    """What a calendar excludes on some days."""

    results = ExcludedRangeSerializer(many=True)
