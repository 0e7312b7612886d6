"""Schedules and calendars as JSON."""

from schedules.serializers.calendars import (
    CHANGED_CALENDAR,
    CalendarDaysQuerySerializer,
    CalendarSerializer,
    CalendarSettingsSerializer,
    ExcludedRangesSerializer,
)
from schedules.serializers.schedules import (
    DisableSerializer,
    DurationField,
    NextRunsQuerySerializer,
    PauseSerializer,
    ResumeSerializer,
    ScheduleSerializer,
    ScheduleSettingsSerializer,
    SkippedFireSerializer,
    SkipSerializer,
    TriggerSerializer,
    UnskipSerializer,
)

__all__ = [
    "CHANGED_CALENDAR",
    "CalendarDaysQuerySerializer",
    "CalendarSerializer",
    "CalendarSettingsSerializer",
    "DisableSerializer",
    "DurationField",
    "ExcludedRangesSerializer",
    "NextRunsQuerySerializer",
    "PauseSerializer",
    "ResumeSerializer",
    "ScheduleSerializer",
    "ScheduleSettingsSerializer",
    "SkipSerializer",
    "SkippedFireSerializer",
    "TriggerSerializer",
    "UnskipSerializer",
]
