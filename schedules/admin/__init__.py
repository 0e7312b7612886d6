"""When, by clock: schedules and the fires they skipped."""

from schedules.admin.schedules import ScheduleAdmin
from schedules.admin.skipped_fires import SkippedFireAdmin

__all__ = ["ScheduleAdmin", "SkippedFireAdmin"]
