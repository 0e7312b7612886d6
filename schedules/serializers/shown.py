"""What is shown of a schedule's rules beside their stored form."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from schedules import timetable
from schedules.models import Schedule
from schedules.recurrence.shown import RuleShown, show


class RuleShownSerializer(serializers.Serializer[Any]):
    """What a rule is called: in words, in canonical form, and as a preset."""

    description = serializers.CharField()
    canonical = serializers.CharField(allow_null=True, help_text="Of a cron, in numbers, every H decided.")
    preset = serializers.DictField(allow_null=True, help_text="That fires at the same times; null for none.")


@extend_schema_field(OpenApiTypes.STR)
class SummaryField(serializers.Field[Schedule, Any, str, Schedule]):
    """All rules in words, such as `At 06:00, Monday through Friday`; empty if one can no longer be read."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True, help_text="All rules in words.")

    def to_representation(self, value: Schedule) -> str:
        """Return the descriptions, in the order of the rules."""
        return "; ".join(rule.description for rule in _shown(value))


@extend_schema_field(RuleShownSerializer(many=True))
class RulesShownField(serializers.Field[Schedule, Any, list[dict[str, Any]], Schedule]):
    """What each rule is called, in their order; empty if one can no longer be read."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True, help_text="In the order of `rules`.")

    def to_representation(self, value: Schedule) -> list[dict[str, Any]]:
        """Return `{"description": str, "canonical": str | None, "preset": {...} | None}` of each."""
        return [
            {"description": rule.description, "canonical": rule.canonical, "preset": rule.preset}
            for rule in _shown(value)
        ]


def _shown(schedule: Schedule) -> list[RuleShown]:
    try:
        return [show(rule, zone=schedule.timezone) for rule in timetable.rules_of(schedule)]
    except (ValueError, TypeError):  # the schedule's error says so
        return []
