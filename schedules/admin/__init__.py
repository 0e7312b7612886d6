"""When, by clock: schedules, the fires they skipped, calendars and backfills."""

from schedules.admin.backfills import BackfillAdmin
from schedules.admin.calendars import CalendarAdmin
from schedules.admin.schedules import ScheduleAdmin
from schedules.admin.skipped_fires import SkippedFireAdmin

__all__ = ["BackfillAdmin", "CalendarAdmin", "ScheduleAdmin", "SkippedFireAdmin"]
