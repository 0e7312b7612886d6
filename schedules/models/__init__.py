"""When, by clock: schedules, the times they did not start, calendars and backfills."""

from schedules.models.backfill import Backfill
from schedules.models.calendar import Calendar
from schedules.models.schedule import WHERE_IT_STANDS, Schedule
from schedules.models.settings import DECIDE_TIMES, SETTINGS
from schedules.models.skipped_fire import SkippedFire

__all__ = ["DECIDE_TIMES", "SETTINGS", "WHERE_IT_STANDS", "Backfill", "Calendar", "Schedule", "SkippedFire"]
