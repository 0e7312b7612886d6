"""REST: schedules and calendars."""

from schedules.views.calendars import CalendarViewSet
from schedules.views.schedules import ScheduleViewSet

__all__ = ["CalendarViewSet", "ScheduleViewSet"]
